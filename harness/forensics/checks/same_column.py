"""One column printed in two tables under different headings, where most but not all of its numbers agree."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from harness.forensics import belief
from harness.forensics.cells import Cell, Sheet
from harness.forensics.checks.same_quantity import shared_cells
from harness.forensics.evidence import Evidence
from harness.forensics.interface import Check, Tally
from harness.forensics.metrics import STATISTICS, plain
from harness.forensics.repairs import nearest, said, smallest
from harness.records.forensics import Severity

LEAST_ROWS, LEAST_AGREEING, CLEAR = 3, 2, 100.0
"""Rows with the same label, how many must agree, and the likelihood ratio over all pairs of columns."""
MOST_PAIRS = 3_000
"""Pairs of columns that are compared."""
Column = dict[str, Cell]
Pair = tuple[Cell, Cell]


def _run(evidence: Evidence) -> Tally:
    tally = Tally()
    known = {frozenset((id(first), id(second))) for first, second in shared_cells(evidence)}
    columns = [list(_columns(sheet).values()) for sheet in evidence.sheets if not sheet.long]
    compared: list[list[Pair]] = []
    for first, second in _pairs(columns):
        pairs = [(first[label], second[label]) for label in first.keys() & second.keys()]
        if len(pairs) >= LEAST_ROWS and not any(frozenset(map(id, pair)) in known for pair in pairs):
            compared.append(sorted(pairs, key=lambda pair: pair[0].line))
    for pairs in compared:
        agrees = [evidence.span(a).meets(evidence.span(b)) for a, b in pairs]
        if sum(agrees) < LEAST_AGREEING or 2 * sum(agrees) <= len(pairs):
            continue
        outcomes = zip(agrees, [_luck(evidence, pairs)] * len(pairs), strict=True)
        if belief.ratio(outcomes) / len(compared) < CLEAR:
            continue
        for pair, good in zip(pairs, agrees, strict=True):
            tally.compared(pair)
            if not good:
                _report(evidence, tally, pair, sum(agrees), len(pairs))
    return tally


def _pairs(tables: list[list[Column]]) -> Iterator[tuple[Column, Column]]:
    """Columns of different tables that share enough row labels."""
    seen = 0
    for index, own in enumerate(tables):
        for theirs in tables[index + 1 :]:
            for first in own:
                for second in theirs:
                    if len(first.keys() & second.keys()) >= LEAST_ROWS:
                        yield first, second
                    seen += 1
                    if seen >= MOST_PAIRS:
                        return


def _columns(sheet: Sheet) -> dict[str, Column]:
    """Columns of numbers by the labels of their rows; a label that stands twice is left out."""
    found: dict[str, dict[str, list[Cell]]] = defaultdict(lambda: defaultdict(list))
    for cell in sheet.cells:
        family = cell.metric.family if cell.metric else ""
        label = " ".join(filter(None, (plain(text) for text in cell.labels.values())))
        if label and not cell.number.relation and family not in STATISTICS - {"n", "candidates"}:
            found[cell.column][label].append(cell)
    return {
        column: {label: cells[0] for label, cells in rows.items() if len(cells) == 1}
        for column, rows in found.items()
    }


def _luck(evidence: Evidence, pairs: list[Pair]) -> float:
    """Chance that two numbers agree by luck: the width of both intervals over the range of the numbers."""
    values = [cell.value for pair in pairs for cell in pair]
    width = max(evidence.step(a) + evidence.step(b) for a, b in pairs)
    extent = max(values) - min(values)
    return min(1.0, float(width / extent)) if extent else 1.0


def _report(evidence: Evidence, tally: Tally, pair: Pair, agreeing: int, rows: int) -> None:
    first, second = pair
    repairs = smallest(
        [
            nearest(first, evidence.span(second), evidence),
            nearest(second, evidence.span(first), evidence),
        ]
    )
    tally.findings.append(
        CHECK.finding(
            Severity.SUSPICIOUS,
            pair,
            printed=first.printed,
            follows=second.printed,
            sentence=f"{first.table} prints {first.printed} for {first.name()} and {second.table} prints "
            f"{second.printed} for {second.name()}; {agreeing} of the {rows} numbers that the two columns share by "
            f"their labels agree, so that they seem to print the same; {said(repairs)}.",
            repairs=repairs,
        )
    )


CHECK = Check(
    name="same-column",
    looks_for="columns of two tables with different headings that agree in most rows but not in all",
    needs="two wide tables with three row labels in common",
    assumes="columns that agree beyond luck print the same quantity; corrected for the pairs of columns",
    source="rounding intervals of both numbers",
    run=_run,
)
