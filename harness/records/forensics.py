"""What ``harness forensics`` reports: findings on printed numbers, and what was looked at without finding any."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field

from harness.records.base import Record

FORENSICS_SCHEMA = "https://claim-harness.dev/schemas/forensics-v1"


class Severity(StrEnum):
    """How much a finding says, the worst first."""

    IMPOSSIBLE = "impossible"
    """No data whatever can give the printed number."""
    INCONSISTENT = "inconsistent"
    """Two printed numbers, or a printed and a public one, exclude each other."""
    SUSPICIOUS = "suspicious"
    """Possible, but worth a question; never counted as an inconsistency."""


class PrintedAt(Record):
    """One printed number and where it stands."""

    table: str
    """Name of the table, or ``section 4.2`` for running text."""
    line: Annotated[int, Field(ge=0)] = 0
    """Line of the file, counted from 1; 0 for running text."""
    labels: dict[str, str] = Field(default_factory=dict)
    """Label columns of the row with their labels."""
    column: str = ""
    """Column that holds the number."""
    printed: str
    """The number as printed."""


class Correction(Record):
    """One printed number that, changed alone, would reconcile a finding."""

    at: PrintedAt
    """The number to change."""
    becomes: str
    """The nearest number that could stand there instead, in the same style of printing."""
    steps: Annotated[int, Field(ge=0)]
    """Size of the change in units of the last printed digit."""


class ForensicFinding(Record):
    """Printed numbers that cannot all be right, or that deserve a question."""

    check: str
    """Name of the check."""
    severity: Severity
    """impossible, inconsistent or suspicious."""
    at: tuple[PrintedAt, ...] = Field(min_length=1)
    """Where it is; the number in question first, those it was compared with after it."""
    printed: str
    """What is printed."""
    follows: str
    """What follows from the other numbers, as a value or an interval."""
    repairs: tuple[Correction, ...] = ()
    """Every smallest change of one printed number that reconciles it; empty when no single one does."""
    sentence: str
    """The finding in one plain sentence."""


class CheckCoverage(Record):
    """One check: what it needs, what it takes for granted, and how much it looked at."""

    check: str
    """Name of the check."""
    looks_for: str
    """What it looks for, in one line."""
    needs: str
    """What a table must have for it to speak."""
    assumes: str
    """What it takes for granted."""
    source: str
    """Publication, or the definition it follows from."""
    comparisons: Annotated[int, Field(ge=0)]
    """Comparisons made."""
    could_fail: Annotated[int, Field(ge=0)]
    """Comparisons that some printed number could have failed."""
    cells: Annotated[int, Field(ge=0)]
    """Printed numbers that took part."""
    findings: Annotated[int, Field(ge=0)]
    """Findings."""


class ForensicReport(Record):
    """Everything found in the printed numbers of one paper."""

    schema_: Literal["https://claim-harness.dev/schemas/forensics-v1"] = Field(alias="schema")
    """Identifier of this form."""
    source: str
    """Paper or folder that was read."""
    rounding: str
    """Rounding rule that was assumed: unknown, half-up, half-even or truncation."""
    tables: Annotated[int, Field(ge=0)]
    """Tables read."""
    table_numbers: dict[str, int]
    """Name of each table to its number in the paper, where that is known."""
    cells: Annotated[int, Field(ge=0)]
    """Printed numbers read."""
    comparisons: Annotated[int, Field(ge=0)]
    """Comparisons made by all checks."""
    counts: dict[Severity, int]
    """Findings by severity."""
    findings: tuple[ForensicFinding, ...]
    """Findings, by table and severity."""
    checks: tuple[CheckCoverage, ...]
    """Every check, also those that found nothing or had nothing to look at."""
    assumptions: tuple[str, ...]
    """What was guessed or taken for granted while reading, one sentence each."""
