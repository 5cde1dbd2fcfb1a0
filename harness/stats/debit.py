"""DEBIT: can a printed mean and standard deviation come from n outcomes that are each 0 or 1?"""

from __future__ import annotations

from fractions import Fraction

from harness.stats.rounding_rules import Span, integers_in

MOST_COUNTS = 100_000
"""Counts that are tried; beyond that the granularity is too fine for the test to say anything."""


def debit(mean: Span, sd: Span, n: int, *, divisors: tuple[int, ...] = (1, 0)) -> bool:
    """Whether some k ones among n give a mean k/n and an SD sqrt(k (n - k) / (n (n - d))) in the intervals.

    d = 1 for the sample SD, 0 for the population SD; ``divisors`` names which are allowed. The mean is a
    fraction. True where the test cannot tell. Raises ValueError unless n >= 2.
    Source: Heathers and Brown (2019), "DEBIT: a simple consistency test for binary data", https://osf.io/5vb3u
    """
    if n < 2:
        raise ValueError(f"n must be at least 2, not {n}")
    counts = integers_in(mean.times(Fraction(n)))
    if len(counts) > MOST_COUNTS:
        return True
    if sd.high < 0:
        return False
    low, low_in = (sd.low, sd.low_in) if sd.low >= 0 else (Fraction(0), True)
    squared = Span(low**2, sd.high**2, low_in, sd.high_in)
    return any(
        squared.holds(Fraction(k * (n - k), n * (n - divisor)))
        for divisor in divisors
        for k in counts
        if 0 <= k <= n
    )
