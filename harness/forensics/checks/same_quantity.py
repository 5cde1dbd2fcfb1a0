"""One quantity printed at two places with numbers that exclude each other."""

from __future__ import annotations

from collections import defaultdict
from fractions import Fraction
from functools import lru_cache
from itertools import combinations, islice

from harness.forensics.cells import CELL, Cell, Sheet
from harness.forensics.evidence import Evidence
from harness.forensics.interface import Check, Tally
from harness.forensics.metrics import plain
from harness.forensics.repairs import nearest, said, smallest
from harness.records.forensics import Severity
from harness.stats.rounding import decimal_text

MOST_REPEATED = 1000
"""Pairs of cells of one table with the same labels that are compared."""
Identity = tuple[str, frozenset[str], str, str]
LEAST_SHARED, AGREEING = 3, 0.6
"""Two wide tables speak of the same things when they share this many labels and agree in this share of them."""


@lru_cache(maxsize=2)
def shared_cells(evidence: Evidence) -> list[tuple[Cell, Cell]]:
    """Pairs of cells that are about the same quantity, the second in the same or a later table."""
    pairs: list[tuple[Cell, Cell]] = []
    indexes = [_index(sheet) for sheet in evidence.sheets]
    for index, sheet in enumerate(evidence.sheets):
        own = indexes[index]
        for cells in own.values():
            pairs += islice(combinations(cells, 2), MOST_REPEATED)
        for other, theirs in zip(evidence.sheets[index + 1 :], indexes[index + 1 :], strict=True):
            found = [
                (first, second)
                for identity in own.keys() & theirs.keys()
                for first in own[identity][:1]
                for second in theirs[identity][:1]
            ]
            if (sheet.long and other.long) or _believable(evidence, found):
                pairs += found
    return sorted(pairs, key=lambda pair: (pair[0].table, pair[0].line, pair[1].table, pair[1].line))


def _index(sheet: Sheet) -> dict[Identity, list[Cell]]:
    """Cells by what they are about. A cell without any label is about nothing that could be found again."""
    found: dict[Identity, list[Cell]] = defaultdict(list)
    for cell in sheet.cells:
        if sheet.long:
            identity = (cell.metric_name.casefold(), cell.key, cell.unit, cell.kind)
        else:
            words = {plain(label) for label in cell.key} | {cell.metric_name}
            # A p and a corrected p are two things.
            identity = (cell.metric.note if cell.metric else "", frozenset(words), "", cell.kind)
        if cell.key and not cell.number.relation:
            found[identity].append(cell)
    return found


def _believable(evidence: Evidence, pairs: list[tuple[Cell, Cell]]) -> bool:
    """Equal labels in two tables may name different experiments: most of the numbers must agree."""
    agree = sum(evidence.span(first).meets(evidence.span(second)) for first, second in pairs)
    return len(pairs) >= LEAST_SHARED and agree >= AGREEING * len(pairs)


def _run(evidence: Evidence) -> Tally:
    tally = Tally()
    for first, second in shared_cells(evidence):
        tally.compared((first, second))
        if evidence.span(first).meets(evidence.span(second)):
            continue
        repairs = smallest(
            [
                nearest(first, evidence.span(second), evidence),
                nearest(second, evidence.span(first), evidence),
            ]
        )
        other = evidence.span(second)
        places = evidence.places(second) + 1
        where = f"line {second.line} of the same table" if first.table == second.table else second.table
        what = first.name() if first.kind == CELL else f"{first.kind} {first.name()}"
        cut = ""
        if evidence.places(first) != evidence.places(second):
            short, long = sorted((first, second), key=evidence.places)
            if short.value == _cut(long, evidence.places(short)):
                cut = f"; {short.printed} is {long.printed} cut off and not rounded"
        tally.findings.append(
            CHECK.finding(
                Severity.INCONSISTENT,
                (first, second),
                printed=first.printed,
                follows=f"between {decimal_text(other.low, places)} and {decimal_text(other.high, places)}",
                sentence=f"{first.table} prints {first.printed} and {where} prints {second.printed} for the same "
                f"quantity ({what}){cut}; {said(repairs)}.",
                repairs=repairs,
            )
        )
    return tally


def _cut(cell: Cell, places: int) -> Fraction:
    whole = abs(cell.value) * 10**places // 1
    return Fraction(whole if cell.value >= 0 else -whole, 10**places)


CHECK = Check(
    name="same-quantity",
    looks_for="one quantity printed twice with numbers that exclude each other",
    needs="two tables (or rows) with the same labels",
    assumes="equal labels name the same quantity; in wide tables only where most of the shared numbers agree",
    source="rounding intervals of both numbers",
    run=_run,
)
