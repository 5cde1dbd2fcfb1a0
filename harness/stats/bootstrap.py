"""Bootstrap of a mean of independent clusters: BCa and bootstrap-t, each as bounds and as a test.

A unit that stands alone is a cluster of one. Whole clusters are drawn with replacement. A cluster g has a
total t_g and a size n_g, and the mean is sum(t_g) / sum(n_g). Everything that is summed over draws is an
integer, so neither the order of summation nor the processor can change a digit.

Test and bound are one: the p of a shift is a rising function of the number of draws on its side, and the
bound is the draw at which that p passes alpha. A shift below the lower bound is rejected, and no other.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

import numpy as np
import numpy.typing as npt
from scipy.special import ndtr, ndtri

from harness.stats.exact_arithmetic import common_denominator, square_root
from harness.stats.student import Alternative

Form = Literal["bca", "bootstrap-t"]
"""bca: bias-corrected and accelerated percentiles · bootstrap-t: studentised."""
MOST_BOOTSTRAP = 1_000_000
"""Most samples of a bootstrap, which are all kept in memory, unlike those of a permutation test."""
_CHUNK = 1 << 20
"""Most indices drawn at a time."""


@dataclass(frozen=True)
class Bootstrap:
    """The drawn means of one sample, in standard errors from the observed mean, sorted."""

    form: Form
    """Which of the two forms."""
    mean: Fraction
    """Observed mean, in the unit of the data."""
    error: Fraction
    """Scale of the draws: the standard error of the mean taken over clusters, above 0; unit of the data."""
    draws: npt.NDArray[np.float64]
    """bca: (mean* - mean) / error · bootstrap-t: (mean - mean*) / error*; rising, dimensionless."""
    bias: float
    """z_0 of BCa; 0 for bootstrap-t."""
    acceleration: float
    """a of BCa; 0 for bootstrap-t."""


def bootstrap(
    totals: Sequence[Fraction], sizes: Sequence[int], *, form: Form, seed: int, resamples: int
) -> Bootstrap | None:
    """Draws ``resamples`` samples of as many clusters with replacement.

    Efron (1987), "Better bootstrap confidence intervals", *JASA* 82, for BCa: z_0 = Phi^-1 of the share of
    drawn means below the observed one (half of those equal to it), and the acceleration from the jackknife,
    a = sum(u^3) / (6 sum(u^2)^1.5), u_g the mean of all leave-one-out means minus that without g. Efron and
    Tibshirani (1993), "An introduction to the bootstrap", for bootstrap-t: error*^2 is
    proportional to sum (t_g* - mean* n_g*)^2 / (sum n_g*)^2.

    Indices are the upper halves of 32-bit words of numpy's PCG64 with ``seed``, times the number of clusters:
    uneven by less than clusters / 2^32. ``totals`` in the unit of the data; ``sizes`` of at least 1. None for
    fewer than two clusters or without spread between them. ValueError for unequal lengths or no resamples.
    """
    if len(totals) != len(sizes) or resamples < 1 or any(size < 1 for size in sizes):
        raise ValueError("totals and sizes must match, sizes and resamples must be at least 1")
    count, units = len(totals), sum(sizes)
    if count < 2:
        return None
    mean = sum(totals, Fraction(0)) / units
    residuals = [total - mean * size for total, size in zip(totals, sizes, strict=True)]
    spread = sum((r * r for r in residuals), Fraction(0))
    if spread == 0:
        return None
    error = square_root(spread) / units
    # As integers, so that ties stay ties; rounded only where a sum could leave 62 bits.
    whole, denominator = common_denominator(residuals)
    bits = min((61 - count.bit_length()) // 2, 61 - (count * max(sizes)).bit_length())
    excess = max(0, max(abs(x) for x in whole).bit_length() - bits)
    small = np.array([round(Fraction(x, 1 << excess)) for x in whole], dtype=np.int64)
    step = float(Fraction(1 << excess, denominator) / error)
    weight = np.array(sizes, dtype=np.int64)
    sums = drawn_sums(small, weight, np.random.PCG64(seed), resamples, form == "bootstrap-t")
    # residual* sums over sizes* sums: the drawn mean minus the observed one.
    drawn = sums[0] / sums[1]
    if form == "bca":
        draws = np.sort(drawn * step)
        below = np.count_nonzero(draws < 0) + np.count_nonzero(draws == 0) / 2
        share = min(max(below, 0.5), resamples - 0.5) / resamples
        bias = float(ndtri(share))
        return Bootstrap(form, mean, error, draws, bias, _acceleration(residuals, sizes))
    squares = sums[2] - 2.0 * drawn * sums[3] + drawn * drawn * sums[4]
    # A sample of equal clusters has no error: it lies infinitely far on its side, or nowhere at all.
    with np.errstate(divide="ignore", invalid="ignore"):
        studentised = -sums[0] / np.sqrt(np.maximum(squares, 0.0))
    studentised[sums[0] == 0] = 0.0
    return Bootstrap(form, mean, error, np.sort(studentised), 0.0, 0.0)


def bootstrap_p_value(sample: Bootstrap, shift: Fraction, alternative: Alternative) -> float:
    """One-sided p of the mean not lying beyond ``shift`` (unit of the data), by inverting the bound.

    bca: p = Phi(w / (1 + a w) - z_0), w = Phi^-1((b + 1) / (B + 1)) - z_0, b the number of the B drawn means at
    or beyond the shift. bootstrap-t: p = (b + 1) / (B + 1), b the number of drawn t at least as extreme as
    t = (mean - shift) / error. Never below 1/(B + 1). Sources as for ``bootstrap``.
    """
    position = float(min(max((shift - sample.mean) / sample.error, Fraction(-(2**500))), Fraction(2**500)))
    total = len(sample.draws)
    at_or_below = int(np.searchsorted(sample.draws, position, side="right"))
    below = int(np.searchsorted(sample.draws, position, side="left"))
    return _p_of(sample, at_or_below if alternative == "greater" else total - below, alternative)


def bootstrap_bounds(sample: Bootstrap, alpha: float) -> tuple[Fraction | None, Fraction | None]:
    """One-sided lower and upper bounds, each at level 1 - alpha, 0 < alpha < 1; in the unit of the data.

    ``bootstrap_p_value`` of a shift is at most alpha exactly if the shift lies strictly outside its bound.
    None on a side where so few draws can exclude no shift. Sources as for ``bootstrap``.
    """
    total = len(sample.draws)
    found: list[Fraction | None] = []
    sides: tuple[Alternative, ...] = ("greater", "less")
    for alternative in sides:
        # The largest number of draws on the shift's side that still rejects, by bisection: p rises with it.
        low, high = -1, total
        while low < high:
            middle = (low + high + 1) // 2
            low, high = (middle, high) if _p_of(sample, middle, alternative) <= alpha else (low, middle - 1)
        place = low if alternative == "greater" else total - 1 - low
        edge = float(sample.draws[place]) if 0 <= low < total else math.inf
        found.append(sample.mean + sample.error * Fraction(edge) if math.isfinite(edge) else None)
    return found[0], found[1]


def _p_of(sample: Bootstrap, beyond: int, alternative: Alternative) -> float:
    """p when so many draws lie at or beyond the shift."""
    total = len(sample.draws)
    smallest = 1 / (total + 1)
    share = (beyond + 1) / (total + 1)
    if sample.form == "bootstrap-t":
        return share
    # The other side is the same formula for the mirrored data, whose bias and acceleration change sign.
    turn = 1 if alternative == "greater" else -1
    bias, acceleration = turn * sample.bias, turn * sample.acceleration
    w = (float(ndtri(share)) if beyond < total else math.inf) - bias
    if math.isinf(w):
        return 1.0
    stretch = 1 + acceleration * w
    if stretch <= 0:  # beyond the pole of the formula: farther out than any draw could show
        return smallest if w < 0 else 1.0
    return max(float(ndtr(w / stretch - bias)), smallest)


def _acceleration(residuals: Sequence[Fraction], sizes: Sequence[int]) -> float:
    units = sum(sizes)
    # Leave-one-out mean minus the mean: -residual_g / (units - n_g).
    without = [-r / (units - size) for r, size in zip(residuals, sizes, strict=True)]
    centre = sum(without, Fraction(0)) / len(without)
    scale = max(abs(centre - x) for x in without)
    if scale == 0:
        return 0.0
    u = [float((centre - x) / scale) for x in without]
    squares = math.fsum(x * x for x in u)
    return math.fsum(x**3 for x in u) / (6 * squares * math.sqrt(squares))


def drawn_sums(
    values: npt.NDArray[np.int64],
    sizes: npt.NDArray[np.int64],
    generator: np.random.PCG64,
    resamples: int,
    squares: bool,
) -> list[npt.NDArray[np.int64]]:
    """For every draw of as many clusters the sums of residuals and of sizes, and with ``squares`` those of
    residual^2, residual * size and size^2. The caller sees to it that no sum leaves 62 bits."""
    count = len(values)
    columns = [values, sizes]
    if squares:
        columns += [values * values, values * sizes, sizes * sizes]
    plain = bool((sizes == 1).all())
    results = [np.empty(resamples, dtype=np.int64) for _ in columns]
    chunk = max(1, _CHUNK // count)
    for start in range(0, resamples, chunk):
        size = min(chunk, resamples - start)
        words = generator.random_raw((chunk * count + 1) // 2).astype("<u8", copy=False)
        halves = words.view("<u4")[: size * count].astype(np.uint64)
        indices = ((halves * np.uint64(count)) >> np.uint64(32)).astype(np.intp).reshape(size, count)
        for position, (column, result) in enumerate(zip(columns, results, strict=True)):
            if plain and position in (1, 3, 4):  # sizes of one: known without looking
                result[start : start + size] = results[0][start : start + size] if position == 3 else count
            else:
                result[start : start + size] = column[indices].sum(axis=1)
    return results
