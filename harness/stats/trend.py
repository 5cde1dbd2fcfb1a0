"""Does a value rise with a dose? Kendall's S, summed over blocks: Mann-Kendall and Jonckheere-Terpstra.

Within a block S is the number of pairs in which value and dose rise together, minus the number in which they
run against each other; ties in either count 0. With few distinct doses this is the Jonckheere-Terpstra test,
with one value a dose Mann and Kendall's.
"""

from __future__ import annotations

import math
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from scipy.special import ndtr, ndtri

LARGEST_EXACT = 60
"""Up to this many observations in a block its distribution is exact, where only one side has ties."""
MOST_PAIRS = 3000
"""Up to this many pairs within blocks, in all, orders are counted or shuffled; beyond, S is close to normal."""


@dataclass(frozen=True)
class Block:
    """The observations of one block."""

    doses: tuple[Fraction, ...]
    """What the value is claimed to rise with."""
    values: tuple[Fraction, ...]
    """The values, as many as doses."""


def kendall_s(block: Block) -> int:
    """S = sum over pairs i < j of sign(dose_j - dose_i) sign(value_j - value_i).

    Kendall (1970), "Rank Correlation Methods".
    """
    doses, values = (np.array(_levels(x)) for x in (block.doses, block.values))
    return sum(
        int((np.sign(doses[i + 1 :] - doses[i]) * np.sign(values[i + 1 :] - values[i])).sum())
        for i in range(len(doses))
    )


def tau_b(blocks: Sequence[Block]) -> float | None:
    """Kendall's tau-b over blocks: sum S / sqrt(pairs untied in dose * pairs untied in value), pairs within
    blocks; dimensionless, between -1 and 1. Kendall (1970). None where nothing can be ordered."""
    doses = sum(_untied(block.doses) for block in blocks)
    values = sum(_untied(block.values) for block in blocks)
    if doses * values == 0:
        return None
    return sum(kendall_s(block) for block in blocks) / math.sqrt(doses * values)


def few_pairs(blocks: Sequence[Block]) -> bool:
    """Whether there are few enough pairs for counting or shuffling."""
    return sum(math.comb(len(block.doses), 2) for block in blocks) <= MOST_PAIRS


def trend_is_exact(blocks: Sequence[Block]) -> bool:
    """Whether ``trend_exact`` can count: the blocks are small, and each has ties on one side at most."""
    return few_pairs(blocks) and all(
        len(block.doses) <= LARGEST_EXACT
        and (len(set(block.doses)) == len(block.doses) or len(set(block.values)) == len(block.values))
        for block in blocks
    )


def trend_exact(blocks: Sequence[Block]) -> tuple[Fraction, Fraction]:
    """Exact one-sided p of a rising and of a falling trend: P(S' >= S) and P(S' <= S), S' the sum over blocks
    when the values of each block are in random order.

    The number of discordant pairs has the generating function [n]! / product of [m_i]!, q-factorials, with
    m_i the sizes of the ties (MacMahon 1915, "Combinatory Analysis"); blocks are multiplied. Kendall (1970);
    Jonckheere (1954), "A distribution-free k-sample test against ordered alternatives",
    *Biometrika* 41. Takes the values of a block to be exchangeable without a trend. ValueError unless
    ``trend_is_exact``.
    """
    if not trend_is_exact(blocks):
        raise ValueError("a block is too large, or has ties in doses and in values")
    # As one polynomial: coefficient k counts the orders with k discordant pairs.
    ways, most = [1], 0
    for block in blocks:
        sizes = _ties(block.doses if len(set(block.doses)) < len(block.doses) else block.values)
        ways = _times(ways, _orders(sizes))
        most += _untied_of(len(block.doses), sizes)
    discordant = (most - sum(kendall_s(block) for block in blocks)) // 2
    total = sum(ways)
    return Fraction(sum(ways[: discordant + 1]), total), Fraction(sum(ways[discordant:]), total)


