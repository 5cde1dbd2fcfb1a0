from __future__ import annotations

import math
from fractions import Fraction as F
from itertools import permutations

import numpy as np
import pytest
from scipy import stats

from harness.stats.trend import (
    Block,
    detectable_tau,
    kendall_s,
    smallest_trend_p,
    tau_b,
    trend_exact,
    trend_is_exact,
    trend_monte_carlo,
    trend_normal,
)


def block(doses: list[float], values: list[float]) -> Block:
    return Block(tuple(F(str(x)) for x in doses), tuple(F(str(x)) for x in values))


def enumerated(blocks: list[Block]) -> tuple[F, F]:
    """All orders of the values within every block."""
    sums = [0]
    for b in blocks:
        mine = [kendall_s(Block(b.doses, order)) for order in permutations(b.values)]
        sums = [a + m for a in sums for m in mine]
    observed = sum(kendall_s(b) for b in blocks)
    return F(sum(s >= observed for s in sums), len(sums)), F(sum(s <= observed for s in sums), len(sums))


CASES = [
    [block([1], [5])],
    [block([1, 2, 3, 4], [4, 4, 4, 4])],
    [block([1, 2, 3, 4, 5], [0.1, 0.3, 0.2, 0.4, 0.9])],
    [block([1, 1, 2, 2, 3], [3, 1, 4, 2, 9])],
    [block([1, 2, 3, 4, 5], [1, 1, 2, 0, 0])],
    [block([1, 2, 3], [1, 2, 3]), block([0, 0, 5, 5], [8, 1, 9, 7]), block([1, 2], [1e9, -1e9])],
]


@pytest.mark.parametrize("blocks", CASES, ids=range(len(CASES)))
def test_exact_p_counts_every_order(blocks: list[Block]) -> None:
    assert trend_exact(blocks) == enumerated(blocks)


@pytest.mark.parametrize("n", [2, 5, 9, 30])
def test_one_block_without_ties_is_kendalls_tau_of_scipy(n: int) -> None:
    generator = np.random.default_rng(n)
    x, y = np.arange(n).tolist(), np.round(generator.normal(0, 1, n), 6).tolist()
    up, down = trend_exact([block(x, y)])
    for p, side in ((up, "greater"), (down, "less")):
        theirs = stats.kendalltau(x, y, alternative=side, method="exact")
        assert float(p) == pytest.approx(theirs.pvalue, rel=1e-9)
    assert tau_b([block(x, y)]) == pytest.approx(stats.kendalltau(x, y).statistic)
    tied = np.round(y).tolist()
    ours = tau_b([block(x, tied)])
    assert ours is None or ours == pytest.approx(stats.kendalltau(x, tied).statistic)


def test_a_published_jonckheere_example() -> None:
    # Hollander, Wolfe and Chicken (2014), example 6.2: 18 workers in three groups of six, J = 79, with
    # (79 - 54) / sqrt(150.29) = 2.04 and P about 0.02. With ties on both sides only shuffling applies.
    control, rough, accurate = [40, 35, 38, 43, 44, 41], [38, 40, 47, 44, 40, 42], [48, 40, 45, 43, 46, 44]
    sample = [block([0] * 6 + [1] * 6 + [2] * 6, control + rough + accurate)]
    assert kendall_s(sample[0]) == 2 * 79 - 108
    assert not trend_is_exact(sample)
    up, down = trend_monte_carlo(sample, seed=2, resamples=20_000)
    assert float(up) == pytest.approx(0.021, abs=0.004) and float(down) > 0.97
    with pytest.raises(ValueError, match="ties"):
        trend_exact(sample)


@pytest.mark.parametrize("blocks", CASES[2:], ids=range(2, len(CASES)))
def test_shuffling_approaches_the_exact_p(blocks: list[Block]) -> None:
    for drawn, truth in zip(
        trend_monte_carlo(blocks, seed=4, resamples=5_000), trend_exact(blocks), strict=True
    ):
        assert float(drawn) == pytest.approx(
            float(truth), abs=4.5 * math.sqrt(truth * (1 - truth) / 5_000) + 1 / 5_000
        )
    assert trend_monte_carlo(blocks, seed=4, resamples=500) == trend_monte_carlo(
        blocks, seed=4, resamples=500
    )
    with pytest.raises(ValueError, match="resamples"):
        trend_monte_carlo(blocks, seed=4, resamples=0)


def test_only_the_order_counts() -> None:
    plain, bent = CASES[2], [block([1, 10, 100, 1000, 10_000], [1e-9, 3, 2, 4e9, 1e12])]
    assert trend_exact(plain) == trend_exact(bent)
    up, down = trend_exact(plain)
    mirrored = [Block(plain[0].doses, tuple(-x for x in plain[0].values))]
    assert trend_exact(mirrored) == (down, up)


def test_the_smallest_p_is_reached_by_a_perfect_trend() -> None:
    for blocks in CASES:
        perfect = [Block(b.doses, tuple(F(i) for i in range(len(b.doses)))) for b in blocks]
        ordered = [Block(tuple(sorted(b.doses)), b.values) for b in perfect]
        assert trend_exact(ordered)[0] == smallest_trend_p(blocks)


def test_a_trend_is_found_about_as_often_as_planned() -> None:
    assert detectable_tau([block([1, 2], [1, 2])], 0.05, 0.8) is None
    assert detectable_tau([block([1, 1], [1, 2])], 0.05, 0.8) is None
    doses = np.arange(20)
    tau = detectable_tau([block(doses.tolist(), doses.tolist())], 0.05, 0.8)
    assert tau is not None
    generator = np.random.default_rng(0)
    # Correlation r of a normal pair has tau = (2/pi) asin r.
    r = math.sin(math.pi * tau / 2)
    x = generator.normal(0, 1, (300, 20))
    y = r * x + math.sqrt(1 - r * r) * generator.normal(0, 1, (300, 20))
    found = sum(
        stats.kendalltau(a, b, alternative="greater").pvalue <= 0.05 for a, b in zip(x, y, strict=True)
    )
    assert found / 300 == pytest.approx(0.8, abs=0.1)


def test_many_pairs_are_taken_to_be_normal() -> None:
    generator = np.random.default_rng(3)
    for rounding in (6, 0):
        x, y = np.arange(120).tolist(), np.round(generator.normal(0, 1, 120), rounding).tolist()
        x = (np.array(x) // (7 if rounding == 0 else 1)).tolist()
        sample = [block(x, y)]
        assert not trend_is_exact(sample)
        theirs = stats.kendalltau(x, y, alternative="greater", method="asymptotic").pvalue
        assert trend_normal(sample)[0] == pytest.approx(theirs, rel=1e-9)
    assert trend_normal([block([1, 1], [1, 2])]) == (1.0, 1.0)
    eight = [block([1, 2, 3, 4, 5], [0.4, 0.1, 0.5, 0.2, 0.3])] * 8
    assert trend_normal(eight)[0] == pytest.approx(float(trend_exact(eight)[0]), abs=0.05)
