"""Recall that falls although more results are looked at."""

from __future__ import annotations

from itertools import combinations

from harness.forensics.cells import Cell
from harness.forensics.evidence import Evidence
from harness.forensics.interface import Check, Tally
from harness.forensics.metrics import RECALL_LIKE
from harness.forensics.repairs import nearest, said, smallest
from harness.records.forensics import Severity
from harness.stats.rounding_rules import Span


def _run(evidence: Evidence) -> Tally:
    tally = Tally()
    for sheet in evidence.sheets:
        for record in sheet.records:
            ladder: dict[str, list[Cell]] = {}
            for cell in record.values():
                if cell.metric is not None and cell.metric.family in RECALL_LIKE and cell.metric.cutoff:
                    ladder.setdefault(cell.metric.family, []).append(cell)
            for cells in ladder.values():
                cells.sort(key=lambda cell: (cell.metric.cutoff or 0) if cell.metric else 0)
                for first, second in combinations(cells, 2):
                    tally.compared((first, second))
                    low, high = evidence.span(first), evidence.span(second)
                    if low.low <= high.high:
                        continue
                    repairs = smallest(
                        [
                            nearest(first, Span(high.low - 10**6, high.high), evidence),
                            nearest(second, Span(low.low, low.high + 10**6), evidence),
                        ]
                    )
                    tally.findings.append(
                        CHECK.finding(
                            Severity.IMPOSSIBLE,
                            (first, second),
                            printed=first.printed,
                            follows=f"at most {second.printed}",
                            sentence=f"{first.table} prints {first.printed} for {first.metric_name} and "
                            f"{second.printed} for {second.metric_name} ({first.name()}), but looking at more results "
                            f"cannot find fewer; {said(repairs)}.",
                            repairs=repairs,
                        )
                    )
    return tally


CHECK = Check(
    name="recall-monotone",
    looks_for="recall or hit rates that fall with a larger cutoff",
    needs="two cutoffs of the same measure for the same row",
    assumes="both are over the same queries",
    source="definition of recall at k",
    run=_run,
)
