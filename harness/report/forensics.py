"""A report on printed numbers as text that can be sent to the authors. Computes nothing."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator
from itertools import groupby
from typing import Any

from harness.observing import printable
from harness.records.forensics import CheckCoverage, ForensicFinding, ForensicReport, PrintedAt, Severity

WIDTH = 110
MOST_PLACES = 5


def report_text(report: ForensicReport) -> str:
    """The whole report: summary, findings by table, checks that found nothing, assumptions."""
    lines = (printable(line) for line in _lines(_with_paper_names(report)))
    return "\n".join(lines) + "\n"


def _with_paper_names(report: ForensicReport) -> ForensicReport:
    """The report with tables called as the paper calls them: ``Table 1`` for ``table-01``."""
    if not report.table_numbers:
        return report
    names = re.compile(
        r"(?<![\w-])(?:" + "|".join(re.escape(name) for name in report.table_numbers) + r")(?![\w-])"
    )

    def renamed(value: Any) -> Any:
        if isinstance(value, str):
            return names.sub(lambda match: f"Table {report.table_numbers[match[0]]}", value)
        if isinstance(value, list):
            return [renamed(item) for item in value]
        return {key: renamed(item) for key, item in value.items()} if isinstance(value, dict) else value

    plain = report.as_json()
    said = {name: renamed(plain[name]) for name in ("findings", "assumptions")}
    return ForensicReport.model_validate({**plain, **said, "schema": report.schema_})


def _lines(report: ForensicReport) -> Iterator[str]:
    counts = ", ".join(f"{report.counts[severity]} {severity}" for severity in Severity)
    yield (
        f"{report.source}: {report.tables} table{_s(report.tables)}, {report.cells} printed numbers, "
        f"{report.comparisons} comparisons by {len(report.checks)} checks; "
        f"{len(report.findings)} finding{_s(len(report.findings))} ({counts})."
    )
    yield f"Rounding rule: {report.rounding}."
    number = 0
    for table, found in groupby(report.findings, key=lambda finding: finding.at[0].table):
        yield ""
        yield _heading(table)
        for finding in found:
            number += 1
            yield from _finding(number, finding)
    quiet = [check for check in report.checks if check.comparisons and not check.findings]
    idle = [check for check in report.checks if not check.comparisons]
    yield ""
    yield "Checks that found nothing"
    yield from _checks(quiet)
    if idle:
        yield ""
        yield "Checks with nothing to look at"
        yield from (line for check in idle for line in _wrapped(f"{check.check}: needs {check.needs}.", 2))
    yield ""
    yield "Checks behind the findings"
    for check in report.checks:
        if check.findings:
            yield from _wrapped(
                f"{check.check}: {check.comparisons} comparisons of {check.cells} numbers, {check.findings} "
                f"finding{_s(check.findings)}. Assumes: {check.assumes}. Source: {check.source}.",
                2,
            )
    yield ""
    yield "Assumptions in reading the tables"
    for text in report.assumptions or ("None beyond those of the checks.",):
        yield from _wrapped(text, 2)


def _heading(place: str) -> str:
    return place[:1].upper() + place[1:]


def _finding(number: int, finding: ForensicFinding) -> Iterator[str]:
    yield f"  {number}. {finding.severity.upper()} ({finding.check})"
    yield from _wrapped(finding.sentence, 5)
    for place in finding.at[:MOST_PLACES]:
        yield from _wrapped(f"at {_place(place)}", 5)
    if len(finding.at) > MOST_PLACES:
        yield f"     and {len(finding.at) - MOST_PLACES} more places"
    yield from _wrapped(f"printed {finding.printed}; follows {finding.follows}", 5)
    for repair in finding.repairs[:MOST_PLACES]:
        yield from _wrapped(
            f"smallest repair: {_place(repair.at)} becomes {repair.becomes} "
            f"({repair.steps} unit{_s(repair.steps)} of the last digit)",
            5,
        )


def _place(place: PrintedAt) -> str:
    parts = [place.table]
    if place.line:
        parts.append(f"line {place.line}")
    labels = ", ".join(f"{column} {label}" for column, label in place.labels.items() if label)
    if labels:
        parts.append(labels)
    if place.column:
        parts.append(f"column {place.column}")
    return f"{'; '.join(parts)}: {place.printed}"


def _checks(checks: list[CheckCoverage]) -> Iterator[str]:
    for check in checks:
        yield from _wrapped(
            f"{check.check}: {check.looks_for}; {check.comparisons} comparisons of {check.cells} numbers, "
            f"{check.could_fail} of which could have failed.",
            2,
        )
    if not checks:
        yield "  none"


def _wrapped(text: str, indent: int) -> list[str]:
    return textwrap.wrap(
        text, WIDTH, initial_indent=" " * indent, subsequent_indent=" " * (indent + 2), break_long_words=False
    ) or [" " * indent]


def _s(count: int) -> str:
    return "" if count == 1 else "s"
