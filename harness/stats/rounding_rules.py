"""What a printed number allows under a named rounding rule, in exact arithmetic.

``rounding.printed_interval`` takes both ends of the interval as inside, which is right when the rule is not
known. Here the rule is an argument, so that an end point belongs to one neighbour only where the rule says so.
"""

from __future__ import annotations

import math
from enum import StrEnum
from fractions import Fraction
from typing import NamedTuple

from harness.stats.rounding import decimals, exact


class Rounding(StrEnum):
    """How the printed digits came from the true value."""

    UNKNOWN = "unknown"
    """To the nearest step; which way a half went is not known."""
    HALF_UP = "half-up"
    """To the nearest step; a half goes away from zero."""
    HALF_EVEN = "half-even"
    """To the nearest step; a half goes to the even digit."""
    TRUNCATION = "truncation"
    """Towards zero: further digits were cut off."""


class Span(NamedTuple):
    """An interval of exact numbers whose ends may be inside or outside."""

    low: Fraction
    """Lower end."""
    high: Fraction
    """Upper end."""
    low_in: bool = True
    """Whether the lower end itself is possible."""
    high_in: bool = True
    """Whether the upper end itself is possible."""

    def holds(self, value: Fraction) -> bool:
        """Whether one value is possible."""
        return self.meets(Span(value, value))

    def meets(self, other: Span) -> bool:
        """Whether the two have a value in common."""
        return _before(self.low, self.low_in, other.high, other.high_in) and _before(
            other.low, other.low_in, self.high, self.high_in
        )

    def plus(self, other: Span) -> Span:
        """Every sum of a value of each."""
        return Span(
            self.low + other.low,
            self.high + other.high,
            self.low_in and other.low_in,
            self.high_in and other.high_in,
        )

    def minus(self, other: Span) -> Span:
        """Every difference of a value of each."""
        return self.plus(other.times(Fraction(-1)))

    def times(self, factor: Fraction) -> Span:
        """Every value times one factor; the ends change places when it is negative."""
        if factor < 0:
            return Span(self.high * factor, self.low * factor, self.high_in, self.low_in)
        return Span(self.low * factor, self.high * factor, self.low_in, self.high_in)


def _before(low: Fraction, low_in: bool, high: Fraction, high_in: bool) -> bool:
    return low < high or (low == high and low_in and high_in)


def span(printed: str, rule: Rounding = Rounding.UNKNOWN, places: int | None = None) -> Span:
    """All values that are printed as ``printed`` under ``rule``.

    ``places`` is the number of decimals it was rounded to, where that is not the number of digits shown (a
    table that leaves trailing zeros out prints 0.5770 as 0.577). Raises ValueError for what is no printed
    number, and for fewer places than digits shown.
    """
    shown = decimals(printed)
    if places is not None and places < shown:
        raise ValueError(f"{printed} shows {shown} decimals and cannot have been rounded to {places}")
    value, unit = exact(printed), Fraction(1, 10 ** (shown if places is None else places))
    if rule is Rounding.TRUNCATION:
        if value == 0:
            return Span(-unit, unit, False, False)
        return Span(value, value + unit, True, False) if value > 0 else Span(value - unit, value, False, True)
    half = unit / 2
    if rule is Rounding.HALF_UP:
        if value == 0:
            return Span(-half, half, False, False)
        return Span(value - half, value + half, value > 0, value < 0)
    if rule is Rounding.HALF_EVEN:
        even = (value / unit) % 2 == 0
        return Span(value - half, value + half, even, even)
    return Span(value - half, value + half)


def rounded(value: Fraction, places: int, rule: Rounding = Rounding.HALF_UP) -> Fraction:
    """``value`` as it would be printed with ``places`` decimals; UNKNOWN rounds halves away from zero."""
    scaled = abs(value) * 10**places
    whole, rest = divmod(scaled, 1)
    up = rest > Fraction(1, 2) or (
        rest == Fraction(1, 2) and (rule is not Rounding.HALF_EVEN or whole % 2 == 1)
    )
    steps = whole + (1 if up and rule is not Rounding.TRUNCATION else 0)
    return Fraction(steps if value >= 0 else -steps, 10**places)


def integers_in(allowed: Span) -> range:
    """The integers of a span, in order; empty when there are none."""
    low, high = math.ceil(allowed.low), math.floor(allowed.high)
    if low == allowed.low and not allowed.low_in:
        low += 1
    if high == allowed.high and not allowed.high_in:
        high -= 1
    return range(low, high + 1)
