"""Sign-flip permutation test on paired differences.

Under the null hypothesis the differences from the shift are symmetric about zero, so every pattern of signs
was equally likely. Flipping the units of a set F changes the sum of the differences by minus twice the sum
over F; an arrangement is therefore at least as extreme as the observed one exactly if the sum over F is at
most zero. The observed arrangement is the empty set, so it always counts and p is never zero.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from fractions import Fraction

import numpy as np
import numpy.typing as npt

from harness.stats.paired import Alternative, common_denominator

LARGEST_EXACT = 20
"""Up to this many units all 2^n arrangements are counted."""
_CHUNK = 1 << 13
"""Most arrangements drawn at a time; chosen so that indices and sums stay in the processor's cache."""
_CHUNK_BYTES = 1 << 22
"""Most random bytes drawn at a time, so that many units need no more memory than few."""


def sign_flip_exact(differences: Sequence[Fraction], shift: Fraction, alternative: Alternative) -> Fraction:
    """Exact one-sided p: the share of all 2^n sign patterns whose mean is at least as extreme as observed.

    Fisher (1935), "The design of experiments", section 21. ``greater`` tests symmetry about a centre of at
    most ``shift``. Ties are exact, because sums are integers over a common denominator. The subset sums of
    two halves are sorted and matched (Horowitz and Sahni 1974), so the work is 2^(n/2) and not 2^n.
    """
    if len(differences) > LARGEST_EXACT:
        raise ValueError(f"{len(differences)} units are too many to enumerate, at most {LARGEST_EXACT}")
    gains = _gains(differences, shift, alternative)
    half = len(gains) // 2
    left, right = _subset_sums(gains[:half]), sorted(_subset_sums(gains[half:]))
    return Fraction(sum(bisect_right(right, -total) for total in left), 2 ** len(gains))


def sign_flip_monte_carlo(
    differences: Sequence[Fraction],
    shift: Fraction,
    alternative: Alternative,
    *,
    seed: int,
    resamples: int,
) -> Fraction:
    """Monte-Carlo p: (1 + b) / (1 + resamples), b the number of drawn sign patterns at least as extreme.

    Phipson and Smyth (2010), "Permutation p-values should never be zero", section 4. The draws are the raw
    64-bit words of numpy's PCG64 with ``seed``, a stream that numpy keeps stable across versions.
    """
    if resamples < 1:
        raise ValueError(f"resamples must be at least 1, not {resamples}")
    tables = _byte_tables(_fit_int64(_gains(differences, shift, alternative)))
    chunk = max(8, min(_CHUNK, _CHUNK_BYTES // len(tables) // 8 * 8))
    generator = np.random.PCG64(seed)
    extreme = 0
    for start in range(0, resamples, chunk):
        size = min(chunk, resamples - start)
        # Whole chunks are drawn whatever the size, so that the first draws do not depend on how many follow.
        words = generator.random_raw(len(tables) * chunk // 8).astype("<u8", copy=False)
        patterns = words.view(np.uint8).reshape(len(tables), chunk)
        sums, found = np.zeros(size, dtype=np.int64), np.empty(size, dtype=np.int64)
        for table, pattern in zip(tables, patterns, strict=True):
            # A byte cannot leave a table of 256; "wrap" only spares numpy the check, which doubles the time.
            np.take(table, pattern[:size], out=found, mode="wrap")
            sums += found
        extreme += int(np.count_nonzero(sums <= 0))
    return Fraction(1 + extreme, 1 + resamples)


def _gains(differences: Sequence[Fraction], shift: Fraction, alternative: Alternative) -> list[int]:
    """Differences from the shift as integers up to a positive factor, turned so that large is extreme."""
    if not differences:
        raise ValueError("no differences were given")
    numerators, _ = common_denominator([value - shift for value in differences])
    return numerators if alternative == "greater" else [-x for x in numerators]


def _subset_sums(values: Sequence[int]) -> list[int]:
    """Sums over all 2^n subsets, by doubling."""
    sums = [0]
    for value in values:
        sums += [total + value for total in sums]
    return sums


def _fit_int64(gains: list[int]) -> list[int]:
    """The gains scaled down, where they must be, so that no sum of them leaves 63 bits.

    Rounding down can only lower a subset's sum, so an arrangement that counts still counts: the p of numbers
    with more digits than that can come out too large by a tie, never too small.
    """
    excess = max(0, sum(abs(x) for x in gains).bit_length() + len(gains).bit_length() - 62)
    return [x >> excess for x in gains]


def _byte_tables(gains: list[int]) -> npt.NDArray[np.int64]:
    """For every eight units the 256 subset sums, indexed by the byte that says which units are flipped."""
    padded = gains + [0] * (-len(gains) % 8)
    return np.array([_subset_sums(padded[i : i + 8]) for i in range(0, len(padded), 8)], dtype=np.int64)
