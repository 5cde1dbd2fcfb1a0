"""Wilcoxon signed-rank test on paired differences.

Computed here and not by ``scipy.stats.wilcoxon``, because that has no exact p under ties, chooses its method
by rules that change between versions, and costs 1.5 s to import. The tests compare the two where both apply.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Sequence
from fractions import Fraction

import numpy as np
from scipy.special import ndtr

from harness.stats.ranks import doubled_ranks
from harness.stats.student import Alternative

LARGEST_EXACT = 50
"""Up to this many non-zero differences the distribution of the rank sum is exact."""


def wilcoxon_p_value(differences: Sequence[Fraction], shift: Fraction, alternative: Alternative) -> float:
    """One-sided p of the signed-rank test that the differences are symmetric about ``shift``.

    Wilcoxon (1945), "Individual comparisons by ranking methods"; zeros are left out, tied sizes get their
    mean rank. W+ is the rank sum of the positive differences (of the negative ones for ``less``). Up to 50
    non-zero differences p = P(W+ >= observed) over all sign patterns given the ranks, exact under ties too;
    above that the normal approximation with tie correction and without continuity correction (Hollander,
    Wolfe and Chicken 2014). Without any non-zero difference p is 1: there is nothing to rank.
    """
    turned = [value - shift if alternative == "greater" else shift - value for value in differences]
    moved = [value for value in turned if value != 0]
    doubled = doubled_ranks([abs(value) for value in moved])
    observed = sum(rank for rank, value in zip(doubled, moved, strict=True) if value > 0)
    if len(moved) <= LARGEST_EXACT:
        return _exact_tail(doubled, observed)
    return _normal_tail(doubled, observed)


def smallest_wilcoxon_p(n: int) -> float:
    """Smallest p that ``n`` differences can reach: all positive and no ties."""
    doubled = [2 * rank for rank in range(1, n + 1)]
    return 0.5**n if n <= LARGEST_EXACT else _normal_tail(doubled, sum(doubled))


def _exact_tail(doubled: Sequence[int], observed: int) -> float:
    """P(W+ >= observed) from the number of subsets of the ranks with each sum; at most 2^50, so exact."""
    ways = np.zeros(sum(doubled) + 1, dtype=np.int64)
    ways[0] = 1
    for rank in doubled:
        ways[rank:] += ways[:-rank].copy()
    return float(ways[observed:].sum() / (1 << len(doubled)))


def _normal_tail(doubled: Sequence[int], observed: int) -> float:
    """P(W+ >= observed) for W+ normal with mean sum(r)/2 and variance sum(r^2)/4; ties are in the ranks."""
    z = (observed - sum(doubled) / 2) / math.sqrt(sum(rank * rank for rank in doubled) / 4)
    return max(float(ndtr(-z)), sys.float_info.min)
