"""What a printed number allows, in exact arithmetic.

A printed number stands for every value that rounds to it. Both ends of that interval count as inside, so that
rounding half up, half down and half to even are all allowed.
"""

from __future__ import annotations

import math
import re
from fractions import Fraction
from typing import NamedTuple

from harness.records.base import DECIMAL_PATTERN

_PRINTED = re.compile(DECIMAL_PATTERN, re.ASCII)
LONGEST_TEXT = 100
"""Longest printed number that is read, in characters."""
LARGEST_INTEGER = 10**400
"""Integers from here on are refused: exact arithmetic on them would let a table eat the machine's time."""


class Interval(NamedTuple):
    """A closed interval of exact numbers; ``low`` equals ``high`` for a single point."""

    low: Fraction
    """Smallest value inside."""
    high: Fraction
    """Largest value inside."""

    def contains(self, other: Interval) -> bool:
        """Whether every value of ``other`` lies inside."""
        return self.low <= other.low and other.high <= self.high

    def meets(self, other: Interval) -> bool:
        """Whether the two share at least one value, an end point included."""
        return self.low <= other.high and other.low <= self.high


def exact(number: int | float | str) -> Fraction:
    """The number as an exact fraction.

    A float stands for the shortest decimal that reads back as the same float, because that is what its writer
    saw; so ``0.1`` is one tenth. Text is a printed number such as ``.792``, ``1,469`` or ``+0.5``. Raises
    ValueError with one plain sentence for anything else, infinities and NaN included.
    """
    if isinstance(number, bool):
        raise ValueError(f"{number} is a truth value, not a number")
    if isinstance(number, int):
        if abs(number) >= LARGEST_INTEGER:
            raise ValueError("an integer of more than 400 digits is not accepted")
        return Fraction(number)
    if isinstance(number, float):
        if not math.isfinite(number):
            raise ValueError(f"{number!r} is not a finite number")
        return Fraction(float.__repr__(number))  # the repr of a subclass, such as numpy's, may differ
    return Fraction(_plain(number))


def decimals(printed: str) -> int:
    """Number of digits after the decimal point of a printed number."""
    return len(_plain(printed).partition(".")[2])


def unit_of_last_digit(printed: str) -> Fraction:
    """Value of one step of the last printed digit: 1/1000 for ``.792``, 1 for ``1,469``."""
    return Fraction(1, 10 ** decimals(printed))


def printed_interval(printed: str) -> Interval:
    """All values that round to the printed number: half a unit of its last digit to either side."""
    half = unit_of_last_digit(printed) / 2
    return Interval(exact(printed) - half, exact(printed) + half)


def interval_of(number: int | float | str) -> Interval:
    """The values a reported number stands for: its rounding interval if printed text, else the one point."""
    return printed_interval(number) if isinstance(number, str) else Interval(exact(number), exact(number))


def rounds_to(value: Fraction, printed: str) -> bool:
    """Whether ``value`` rounds to the printed number under some rule for halves."""
    return printed_interval(printed).contains(Interval(value, value))


def granularity(printed: str, n: int, scale: Fraction = Fraction(1)) -> int | None:
    """GRIM: the smallest count k, 0 <= k <= n, whose mean k/n * scale rounds to the printed one.

    Brown and Heathers (2017), "The GRIM test", section "The GRIM technique"; with the interval closed, so
    that a value is called impossible (None) only if no rounding rule can produce it. ``n`` is the number of
    yes/no outcomes averaged, ``scale`` the mean when all are a yes (100 for percentages).
    """
    if n < 1 or scale <= 0:
        raise ValueError(f"n and scale must be positive, not n = {n} and scale = {scale}")
    allowed = printed_interval(printed)
    k = max(0, math.ceil(allowed.low * n / scale))
    return k if k <= n and k * scale / n <= allowed.high else None


def could_fail_granularity(printed: str, n: int, scale: Fraction = Fraction(1)) -> bool:
    """Whether GRIM has any power here: k/n * scale must step more coarsely than the last printed digit."""
    return scale / n > unit_of_last_digit(printed)


def significant(value: float, digits: int = 12) -> float:
    """``value`` rounded to significant decimal digits, so that the last bits of a machine's mathematical
    library do not reach a recorded number. Minus zero becomes zero."""
    return float(f"{value:.{digits}g}") + 0.0


def decimal_text(value: Fraction, places: int) -> str:
    """``value`` as decimal text with ``places`` digits after the point, halves rounded to even."""
    whole, rest = divmod(abs(round(value * 10**places)), 10**places)
    sign = "-" if value < 0 and (whole or rest) else ""
    return f"{sign}{whole}.{rest:0{places}d}" if places else f"{sign}{whole}"


def exact_text(value: Fraction) -> str:
    """``value`` without loss: a decimal where one ends, else ``numerator/denominator``."""
    rest, twos, fives = value.denominator, 0, 0
    while rest % 2 == 0:
        rest, twos = rest // 2, twos + 1
    while rest % 5 == 0:
        rest, fives = rest // 5, fives + 1
    return decimal_text(value, max(twos, fives)) if rest == 1 else str(value)


def _plain(printed: str) -> str:
    """The digits without thousands separators; ValueError unless this is a number as printed."""
    if len(printed) > LONGEST_TEXT:
        raise ValueError(f"a printed number has at most {LONGEST_TEXT} characters, this has {len(printed)}")
    if not _PRINTED.fullmatch(printed) or not any(c.isdigit() for c in printed):
        raise ValueError(f"{printed!r} is not a printed number such as 0.487, .792, 1,469 or -3")
    return printed.replace(",", "")
