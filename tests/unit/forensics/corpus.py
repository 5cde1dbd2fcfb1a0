"""Small tables for the tests of the checks."""

from __future__ import annotations

from harness.forensics.evidence import Evidence
from harness.forensics.examine import examine
from harness.forensics.sheets import read_sheet
from harness.records.forensics import ForensicFinding, ForensicReport
from harness.stats.rounding_rules import Rounding
from harness.tables import parse_table


def evidence(rounding: Rounding = Rounding.UNKNOWN, zeros: str = "auto", **tables: str) -> Evidence:
    """Evidence from CSV texts by table name."""
    sheets = []
    for name, text in tables.items():
        lines = [line.strip() for line in text.strip().splitlines()]
        table, problems = parse_table(name, "\n".join(lines).encode(), file=name)
        assert table is not None and not problems, problems
        sheets.append(read_sheet(table))
    return Evidence("test", tuple(sheets), rounding=rounding, zeros=zeros)


def report(rounding: Rounding = Rounding.UNKNOWN, zeros: str = "auto", **tables: str) -> ForensicReport:
    """What all checks say about CSV texts."""
    return examine(evidence(rounding, zeros, **tables))


def findings(check: str, rounding: Rounding = Rounding.UNKNOWN, **tables: str) -> list[ForensicFinding]:
    """Findings of one check; no other check may find anything."""
    result = report(rounding, **tables)
    assert {item.check for item in result.findings} <= {check}
    return list(result.findings)
