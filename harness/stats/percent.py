"""Changes between two printed numbers, as intervals."""

from __future__ import annotations

from fractions import Fraction

from harness.stats.rounding_rules import Span


def change_span(new: Span, old: Span, *, relative: bool = True) -> Span:
    """Every change from ``old`` to ``new``: 100 (new - old) / old in percent, or new - old if not relative.

    Raises ValueError for a relative change from an interval that holds zero. The ratio new / old is monotone in
    both, so the corners of the two intervals bound it.
    """
    if not relative:
        return new.minus(old)
    if old.low <= 0 <= old.high:
        raise ValueError("a change relative to a number that may be zero is not defined")
    corners = [100 * (a - b) / b for a in (new.low, new.high) for b in (old.low, old.high)]
    inside = new.low_in and new.high_in and old.low_in and old.high_in
    return Span(min(corners), max(corners), inside, inside)


def may_be_zero(value: Span) -> bool:
    """Whether a relative change from this number is undefined."""
    return value.low <= Fraction(0) <= value.high
