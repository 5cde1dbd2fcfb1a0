"""Student's t on one sample, such as paired differences, from exact moments.

Mean and variance are computed in exact fractions, so huge, tiny and nearly equal values lose nothing and the
order of the units cannot matter; only the last step, the t distribution, is floating point.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from harness.stats.exact_arithmetic import common_denominator, square_root
from harness.stats.student import Alternative, Estimate, bounds, detectable, p_value


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


def estimate(sample: Moments) -> Estimate | None:
    """The mean with squared standard error variance / n and n - 1 degrees of freedom.

    Student (1908), "The probable error of a mean". None for one value, and for values that are all the same.
    The limit of the formula in the second case is p = 0 or 1, however few the values; that would let two
    equal, coarsely rounded differences prove anything, although a sample without spread holds no information
    about the error of its mean. A sign-flip test can still decide such data.
    """
    if sample.variance is None or not sample.has_spread:
        return None
    return Estimate(sample.mean, sample.variance / sample.n, sample.n - 1)


def t_p_value(sample: Moments, shift: Fraction, alternative: Alternative) -> float | None:
    """One-sided p of Student's one-sample t test: P(T_{n-1} >= t) with t = (mean - shift) / (sd / sqrt(n)).

    ``greater`` tests H0: mean <= shift, ``less`` tests H0: mean >= shift. None where ``estimate`` is.
    """
    found = estimate(sample)
    return None if found is None else p_value(found, shift, alternative)


def t_bounds(sample: Moments, alpha: float) -> tuple[Fraction, Fraction] | None:
    """One-sided lower and upper confidence bounds: mean -+ t_{1-alpha,n-1} sd / sqrt(n), each at level
    1 - alpha. None where ``estimate`` is."""
    found = estimate(sample)
    return None if found is None else bounds(found, alpha)


def detectable_effect(sample: Moments, alpha: float, power: float) -> Fraction | None:
    """Smallest distance of the true mean from the shift that a one-sided t test at ``alpha`` finds with
    probability ``power``, as ``student.detectable`` says. None where ``estimate`` is."""
    found = estimate(sample)
    return None if found is None else detectable(found, alpha, power)
