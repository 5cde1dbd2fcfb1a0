"""All checks over all tables of a paper: evidence in, report out. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from harness.forensics.checks import CHECKS
from harness.forensics.evidence import Evidence, listed
from harness.forensics.interface import Check, Tally
from harness.records.forensics import (
    FORENSICS_SCHEMA,
    CheckCoverage,
    ForensicFinding,
    ForensicReport,
    Severity,
)
from harness.stats.rounding_rules import Rounding

_ORDER = list(Severity)
_HARD = (Severity.IMPOSSIBLE, Severity.INCONSISTENT)


def examine(evidence: Evidence, checks: Sequence[Check] = CHECKS) -> ForensicReport:
    """Run every check and put the findings in order.

    With an unknown rounding rule each table is also read as cut off. Where a table then contradicts itself or
    another table less often, it is taken to be cut off, and the report says so: one rule for a whole table, so
    that a single wrong number in a rounded table cannot hide behind the other rule.
    """
    if evidence.rounding is Rounding.UNKNOWN:
        evidence = _with_cut_off_tables(evidence, checks)
    tallies = [(check, check.run(evidence)) for check in checks]
    findings = sorted(
        {finding.model_dump_json(): finding for _, tally in tallies for finding in tally.findings}.values(),
        key=_place,
    )
    assumptions = evidence.assumptions()
    for _, tally in tallies:
        assumptions += [text for text in tally.assumptions if text not in assumptions]
    return ForensicReport(
        schema_=FORENSICS_SCHEMA,
        source=evidence.source,
        rounding=evidence.rounding.value,
        tables=len(evidence.sheets),
        table_numbers={sheet.name: sheet.number for sheet in evidence.sheets if sheet.number is not None},
        cells=sum(len(sheet.cells) for sheet in evidence.sheets),
        comparisons=sum(tally.comparisons for _, tally in tallies),
        counts={severity: sum(item.severity is severity for item in findings) for severity in Severity},
        findings=tuple(findings),
        checks=tuple(_coverage(check, tally, findings) for check, tally in tallies),
        assumptions=tuple(assumptions),
    )


def _place(finding: ForensicFinding) -> tuple[str, int, int, str]:
    first = finding.at[0]
    return first.table, _ORDER.index(finding.severity), first.line, finding.check


def _coverage(check: Check, tally: Tally, findings: Sequence[ForensicFinding]) -> CheckCoverage:
    return CheckCoverage(
        check=check.name,
        looks_for=check.looks_for,
        needs=check.needs,
        assumes=check.assumes,
        source=check.source,
        comparisons=tally.comparisons,
        could_fail=tally.could_fail,
        cells=len(tally.cells),
        findings=sum(item.check == check.name for item in findings),
    )


def _with_cut_off_tables(evidence: Evidence, checks: Sequence[Check]) -> Evidence:
    """The evidence with those tables read as cut off that agree better when they are.

    A reading counts as better only if no fewer comparisons are made under it: a check that falls silent because it
    no longer understands a table has not made the numbers agree.
    """
    able = [check for check in checks if check.rounds]
    now = _reading(evidence, able)
    cut: frozenset[str] = frozenset()
    for name in sorted(now.wrong):
        trial = _reading(replace(evidence, cut_off=cut | {name}), able)
        if trial.better_than(now):
            cut, now = cut | {name}, trial
    if now.wrong:
        # Cells and the means printed elsewhere may have to be read the same way at once.
        everything = frozenset(sheet.name for sheet in evidence.sheets)
        trial = _reading(replace(evidence, cut_off=everything), able)
        if trial.better_than(now):
            cut, now = everything, trial
    if not cut:
        return evidence
    said = f"{listed(sorted(cut))}: read as cut off and not rounded, because fewer numbers contradict each other so."
    return replace(evidence, cut_off=cut, extra_assumptions=(*evidence.extra_assumptions, said))


@dataclass(frozen=True)
class _Reading:
    """What the checks say under one reading of the tables."""

    wrong: Counter[str]
    comparisons: int

    def better_than(self, other: _Reading) -> bool:
        return self.wrong.total() < other.wrong.total() and self.comparisons >= other.comparisons


def _reading(evidence: Evidence, checks: Sequence[Check]) -> _Reading:
    tallies = [check.run(evidence) for check in checks]
    return _Reading(
        Counter(
            finding.at[0].table
            for tally in tallies
            for finding in tally.findings
            if finding.severity in _HARD
        ),
        sum(tally.comparisons for tally in tallies),
    )
