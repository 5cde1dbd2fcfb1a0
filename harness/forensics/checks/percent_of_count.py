"""Percentages printed beside the counts they were computed from: 50 (39.1%) of 128, or columns n, % and N."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import islice

from harness.forensics import belief
from harness.forensics.cells import CELL, Cell, Number, Sheet
from harness.forensics.evidence import Evidence
from harness.forensics.interface import Check, Tally
from harness.forensics.metrics import is_percent_name, plain
from harness.forensics.repairs import nearest, said, smallest
from harness.records.forensics import Correction, Severity
from harness.stats.rounding import decimal_text
from harness.stats.rounding_rules import Span

_SIZE = re.compile(r"\bn\s*=\s*([0-9][0-9,]*)", re.IGNORECASE)
_TOTAL_ROWS = frozenset(
    {
        "n",
        "total",
        "all",
        "overall",
        "sum",
        "number of patients",
        "no of patients",
        "patients",
        "participants",
    }
)
LEAST, AGREEING, CLEAR = 3, 0.6, 100.0
"""Rows that must agree, their share, and the likelihood ratio from which a column is read as shares of a total."""
LUCK = 0.05
"""Chance taken for a percentage to be that of another count by luck; with one decimal it is smaller."""
MOST_COLUMNS = 12
"""Columns of counts that are tried for one column of percentages."""


@dataclass(frozen=True)
class Share:
    """A percentage with its count and the total it should be a share of."""

    count: Cell
    percent: Cell
    total: int
    source: str
    bracket: bool


def _run(evidence: Evidence) -> Tally:
    tally = Tally()
    for sheet in evidence.sheets:
        if sheet.long:
            continue
        for shares in readings(evidence, sheet):
            for share in shares:
                tally.compared({share.count, share.percent} if not share.bracket else {share.count})
                if not fits(evidence, share):
                    _report(evidence, tally, share)
    return tally


def fits(evidence: Evidence, share: Share) -> bool:
    """Whether 100 k/N is printed as the percentage."""
    return evidence.span(share.percent).holds(100 * share.count.value / share.total)


def readings(evidence: Evidence, sheet: Sheet) -> Iterator[list[Share]]:
    """For each column of percentages, the counts and totals that most of it follows from, where there are such."""
    columns: dict[str, list[Cell]] = {}
    for cell in sheet.cells:
        columns.setdefault(cell.column, []).append(cell)
    whole = {
        name: cells
        for name, cells in columns.items()
        if all(not cell.shown and not cell.number.percent and cell.value >= 0 for cell in cells)
    }
    for name, cells in columns.items():
        pairs = list(_brackets(cells))
        candidates = [pairs] if pairs else []
        if not pairs and (is_percent_name(name) or all(cell.number.percent for cell in cells)):
            candidates = [
                [(counts[cell.line], cell, False) for cell in cells if cell.line in counts]
                for counts in (
                    {count.line: count for count in whole[other]}
                    for other in islice((other for other in whole if other != name), MOST_COLUMNS)
                )
            ]
        best: list[Share] = []
        most = 0
        for candidate in candidates:
            for shares in _totals(sheet, candidate, whole):
                good = sum(fits(evidence, share) for share in shares)
                if good > most and _believable(evidence, shares, good):
                    best, most = shares, good
        if best:
            yield best


def _believable(evidence: Evidence, shares: list[Share], good: int) -> bool:
    outcomes = [(fits(evidence, share), LUCK) for share in shares]
    return good >= LEAST and good >= AGREEING * len(shares) and belief.ratio(outcomes) >= CLEAR


def _brackets(cells: list[Cell]) -> Iterator[tuple[Cell, Cell, bool]]:
    """Cells such as ``50 (39.1%)``: the count, and the percentage as a number of its own."""
    for cell in cells:
        if cell.number.spread is not None and not cell.shown and not cell.number.relation:
            words = " ".join((cell.column, *cell.labels.values()))
            if cell.number.share or is_percent_name(words):
                yield cell, replace(cell, number=Number(cell.number.spread), printed=cell.number.spread), True


def _totals(
    sheet: Sheet, pairs: list[tuple[Cell, Cell, bool]], whole: dict[str, list[Cell]]
) -> Iterator[list[Share]]:
    """The pairs under each thing that the percentages may be shares of."""
    if not pairs:
        return
    column = pairs[0][0].column
    heading = _SIZE.search(column) or _SIZE.search(sheet.title)
    if heading is not None:
        yield from _of(pairs, int(heading[1].replace(",", "")), "the heading")
    own = [cell for cell in sheet.cells if cell.column == column and not cell.shown]
    for cell in own:
        if any(plain(label) in _TOTAL_ROWS for label in cell.labels.values()):
            yield from _of(
                [pair for pair in pairs if pair[0].line != cell.line], int(cell.value), f"line {cell.line}"
            )
    everything = sum((cell.value for cell in own if cell.kind == CELL), Fraction(0))
    if len(own) > 1:
        yield from _of([p for p in pairs if p[0].kind == CELL], int(everything), "the sum of the column")
    for name in islice((name for name in whole if name != column), MOST_COLUMNS):
        totals = {cell.line: int(cell.value) for cell in whole[name]}
        yield [
            Share(count, percent, totals[count.line], f"column {name}", bracket)
            for count, percent, bracket in pairs
            if totals.get(count.line, 0) > 0
        ]


def _of(pairs: list[tuple[Cell, Cell, bool]], total: int, source: str) -> Iterator[list[Share]]:
    if total > 0:
        yield [Share(count, percent, total, source, bracket) for count, percent, bracket in pairs]


def _report(evidence: Evidence, tally: Tally, share: Share) -> None:
    count, percent = share.count, share.percent
    value = 100 * count.value / share.total
    allowed = evidence.span(percent).times(Fraction(share.total, 100))
    repairs = smallest(
        [
            _in_cell(share, nearest(percent, Span(value, value), evidence)),
            _in_count(share, evidence, allowed),
        ]
    )
    places = evidence.places(percent) + 2
    tally.findings.append(
        CHECK.finding(
            Severity.INCONSISTENT,
            (count,) if share.bracket else (percent, count),
            printed=percent.printed,
            follows=decimal_text(value, places),
            sentence=f"{count.table} prints {percent.printed.rstrip('% ')} % beside the count {count.number.text} "
            f"({count.name()}), but {count.number.text} of {share.total} ({share.source}), as in the other rows, is "
            f"{decimal_text(value, places)} %" + (f"; {said(repairs)}." if repairs else "."),
            repairs=repairs,
        )
    )


def _in_count(share: Share, evidence: Evidence, allowed: Span) -> Correction | None:
    """The nearest whole count with the printed percentage."""
    own = int(share.count.value)
    near = [
        count
        for middle in (int(allowed.low), int(allowed.high) + 1)
        for count in (middle - 1, middle, middle + 1)
        if 0 <= count <= share.total and allowed.holds(Fraction(count))
    ]
    if not near:
        return None
    best = min(near, key=lambda count: (abs(count - own), count))
    exact = nearest(share.count, Span(Fraction(best), Fraction(best)), evidence)
    if exact is None:
        return None
    text = f"{best:,}" if "," in share.count.number.text else str(best)
    becomes = share.count.printed.replace(share.count.number.text, text, 1) if share.bracket else text
    return Correction(at=share.count.at(), becomes=becomes, steps=abs(best - own))


def _in_cell(share: Share, correction: Correction | None) -> Correction | None:
    """A correction of the number in brackets as one of the whole cell."""
    if correction is None or not share.bracket:
        return correction
    head, _, tail = share.count.printed.rpartition(share.percent.printed)
    return Correction(
        at=share.count.at(), becomes=f"{head}{correction.becomes}{tail}", steps=correction.steps
    )


CHECK = Check(
    name="percent-of-count",
    looks_for="percentages that are not the share of the count printed beside them",
    needs="counts with percentages, as 50 (39.1%) or in two columns, and their total in the heading, a row, a column "
    "or as the sum of the counts",
    assumes="the percentages of a column are shares of the total that most of them (at least three) follow from",
    source="100 k/N within the rounding interval",
    run=_run,
)
