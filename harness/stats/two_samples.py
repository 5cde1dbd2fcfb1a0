"""Two independent samples: Welch's t, permutation of the labels, and Mann-Whitney.

``treatment`` and ``control`` are the values of the two arms, each in the same unit; ``shift`` is the
difference of the means (for Mann-Whitney: of the locations) under the null hypothesis.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Sequence
from fractions import Fraction

import numpy as np
from scipy.special import ndtr

from harness.stats.exact_arithmetic import common_denominator, square_root
from harness.stats.paired import Moments
from harness.stats.ranks import doubled_ranks
from harness.stats.student import Alternative, Estimate

LARGEST_COUNTED = 200_000
"""Up to this many ways to choose the treated values all of them are counted."""
LARGEST_RANKED = 60
"""Up to this many values in all the distribution of the rank sum is exact."""
_CHUNK = 1 << 20
"""Most numbers drawn at a time."""


def welch(treatment: Moments, control: Moments) -> Estimate | None:
    """Difference of the means, with squared error v_x/m + v_y/n and Welch-Satterthwaite's degrees of freedom
    (v_x/m + v_y/n)^2 / ((v_x/m)^2 / (m - 1) + (v_y/n)^2 / (n - 1)).

    m and n are the sizes of ``treatment`` and ``control``, v_x and v_y their variances. Welch (1947), "The
    generalization of Student's problem when several different population variances are involved",
    *Biometrika* 34. Takes the means to be close to normal, not the variances to be equal. None unless each
    sample has two values and one of them some spread.
    """
    if treatment.variance is None or control.variance is None:
        return None
    x, y = treatment.variance / treatment.n, control.variance / control.n
    if x + y == 0:
        return None
    df = (x + y) ** 2 / (x * x / (treatment.n - 1) + y * y / (control.n - 1))
    return Estimate(treatment.mean - control.mean, x + y, df)


def arrangements(m: int, n: int) -> int:
    """Ways to choose which m of m + n values carry the treatment's label."""
    return math.comb(m + n, m)


def label_permutation_exact(
    treatment: Sequence[Fraction], control: Sequence[Fraction], shift: Fraction, alternative: Alternative
) -> Fraction:
    """Exact one-sided p: the share of all choices of m values among m + n, after ``shift`` is taken from the
    treatment, whose sum is at least as extreme as the observed one.

    With the sizes fixed the difference of means grows with that sum. The observed choice counts, so p is
    never below 1/C(m + n, m). Pitman (1937), "Significance tests which may be applied to samples from any
    populations", *J. R. Stat. Soc. Suppl.* 4. Takes the values to be exchangeable between the arms once the
    shift is taken away, so equal in spread and shape too. ValueError for an empty sample or too many choices.
    """
    values, m = _pooled(treatment, control, shift, alternative)
    if arrangements(m, len(values) - m) > LARGEST_COUNTED:
        raise ValueError(f"{m} among {len(values)} are too many to enumerate, at most {LARGEST_COUNTED}")
    if 2 * m > len(
        values
    ):  # choose the fewer ones: a small sum of the others is the same as a large one here
        values, m = [-x for x in values[m:] + values[:m]], len(values) - m
    sums: list[list[int]] = [[0], *([] for _ in range(m))]
    for value in values:
        for size in range(m, 0, -1):
            sums[size] += [total + value for total in sums[size - 1]]
    observed = sum(values[:m])
    return Fraction(sum(total >= observed for total in sums[m]), len(sums[m]))


