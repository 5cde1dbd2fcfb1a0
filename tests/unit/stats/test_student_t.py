from __future__ import annotations

from fractions import Fraction as F

import numpy as np
import pytest
from scipy import stats

from harness.stats.exact_arithmetic import square_root
from harness.stats.paired import (
    Moments,
    detectable_effect,
    moments,
    t_bounds,
    t_p_value,
)
from harness.stats.rounding import exact

SAMPLES = [
    [0.1, 0.2],
    [1.0, 1.0, 1.5],
    [-0.3, 0.0, 0.0, 0.2, 0.7],
    [1e150, -1e150, 3e150],
    [1e-150, 2e-150, 4e-150],
    [1e9, 1e9 + 1, 1e9 + 3],
    list(np.round(np.random.default_rng(7).normal(0.01, 0.1, 1190), 3)),
]


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda s: f"n{len(s)}-{s[0]}")
@pytest.mark.parametrize("alternative", ["greater", "less"])
def test_p_is_that_of_scipy(sample: list[float], alternative: str) -> None:
    ours = moments([exact(float(x)) for x in sample])
    scale = max(abs(x) for x in sample)
    for shift in (0.0, float(sample[0]), 0.3 * scale):
        # scipy works on the shifted and scaled values, so that its squares stay in range.
        scaled = [(x - shift) / scale for x in sample]
        theirs = stats.ttest_1samp(scaled, 0.0, alternative=alternative).pvalue
        assert t_p_value(ours, exact(shift), alternative) == pytest.approx(theirs, rel=1e-6)  # type: ignore[arg-type]


def test_bounds_are_those_of_scipy() -> None:
    sample = [0.1, 0.25, -0.05, 0.4, 0.3]
    low, high = t_bounds(moments([exact(x) for x in sample]), 0.05) or (F(0), F(0))
    theirs = stats.ttest_1samp(sample, 0.0).confidence_interval(0.9)
    assert float(low) == pytest.approx(theirs.low, rel=1e-12)
    assert float(high) == pytest.approx(theirs.high, rel=1e-12)


def test_one_pair_decides_nothing() -> None:
    one = moments([F(5)])
    assert one == Moments(1, F(5), None)
    assert one.sd is None and one.standard_error is None
    assert t_p_value(one, F(0), "greater") is None
    assert t_bounds(one, 0.05) is None
    assert detectable_effect(one, 0.05, 0.8) is None


def test_equal_differences_decide_nothing() -> None:
    flat = moments([F(1, 10)] * 8)
    assert flat.variance == 0
    assert t_p_value(flat, F(0), "greater") is None
    assert t_bounds(flat, 0.05) is None


def test_floating_point_noise_is_no_spread() -> None:
    noisy = [exact(0.3) - exact(0.1 + 0.1), exact(0.1 + 0.2) - exact(0.2), exact(0.1)]
    assert moments(noisy).has_spread
    assert not moments(noisy, F(1, 10**12)).has_spread


def test_p_never_leaves_the_numbers() -> None:
    huge = moments([exact(1e308), exact(1e308) + 1, exact(1e308)])
    p = t_p_value(huge, F(0), "greater")
    assert p is not None and 0 < p < 1e-300
    assert t_p_value(huge, F(0), "less") == 1.0
    with pytest.raises(ValueError, match="no differences"):
        moments([])


def test_detectable_effect_is_found_with_the_stated_power() -> None:
    # statsmodels: TTestPower().solve_power(nobs=21, alpha=.05, power=.8, alternative="larger") = 0.56194
    assert float(detectable_effect(Moments(21, F(0), F(4)), 0.05, 0.8) or 0) == pytest.approx(
        2 * 0.56194, 1e-4
    )
    generator = np.random.default_rng(5)
    effect = float(detectable_effect(Moments(10, F(0), F(1)), 0.05, 0.8) or 0)
    draws = generator.normal(effect, 1, (20_000, 10))
    t = draws.mean(1) / (draws.std(1, ddof=1) / np.sqrt(10))
    assert np.mean(t > stats.t.ppf(0.95, 9)) == pytest.approx(0.8, abs=0.01)
    assert detectable_effect(Moments(10, F(0), F(1)), 0.05, 0.04) is None


def test_detectable_effect_shrinks_with_more_pairs() -> None:
    effects = [detectable_effect(Moments(n, F(0), F(1)), 0.01, 0.9) or F(0) for n in (2, 3, 5, 20, 500)]
    assert effects == sorted(effects, reverse=True)


@pytest.mark.parametrize("value", [F(0), F(2), F(1, 3), F(10**700), F(1, 10**700), F(10**40 + 1, 10**3)])
def test_square_root(value: F) -> None:
    root = square_root(value)
    assert abs(root * root - value) <= value / 10**17
