"""Runs of equal numbers in two columns or rows that should differ."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from itertools import combinations

from scipy.special import bdtrc

from harness.forensics.cells import CELL, Cell, Sheet
from harness.forensics.evidence import Evidence
from harness.forensics.interface import Check, Tally
from harness.forensics.metrics import STATISTICS
from harness.records.forensics import Severity

ALPHA = 0.01
"""Chance of at least this many equal numbers in any pair, after correction for the pairs looked at."""
DIGITS, RUN, MOST_NUMBERS = 3, 3, 500_000
"""Significant digits a number must have, equal numbers a pair must have, and numbers compared."""

Series = list[Cell | None]


def _run(evidence: Evidence) -> Tally:
    tally = Tally()
    pairs: list[tuple[list[tuple[Cell, Cell]], int]] = []
    compared = equal = 0
    for sheet in evidence.sheets:
        for first, second in _pairs(sheet):
            both = [(a, b) for a, b in zip(first, second, strict=True) if a is not None and b is not None]
            same = [(a, b) for a, b in both if a.number.text == b.number.text]
            if len(both) < RUN:
                continue
            tally.compared([cell for pair in both for cell in pair])
            compared += len(both)
            equal += len(same)
            pairs.append((same, len(both)))
            if compared >= MOST_NUMBERS:
                break
        if compared >= MOST_NUMBERS:
            tally.assumptions.append(
                f"{sheet.name}: so many numbers that only the first {len(pairs):,} pairs of columns and rows were "
                f"searched for copied numbers."
            )
            break
    for same, length in pairs:
        if len(same) < RUN:
            continue
        # How often do two numbers of this paper agree by luck? Everything but this pair tells, and one more.
        rate = (equal - len(same) + 1) / (compared - length + 2)
        chance = float(bdtrc(len(same) - 1, length, rate)) * len(pairs)
        if chance > ALPHA:
            continue
        a, b = same[0]
        tally.findings.append(
            CHECK.finding(
                Severity.SUSPICIOUS,
                [cell for pair in same[:10] for cell in pair],
                printed=", ".join(first.printed for first, _ in same[:6]),
                follows="different numbers",
                sentence=f"{a.table}: {len(same)} of {length} numbers of {a.name()} stand also at {b.name()} and the "
                f"places beside it "
                f"({', '.join(first.printed for first, _ in same[:6])}); chance {chance:.1g}, corrected for "
                f"{len(pairs)} pairs, at the rate at which other numbers of the paper agree.",
            )
        )
    return tally


def _pairs(sheet: Sheet) -> Iterator[tuple[Series, Series]]:
    """Series of one table that differ in exactly one label, aligned by unit."""
    if sheet.long:
        series: dict[tuple[frozenset[str], str], dict[str, Cell]] = defaultdict(dict)
        for cell in sheet.cells:
            if cell.unit and cell.kind == CELL and _fit(cell):
                series[cell.key, cell.metric_name].setdefault(cell.unit, cell)
        for (key, metric), (other_key, other_metric) in combinations(series, 2):
            if (key == other_key) == (metric == other_metric) or len(key ^ other_key) > 2:
                continue
            first, second = series[key, metric], series[other_key, other_metric]
            units = sorted(first.keys() & second.keys())
            yield [first[unit] for unit in units], [second[unit] for unit in units]
        return
    by_column: dict[str, dict[str, Cell]] = defaultdict(dict)
    by_line: dict[str, dict[str, Cell]] = defaultdict(dict)
    for cell in sheet.cells:
        if cell.kind == CELL and _fit(cell):
            by_column[cell.column][str(cell.line)] = cell
            by_line[str(cell.line)][cell.column] = cell
    for lines in (by_column, by_line):
        for first, second in combinations(lines.values(), 2):
            places = sorted(first.keys() & second.keys())
            yield [first[place] for place in places], [second[place] for place in places]


def _fit(cell: Cell) -> bool:
    digits = cell.number.text.replace(",", "").replace(".", "").lstrip("+-0")
    family = cell.metric.family if cell.metric else ""
    return len(digits) >= DIGITS and cell.shown > 0 and family not in STATISTICS


CHECK = Check(
    name="copied-values",
    looks_for="runs of equal numbers in two columns or rows that should differ",
    needs="two series of at least three numbers with three significant digits",
    assumes="numbers of different methods agree by luck as often as elsewhere in the paper; Bonferroni",
    source="binomial tail",
    run=_run,
    rounds=False,
)
