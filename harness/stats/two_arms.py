"""Difference of the means of two independent arms whose values come in clusters, or under several seeds.

The two-sample counterpart of ``clusters`` and ``bootstrap``. Symbols, for each arm: G clusters; cluster g holds
n_g values with total t_g; N = sum n_g; mean = sum t_g / N. A value that stands alone is a cluster of one. No
cluster has values in both arms.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import numpy.typing as npt
from scipy.special import ndtri

from harness.stats.bootstrap import Bootstrap, Form, drawn_sums
from harness.stats.clusters import cluster_estimate, crossed_estimate
from harness.stats.exact_arithmetic import common_denominator, square_root
from harness.stats.student import Estimate


@dataclass(frozen=True)
class Arm:
    """The values of one arm, by cluster."""

    totals: tuple[Fraction, ...]
    """t_g, in the unit of the data."""
    sizes: tuple[int, ...]
    """n_g, each at least 1."""
    seeds: tuple[Fraction, ...] = ()
    """Mean over values under every seed, where the seeds are a sample of their own; else empty."""

    @property
    def mean(self) -> Fraction:
        """Mean over values."""
        return sum(self.totals, Fraction(0)) / sum(self.sizes)

    @property
    def cluster_means(self) -> tuple[Fraction, ...]:
        """Mean of every cluster."""
        return tuple(total / size for total, size in zip(self.totals, self.sizes, strict=True))

    @property
    def residuals(self) -> list[Fraction]:
        """t_g - n_g mean."""
        return [total - size * self.mean for total, size in zip(self.totals, self.sizes, strict=True)]


def arms_estimate(treatment: Arm, control: Arm) -> Estimate | None:
    """Difference of the means, error^2 = error_x^2 + error_y^2, and Satterthwaite's degrees of freedom
    error^4 / (error_x^4 / df_x + error_y^4 / df_y).

    error and df of each arm as in ``cluster_estimate``, and in ``crossed_estimate`` where it has seeds. With
    clusters of one and no seeds this is ``two_samples.welch``. Satterthwaite (1946), *Biometrics Bulletin* 2.
    None unless each arm has two clusters (and two seeds, if any) and one of them some spread.
    """
    squared, weight = Fraction(0), Fraction(0)
    for arm in (treatment, control):
        if len(arm.totals) < 2 or len(arm.seeds) == 1:
            return None
        found = cluster_estimate(arm.totals, arm.sizes)
        if arm.seeds and found is not None:
            found = crossed_estimate(found, arm.seeds)
        elif arm.seeds and len(set(arm.seeds)) > 1:
            # All the error is between the seeds.
            found = cluster_estimate(arm.seeds, [1] * len(arm.seeds))
        if found is not None:  # an arm without spread adds no error
            squared += found.error_squared
            weight += found.error_squared**2 / Fraction(found.df)
    if squared == 0:
        return None
    return Estimate(treatment.mean - control.mean, squared, squared**2 / weight)


def arms_bootstrap(
    treatment: Arm, control: Arm, *, form: Form, seed: int, resamples: int
) -> Bootstrap | None:
    """Draws ``resamples`` samples of whole clusters with replacement, in each arm as many as it has.

    The result goes into ``bootstrap_p_value`` and ``bootstrap_bounds`` as that of one sample does. z_0 as for
    one sample. With u_g the mean of an arm's leave-one-cluster-out means minus the one without g, times
    (G - 1) / G, the acceleration is a = sum u^3 / (6 (sum u^2)^1.5), u of the treatment and -u of the control
    together: Efron (1987), "Better bootstrap confidence intervals", *JASA* 82, for two samples as
    ``scipy.stats.bootstrap`` computes it. bootstrap-t: error*^2 is the sum over arms of
    G / (G - 1) sum (t_g* - mean* n_g*)^2 / (sum n_g*)^2.

    The arms draw from numpy's PCG64 with ``seed`` and from the same generator jumped once, so neither depends
    on the other's size. None unless both arms have two clusters and one of them some spread. ValueError
    without resamples or with sizes below 1.
    """
    arms = (treatment, control)
    if resamples < 1 or any(size < 1 for arm in arms for size in arm.sizes):
        raise ValueError("sizes and resamples must be at least 1")
    counts = [len(arm.totals) for arm in arms]
    if min(counts) < 2:
        return None
    residuals = [arm.residuals for arm in arms]
    squared = sum((_plug_in(arm, own) for arm, own in zip(arms, residuals, strict=True)), Fraction(0))
    if squared == 0:
        return None
    error, mean = square_root(squared), treatment.mean - control.mean
    # One denominator and one rounding for both arms, so that equal means stay equal.
    whole, denominator = common_denominator([*residuals[0], *residuals[1]])
    common = math.gcd(*whole)  # whatever the unit, the same small integers
    whole = [x // common for x in whole]
    most, largest = max(counts), max(size for arm in arms for size in arm.sizes)
    bits = min((61 - most.bit_length()) // 2, 61 - (most * largest).bit_length())
    excess = max(0, max(abs(x) for x in whole).bit_length() - bits)
    small = [round(Fraction(x, 1 << excess)) for x in whole]
    step = float(Fraction(common << excess, denominator) / error)
    generator = np.random.PCG64(seed)
    moved: npt.NDArray[np.float64] = np.zeros(resamples)
    errors: npt.NDArray[np.float64] = np.zeros(resamples)
    parts = (small[: counts[0]], small[counts[0] :])
    for arm, values, sign, stream in zip(arms, parts, (1, -1), (generator, generator.jumped()), strict=True):
        sums = drawn_sums(
            np.array(values, dtype=np.int64),
            np.array(arm.sizes, dtype=np.int64),
            stream,
            resamples,
            form == "bootstrap-t",
        )
        drawn = sums[0] / sums[1]
        moved += sign * drawn
        if form == "bootstrap-t":
            squares = sums[2] - 2.0 * drawn * sums[3] + drawn * drawn * sums[4]
            count = len(arm.totals)
            errors += count / (count - 1) * np.maximum(squares, 0.0) / (1.0 * sums[1] * sums[1])
    if form == "bca":
        draws = np.sort(moved * step)
        below = np.count_nonzero(draws < 0) + np.count_nonzero(draws == 0) / 2
        bias = float(ndtri(min(max(below, 0.5), resamples - 0.5) / resamples))
        return Bootstrap(form, mean, error, draws, bias, _acceleration(arms, residuals))
    with np.errstate(divide="ignore", invalid="ignore"):
        studentised = -moved / np.sqrt(errors)
    studentised[moved == 0] = 0.0
    return Bootstrap(form, mean, error, np.sort(studentised), 0.0, 0.0)


def _plug_in(arm: Arm, residuals: Sequence[Fraction]) -> Fraction:
    """Squared error of the arm's mean: G / (G - 1) sum residual_g^2 / N^2."""
    count, units = len(residuals), sum(arm.sizes)
    return Fraction(count, count - 1) * sum((r * r for r in residuals), Fraction(0)) / (units * units)


def _acceleration(arms: Sequence[Arm], residuals: Sequence[Sequence[Fraction]]) -> float:
    influences: list[Fraction] = []
    for arm, own, sign in zip(arms, residuals, (1, -1), strict=True):
        units, count = sum(arm.sizes), len(own)
        without = [-r / (units - size) for r, size in zip(own, arm.sizes, strict=True)]
        centre = sum(without, Fraction(0)) / count
        influences += [sign * (centre - x) * Fraction(count - 1, count) for x in without]
    scale = max(abs(x) for x in influences)
    if scale == 0:
        return 0.0
    u = [float(x / scale) for x in influences]
    squares = math.fsum(x * x for x in u)
    return math.fsum(x**3 for x in u) / (6 * squares * math.sqrt(squares))
