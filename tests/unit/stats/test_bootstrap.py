from __future__ import annotations

import math
import warnings
from fractions import Fraction as F
from typing import Any

import numpy as np
import pytest
from scipy import stats

from harness.stats.bootstrap import Bootstrap, bootstrap, bootstrap_bounds, bootstrap_p_value

forms = pytest.mark.parametrize("form", ["bca", "bootstrap-t"])
SKEWED = [F(round(x * 1000), 1000) for x in np.random.default_rng(4).exponential(1, 25)]


def drawn(values: list[F], form: Any, seed: int = 1, resamples: int = 9_999) -> Bootstrap:
    found = bootstrap(values, [1] * len(values), form=form, seed=seed, resamples=resamples)
    assert found is not None
    return found


def test_bca_is_that_of_scipy_up_to_the_draws() -> None:
    theirs = stats.bootstrap(
        ([float(x) for x in SKEWED],),
        np.mean,
        confidence_level=0.9,
        n_resamples=99_999,
        method="BCa",
        vectorized=True,
        rng=np.random.default_rng(0),
    ).confidence_interval
    low, high = bootstrap_bounds(drawn(SKEWED, "bca", resamples=99_999), 0.05)
    assert low is not None and high is not None
    assert float(low) == pytest.approx(theirs.low, abs=0.006)
    assert float(high) == pytest.approx(theirs.high, abs=0.006)


def test_the_error_is_that_of_a_published_example() -> None:
    # Efron and Tibshirani (1993), table 2.1, treated mice: with endless draws the standard error is 23.36.
    mice = [F(x) for x in (94, 197, 16, 38, 99, 141, 23)]
    sample = drawn(mice, "bca")
    assert float(sample.error) == pytest.approx(23.36, abs=0.005)
    assert float(np.std([float(x) for x in sample.draws])) == pytest.approx(1, abs=0.02)
    u = np.array([float(x) for x in mice]) - 608 / 7
    assert sample.acceleration == pytest.approx((u**3).sum() / (6 * (u**2).sum() ** 1.5), rel=1e-9)


def test_bootstrap_t_is_its_textbook_form() -> None:
    # Straight from Efron and Tibshirani (1993), section 12.5, in floating point with other random numbers.
    x = np.array([float(value) for value in SKEWED])
    generator = np.random.default_rng(8)
    draws = x[generator.integers(0, len(x), (40_000, len(x)))]
    t = (draws.mean(1) - x.mean()) / (draws.std(1) / math.sqrt(len(x)))
    low = x.mean() - np.quantile(t, 0.95) * x.std() / math.sqrt(len(x))
    high = x.mean() - np.quantile(t, 0.05) * x.std() / math.sqrt(len(x))
    ours = bootstrap_bounds(drawn(SKEWED, "bootstrap-t", resamples=40_000), 0.05)
    assert [float(x or 0) for x in ours] == pytest.approx([low, high], abs=0.02)


@forms
def test_equal_clusters_of_one_size_are_as_good_as_their_means(form: Any) -> None:
    totals = [3 * x for x in SKEWED]
    clustered = bootstrap(totals, [3] * 25, form=form, seed=1, resamples=2_000)
    assert clustered is not None
    for shift in (F(1, 2), F(1), F(3, 2)):
        for side in ("greater", "less"):
            assert bootstrap_p_value(clustered, shift, side) == pytest.approx(  # type: ignore[arg-type]
                bootstrap_p_value(drawn(SKEWED, form, resamples=2_000), shift, side),  # type: ignore[arg-type]
                abs=0.002,
            )


@forms
@pytest.mark.parametrize("alpha", [0.001, 0.05, 0.3])
def test_bound_and_test_are_one(form: Any, alpha: float) -> None:
    for values in (SKEWED, [F(0), F(0), F(1), F(1), F(5)], [F(-1), F(1)] * 6):
        sample = drawn(values, form)
        low, high = bootstrap_bounds(sample, alpha)
        for bound, side, way in ((low, "greater", -1), (high, "less", 1)):
            if bound is None:
                continue
            step = sample.error / 10**6
            assert bootstrap_p_value(sample, bound + way * step, side) <= alpha  # type: ignore[arg-type]
            assert bootstrap_p_value(sample, bound - way * step, side) > alpha  # type: ignore[arg-type]


@forms
def test_the_p_value_rises_with_the_shift(form: Any) -> None:
    sample = drawn(SKEWED, form)
    shifts = [F(i, 20) for i in range(-20, 60)]
    up = [bootstrap_p_value(sample, shift, "greater") for shift in shifts]
    assert up == sorted(up) and up[0] == 1 / 10_000 and up[-1] > 0.99
    down = [bootstrap_p_value(sample, shift, "less") for shift in shifts]
    assert down == sorted(down, reverse=True)


@forms
@pytest.mark.parametrize("scale", [F(10) ** 300, F(1, 10**300), F(7, 3)])
def test_unit_and_origin_do_not_matter(form: Any, scale: F) -> None:
    plain, moved = drawn(SKEWED, form), drawn([x * scale + scale for x in SKEWED], form)
    for shift in (F(1, 2), F(9, 10), F(5, 4)):
        for side in ("greater", "less"):
            ours = bootstrap_p_value(moved, shift * scale + scale, side)  # type: ignore[arg-type]
            assert ours == pytest.approx(bootstrap_p_value(plain, shift, side), abs=3e-4)  # type: ignore[arg-type]


@forms
def test_what_has_no_spread_has_no_bootstrap(form: Any) -> None:
    assert bootstrap([F(1)], [1], form=form, seed=0, resamples=999) is None
    assert bootstrap([F(1)] * 9, [1] * 9, form=form, seed=0, resamples=999) is None
    with pytest.raises(ValueError, match="must match"):
        bootstrap([F(1)], [1, 1], form=form, seed=0, resamples=999)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        two = drawn([F(0), F(1)], form)
        assert bootstrap_p_value(two, F(-5), "greater") < 0.5


@forms
def test_draws_are_seeded_and_do_not_depend_on_how_many_follow(form: Any) -> None:
    assert np.array_equal(drawn(SKEWED, form, 3).draws, drawn(SKEWED, form, 3).draws)
    assert not np.array_equal(drawn(SKEWED, form, 3).draws, drawn(SKEWED, form, 4).draws)
    few, many = drawn(SKEWED, form, 3, 100).draws, drawn(SKEWED, form, 3, 50_000).draws
    assert set(few.tolist()) <= set(many.tolist())


@forms
def test_the_stream_is_pinned(form: Any) -> None:
    p = bootstrap_p_value(drawn(SKEWED, form, 42), F(4, 5), "greater")
    assert p == pytest.approx({"bca": 0.0006516941076413737, "bootstrap-t": 0.0036}[form], rel=1e-9)


@forms
def test_the_bounds_hold_about_as_often_as_they_say(form: Any) -> None:
    generator = np.random.default_rng(12)
    inside = 0
    for seed in range(400):
        values = [F(round(x * 10**6), 10**6) for x in generator.exponential(1, 30)]
        p = bootstrap_p_value(drawn(values, form, seed, 999), F(1), "greater")
        inside += p > 0.05
    # Second-order accurate: for 30 skewed values the error is within a few points of nominal, plus 4.5 sigma.
    assert inside / 400 == pytest.approx(0.95, abs=0.02 + 4.5 * math.sqrt(0.05 * 0.95 / 400))
