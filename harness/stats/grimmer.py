"""GRIMMER: can a printed mean and standard deviation come from n whole numbers?"""

from __future__ import annotations

from fractions import Fraction

from harness.stats.rounding_rules import Span, integers_in

MOST_SUMS = 100_000
"""Sums that are tried; beyond that the granularity is too fine for the test to say anything."""


def grimmer(mean: Span, sd: Span, n: int, *, items: int = 1, divisors: tuple[int, ...] = (1, 0)) -> bool:
    """Whether some n whole numbers (or means of ``items`` whole numbers) have this mean and SD.

    With S the sum and Q the sum of squares of the N = n whole numbers, (n - d) sd^2 = Q - S^2/n, d = 1 for the
    sample SD and 0 for the population SD (``divisors`` names which are allowed). Necessary conditions, the three
    tests of Allard (2018): S is whole; some whole Q gives an SD in the interval; Q and S are both even or both
    odd, because x^2 and x are. Also Q is at least what the most even split of S gives. For ``items`` > 1 the
    whole numbers are the sums over items, mean and SD times ``items``; the parity test still holds for them.

    True where the test cannot tell. Raises ValueError unless n >= 2 and items >= 1.
    Source: Anaya (2016), PeerJ Preprints 4:e2400v1; Allard (2018), https://aurelienallard.netlify.app/post/anaytic-grimmer-possibility-standard-deviations/
    """
    if n < 2 or items < 1:
        raise ValueError(f"n must be at least 2 and items at least 1, not {n} and {items}")
    sums = integers_in(mean.times(Fraction(n * items)))
    if len(sums) > MOST_SUMS:
        return True
    spread = sd.times(Fraction(items))
    if spread.high < 0:
        return False
    low, low_in = (spread.low, spread.low_in) if spread.low >= 0 else (Fraction(0), True)
    for divisor in divisors:
        for total in sums:
            base = Fraction(total * total, n)
            squares = integers_in(
                Span(
                    (n - divisor) * low**2 + base,
                    (n - divisor) * spread.high**2 + base,
                    low_in,
                    spread.high_in,
                )
            )
            each, more = divmod(total, n)
            least = n * each * each + more * (2 * each + 1)
            first = max(squares.start, least)
            first += (first - total) % 2
            if first < squares.stop:
                return True
    return False