def label_permutations_monte_carlo(
    treatment: Sequence[Fraction],
    control: Sequence[Fraction],
    questions: Sequence[tuple[Fraction, Alternative]],
    *,
    seed: int,
    resamples: int,
) -> list[Fraction]:
    """For every shift and side the Monte-Carlo p: (1 + b) / (1 + resamples), b the number of drawn choices at
    least as extreme; all of them with the same choices, drawn once.

    A choice is the m values with the smallest of as many random numbers, 64-bit words of numpy's PCG64 with
    ``seed``, whose last bits are replaced by the place, so that no two are equal. Assumption and errors as for
    ``label_permutation_exact``; Phipson and Smyth (2010), "Permutation p-values should never be zero".
    """
    if resamples < 1:
        raise ValueError(f"resamples must be at least 1, not {resamples}")
    asked = [_pooled(treatment, control, shift, side)[0] for shift, side in questions]
    m, count = len(treatment), len(treatment) + len(control)
    # Sums must fit 63 bits. Rounding can only make ties of what was none, hence the allowance of one a value.
    excess = [max(0, sum(abs(x) for x in values).bit_length() - 62) for values in asked]
    small = [
        np.array([x >> spare for x in values], dtype=np.int64)
        for values, spare in zip(asked, excess, strict=True)
    ]
    observed = [
        int(values[:m].sum()) - (m if spare else 0) for values, spare in zip(small, excess, strict=True)
    ]
    places = np.arange(count, dtype=np.uint64)
    mask = np.uint64((1 << count.bit_length()) - 1)
    generator = np.random.PCG64(seed)
    extreme, chunk = [0] * len(asked), max(1, _CHUNK // count)
    for start in range(0, resamples, chunk):
        words = generator.random_raw(chunk * count).reshape(chunk, count)[: resamples - start]
        # Which m are the smallest does not depend on how a machine's numpy finds them, and sums not on order.
        keys = np.partition((words & ~mask) | places, m - 1, axis=1)[:, :m]
        chosen = (keys & mask).astype(np.intp)
        for index, (values, least) in enumerate(zip(small, observed, strict=True)):
            extreme[index] += int(np.count_nonzero(values[chosen].sum(axis=1) >= least))
    return [Fraction(1 + found, 1 + resamples) for found in extreme]


def mann_whitney_p_value(
    treatment: Sequence[Fraction], control: Sequence[Fraction], shift: Fraction, alternative: Alternative
) -> float:
    """One-sided p of the rank-sum test that the arms differ by no more than ``shift`` in location.

    Mann and Whitney (1947), "On a test of whether one of two random variables is stochastically larger than
    the other"; Wilcoxon (1945). Tied values get their mean rank. Up to 60 values in all p = P(W >= observed)
    over all choices of m ranks, exact under ties too; above that the normal approximation with tie correction
    and without continuity correction (Hollander, Wolfe and Chicken 2014). Takes the two
    distributions to differ in location only. ValueError for an empty sample.
    """
    values, m = _pooled(treatment, control, shift, alternative)
    doubled = doubled_ranks(values)
    observed = sum(doubled[:m])
    n = len(values) - m
    if len(values) <= LARGEST_RANKED:
        counts = np.zeros((m + 1, sum(doubled) + 1), dtype=np.int64)  # C(60, 30) needs 57 bits
        counts[0, 0] = 1
        for rank in doubled:
            counts[1:, rank:] += counts[:-1, :-rank].copy()
        return float(Fraction(int(counts[m, observed:].sum()), arrangements(m, n)))
    mean = Fraction(m * sum(doubled), m + n)
    spread = sum((rank - Fraction(sum(doubled), m + n)) ** 2 for rank in doubled)
    variance = Fraction(m * n, (m + n) * (m + n - 1)) * spread
    if variance == 0:
        return 1.0
    z = (observed - mean) / square_root(variance)
    return max(float(ndtr(-float(z))), sys.float_info.min)


def smallest_mann_whitney_p(m: int, n: int) -> float:
    """Smallest p that m treated and n control values can reach: no ties, and no control above a treated."""
    if m + n <= LARGEST_RANKED:
        return 1 / arrangements(m, n)
    return mann_whitney_p_value(
        [Fraction(n + i) for i in range(m)], [Fraction(i) for i in range(n)], Fraction(0), "greater"
    )


def _pooled(
    treatment: Sequence[Fraction], control: Sequence[Fraction], shift: Fraction, alternative: Alternative
) -> tuple[list[int], int]:
    """All values as integers up to a positive factor, the treatment's first and without the shift, turned so
    that a large sum of the first m is extreme; and m."""
    if not treatment or not control:
        raise ValueError("each sample needs at least one value")
    values, _ = common_denominator([*(value - shift for value in treatment), *control])
    return (values if alternative == "greater" else [-x for x in values]), len(treatment)
