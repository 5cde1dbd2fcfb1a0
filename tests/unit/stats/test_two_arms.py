"""Two arms in clusters and under seeds, against scipy, statsmodels and simulation."""

from __future__ import annotations

import itertools
import math
from fractions import Fraction as F
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from harness.stats.bootstrap import bootstrap_bounds, bootstrap_p_value
from harness.stats.paired import moments
from harness.stats.student import p_value
from harness.stats.two_arms import Arm, arms_bootstrap, arms_estimate
from harness.stats.two_samples import welch

ZERO = F(0)
law = settings(deadline=None, derandomize=True, max_examples=40, database=None)
FORMS = ["bca", "bootstrap-t"]


def arm(values: Any, per: int = 1) -> Arm:
    """Consecutive values form clusters of ``per``."""
    numbers = [F(str(round(float(v), 3))) for v in values]
    parts = [numbers[i : i + per] for i in range(0, len(numbers), per)]
    return Arm(tuple(sum(part, ZERO) for part in parts), tuple(len(part) for part in parts))


def normal(seed: int, size: int, mean: float = 0.0) -> list[float]:
    return np.round(np.random.default_rng(seed).normal(mean, 1, size), 3).tolist()


numbers = st.lists(st.integers(-50, 50).map(lambda i: F(i, 10)), min_size=1, max_size=8)


@given(x=numbers, y=numbers)
@law
def test_clusters_of_one_are_welch(x: list[F], y: list[F]) -> None:
    ours = arms_estimate(Arm(tuple(x), (1,) * len(x)), Arm(tuple(y), (1,) * len(y)))
    assert ours == welch(moments(x), moments(y))


def test_equal_clusters_are_welch_on_their_means() -> None:
    x, y = normal(1, 24, 0.4), normal(2, 20)
    found = arms_estimate(arm(x, 4), arm(y, 4))
    assert found is not None
    theirs = stats.ttest_ind(
        np.reshape(x, (6, 4)).mean(axis=1),
        np.reshape(y, (5, 4)).mean(axis=1),
        equal_var=False,
        alternative="greater",
    )
    assert p_value(found, ZERO, "greater") == pytest.approx(theirs.pvalue, rel=1e-9)
    assert float(found.df) == pytest.approx(theirs.df, rel=1e-9)


def test_unequal_clusters_have_the_error_of_the_matrix_formula() -> None:
    # CR2 of a regression on one indicator for each arm (Bell and McCaffrey 2002), computed with matrices.
    sizes = ([2, 5, 1, 4], [3, 3, 6])
    values = [normal(7 + i, sum(s), 0.3 * i) for i, s in enumerate(sizes)]
    arms, expected = [], 0.0
    for own, size in zip(values, sizes, strict=True):
        edges = np.cumsum([0, *size])
        parts = [np.array(own[a:b]) for a, b in itertools.pairwise(edges)]
        arms.append(Arm(tuple(sum((F(str(v)) for v in p), ZERO) for p in map(list, parts)), tuple(size)))
        n = len(own)
        for part in parts:
            ones = np.ones((len(part), len(part)))
            w, q = np.linalg.eigh(np.eye(len(part)) - ones / n)
            adjusted = q @ np.diag(w**-0.5) @ q.T @ (part - np.mean(own))
            expected += float(adjusted.sum() / n) ** 2
    found = arms_estimate(*arms)
    assert found is not None and float(found.error_squared) == pytest.approx(expected, rel=1e-9)


