"""Percent changes recomputed from the two numbers they compare."""

from __future__ import annotations

from fractions import Fraction
from itertools import product

from harness.forensics.cells import Cell, Sheet
from harness.forensics.evidence import Evidence, opening
from harness.forensics.interface import Check, Tally
from harness.forensics.metrics import STATISTICS
from harness.forensics.repairs import nearest, said, smallest
from harness.forensics.stated import Stated, cells_about, read_stated
from harness.records.forensics import Correction, ForensicFinding, Severity
from harness.stats.percent import change_span, may_be_zero
from harness.stats.rounding import decimal_text, decimals, exact
from harness.stats.rounding_rules import Span, rounded, span


def _run(evidence: Evidence) -> Tally:
    tally = Tally()
    for stated in read_stated(evidence):
        if not stated.change or len(stated.arms) != 2:
            continue
        after, before = (cells_about(evidence, stated, arm) for arm in stated.arms)
        if not after or not before:
            continue
        tally.compared((*after, *before))
        pairs = [
            (new, old, _expected(evidence, stated, new, old))
            for new, old in product(after, before)
            if new.table == old.table
        ] or [(new, old, _expected(evidence, stated, new, old)) for new, old in product(after, before)]
        own = span(stated.number.value, evidence.rounding)
        if any(own.meets(allowed) for _, _, allowed in pairs):
            continue
        tally.findings.append(_finding(evidence, stated, pairs))
    for sheet in evidence.sheets:
        _columns(evidence, tally, sheet)
    return tally


_FORMS: tuple[tuple[str, bool, int, bool], ...] = (
    ("in percent of the first", True, 1, False),
    ("in percent of the first, as a reduction", True, -1, False),
    ("in percent of the second", True, 1, True),
    ("in percent of the second, as a reduction", True, -1, True),
    ("in points", False, 1, False),
    ("in points, as a reduction", False, -1, False),
)
"""Ways to read a column of changes: relative, sign, and whether the second number is the one compared with."""
AGREEING = 0.6
"""Share of rows that must agree with one way for the others to be called wrong."""


def _columns(evidence: Evidence, tally: Tally, sheet: Sheet) -> None:
    """A column of changes beside exactly two numbers, read in the way that fits most rows (at least two)."""
    rows: list[tuple[Cell, Cell, Cell]] = []
    for record in sheet.records:
        changes = [
            cell for cell in record.values() if cell.metric is not None and cell.metric.family == "change"
        ]
        others = [
            cell
            for cell in record.values()
            if (cell.metric is None or cell.metric.family not in STATISTICS) and not cell.number.relation
        ]
        if len(changes) == 1 and len(others) == 2:
            rows.append((changes[0], others[0], others[1]))
    if len(rows) < 3:
        return
    fits = {form: [_fits(evidence, row, form) for row in rows] for form in _FORMS}
    form = max(_FORMS, key=lambda item: sum(fits[item]))
    if sum(fits[form]) < max(2, AGREEING * len(rows)):
        tally.assumptions.append(
            f"{sheet.name}: the column of changes follows from the others in no usual way."
        )
        return
    for row, good in zip(rows, fits[form], strict=True):
        tally.compared(row)
        if not good:
            allowed = _change(evidence, row, form) or Span(row[0].value, row[0].value)
            repairs = smallest([nearest(row[0], allowed, evidence)])
            places = evidence.places(row[0]) + 2
            low, high = decimal_text(allowed.low, places), decimal_text(allowed.high, places)
            tally.findings.append(
                CHECK.finding(
                    Severity.INCONSISTENT,
                    row,
                    printed=row[0].printed,
                    follows=f"between {low} and {high}",
                    sentence=f"{sheet.name} prints a change of {row[0].printed} from {row[1].printed} to "
                    f"{row[2].printed} ({row[0].name()}), but {form[0]}, as in the other rows, it lies between {low} "
                    f"and {high}; {said(repairs)}.",
                    repairs=repairs,
                )
            )


def _change(
    evidence: Evidence, row: tuple[Cell, Cell, Cell], form: tuple[str, bool, int, bool]
) -> Span | None:
    _, relative, sign, turned = form
    old, new = (row[2], row[1]) if turned else (row[1], row[2])
    if relative and may_be_zero(evidence.span(old)):
        return None
    allowed = change_span(evidence.span(new), evidence.span(old), relative=relative)
    return allowed.times(Fraction(sign))


def _fits(evidence: Evidence, row: tuple[Cell, Cell, Cell], form: tuple[str, bool, int, bool]) -> bool:
    allowed = _change(evidence, row, form)
    # What is not defined cannot be called wrong.
    return allowed is None or evidence.span(row[0]).meets(allowed)


def _expected(evidence: Evidence, stated: Stated, new: Cell, old: Cell) -> Span:
    """Every change that the two printed numbers allow, turned so that the stated direction is positive."""
    allowed = change_span(evidence.span(new), evidence.span(old), relative=not stated.points)
    return allowed.times(Fraction(-1)) if stated.change == "down" else allowed


def _finding(evidence: Evidence, stated: Stated, pairs: list[tuple[Cell, Cell, Span]]) -> ForensicFinding:
    places = decimals(stated.number.value)
    new, old, allowed = max(pairs, key=lambda pair: evidence.places(pair[0]))
    middle = (allowed.low + allowed.high) / 2
    becomes = decimal_text(rounded(middle, places), places)
    hints = []
    turned = change_span(evidence.span(old), evidence.span(new), relative=not stated.points)
    turned = turned.times(Fraction(-1)) if stated.change == "up" else turned
    own = span(stated.number.value, evidence.rounding)
    if own.meets(turned):
        hints.append(f"it is the change taken relative to {new.printed}")
    if not stated.points and own.meets(change_span(evidence.span(new), evidence.span(old), relative=False)):
        hints.append("it is the difference in points, not in percent")
    step = Fraction(1, 10**places)
    repair = Correction(
        at=stated.place, becomes=becomes, steps=int(abs(exact(becomes) - exact(stated.number.value)) / step)
    )
    low, high = decimal_text(allowed.low, places + 2), decimal_text(allowed.high, places + 2)
    return CHECK.finding(
        Severity.INCONSISTENT,
        (stated.place, new, old),
        printed=stated.number.value,
        follows=f"between {low} and {high}",
        sentence=f"{opening(stated.number.at)} gives {stated.number.value} for the {stated.number.describes}, but "
        f"{old.table} prints {old.printed} and {new.printed}, a change between {low} and {high}"
        + (f" ({'; '.join(hints)})" if hints else "")
        + f"; the text would have to say {becomes}.",
        repairs=(repair,),
    )


CHECK = Check(
    name="percent-change",
    looks_for="percent changes that do not follow from the two numbers compared",
    needs="a column of changes beside two numbers, or paper.yaml with a number of the text that is described as a "
    "change between two of its methods",
    assumes="a change in percent is relative to the method named second; from any one table that prints both",
    source="100 (new - old) / old over both rounding intervals",
    run=_run,
)
