"""How many relevant items a query has, where the paper's record says so."""

from __future__ import annotations

from harness.forensics.cells import Cell
from harness.forensics.evidence import Evidence


def relevant_items(evidence: Evidence, cell: Cell) -> tuple[int, int] | None:
    """Least and most relevant items for each query behind a cell; None when the record does not say."""
    if evidence.paper is None:
        return None
    labels = set(cell.key)
    for item in evidence.paper.facts.relevant:
        if {item.dataset, item.setting} - {None} <= labels:
            return item.least, item.most
    return None
