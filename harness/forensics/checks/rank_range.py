"""Rank distances beyond what the number of candidates allows."""

from __future__ import annotations

from collections import defaultdict
from fractions import Fraction

from harness.forensics.cells import Cell
from harness.forensics.evidence import Evidence
from harness.forensics.interface import Check, Tally
from harness.forensics.relevant import relevant_items
from harness.forensics.repairs import nearest, said, smallest
from harness.records.forensics import Severity
from harness.stats.rounding_rules import Span


def _run(evidence: Evidence) -> Tally:
    tally = Tally()
    pools: dict[frozenset[str], list[Cell]] = defaultdict(list)
    for sheet in evidence.sheets:
        for cell in sheet.cells:
            if cell.metric is not None and cell.metric.family == "candidates" and cell.unit:
                pools[cell.key].append(cell)
    for sheet in evidence.sheets:
        for cell in sheet.cells:
            if cell.metric is None or cell.metric.family != "rank":
                continue
            found = [cells for key, cells in pools.items() if key <= cell.key]
            if len(found) != 1:
                continue
            size = sum(int(other.value) for other in found[0])
            items = relevant_items(evidence, cell)
            allowed = Span(Fraction(items[0] - 1 if items else 0), Fraction(size - 1))
            tally.compared((cell,))
            if evidence.span(cell).meets(allowed):
                continue
            repairs = smallest([nearest(cell, allowed, evidence)])
            tally.findings.append(
                CHECK.finding(
                    Severity.IMPOSSIBLE,
                    (cell, *found[0]),
                    printed=cell.printed,
                    follows=f"between {allowed.low} and {allowed.high}",
                    sentence=f"{cell.table} prints a rank distance of {cell.printed} ({cell.name()}), but among "
                    f"{size} candidates it lies between {allowed.low} and {allowed.high}; {said(repairs)}.",
                    repairs=repairs,
                )
            )
    return tally


CHECK = Check(
    name="rank-range",
    looks_for="rank distances that the number of candidates does not allow",
    needs="a rank distance and a table of candidates for the same data set",
    assumes="all candidates of the data set are ranked together, the least distance is that of neighbouring ranks",
    source="definition of the measure",
    run=_run,
)
