"""Sign-flip permutation test on paired differences.

Under the null hypothesis the differences from the shift are symmetric about zero, so every pattern of signs
was equally likely. Flipping the units of a set F changes the sum of the differences by minus twice the sum
over F; an arrangement is therefore at least as extreme as the observed one exactly if the sum over F is at
most zero. The observed arrangement is the empty set, so it always counts and p is never zero.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
import numpy.typing as npt

from harness.stats.compiled_sums import WORTH_COMPILING, add_rows, available
from harness.stats.exact_arithmetic import common_denominator
from harness.stats.student import Alternative

LARGEST_EXACT = 20
"""Up to this many units all 2^n arrangements are counted."""
Sums = Callable[[npt.NDArray[Any], npt.NDArray[np.uint8]], npt.NDArray[Any]]
"""A table and patterns to the sum of each pattern."""
_CHUNK = 1 << 13
"""Arrangements in one piece of the stream, at most. Another number would be another stream."""
_AT_ONCE = 8
"""Pieces whose sums are made together: fewer calls, and sums that still stay in the processor's cache."""
_CHUNK_BYTES = 1 << 22
"""Most random bytes in one piece, so that many units need no more memory than few."""


def sign_flip_exact(differences: Sequence[Fraction], shift: Fraction, alternative: Alternative) -> Fraction:
    """Exact one-sided p: the share of all 2^n sign patterns whose mean is at least as extreme as observed.

    Fisher (1935), "The design of experiments". ``greater`` tests symmetry about a centre of at
    most ``shift``. Ties are exact, because sums are integers over a common denominator. The subset sums of
    two halves are sorted and matched (Horowitz and Sahni 1974), so the work is 2^(n/2) and not 2^n.
    """
    if len(differences) > LARGEST_EXACT:
        raise ValueError(f"{len(differences)} units are too many to enumerate, at most {LARGEST_EXACT}")
    gains = _gains(differences, shift, alternative)
    half = len(gains) // 2
    left, right = _subset_sums(gains[:half]), sorted(_subset_sums(gains[half:]))
    return Fraction(sum(bisect_right(right, -total) for total in left), 2 ** len(gains))


@dataclass(frozen=True)
class SignFlip:
    """One question to the sign-flip test: are the differences symmetric about a centre beyond the shift?"""

    differences: tuple[Fraction, ...]
    """Paired differences, at least one, in a fixed order of the units."""
    shift: Fraction
    """Centre under the null hypothesis, in the unit of the differences."""
    alternative: Alternative
    """Side that counts as extreme."""


def sign_flip_monte_carlo(
    differences: Sequence[Fraction],
    shift: Fraction,
    alternative: Alternative,
    *,
    seed: int,
    resamples: int,
) -> Fraction:
    """Monte-Carlo p: (1 + b) / (1 + resamples), b the number of drawn sign patterns at least as extreme.

    Phipson and Smyth (2010), "Permutation p-values should never be zero". The draws are the raw
    64-bit words of numpy's PCG64 with ``seed``, a stream that numpy keeps stable across versions.
    """
    question = SignFlip(tuple(differences), shift, alternative)
    return sign_flips_monte_carlo([question], seed=seed, resamples=resamples)[0]


def sign_flips_monte_carlo(
    questions: Sequence[SignFlip], *, seed: int, resamples: int, compiled: bool | None = None
) -> list[Fraction]:
    """The Monte-Carlo p of every question, in the order given, each the same as if it were asked alone.

    Questions about equally many units (counted in bytes, eight units each) share one stream of signs, which
    is drawn once; both sides of one centre also share their sums. Raises ValueError without resamples or
    without differences. Formula and source as for ``sign_flip_monte_carlo``. ``compiled`` says whether the sums are
    made by numba instead of numpy, which gives the same integers; None leaves it to the amount of work.
    """
    if resamples < 1:
        raise ValueError(f"resamples must be at least 1, not {resamples}")
    gains = [tuple(_fit(_gains(q.differences, q.shift, q.alternative))) for q in questions]
    sides: dict[tuple[int, ...], tuple[int, int]] = {}
    widths = sorted({_bytes_of(values) for values in gains})
    for width in widths:
        wanted = dict.fromkeys(values for values in gains if _bytes_of(values) == width)
        # The other side of the same centre has the sums of this one with the opposite sign.
        distinct: dict[tuple[int, ...], None] = {}
        for values in wanted:
            if _opposite(values) not in distinct:
                distinct[values] = None
        tables = [_byte_tables(values) for values in distinct]
        work = len(tables) * width * resamples
        fast = compiled if compiled is not None else work >= WORTH_COMPILING and available()
        counts = _count(tables, width, seed, resamples, _compiled if fast else _looked_up)
        for values, (low, high) in zip(distinct, counts, strict=True):
            sides[values], sides[_opposite(values)] = (low, high), (high, low)
    return [Fraction(1 + sides[values][0], 1 + resamples) for values in gains]


