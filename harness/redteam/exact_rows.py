"""Rows of a reported table as expressions take them: labels as text, numbers exactly."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

from harness.records.observations import ReportedTable, Value
from harness.stats.rounding import exact


def exact_row(table: ReportedTable, row: Mapping[str, Value]) -> dict[str, Fraction | str]:
    """Column to label or exact number."""
    labels = {column.name for column in table.columns if column.unit is None}
    return {name: str(value) if name in labels else exact(value) for name, value in row.items()}
