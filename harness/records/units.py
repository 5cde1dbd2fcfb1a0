"""The units a quantity may have, their ranges, and which units may report on which metric.

A count of language pairs is not a retrieval accuracy: a record that says so is refused before anything runs.
"""

from __future__ import annotations

from enum import StrEnum


class Unit(StrEnum):
    """Closed list of units."""

    FRACTION = "fraction"
    FRACTION_DIFFERENCE = "fraction-difference"
    PERCENT = "percent"
    PERCENT_POINTS = "percent-points"
    PERCENT_CHANGE = "percent-change"
    RANKS = "ranks"
    RANKS_DIFFERENCE = "ranks-difference"
    COUNT = "count"
    SECONDS = "seconds"
    BYTES = "bytes"
    DIMENSIONLESS = "dimensionless"


RANGE: dict[Unit, tuple[float | None, float | None]] = {
    Unit.FRACTION: (0, 1),
    Unit.FRACTION_DIFFERENCE: (-1, 1),
    Unit.PERCENT: (0, 100),
    Unit.PERCENT_POINTS: (-100, 100),
    Unit.PERCENT_CHANGE: (-100, None),
    Unit.RANKS: (0, None),
    Unit.RANKS_DIFFERENCE: (None, None),
    Unit.COUNT: (0, None),
    Unit.SECONDS: (0, None),
    Unit.BYTES: (0, None),
    Unit.DIMENSIONLESS: (None, None),
}
"""Inclusive range of values in each unit; None where unbounded. A value outside makes the output invalid."""

REPORTS_ON: dict[Unit, frozenset[Unit]] = {
    Unit.FRACTION: frozenset(
        {
            Unit.FRACTION,
            Unit.FRACTION_DIFFERENCE,
            Unit.PERCENT,
            Unit.PERCENT_POINTS,
            Unit.PERCENT_CHANGE,
            Unit.DIMENSIONLESS,
        }
    ),
    Unit.RANKS: frozenset({Unit.RANKS, Unit.RANKS_DIFFERENCE, Unit.PERCENT_CHANGE, Unit.DIMENSIONLESS}),
    Unit.COUNT: frozenset({Unit.COUNT, Unit.PERCENT_CHANGE, Unit.DIMENSIONLESS}),
    Unit.SECONDS: frozenset({Unit.SECONDS, Unit.PERCENT_CHANGE, Unit.DIMENSIONLESS}),
    Unit.BYTES: frozenset({Unit.BYTES, Unit.PERCENT_CHANGE, Unit.DIMENSIONLESS}),
    Unit.PERCENT: frozenset({Unit.PERCENT, Unit.PERCENT_CHANGE, Unit.FRACTION}),
    Unit.DIMENSIONLESS: frozenset({Unit.DIMENSIONLESS}),
}
"""For a metric whose own unit is the key: the units in which a script may report on it."""
