"""Parts of a reported table: the rows that share a label, or two labels."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

from harness.records.observations import ReportedTable, Value

MOST_COLUMNS = 6
"""Label columns by which a table is split, alone and in pairs."""
MOST_SUBSETS = 400
"""Subsets looked at of one table."""
LARGEST_TABLE = 20_000
"""Rows of a table that is split at all."""

Rows = Sequence[dict[str, Value]]


@dataclass(frozen=True)
class Split:
    """A table split by the labels of one column, or of two."""

    columns: tuple[str, ...]
    """Names of the columns."""
    subsets: dict[str, Rows]
    """Labels in words to the rows that have them."""


def splits(table: ReportedTable, without: Sequence[str]) -> Iterator[Split]:
    """Every split of a table by one label column and by two, except columns ``without``; bounded.

    A split that leaves everything together, or every row alone, is none.
    """
    rows = table.records()
    names = [item.name for item in table.columns if item.unit is None and item.name not in without]
    if len(rows) > LARGEST_TABLE:
        return
    left = MOST_SUBSETS
    for columns in (
        *((name,) for name in names[:MOST_COLUMNS]),
        *combinations(names[:MOST_COLUMNS], 2),
    ):
        subsets: dict[str, list[dict[str, Value]]] = {}
        for row in rows:
            subsets.setdefault(" ".join(f"{name}={row[name]}" for name in columns), []).append(row)
        if 1 < len(subsets) < len(rows) and len(subsets) <= left:
            left -= len(subsets)
            yield Split(columns, dict(sorted(subsets.items())))
