"""Rows that a script reports, held against the records of a data file: does every row stand in one record?

Only where numbers are handed on unchanged can this be asked. A column is handed on when its numbers, as a multiset,
are those of a column of the file in the records that the rows name; numbers that were computed are not.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations

from harness.data_files import DataFile
from harness.records.observations import ReportedTable
from harness.redteam.data_inputs import plain
from harness.stats.rounding import exact

FEWEST = 4
"""Rows from which numbers that are those of a file are so by no accident."""
FEWEST_NUMBERS = 3
"""Different numbers from which a column of them is not taken for another by accident."""
MOST_LABELS = 6
"""Most labels of a column of a file that may tell apart the sides of a comparison."""

Row = Mapping[str, object]
Cells = dict[Hashable, dict[str, object]]


@dataclass(frozen=True)
class Place:
    """A column of numbers of a file, in all records or in those with one label."""

    column: str
    """The column of numbers."""
    by: str | None = None
    """The column of labels, if any."""
    label: str | None = None
    """Its label."""


@dataclass(frozen=True)
class Mismatch:
    """Rows that stand in no record."""

    columns: tuple[str, ...]
    """Columns reported."""
    rows: int
    """Number of rows that stand in no record."""
    of: int
    """Number of rows."""


def cells_of(file: DataFile) -> Cells:
    """Values of every record by the name of their column; values that repeat within a record are left out."""
    found: Cells = {}
    repeated = set()
    for slot in file.slots:
        if slot.row is None:
            continue
        name = slot.name or slot.column
        own = found.setdefault(slot.row, {})
        if name in own:
            repeated.add(name)
        own[name] = slot.value
    return {row: {k: v for k, v in own.items() if k not in repeated} for row, own in found.items()}


def numeric(value: object) -> Fraction | None:
    """A value as an exact number; None where it is none."""
    if isinstance(value, bool) or value is None:
        return None
    try:
        return exact(value if isinstance(value, (int, float)) else str(value).strip().replace(",", ""))
    except (ValueError, ArithmeticError):
        return None


class Traced:
    """A reported table beside the records of one file that its labels name."""

    def __init__(self, table: ReportedTable, file: DataFile) -> None:
        self.rows = table.records()
        self.cells = cells_of(file)
        self.labels = [column.name for column in table.columns if column.unit is None]
        self.numbers = [column.name for column in table.columns if column.unit is not None]
        self.columns = list(dict.fromkeys(name for own in self.cells.values() for name in own))
        self.named_by = self._named_by()
        self.key = [self._key(row, self.named_by) for row in self.rows]
        wanted = set(self.key)
        place = {column: column for column in self.named_by.values()}
        self.pool = {row: key for row, own in self.cells.items() if (key := self._key(own, place)) in wanted}

    def _named_by(self) -> dict[str, str]:
        """Reported label column to the file's column whose labels it holds: by its name, else the only one."""
        found = {}
        for label in self.labels:
            own = {str(row[label]) for row in self.rows}
            if len(own) < 2:
                continue
            fitting = [
                column
                for column in self.columns
                if own <= {str(cells.get(column)) for cells in self.cells.values()}
            ]
            same = [column for column in fitting if plain(column) == plain(label)]
            if same or len(fitting) == 1:
                found[label] = (same or fitting)[0]
        # Two labels with the names of one column: those of the column itself say which record it is.
        named = {column: label for label, column in found.items() if plain(column) == plain(label)}
        return {label: column for label, column in found.items() if named.get(column, label) == label}

    def _key(self, row: Row, names: Mapping[str, str]) -> tuple[str, ...]:
        inside = names if names is self.named_by else {column: column for column in self.named_by.values()}
        return tuple(str(row.get(name)) for name in inside)

    @property
    def comparable(self) -> bool:
        """Whether the rows name records, every row at least one, and are enough."""
        return len(self.rows) >= FEWEST and bool(self.named_by) and set(self.key) == set(self.pool.values())

    def places(self) -> list[Place]:
        """Columns of numbers of the file, alone and by the labels of a column of few."""
        numbers = [c for c in self.columns if any(self._at(row, c) is not None for row in self.pool)]
        found = [Place(column) for column in numbers]
        for by in self.columns:
            labels = {str(self.cells[row].get(by)) for row in self.pool}
            if by not in numbers and 2 <= len(labels) <= MOST_LABELS:
                found += [Place(column, by, label) for column in numbers for label in sorted(labels)]
        return found

    def _at(self, row: Hashable, column: str) -> Fraction | None:
        return numeric(self.cells[row].get(column))

    def at(self, places: Sequence[Place]) -> Counter[tuple[object, ...]]:
        """Labels and numbers of the records at one place each; records with one label are joined by their labels."""
        found: Counter[tuple[object, ...]] = Counter()
        if len(places) == 1 or all(place.by is None for place in places):
            for row, key in self.pool.items():
                if all(self._has(row, place) for place in places):
                    found[(key, *(self._at(row, place.column) for place in places))] += 1
            return found
        by_key: dict[tuple[str, ...], list[Fraction | None]] = {}
        for place in places:
            for row, key in self.pool.items():
                if self._has(row, place):
                    by_key.setdefault(key, []).append(self._at(row, place.column))
        return Counter((key, *values) for key, values in by_key.items())

    def _has(self, row: Hashable, place: Place) -> bool:
        return place.by is None or str(self.cells[row].get(place.by)) == place.label

    def reported(self, columns: Sequence[str]) -> Counter[tuple[object, ...]]:
        """Labels and numbers of the rows in some columns."""
        return Counter(
            (key, *(numeric(row[column]) for column in columns))
            for key, row in zip(self.key, self.rows, strict=True)
        )

    def handed_on(self, column: str, places: Iterable[Place]) -> list[Place]:
        """Places whose numbers, in whatever order, are those of a reported column."""
        own = _numbers(self.reported([column]))
        if len(own) < FEWEST_NUMBERS:
            return []
        found = [place for place in places if _numbers(self.at([place])) == own]
        named = [place for place in found if plain(place.column) == plain(column)]
        # Ranks are numbers of any file that numbers its records.
        return named if _counted(own) else found


