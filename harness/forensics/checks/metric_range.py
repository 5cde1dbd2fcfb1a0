"""Values that a measure cannot take: a share above 1, a negative spread, a count that is no whole number."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from harness.forensics.cells import CELL, Cell
from harness.forensics.evidence import Evidence
from harness.forensics.interface import Check, Tally
from harness.forensics.metrics import UNIT_RANGE, WHOLE
from harness.forensics.repairs import nearest, said, smallest
from harness.forensics.scales import scale_of
from harness.records.forensics import ForensicFinding, Severity
from harness.stats.rounding_rules import Span

_NEVER_NEGATIVE = {"sd", "se", "chi2", "f", "df", "df1", "rank", "n", "candidates"}
_FAR = Fraction(10**12)


def _run(evidence: Evidence) -> Tally:
    tally = Tally()
    scales = scale_of(evidence)
    for sheet in evidence.sheets:
        for cell in sheet.cells:
            allowed = _range(cell, scales)
            if allowed is None:
                continue
            tally.compared((cell,))
            if not evidence.span(cell).meets(allowed):
                tally.findings.append(_out_of_range(evidence, cell, allowed))
            elif (
                cell.metric is not None
                and cell.metric.family in WHOLE
                and cell.kind == CELL
                and cell.value.denominator != 1
            ):
                tally.findings.append(
                    CHECK.finding(
                        Severity.IMPOSSIBLE,
                        (cell,),
                        printed=cell.printed,
                        follows="a whole number",
                        sentence=f"{cell.table} prints {cell.printed} for {cell.name()}, which is no whole number.",
                    )
                )
    return tally


def _range(cell: Cell, scales: Callable[[Cell], int]) -> Span | None:
    if cell.metric is None:
        return None
    family = cell.metric.family
    if family in UNIT_RANGE and cell.kind != "sum":  # rounded shares may add up to 100.1
        return Span(Fraction(0), Fraction(scales(cell)))
    if family == "p":
        return Span(Fraction(0), Fraction(1))
    if family == "r":
        return Span(Fraction(-1), Fraction(1))
    if family in _NEVER_NEGATIVE:
        return Span(Fraction(0), _FAR)
    return None


def _out_of_range(evidence: Evidence, cell: Cell, allowed: Span) -> ForensicFinding:
    repairs = smallest([nearest(cell, allowed, evidence)])
    top = "no upper limit" if allowed.high == _FAR else str(allowed.high)
    return CHECK.finding(
        Severity.IMPOSSIBLE,
        (cell,),
        printed=cell.printed,
        follows=f"between {allowed.low} and {top}",
        sentence=f"{cell.table} prints {cell.printed} for {cell.name()}, outside of what the measure can be "
        f"({allowed.low} to {top})" + (f"; {said(repairs)}." if repairs else "."),
        repairs=repairs,
    )


CHECK = Check(
    name="metric-range",
    looks_for="values that the measure cannot take",
    needs="a measure recognised by name",
    assumes="a measure of which most values in a table are at most 1 is a fraction there, else a percentage",
    source="definitions of the measures",
    run=_run,
)
