"""Student's t on paired differences, from exact moments.

Mean and variance are computed in exact fractions, so huge, tiny and nearly equal values lose nothing and the
order of the units cannot matter; only the last step, the t distribution, is floating point.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from scipy.special import nctdtr, stdtr, stdtrit  # scipy.stats would cost 1.5 s of start-up

Alternative = Literal["greater", "less"]
"""What the one-sided test looks for: a mean above the shift, or below it."""


@dataclass(frozen=True)
class Moments:
    """Exact moments of a sample of paired differences."""

    n: int
    """Number of pairs, at least 1."""
    mean: Fraction
    """Mean difference."""
    variance: Fraction | None
    """Sample variance with divisor n - 1; None for a single pair, which says nothing about spread."""

    @property
    def has_spread(self) -> bool:
        """Whether a t test is defined: at least two pairs that differ."""
        return self.variance is not None and self.variance > 0

    @property
    def sd(self) -> Fraction | None:
        """Sample standard deviation; None for a single pair."""
        return None if self.variance is None else square_root(self.variance)

    @property
    def standard_error(self) -> Fraction | None:
        """sd / sqrt(n); None for a single pair."""
        return None if self.variance is None else square_root(self.variance / self.n)


def moments(differences: Sequence[Fraction], noise: Fraction = Fraction(0)) -> Moments:
    """Moments of the differences. A standard deviation of at most ``noise`` counts as none at all: it is what
    floating point leaves when equal differences are computed from unequal numbers."""
    n = len(differences)
    if n == 0:
        raise ValueError("no differences were given")
    numerators, denominator = common_denominator(differences)
    total = sum(numerators)
    mean = Fraction(total, n * denominator)
    if n == 1:
        return Moments(1, mean, None)
    squares = sum(x * x for x in numerators)
    variance = Fraction(n * squares - total * total, n * (n - 1) * denominator * denominator)
    return Moments(n, mean, Fraction(0) if variance <= noise * noise else variance)


def t_p_value(sample: Moments, shift: Fraction, alternative: Alternative) -> float | None:
    """One-sided p of Student's one-sample t test: P(T_{n-1} >= t) with t = (mean - shift) / (sd / sqrt(n)).

    Student (1908), "The probable error of a mean". ``greater`` tests H0: mean <= shift, ``less`` tests
    H0: mean >= shift. None where the test is undefined: for one pair, and for pairs that all differ by the
    same amount. The limit of the formula in the second case is p = 0 or 1, however few the pairs; that would
    let two equal, coarsely rounded differences prove anything, although a sample without spread holds no
    information about the error of its mean. A sign-flip test can still decide such data.
    A p too small for floating point is given as the smallest normal number, never as zero.
    """
    if not sample.has_spread or sample.variance is None:
        return None
    distance = sample.mean - shift
    size = square_root(distance * distance * sample.n / sample.variance)
    t = math.copysign(_finite(size), -1.0 if distance < 0 else 1.0)
    p = float(stdtr(sample.n - 1, -t if alternative == "greater" else t))
    return max(p, sys.float_info.min)


def t_bounds(sample: Moments, alpha: float) -> tuple[Fraction, Fraction] | None:
    """One-sided lower and upper confidence bounds: mean -+ t_{1-alpha,n-1} sd / sqrt(n).

    Each holds at level 1 - alpha. None where the t test is undefined. A shift is rejected by ``greater`` at
    alpha exactly if it is at most the lower bound, and by ``less`` exactly if it is at least the upper one.
    """
    error = sample.standard_error
    if not sample.has_spread or error is None:
        return None
    reach = error * Fraction(-float(stdtrit(sample.n - 1, alpha)))
    return sample.mean - reach, sample.mean + reach


def detectable_effect(sample: Moments, alpha: float, power: float) -> Fraction | None:
    """Smallest distance of the true mean from the shift that a one-sided t test at ``alpha`` finds with
    probability ``power``, taking the sample's standard deviation for the true one.

    Solves P(T'_{n-1}(delta) > t_{1-alpha,n-1}) = power for the noncentrality delta by bisection; the effect
    is delta sd / sqrt(n). Cohen (1988), "Statistical power analysis", section 2.3. None where the t test is
    undefined or unless alpha < power < 1.
    """
    error = sample.standard_error
    if not sample.has_spread or error is None or not alpha < power < 1:
        return None
    df = sample.n - 1
    critical = -float(stdtrit(df, alpha))
    low, high = 0.0, 1.0
    while nctdtr(df, high, critical) > 1 - power:
        high *= 2
        if high > 1e6:  # far outside what a design is planned with, and what nctdtr computes reliably
            return None
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if nctdtr(df, middle, critical) > 1 - power else (low, middle)
    return error * Fraction(high)


def common_denominator(values: Sequence[Fraction]) -> tuple[list[int], int]:
    """The values as integers over one denominator, so that sums and ties are exact and fast."""
    denominator = math.lcm(*(value.denominator for value in values))
    return [value.numerator * (denominator // value.denominator) for value in values], denominator


def square_root(value: Fraction) -> Fraction:
    """Square root of a fraction that is not negative, to at least 60 significant bits."""
    # Shift until the integer root below has more than 60 bits.
    spare = max(0, 128 - value.numerator.bit_length() + value.denominator.bit_length()) // 2 + 1
    return Fraction(math.isqrt((value.numerator << 2 * spare) // value.denominator), 1 << spare)


def _finite(value: Fraction) -> float:
    """The value as a float; what is too large becomes the largest float."""
    return float(min(value, Fraction(sys.float_info.max)))
