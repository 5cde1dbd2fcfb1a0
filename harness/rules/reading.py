"""Reads numbers and labels out of observations, or says in one sentence what is missing or wrong.

Observations are written by a script that nobody vouches for. Everything a rule takes from them passes through
here; what cannot be read raises UnreadableError, which ``decide`` turns into an incomplete UNDECIDED.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from harness.records.observations import Observations
from harness.records.rules import Where
from harness.stats.rounding import exact

Cell = int | float | str
"""One reported value."""
Row = dict[str, Cell]
"""One reported row, column name to value."""


class UnreadableError(ValueError):
    """The observations do not hold what a rule needs. The text is one plain sentence."""


@dataclass(frozen=True)
class Table:
    """A reported table whose shape has been checked, with its rows in canonical order."""

    name: str
    """Its name."""
    labels: tuple[str, ...]
    """Columns of labels, as reported."""
    numbers: tuple[str, ...]
    """Columns of numbers, as reported."""
    rows: tuple[Row, ...]
    """At least one row, sorted by labels and then by values, so that the script's order cannot matter."""

    def label(self, row: Row, column: str) -> str:
        """The label in a cell."""
        if column not in self.labels:
            raise UnreadableError(self._no_column(column, "labels"))
        value = row[column]
        if not isinstance(value, str):
            raise UnreadableError(
                f"Table {self.name!r}, {self.row_name(row)}: {column} is {value!r}, not a label."
            )
        return value

    def key(self, row: Row, columns: Sequence[str]) -> tuple[str, ...]:
        """The labels of a row in some columns."""
        return tuple(self.label(row, column) for column in columns)

    def number(self, row: Row, column: str) -> Fraction:
        """The number in a cell, exactly."""
        if column not in self.numbers:
            raise UnreadableError(self._no_column(column, "numbers"))
        try:
            return exact(row[column])
        except ValueError as error:
            raise UnreadableError(f"Table {self.name!r}, {self.row_name(row)}: {column}: {error}.") from None

    def printed(self, row: Row, column: str) -> str:
        """The number in a cell as printed text; a JSON number is refused, its printed digits are lost."""
        self.number(row, column)
        value = row[column]
        if not isinstance(value, str):
            raise UnreadableError(
                f"Table {self.name!r}, {self.row_name(row)}: {column} is a JSON number; this rule needs the "
                "printed text, whose digits say how it was rounded."
            )
        return value

    def row_name(self, row: Row) -> str:
        """The row's labels, or its values where it has no labels, for a sentence."""
        return "row " + " ".join(f"{name}={str(row[name])[:80]}" for name in self.labels or self.numbers)

    def _no_column(self, column: str, kind: str) -> str:
        if column in self.labels or column in self.numbers:
            return f"Column {column!r} of table {self.name!r} does not hold {kind}."
        return f"Table {self.name!r} has no column {column!r}."


def read_table(observations: Observations, name: str) -> Table:
    """The table of that name, its shape checked."""
    reported = observations.tables.get(name)
    if reported is None:
        raise UnreadableError(f"The script reported no table {name!r}.")
    names = [column.name for column in reported.columns]
    if len(set(names)) < len(names):
        raise UnreadableError(f"Table {name!r} has two columns of the same name.")
    if not reported.rows:
        raise UnreadableError(f"Table {name!r} has no rows, so it shows nothing.")
    if any(len(row) != len(names) for row in reported.rows):
        raise UnreadableError(f"Table {name!r} has a row with another number of values than columns.")
    labels = tuple(column.name for column in reported.columns if column.unit is None)
    numbers = tuple(column.name for column in reported.columns if column.unit is not None)
    rows = [dict(zip(names, row, strict=True)) for row in reported.rows]
    rows.sort(key=lambda row: [(str(row[c]), repr(row[c])) for c in labels + numbers])
    return Table(name, labels, numbers, tuple(rows))


def read_number(observations: Observations, where: Where) -> Cell:
    """The one number that ``where`` names, as reported, and certain to be a finite number."""
    if where.quantity is not None and where.table is None:
        quantity = observations.quantities.get(where.quantity)
        if quantity is None:
            raise UnreadableError(f"The script reported no quantity {where.quantity!r}.")
        try:
            exact(quantity.value)
        except ValueError as error:
            raise UnreadableError(f"Quantity {where.quantity!r}: {error}.") from None
        return quantity.value
    if where.table is None or where.quantity is not None or where.column is None:
        raise UnreadableError("The rule must name either a quantity, or a table with row and column.")
    table = read_table(observations, where.table)
    wanted = tuple(where.row.values())
    found = [row for row in table.rows if table.key(row, tuple(where.row)) == wanted]
    if len(found) != 1:
        chosen = " ".join(f"{column}={label}" for column, label in where.row.items()) or "no condition"
        raise UnreadableError(
            f"Table {where.table!r} has {len(found)} rows with {chosen}, where one is needed."
        )
    table.number(found[0], where.column)
    return found[0][where.column]


def in_range(name: str, text: str, low: str, high: str, *, inclusive: bool = False) -> Fraction:
    """A parameter of a rule as an exact number, refused outside its range."""
    try:
        value = exact(text)
    except ValueError as error:
        raise UnreadableError(f"The rule's {name}: {error}.") from None
    if not (exact(low) < value < exact(high) or (inclusive and value in (exact(low), exact(high)))):
        raise UnreadableError(f"The rule's {name} is {text}, but must lie between {low} and {high}.")
    return value


def parameter(name: str, text: str) -> Fraction:
    """A parameter of a rule as an exact number."""
    try:
        return exact(text)
    except ValueError as error:
        raise UnreadableError(f"The rule's {name}: {error}.") from None
