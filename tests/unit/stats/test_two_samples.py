from __future__ import annotations

import math
from fractions import Fraction as F
from itertools import combinations
from typing import Literal

import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.power import TTestIndPower

from harness.stats.paired import Moments, moments
from harness.stats.student import bounds, p_value
from harness.stats.two_samples import (
    LARGEST_COUNTED,
    arrangements,
    label_permutation_exact,
    label_permutations_monte_carlo,
    mann_whitney_p_value,
    smallest_mann_whitney_p,
    welch,
)

Side = Literal["greater", "less"]
both = pytest.mark.parametrize("alternative", ["greater", "less"])
# Sizes from one value up, ties within and between, zeros, constant arms, huge and tiny values.
PAIRS = [
    ([4.0, 1.0, 2.0, 2.0, 8.0, 0.5], [3.0]),
    ([0.1], [0.2]),
    ([0.0, 0.0], [0.0]),
    ([1.0, 2.0, 2.0], [2.0, 3.0]),
    ([5.0, 5.0, 5.0], [5.0, 5.0]),
    ([1e-9, 3e-9, 2e-9], [2e-9, 5e-9, 0.0, 1e-9]),
    ([1e9 + 1, 1e9 + 2, 1e9], [1e9 + 1.5, 1e9 + 9]),
    ([0.3, 0.5, 0.9, 1.4, 0.7], [0.2, 0.1, 0.6, 0.4]),
]
grid = pytest.mark.parametrize(("x", "y"), PAIRS, ids=str)


def exactly(values: list[float]) -> list[F]:
    return [F(repr(float(value))) for value in values]


@both
def test_welch_is_that_of_scipy(alternative: Side) -> None:
    for x, y in PAIRS:
        found = welch(moments(exactly(x)), moments(exactly(y)))
        if len(x) < 2 or len(y) < 2 or len(set(x) | set(y)) == 1:
            assert found is None
            continue
        theirs = stats.ttest_ind(x, y, equal_var=False, alternative=alternative)
        assert found is not None
        assert p_value(found, F(0), alternative) == pytest.approx(theirs.pvalue, rel=1e-6)
        assert float(found.df) == pytest.approx(theirs.df, rel=1e-6)


def test_welch_bounds_and_a_published_example() -> None:
    # NIST/SEMATECH e-Handbook, section 7.3.1.3, Auto83b: 249 US and 79 Japanese cars, miles per gallon; unequal
    # variances: means 20.14458 and 30.48101, sd 6.414700 and 6.107710, t = -12.94627, 136.8750 degrees of freedom.
    us = Moments(249, F("20.14458"), F("6.414700") ** 2)
    japan = Moments(79, F("30.48101"), F("6.107710") ** 2)
    found = welch(us, japan)
    assert found is not None
    assert float(found.value / found.error) == pytest.approx(-12.94627, abs=1e-4)
    assert float(found.df) == pytest.approx(136.8750, abs=1e-3)
    x, y = PAIRS[-1]
    sample = welch(moments(exactly(x)), moments(exactly(y)))
    assert sample is not None
    theirs = stats.ttest_ind(x, y, equal_var=False).confidence_interval(0.9)
    assert tuple(map(float, bounds(sample, 0.05))) == pytest.approx((theirs.low, theirs.high), rel=1e-9)


@grid
@both
def test_exact_permutation_counts_every_choice(x: list[float], y: list[float], alternative: Side) -> None:
    for shift in (F(0), F(1, 10)):
        values = [*(value - shift for value in exactly(x)), *exactly(y)]
        turn = 1 if alternative == "greater" else -1
        sums = [turn * sum(choice) for choice in combinations(values, len(x))]
        expected = F(sum(total >= sums[0] for total in sums), len(sums))
        assert label_permutation_exact(exactly(x), exactly(y), shift, alternative) == expected


@both
def test_exact_permutation_is_that_of_scipy(alternative: Side) -> None:
    x, y = PAIRS[-1]
    theirs = stats.permutation_test(
        (x, y),
        lambda a, b, axis: np.mean(a, axis=axis) - np.mean(b, axis=axis),
        vectorized=True,
        alternative=alternative,
        n_resamples=np.inf,
    ).pvalue
    assert float(label_permutation_exact(exactly(x), exactly(y), F(0), alternative)) == pytest.approx(theirs)


@both
@pytest.mark.parametrize("scale", [F(1), F(10) ** 300, F(1, 10**300)])
def test_drawn_permutation_approaches_the_exact_one(alternative: Side, scale: F) -> None:
    x, y = ([value * scale for value in exactly(arm)] for arm in PAIRS[-1])
    truth = float(label_permutation_exact(x, y, F(0), alternative))
    drawn = label_permutations_monte_carlo(x, y, [(F(0), alternative)], seed=5, resamples=20_000)
    assert float(drawn[0]) == pytest.approx(truth, abs=4.5 * math.sqrt(truth * (1 - truth) / 20_000) + 1e-4)
    again = label_permutations_monte_carlo(x, y, [(F(0), alternative)], seed=5, resamples=20_000)
    assert drawn == again