def _numbers(rows: Counter[tuple[object, ...]]) -> Counter[object]:
    found: Counter[object] = Counter()
    for row, times in rows.items():
        found[row[1]] += times
    return found


def _counted(numbers: Counter[object]) -> bool:
    """Whether numbers are 0, 1, 2 ... or 1, 2, 3 ..., as ranks are."""
    values = sorted(value for value in numbers if isinstance(value, Fraction))
    return bool(values) and values[0] in (0, 1) and values[-1] - values[0] == len(values) - 1


def sources(traced: Traced) -> dict[str, list[Place]]:
    """Reported columns of numbers to the places that hold just their numbers for just their rows."""
    places = traced.places()
    return {
        column: [place for place in places if traced.at([place]) == traced.reported([column])]
        for column in traced.numbers
    }


def mismatch(traced: Traced, compared: Sequence[tuple[str, str]] = ()) -> Mismatch | None:
    """Rows that carry the numbers of other records, or of another side of their own; None where none do.

    ``compared`` names the two columns of each paired comparison.
    """
    places = traced.places()
    own = sources(traced)
    for column in traced.numbers:
        handed_on = traced.handed_on(column, places)
        if handed_on and not own[column]:
            best = [traced.at([place]) for place in handed_on]
            return _mismatch(traced, (column,), best)
    for first, second in combinations(traced.numbers, 2):
        whole = [
            [place for place in own[name] if place.by is None and place in traced.handed_on(name, places)]
            for name in (first, second)
        ]
        found = [traced.at([one, other]) for one in whole[0] for other in whole[1]]
        if found and traced.reported([first, second]) not in found:
            return _mismatch(traced, (first, second), found)
    for first, second in compared:
        if first in own and second in own and not (own[first] and own[second]):
            found = _sides(traced, first, second, places)
            if found:
                return _mismatch(traced, (first, second), found)
    return None


def _sides(
    traced: Traced, first: str, second: str, places: Sequence[Place]
) -> list[Counter[tuple[object, ...]]]:
    """What two places hold that have, in every row, the two numbers of the row, if not always that way round."""
    wanted = _either_way(traced.reported([first, second]))
    if len(set(wanted)) < FEWEST_NUMBERS:
        return []
    pairs = [
        (one, other)
        for one in places
        for other in places
        if one != other and (one.by, one.column == other.column) == (other.by, one.by is not None)
    ]
    held = [traced.at(pair) for pair in pairs]
    found = [rows for rows in held if all(len(row) == 3 for row in rows) and _either_way(rows) == wanted]
    return [] if traced.reported([first, second]) in found else found


def _either_way(rows: Counter[tuple[object, ...]]) -> Counter[object]:
    found: Counter[object] = Counter()
    for (key, *values), times in rows.items():
        found[(key, *sorted(values, key=str))] += times
    return found


def _mismatch(traced: Traced, columns: tuple[str, ...], held: list[Counter[tuple[object, ...]]]) -> Mismatch:
    reported = traced.reported(columns)
    return Mismatch(columns, min((reported - rows).total() for rows in held), len(traced.rows))


def lone_clusters(traced: Traced, unit: str, cluster: str) -> str | None:
    """The file's column that puts units together, where every reported cluster has one unit alone; else None."""
    clusters = Counter(str(row[cluster]) for row in traced.rows)
    if unit not in traced.named_by or not clusters or max(clusters.values()) > 1:
        return None
    for column in traced.columns:
        labels = Counter(str(traced.cells[row].get(column)) for row in traced.pool)
        text = all(numeric(label) is None for label in labels)
        if text and plain(column) == plain(cluster) and len(labels) > 1 and min(labels.values()) > 1:
            return column
    return None
