"""What a script reports. It is hostile input until it has been parsed strictly against the claim record."""

from __future__ import annotations

from pydantic import StrictFloat, StrictInt, StrictStr

from harness.records.base import Record
from harness.records.units import Unit

PROTOCOL = "claim-script-v1"
"""Name of the script protocol, in the request and in the observations."""

Value = StrictInt | StrictFloat | StrictStr
"""A JSON number, or text: a label or a printed number. Booleans are not numbers here."""


class Quantity(Record):
    """One reported number."""

    value: Value
    """A JSON number, or a number as printed text."""
    unit: Unit
    """Its unit."""


class ReportedColumn(Record):
    """One column of a reported table."""

    name: str
    """Column name."""
    unit: Unit | None
    """Unit of its numbers; None for a column of labels."""


class ReportedTable(Record):
    """One reported table. All rows have one value per column."""

    columns: tuple[ReportedColumn, ...]
    """Columns in the order of the values."""
    rows: tuple[tuple[Value, ...], ...]
    """Rows: labels as text, numbers as JSON numbers or printed text."""

    def records(self) -> list[dict[str, Value]]:
        """Rows as dictionaries from column name to value, in order."""
        names = [column.name for column in self.columns]
        return [dict(zip(names, row, strict=True)) for row in self.rows]


class Observations(Record):
    """Everything one run reported."""

    quantities: dict[str, Quantity]
    """Name to number."""
    tables: dict[str, ReportedTable]
    """Name to table."""
