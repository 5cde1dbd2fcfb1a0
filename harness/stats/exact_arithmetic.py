"""Integer arithmetic behind exact statistics: one denominator for all values, and roots of fractions."""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction


def common_denominator(values: Sequence[Fraction]) -> tuple[list[int], int]:
    """The values as integers over one denominator, so that sums and ties are exact and fast."""
    denominator = math.lcm(*(value.denominator for value in values))
    return [value.numerator * (denominator // value.denominator) for value in values], denominator


def square_root(value: Fraction) -> Fraction:
    """Square root of a fraction that is not negative, to at least 60 significant bits."""
    # Shift until the integer root below has more than 60 bits.
    spare = max(0, 128 - value.numerator.bit_length() + value.denominator.bit_length()) // 2 + 1
    return Fraction(math.isqrt((value.numerator << 2 * spare) // value.denominator), 1 << spare)
