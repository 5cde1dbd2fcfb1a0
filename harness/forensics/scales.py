"""Whether a measure is printed as a fraction (0 to 1) or as a percentage (0 to 100)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable

from harness.forensics.cells import Cell
from harness.forensics.evidence import Evidence
from harness.forensics.metrics import UNIT_RANGE

MOST = 0.8
"""Share of a measure's values that must be at most 1 for it to be a fraction."""


def scale_of(evidence: Evidence) -> Callable[[Cell], int]:
    """A function that says 1 or 100 for a cell of a measure between nothing and everything.

    A percent sign or the word decides; else the other values of the same measure in the same table do, so that
    one value that is far out does not.
    """
    values: dict[tuple[str, str], list[bool]] = defaultdict(list)
    for sheet in evidence.sheets:
        for cell in sheet.cells:
            if cell.metric is not None and cell.metric.family in UNIT_RANGE:
                values[cell.table, cell.metric.family].append(abs(cell.value) <= 1)
    fractions = {key for key, small in values.items() if sum(small) >= MOST * len(small)}

    def scale(cell: Cell) -> int:
        if cell.number.percent:
            return 100
        family = cell.metric.family if cell.metric else ""
        return 1 if (cell.table, family) in fractions else 100

    return scale
