"""How many items a printed number was averaged over, where a table says so."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping

from harness.forensics.cells import CELL, Cell
from harness.forensics.evidence import Evidence
from harness.forensics.metrics import STATISTICS


class Counts:
    """Finds the count behind a cell: in its own row, or in a table of counts with fewer of the same labels."""

    def __init__(self, evidence: Evidence, family: str = "n") -> None:
        self._beside: dict[int, Cell] = {}
        self._elsewhere: dict[str, list[Cell]] = defaultdict(list)
        for sheet in evidence.sheets:
            for record in sheet.records:
                count = next(_of_family(record, family), None)
                if count is None:
                    continue
                others = [cell for cell in record.values() if cell is not count]
                for cell in others:
                    self._beside[id(cell)] = count
                # A table of nothing but counts tells about the cells of other tables.
                if all(cell.metric is not None and cell.metric.family in STATISTICS for cell in others):
                    self._elsewhere[count.unit].append(count)

    def beside(self, cell: Cell) -> Cell | None:
        """The count in the cell's own row or record."""
        return self._beside.get(id(cell))

    def of(self, cell: Cell) -> Cell | None:
        """The count for the same unit and labels, wherever it stands; None unless there is exactly one."""
        if (own := self.beside(cell)) is not None:
            return own
        found = [
            count
            for count in self._elsewhere.get(cell.unit, ())
            if cell.unit and count.key <= cell.key and count.kind == CELL
        ]
        return found[0] if len(found) == 1 else None


def _of_family(record: Mapping[str, Cell], family: str) -> Iterator[Cell]:
    for cell in record.values():
        if (
            cell.metric is not None
            and cell.metric.family == family
            and cell.value.denominator == 1
            and cell.value >= 1
            and not cell.number.relation
        ):
            yield cell