def test_the_observed_choice_counts_and_the_stream_is_pinned() -> None:
    x, y = [F(i + 100) for i in range(30)], [F(i) for i in range(30)]
    assert label_permutations_monte_carlo(x, y, [(F(0), "greater")], seed=1, resamples=999) == [F(1, 1000)]
    x, y = [F(i % 7) for i in range(30)], [F(i % 5) for i in range(30)]
    assert label_permutations_monte_carlo(x, y, [(F(0), "greater")], seed=1, resamples=999) == [F(36, 1000)]


def test_too_much_and_too_little_are_refused() -> None:
    many = [F(i) for i in range(20)]
    assert arrangements(20, 20) > LARGEST_COUNTED
    with pytest.raises(ValueError, match="too many"):
        label_permutation_exact(many, many, F(0), "greater")
    with pytest.raises(ValueError, match="at least one value"):
        label_permutation_exact([], many, F(0), "greater")
    with pytest.raises(ValueError, match="resamples"):
        label_permutations_monte_carlo(many, many, [(F(0), "greater")], seed=0, resamples=0)


@grid
@both
def test_exact_mann_whitney_counts_every_choice(x: list[float], y: list[float], alternative: Side) -> None:
    ranks = stats.rankdata([*x, *y])
    turn = 1 if alternative == "greater" else -1
    sums = [turn * sum(choice) for choice in combinations(ranks, len(x))]
    expected = sum(total >= sums[0] for total in sums) / len(sums)
    assert mann_whitney_p_value(exactly(x), exactly(y), F(0), alternative) == pytest.approx(
        expected, rel=1e-12
    )


@both
@pytest.mark.parametrize(("m", "n"), [(1, 1), (3, 7), (12, 9), (30, 30), (40, 35), (200, 90)])
def test_mann_whitney_is_that_of_scipy(m: int, n: int, alternative: Side) -> None:
    generator = np.random.default_rng(m)
    x, y = generator.normal(0.3, 1, m).tolist(), generator.normal(0, 1, n).tolist()
    method = "exact" if m + n <= 60 else "asymptotic"
    theirs = stats.mannwhitneyu(x, y, alternative=alternative, method=method, use_continuity=False).pvalue
    ours = mann_whitney_p_value(exactly(x), exactly(y), F(0), alternative)
    assert ours == pytest.approx(theirs, rel=1e-9)
    tied_x, tied_y = np.round(x).tolist(), np.round(y).tolist()
    if m + n > 60:
        theirs = stats.mannwhitneyu(
            tied_x, tied_y, alternative=alternative, method="asymptotic", use_continuity=False
        ).pvalue
        assert mann_whitney_p_value(exactly(tied_x), exactly(tied_y), F(0), alternative) == pytest.approx(
            theirs
        )


@pytest.mark.parametrize(("m", "n"), [(1, 1), (2, 5), (30, 30), (31, 30)])
def test_the_smallest_p_is_reached_by_complete_separation(m: int, n: int) -> None:
    x, y = [F(n + i) for i in range(m)], [F(i) for i in range(n)]
    assert mann_whitney_p_value(x, y, F(0), "greater") == pytest.approx(
        smallest_mann_whitney_p(m, n), rel=1e-12
    )


def test_constant_arms_prove_nothing() -> None:
    same = [F(5)] * 40
    assert mann_whitney_p_value(same, same, F(0), "greater") == 1.0
    assert label_permutation_exact(same[:4], same[:4], F(0), "less") == 1
    assert label_permutations_monte_carlo(same, same, [(F(0), "less")], seed=0, resamples=999) == [1]


def test_level_and_power_are_those_promised() -> None:
    generator = np.random.default_rng(5)
    runs = 400
    rejected = dict.fromkeys(("welch", "permutation", "mann-whitney", "power"), 0)
    for _ in range(runs):
        # Unequal spreads and sizes for Welch, equal ones for the tests that need them.
        wide, narrow = (
            exactly(np.round(generator.normal(0, sd, n), 3).tolist()) for sd, n in ((3, 6), (1, 12))
        )
        found = welch(moments(wide), moments(narrow))
        assert found is not None
        rejected["welch"] += p_value(found, F(0), "greater") <= 0.05
        x, y = (exactly(np.round(generator.normal(0, 1, 7), 3).tolist()) for _ in range(2))
        rejected["permutation"] += label_permutation_exact(x, y, F(0), "greater") <= 0.05
        rejected["mann-whitney"] += mann_whitney_p_value(x, y, F(0), "greater") <= 0.05
        better = welch(moments([value + F(3, 2) for value in x]), moments(y))
        assert better is not None
        rejected["power"] += p_value(better, F(0), "greater") <= 0.05
    error = 4.5 * math.sqrt(0.05 * 0.95 / runs)
    assert rejected["welch"] / runs == pytest.approx(0.05, abs=error)
    assert rejected["permutation"] / runs == pytest.approx(0.05, abs=error)
    assert rejected["mann-whitney"] / runs <= 0.05 + error
    # Two-sample t test with d = 1.5 and 7 a side at 0.05 one-sided.
    planned = TTestIndPower().power(1.5, 7, 0.05, alternative="larger")
    assert rejected["power"] / runs == pytest.approx(
        planned, abs=4.5 * math.sqrt(planned * (1 - planned) / runs)
    )