def test_seeds_of_either_arm_add_their_error() -> None:
    x, y = arm(normal(1, 12)), arm(normal(2, 12))
    plain = arms_estimate(x, y)
    seeded = Arm(x.totals, x.sizes, (x.mean - F(1, 5), x.mean, x.mean + F(1, 5)))
    found = arms_estimate(seeded, y)
    assert plain is not None and found is not None
    assert found.error_squared == plain.error_squared + F(1, 25) / 3
    parts = [(m.variance / 12, 11) for m in map(moments, (x.totals, y.totals)) if m.variance] + [
        (F(1, 75), 2)
    ]
    assert found.df == found.error_squared**2 / sum(e * e / df for e, df in parts)
    assert arms_estimate(Arm(x.totals, x.sizes, (x.mean,)), y) is None
    # No spread between units, all of it between seeds: still an error, and that of the seeds.
    flat = Arm((F(1),) * 5, (1,) * 5, (F(1, 2), F(1), F(3, 2)))
    alone = arms_estimate(flat, Arm((ZERO,) * 4, (1,) * 4))
    assert alone is not None and alone.error_squared == F(1, 12) and alone.df == 2


@pytest.mark.parametrize("sizes", [((1,), (1, 1)), ((2, 2), (2,))])
@pytest.mark.parametrize("form", FORMS)
def test_one_cluster_has_neither_error_nor_bootstrap(sizes: Any, form: Any) -> None:
    x, y = (Arm(tuple(F(i) for i in range(len(s))), s) for s in sizes)
    assert arms_estimate(x, y) is None
    assert arms_bootstrap(x, y, form=form, seed=1, resamples=99) is None


@pytest.mark.parametrize("form", FORMS)
def test_constant_arms_have_none_and_one_constant_arm_has_some(form: Any) -> None:
    flat, other = Arm((F(1),) * 4, (1,) * 4), arm(normal(3, 9))
    assert arms_estimate(flat, flat) is None
    assert arms_bootstrap(flat, flat, form=form, seed=1, resamples=99) is None
    found = arms_bootstrap(flat, other, form=form, seed=1, resamples=999)
    assert found is not None and 0 < bootstrap_p_value(found, ZERO, "greater") <= 1
    with pytest.raises(ValueError, match="resamples"):
        arms_bootstrap(flat, other, form=form, seed=1, resamples=0)


def test_bca_is_that_of_scipy_up_to_the_draws() -> None:
    x = np.round(np.random.default_rng(4).exponential(1, 25), 3)
    y = np.round(np.random.default_rng(5).exponential(0.7, 18), 3)
    found = arms_bootstrap(arm(x), arm(y), form="bca", seed=1, resamples=40_000)
    assert found is not None
    low, high = bootstrap_bounds(found, 0.05)
    theirs = stats.bootstrap(
        (x, y),
        lambda a, b, axis: a.mean(axis=axis) - b.mean(axis=axis),
        n_resamples=40_000,
        confidence_level=0.9,
        method="BCa",
        rng=np.random.default_rng(6),
    ).confidence_interval
    assert low is not None and high is not None
    assert float(low) == pytest.approx(theirs.low, abs=0.02)
    assert float(high) == pytest.approx(theirs.high, abs=0.02)
    # The acceleration has no chance in it: Davison and Hinkley's form from empirical influences.
    u, v = x - x.mean(), y - y.mean()
    cubes = (u**3).sum() / 25**3 - (v**3).sum() / 18**3
    squares = (u**2).sum() / 25**2 + (v**2).sum() / 18**2
    assert found.acceleration == pytest.approx(cubes / (6 * squares**1.5), rel=1e-9)


def test_bootstrap_t_is_its_textbook_form() -> None:
    x, y = np.array(normal(8, 15, 0.5)), np.array(normal(9, 11))
    found = arms_bootstrap(arm(x), arm(y), form="bootstrap-t", seed=1, resamples=40_000)
    assert found is not None
    g = np.random.default_rng(10)
    a, b = x[g.integers(0, 15, (40_000, 15))], y[g.integers(0, 11, (40_000, 11))]
    error = np.sqrt(a.var(axis=1, ddof=1) / 15 + b.var(axis=1, ddof=1) / 11)
    observed = math.sqrt(x.var(ddof=1) / 15 + y.var(ddof=1) / 11)
    t = (a.mean(axis=1) - b.mean(axis=1) - (x.mean() - y.mean())) / error
    low, high = bootstrap_bounds(found, 0.05)
    assert low is not None and high is not None
    centre = x.mean() - y.mean()
    assert float(low) == pytest.approx(centre - np.quantile(t, 0.95) * observed, abs=0.03)
    assert float(high) == pytest.approx(centre - np.quantile(t, 0.05) * observed, abs=0.03)


