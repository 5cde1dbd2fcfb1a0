"""Changes against another row of the same column: ablations, 70.1 (-1.2), or a column of deltas."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from fractions import Fraction

from harness.forensics import belief
from harness.forensics.cells import CELL, Cell, Number, Sheet
from harness.forensics.evidence import Evidence
from harness.forensics.interface import Check, Tally
from harness.forensics.metrics import STATISTICS, plain
from harness.forensics.repairs import nearest, said, smallest
from harness.records.forensics import Correction, Severity
from harness.stats.percent import change_span, may_be_zero
from harness.stats.rounding import decimal_text
from harness.stats.rounding_rules import Span

LEAST, AGREEING = 3, 0.6
"""Rows that must agree with one reading, and their share."""
MOST_ROWS = 60
"""Longer columns are not read."""
Reference = Callable[[Cell], Cell | None]


@dataclass(frozen=True)
class _Pair:
    value: Cell
    change: Cell
    bracket: bool


@dataclass(frozen=True)
class _Reading:
    reference: Reference
    relative: bool
    sign: int


def _run(evidence: Evidence) -> Tally:
    tally = Tally()
    for sheet in evidence.sheets:
        if sheet.long:
            continue
        for column, pairs in _columns(sheet):
            _judge(evidence, tally, column, pairs)
    return tally


def _columns(sheet: Sheet) -> Iterator[tuple[list[Cell], list[_Pair]]]:
    """Each column of values with its changes: those in brackets, or the column of changes that belongs to it."""
    columns: dict[str, list[Cell]] = {}
    for cell in sheet.cells:
        if cell.kind == CELL and not cell.number.relation:
            columns.setdefault(cell.column, []).append(cell)
    values = [name for name, cells in columns.items() if _family(cells[0]) not in STATISTICS]
    for name in values:
        cells = columns[name]
        inside = [
            _Pair(cell, replace(cell, number=Number(cell.number.change), printed=cell.number.change), True)
            for cell in cells
            if cell.number.change is not None
        ]
        if len(inside) >= LEAST:
            yield cells, inside
    # The fullest row has the columns in the order of the table.
    by_row: dict[int, list[str]] = {}
    for cell in sheet.cells:
        by_row.setdefault(cell.line, []).append(cell.column)
    order = max(by_row.values(), key=len, default=[])
    names = [name for name in order if name in columns]
    for name in names:
        if _family(columns[name][0]) != "change":
            continue
        words = set(plain(name).split())
        named = [other for other in values if plain(other) and set(plain(other).split()) <= words]
        before = [other for other in names[: names.index(name)] if other in values]
        for other in (named or before[-1:])[:1]:
            by_line = {cell.line: cell for cell in columns[other]}
            pairs = [_Pair(by_line[cell.line], cell, False) for cell in columns[name] if cell.line in by_line]
            if len(pairs) >= LEAST:
                yield columns[other], pairs


def _family(cell: Cell) -> str:
    return cell.metric.family if cell.metric is not None else ""


def _judge(evidence: Evidence, tally: Tally, column: list[Cell], pairs: list[_Pair]) -> None:
    if len(column) > MOST_ROWS:
        return
    readings = list(_readings(column, pairs))
    spread = max(abs(pair.change.value) for pair in pairs)
    if not spread or not readings:
        return
    best, fits = max(
        ((reading, [_fits(evidence, pair, reading) for pair in pairs]) for reading in readings),
        key=lambda item: sum(item[1]),
    )
    luck = min(1.0, float(3 * max(evidence.step(pair.change) for pair in pairs) / spread))
    believed = belief.ratio((good, luck) for good in fits) / len(readings) >= belief.STRONG
    if not believed or sum(fits) < max(LEAST, AGREEING * len(pairs)):
        return
    for pair, good in zip(pairs, fits, strict=True):
        other = best.reference(pair.value)
        if other is None:
            continue
        tally.compared((pair.value, other) if pair.bracket else (pair.value, pair.change, other))
        if not good:
            _report(evidence, tally, pair, other, best)


def _readings(column: list[Cell], pairs: list[_Pair]) -> Iterator[_Reading]:
    """Against one row, against the row above, or against the last row above that has no change of its own."""
    changed = {pair.value.line for pair in pairs if pair.change.value}

    def last(cell: Cell, *, unchanged: bool) -> Cell | None:
        above = [row for row in column if row.line < cell.line and not (unchanged and row.line in changed)]
        return above[-1] if above else None

    references: list[Reference] = [
        *((lambda cell, row=row: row if row is not cell else None) for row in column),
        lambda cell: last(cell, unchanged=False),
        lambda cell: last(cell, unchanged=True),
    ]
    for reference in references:
        for relative in (False, True):
            for sign in (1, -1):
                yield _Reading(reference, relative, sign)


def _allowed(evidence: Evidence, pair: _Pair, reading: _Reading) -> Span | None:
    other = reading.reference(pair.value)
    if other is None or (reading.relative and may_be_zero(evidence.span(other))):
        return None
    change = change_span(evidence.span(pair.value), evidence.span(other), relative=reading.relative)
    return change.times(Fraction(reading.sign))


def _fits(evidence: Evidence, pair: _Pair, reading: _Reading) -> bool:
    allowed = _allowed(evidence, pair, reading)
    # A change of the row itself is none.
    return pair.change.value == 0 if allowed is None else evidence.span(pair.change).meets(allowed)


def _report(evidence: Evidence, tally: Tally, pair: _Pair, other: Cell, reading: _Reading) -> None:
    allowed = _allowed(evidence, pair, reading)
    if allowed is None:
        return
    places = evidence.places(pair.change) + 1
    low, high = decimal_text(allowed.low, places), decimal_text(allowed.high, places)
    repairs = smallest(
        [
            _in_cell(pair, nearest(pair.change, allowed, evidence)),
            None
            if reading.relative
            else nearest(
                pair.value,
                evidence.span(other).plus(evidence.span(pair.change).times(Fraction(reading.sign))),
                evidence,
            ),
        ]
    )
    unit = " %" if reading.relative else ""
    tally.findings.append(
        CHECK.finding(
            Severity.INCONSISTENT,
            (pair.value, other) if pair.bracket else (pair.change, pair.value, other),
            printed=pair.change.printed,
            follows=f"between {low} and {high}",
            sentence=f"{pair.value.table} prints a change of {pair.change.printed} for {pair.value.name()}, but from "
            f"{other.number.text} ({' '.join(label for label in other.labels.values() if label)}) to "
            f"{pair.value.number.text}, read as in the other rows, it lies between {low} and {high}{unit}"
            + (f"; {said(repairs)}." if repairs else "."),
            repairs=repairs,
        )
    )


def _in_cell(pair: _Pair, correction: Correction | None) -> Correction | None:
    """A correction of the number in brackets as one of the whole cell."""
    if correction is None or not pair.bracket:
        return correction
    head, bracket, tail = pair.value.printed.rpartition("(")
    own, becomes = pair.change.number.text, correction.becomes.replace("−", "-")
    same_sign = own.startswith("-") == becomes.startswith("-")
    if same_sign and own.lstrip("+-") in tail:
        inside = tail.replace(own.lstrip("+-"), becomes.lstrip("+-"), 1)
    else:
        inside = f"{becomes if becomes.startswith('-') else '+' + becomes.lstrip('+')})"
    return Correction(at=pair.value.at(), becomes=f"{head}{bracket}{inside}", steps=correction.steps)


CHECK = Check(
    name="reference-change",
    looks_for="changes that do not follow from their row and the row they refer to",
    needs="changes in brackets behind values, as 70.1 (-1.2), or a column of changes beside a column of values",
    assumes="all refer to one row, to the row above, or to the last row without a change, in points or percent, "
    "whichever most rows (at least three) bear out",
    source="difference of both rounding intervals",
    run=_run,
)
