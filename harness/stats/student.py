"""Student's t distribution applied to an estimate: test, bounds and smallest detectable effect.

The designs differ only in how value, standard error and degrees of freedom come about: one sample
(``paired``), two samples (``two_samples``), clusters and crossed seeds (``clusters``).
"""

from __future__ import annotations

import math
import sys
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from scipy.special import nctdtr, stdtr, stdtrit  # scipy.stats would cost 1.5 s of start-up

from harness.stats.exact_arithmetic import square_root

Alternative = Literal["greater", "less"]
"""What the one-sided test looks for: a mean above the shift, or below it."""


@dataclass(frozen=True)
class Estimate:
    """An estimated mean, or difference of means, with the error it has."""

    value: Fraction
    """The estimate, in the unit of the data."""
    error_squared: Fraction
    """Squared standard error, above 0; unit squared."""
    df: Fraction | int
    """Degrees of freedom of the standard error, above 0; whole for a plain sample, else by Satterthwaite."""

    @property
    def error(self) -> Fraction:
        """Standard error, in the unit of the data."""
        return square_root(self.error_squared)


def p_value(estimate: Estimate, shift: Fraction, alternative: Alternative) -> float:
    """One-sided p: P(T_df >= t) with t = (value - shift) / error.

    Student (1908), "The probable error of a mean", *Biometrika* 6. ``greater`` tests H0: mean <= shift,
    ``less`` tests H0: mean >= shift; ``shift`` in the unit of the data. A p too small for floating point is
    given as the smallest normal number, never as zero.
    """
    distance = estimate.value - shift
    size = min(square_root(distance * distance / estimate.error_squared), Fraction(sys.float_info.max))
    t = math.copysign(float(size), -1.0 if distance < 0 else 1.0)
    p = float(stdtr(float(estimate.df), -t if alternative == "greater" else t))
    return max(p, sys.float_info.min)


def bounds(estimate: Estimate, alpha: float) -> tuple[Fraction, Fraction]:
    """One-sided lower and upper confidence bounds: value -+ t_{1-alpha,df} error, 0 < alpha < 1.

    Each holds at level 1 - alpha. A shift is rejected by ``greater`` at alpha exactly if it is at most the
    lower bound, and by ``less`` exactly if it is at least the upper one. Source as for ``p_value``.
    """
    reach = estimate.error * Fraction(-float(stdtrit(float(estimate.df), alpha)))
    return estimate.value - reach, estimate.value + reach


def detectable(estimate: Estimate, alpha: float, power: float) -> Fraction | None:
    """Smallest distance of the true mean from the shift that a one-sided t test at ``alpha`` finds with
    probability ``power``, taking the estimated standard error for the true one.

    Solves P(T'_df(delta) > t_{1-alpha,df}) = power for the noncentrality delta by bisection; the effect is
    delta times the error, in the unit of the data. Cohen (1988), "Statistical power analysis".
    None unless alpha < power < 1, and where delta would exceed 10^6.
    """
    if not alpha < power < 1:
        return None
    df = float(estimate.df)
    critical = -float(stdtrit(df, alpha))
    low, high = 0.0, 1.0
    while nctdtr(df, high, critical) > 1 - power:
        high *= 2
        if high > 1e6:  # far outside what a design is planned with, and what nctdtr computes reliably
            return None
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if nctdtr(df, middle, critical) > 1 - power else (low, middle)
    return estimate.error * Fraction(high)