@pytest.mark.parametrize("form", FORMS)
@given(shift=st.integers(-30, 30).map(lambda i: F(i, 20)), alpha=st.sampled_from([0.01, 0.05, 0.2]))
@law
def test_bound_and_test_are_one(form: Any, shift: F, alpha: float) -> None:
    found = arms_bootstrap(arm(normal(1, 9), 2), arm(normal(2, 7)), form=form, seed=3, resamples=499)
    assert found is not None
    low, high = bootstrap_bounds(found, alpha)
    assert (bootstrap_p_value(found, shift, "greater") <= alpha) == (low is not None and shift < low)
    assert (bootstrap_p_value(found, shift, "less") <= alpha) == (high is not None and shift > high)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("scale", [F(10) ** 300, F(1, 10**300)])
def test_the_unit_does_not_matter(form: Any, scale: F) -> None:
    x, y = arm(normal(1, 8), 2), arm(normal(2, 6))
    big = [Arm(tuple(scale * t for t in a.totals), a.sizes) for a in (x, y)]
    one, other = (
        arms_bootstrap(*pair, form=form, seed=3, resamples=499) for pair in ((x, y), (big[0], big[1]))
    )
    assert one is not None and other is not None
    assert bootstrap_p_value(one, F(1, 3), "greater") == bootstrap_p_value(other, scale / 3, "greater")


def clustered(g: np.random.Generator, clusters: int, between: float) -> Arm:
    sizes = g.integers(2, 7, clusters)
    shared = g.normal(0, between, clusters)
    totals = [
        F(round(1000 * float(s * n + g.normal(0, 1, n).sum())), 1000)
        for s, n in zip(shared, sizes, strict=True)
    ]
    return Arm(tuple(totals), tuple(int(n) for n in sizes))


def test_type_one_error_is_kept_with_clusters() -> None:
    g, runs = np.random.default_rng(20), 500
    aware = blind = found_effect = 0
    for _ in range(runs):
        x, y = clustered(g, 10, 0.7), clustered(g, 7, 0.7)
        estimate = arms_estimate(x, y)
        assert estimate is not None
        aware += p_value(estimate, ZERO, "greater") <= 0.05
        found_effect += p_value(estimate, F(-2), "greater") <= 0.05
        # What awareness is for: the totals' spread taken as that of independent values.
        n, m = sum(x.sizes), sum(y.sizes)
        plain = math.sqrt((1 + 0.49) * (1 / n + 1 / m))
        blind += float(estimate.value) / plain > 1.645
    # 5 % and 4.5 standard errors of 500 runs.
    assert aware <= 0.094 * runs and aware >= 0.01 * runs
    assert blind > 0.1 * runs
    assert found_effect > 0.9 * runs


@pytest.mark.parametrize("form", FORMS)
def test_the_bootstrap_errs_about_as_often_as_stated(form: Any) -> None:
    g, runs = np.random.default_rng(21), 200
    wrong = 0
    for _ in range(runs):
        drawn = arms_bootstrap(clustered(g, 25, 0.5), clustered(g, 20, 0.5), form=form, seed=1, resamples=399)
        assert drawn is not None
        wrong += bootstrap_p_value(drawn, ZERO, "greater") <= 0.05
    assert wrong <= 0.12 * runs


@pytest.mark.parametrize("form", FORMS)
def test_the_arms_draw_apart(form: Any) -> None:
    # Two equal arms would give a difference of exactly zero in every draw if they shared their stream.
    x = arm(normal(1, 12))
    found = arms_bootstrap(x, x, form=form, seed=5, resamples=499)
    assert found is not None and np.count_nonzero(found.draws) > 400
