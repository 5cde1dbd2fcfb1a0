"""Builds outcomes that survive canonical JSON unchanged: no NaN, no infinity, no integer beyond 2^53."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from fractions import Fraction

from harness.records.rules import Answer, RuleOutcome
from harness.rules.reading import Cell, Row
from harness.stats.rounding import exact_text, significant

LARGEST_JSON_INTEGER = 2**53
"""Integers up to this are the same in every JSON reader."""


def undecided(rule: str, summary: str, *, settles: str, incomplete: bool) -> RuleOutcome:
    """An UNDECIDED outcome without comparisons."""
    return RuleOutcome(
        rule=rule, answer=Answer.UNDECIDED, summary=summary, settles=settles, incomplete=incomplete
    )


def as_reported(value: Cell) -> Cell:
    """A reported value as it goes into an outcome: unchanged, but as text where JSON cannot hold it."""
    if isinstance(value, int) and abs(value) > LARGEST_JSON_INTEGER:
        # Hexadecimal beyond the length that Python converts to decimal in reasonable time.
        return str(value) if value.bit_length() < 2000 else hex(value)
    if isinstance(value, float) and not math.isfinite(value):
        return repr(value)
    return value


def row_as_reported(row: Row) -> Row:
    """A reported row as it goes into an outcome."""
    return {name: as_reported(value) for name, value in row.items()}


def number(value: Fraction | float, digits: int = 12) -> float | str:
    """A computed number at so many significant digits; as exact text where it is too large for a float."""
    try:
        return significant(float(value), digits)
    except OverflowError:
        return exact_text(Fraction(value))


def named(columns: Sequence[str], key: Sequence[str], otherwise: str) -> str:
    """A key in words, such as ``model=XLM-R setting=monolingual``."""
    return " ".join(f"{column}={label}" for column, label in zip(columns, key, strict=True)) or otherwise


def listed(items: Iterable[str], most: int = 5) -> str:
    """The first few items in words, and how many more there are."""
    everything = list(items)
    rest = len(everything) - most
    return ", ".join(everything[:most]) + (f" and {rest} more" if rest > 0 else "")