def _count(
    tables: Sequence[npt.NDArray[np.signedinteger[Any]]],
    width: int,
    seed: int,
    resamples: int,
    sums_of: Sums,
) -> list[tuple[int, int]]:
    """For each table of subset sums, how many drawn sums are at most zero, and how many at least zero."""
    chunk = max(8, min(_CHUNK, _CHUNK_BYTES // width // 8 * 8))
    generator = np.random.PCG64(seed)
    counts = np.zeros((len(tables), 2), dtype=np.int64)
    for start in range(0, resamples, chunk * _AT_ONCE):
        # Whole pieces are drawn whatever the size, so that the first draws do not depend on how many follow.
        pieces = min(_AT_ONCE, -(-(resamples - start) // chunk))
        words = generator.random_raw(pieces * width * chunk // 8).astype("<u8", copy=False)
        patterns = words.view(np.uint8).reshape(pieces, width, chunk).transpose(1, 0, 2)
        for index, table in enumerate(tables):
            wanted = sums_of(table, patterns).ravel()[: resamples - start]
            counts[index] += np.count_nonzero(wanted <= 0), np.count_nonzero(wanted >= 0)
    return [(int(low), int(high)) for low, high in counts]


def _looked_up(table: npt.NDArray[Any], patterns: npt.NDArray[np.uint8]) -> npt.NDArray[Any]:
    """Sums ``[pieces, chunk]`` over the rows of ``patterns [width, pieces, chunk]``, by numpy."""
    sums, found = (np.zeros(patterns.shape[1:], dtype=table.dtype) for _ in range(2))
    for row, pattern in zip(table, patterns, strict=True):
        # A byte cannot leave a table of 256; "wrap" only spares numpy the check, which doubles the time.
        np.take(row, pattern, out=found, mode="wrap")
        sums += found
    return sums


def _compiled(table: npt.NDArray[Any], patterns: npt.NDArray[np.uint8]) -> npt.NDArray[Any]:
    """The same by numba, piece by piece, so that the sums of a piece stay in the first cache."""
    sums = np.zeros(patterns.shape[1:], dtype=table.dtype)
    for piece in range(patterns.shape[1]):
        add_rows()(table, patterns[:, piece], sums[piece])
    return sums


def _gains(differences: Sequence[Fraction], shift: Fraction, alternative: Alternative) -> list[int]:
    """Differences from the shift as integers up to a positive factor, turned so that large is extreme."""
    if not differences:
        raise ValueError("no differences were given")
    (centre, *numerators), _ = common_denominator([shift, *differences])
    return [x - centre if alternative == "greater" else centre - x for x in numerators]


def _subset_sums(values: Sequence[int]) -> list[int]:
    """Sums over all 2^n subsets, by doubling."""
    sums = [0]
    for value in values:
        sums += [total + value for total in sums]
    return sums


def _fit(gains: list[int]) -> list[int]:
    """The gains scaled down, where they must be, so that no sum of them leaves 63 bits.

    Rounding down can only lower a subset's sum, so an arrangement that counts still counts: the p of numbers
    with more digits than that can come out too large by a tie, never too small.
    """
    excess = max(0, sum(abs(x) for x in gains).bit_length() + len(gains).bit_length() - 62)
    return [x >> excess for x in gains]


def _bytes_of(gains: Sequence[int]) -> int:
    """Bytes that hold one sign for every unit."""
    return (len(gains) + 7) // 8


def _opposite(gains: Sequence[int]) -> tuple[int, ...]:
    return tuple(-x for x in gains)


def _byte_tables(gains: Sequence[int]) -> npt.NDArray[np.signedinteger[Any]]:
    """For every eight units the 256 subset sums, indexed by the byte that says which units are flipped.

    In 32 bits where every sum fits, because half the memory is nearly half the time.
    """
    kind = np.int32 if sum(abs(x) for x in gains) < 1 << 31 else np.int64
    padded = np.array([*gains, *[0] * (-len(gains) % 8)], dtype=kind).reshape(-1, 8)
    tables = np.zeros((len(padded), 256), dtype=kind)
    for bit in range(8):
        size = 1 << bit
        np.add(tables[:, :size], padded[:, bit : bit + 1], out=tables[:, size : 2 * size])
    return tables