def trend_monte_carlo(blocks: Sequence[Block], *, seed: int, resamples: int) -> tuple[Fraction, Fraction]:
    """Monte-Carlo p of a rising and of a falling trend: (1 + b) / (1 + resamples) each.

    Values are shuffled within blocks by sorting 64-bit words of numpy's PCG64 with ``seed``; b counts the
    shuffles whose S is at least as large, or as small, as the observed one. Phipson and Smyth (2010). For
    blocks with ties on both sides, which ``trend_exact`` cannot count. ValueError without resamples.
    """
    if resamples < 1:
        raise ValueError(f"resamples must be at least 1, not {resamples}")
    observed = sum(kendall_s(block) for block in blocks)
    generator = np.random.PCG64(seed)
    rising = falling = 0
    chunk = max(1, (1 << 18) // max(len(block.doses) ** 2 for block in blocks))
    signs = []
    for block in blocks:
        doses, values = (np.array(_levels(x)) for x in (block.doses, block.values))
        signs.append((np.sign(doses[None, :] - doses[:, None]), values))
    for start in range(0, resamples, chunk):
        size = min(chunk, resamples - start)
        drawn = np.zeros(size, dtype=np.int64)
        for steps, values in signs:
            count = len(values)
            words = generator.random_raw(chunk * count).reshape(chunk, count)
            shuffled = values[np.argsort(words[:size], axis=1, kind="stable")]
            above = np.sign(shuffled[:, None, :] - shuffled[:, :, None])
            drawn += (above * steps).sum(axis=(1, 2)) // 2
        rising += int(np.count_nonzero(drawn >= observed))
        falling += int(np.count_nonzero(drawn <= observed))
    return Fraction(1 + rising, 1 + resamples), Fraction(1 + falling, 1 + resamples)


def trend_normal(blocks: Sequence[Block]) -> tuple[float, float]:
    """Approximate p of a rising and of a falling trend: Phi(-+ S / sd(S)), without continuity correction.

    With t the sizes of equal doses and u those of equal values, n to a block,
    var(S) = [v(n) - sum v(t) - sum v(u)] / 18 + sum t(t-1) sum u(u-1) / (2 n(n-1))
    + sum t(t-1)(t-2) sum u(u-1)(u-2) / (9 n(n-1)(n-2)), v(k) = k(k-1)(2k+5), summed over blocks.
    Kendall (1970). Without anything to order both are 1.
    """
    s = sum(kendall_s(block) for block in blocks)
    variance = sum((_variance(block) for block in blocks), Fraction(0))
    if variance == 0:
        return 1.0, 1.0
    z = s / math.sqrt(variance)
    return max(float(ndtr(-z)), sys.float_info.min), max(float(ndtr(z)), sys.float_info.min)


def smallest_trend_p(blocks: Sequence[Block]) -> Fraction:
    """Smallest p these doses can reach with values that are all different: one over the number of orders that
    differ in S, product over blocks of n! / product of m_i!, m_i the sizes of equal doses."""
    total = 1
    for block in blocks:
        total *= math.factorial(len(block.doses))
        for size in _ties(block.doses):
            total //= math.factorial(size)
    return Fraction(1, total)


def detectable_tau(blocks: Sequence[Block], alpha: float, power: float) -> float | None:
    """Rough size of the smallest |tau| that a one-sided test at ``alpha`` finds with probability ``power``:
    (z_{1-alpha} + z_power) sd(S) / pairs, sd(S) without a trend.

    var(S) = n(n - 1)(2n + 5)/18 minus the same of every tie, summed over blocks (Kendall 1970);
    Noether (1987), "Sample size determination for some common nonparametric tests", *JASA* 82. None where the
    doses order nothing or the result would exceed 1, that is, not even a perfect trend is found so often.
    """
    pairs = sum(_untied(block.doses) for block in blocks)
    variance = sum(
        _kendall_variance(len(block.doses)) - sum(_kendall_variance(size) for size in _ties(block.doses))
        for block in blocks
    )
    if pairs == 0:
        return None
    tau = (-float(ndtri(alpha)) + float(ndtri(power))) * math.sqrt(variance) / pairs
    return tau if 0 < tau <= 1 else None


def _kendall_variance(n: int) -> Fraction:
    return Fraction(n * (n - 1) * (2 * n + 5), 18)


def _variance(block: Block) -> Fraction:
    """var(S) of one block without a trend, with ties."""
    n, doses, values = len(block.doses), _ties(block.doses), _ties(block.values)
    found = _kendall_variance(n)
    found -= sum(_kendall_variance(size) for size in (*doses, *values))
    if n > 1:
        two = [sum(size * (size - 1) for size in sizes) for sizes in (doses, values)]
        found += Fraction(two[0] * two[1], 2 * n * (n - 1))
    if n > 2:
        three = [sum(size * (size - 1) * (size - 2) for size in sizes) for sizes in (doses, values)]
        found += Fraction(three[0] * three[1], 9 * n * (n - 1) * (n - 2))
    return found


def _levels(values: Sequence[Fraction]) -> list[int]:
    """The values as whole numbers in the same order."""
    place = {value: index for index, value in enumerate(sorted(set(values)))}
    return [place[value] for value in values]


def _ties(values: Sequence[Fraction]) -> list[int]:
    """Sizes of the groups of equal values."""
    return sorted(Counter(values).values())


def _untied(values: Sequence[Fraction]) -> int:
    return _untied_of(len(values), _ties(values))


def _untied_of(n: int, sizes: Sequence[int]) -> int:
    """Pairs among n that do not lie in one group."""
    return math.comb(n, 2) - sum(math.comb(size, 2) for size in sizes)


def _orders(sizes: Sequence[int]) -> list[int]:
    """Coefficients of the q-multinomial of the group sizes: product of q-binomials."""
    ways, n = [1], 0
    for size in sizes:
        for k in range(1, size + 1):
            n += 1
            # times (1 - q^n) / (1 - q^k)
            ways = [a - b for a, b in zip([*ways, *[0] * n], [*[0] * n, *ways], strict=True)]
            for index in range(k, len(ways)):
                ways[index] += ways[index - k]
            ways = ways[: len(ways) - k]
    return ways


def _times(left: Sequence[int], right: Sequence[int]) -> list[int]:
    """Product of two polynomials."""
    product = [0] * (len(left) + len(right) - 1)
    for i, a in enumerate(left):
        for j, b in enumerate(right):
            product[i + j] += a * b
    return product
