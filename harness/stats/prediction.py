"""Where one new run of a stochastic measurement should fall."""

from __future__ import annotations

from fractions import Fraction

from scipy.special import stdtrit

from harness.stats.exact_arithmetic import square_root
from harness.stats.paired import Moments
from harness.stats.rounding import Interval
from harness.stats.student import Estimate, p_value


def prediction_interval(runs: Moments, alpha: float) -> Interval | None:
    """Two-sided interval that holds one new run with probability 1 - alpha:
    mean -+ t_{1-alpha/2, m-1} sd sqrt(1 + 1/m).

    m = ``runs.n`` runs with their mean and standard deviation sd, in the unit of the runs. Hahn and Meeker
    (1991), "Statistical Intervals". Takes the runs and the new one to be independent draws from
    one normal distribution. None for fewer than two runs or runs that are all the same.
    """
    spread = _spread(runs)
    if spread is None:
        return None
    reach = square_root(spread) * Fraction(-float(stdtrit(runs.n - 1, alpha / 2)))
    return Interval(runs.mean - reach, runs.mean + reach)


def agreement_p_value(runs: Moments, reported: Interval) -> float | None:
    """Largest two-sided p with which any value in ``reported`` would be one new run:
    2 P(T_{m-1} >= |x - mean| / (sd sqrt(1 + 1/m))), x the nearest value.

    At most alpha exactly if all of ``reported`` lies outside ``prediction_interval`` or on its edge. Source,
    assumptions and None as there.
    """
    spread = _spread(runs)
    if spread is None:
        return None
    nearest = min(max(runs.mean, reported.low), reported.high)
    # A new run minus the mean of the others: expected 0, with the squared error below.
    distance = Estimate(abs(nearest - runs.mean), spread, runs.n - 1)
    return min(1.0, 2 * p_value(distance, Fraction(0), "greater"))


def _spread(runs: Moments) -> Fraction | None:
    """Variance of a new run minus the mean of the others."""
    if runs.variance is None or not runs.has_spread:
        return None
    return runs.variance * (1 + Fraction(1, runs.n))
