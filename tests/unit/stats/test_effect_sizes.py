from __future__ import annotations

import math
from fractions import Fraction as F

import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.meta_analysis import effectsize_smd
from statsmodels.stats.nonparametric import rank_compare_2indep

from harness.stats.effect_sizes import (
    hedges_correction,
    noncentrality_bound,
    paired_g,
    paired_superiority,
    probability_of_superiority,
    two_sample_g,
)
from harness.stats.paired import moments


def exactly(values: list[float]) -> list[F]:
    return [F(repr(float(value))) for value in values]


def test_hedges_correction_is_near_its_usual_short_form() -> None:
    for df in (2, 5, 10, 100, 10_000):
        assert hedges_correction(df) == pytest.approx(1 - 3 / (4 * df - 1), rel=0.02)
    with pytest.raises(ValueError, match="at least 2"):
        hedges_correction(1)


@pytest.mark.parametrize(("t", "df"), [(0.0, 5), (2.5, 3), (-1.0, 20), (12.0, 9), (-40.0, 100)])
@pytest.mark.parametrize("alpha", [0.025, 0.05, 0.4])
def test_noncentrality_bounds_invert_the_distribution(t: float, df: int, alpha: float) -> None:
    low = noncentrality_bound(t, df, alpha)
    # nct of scipy.stats is another implementation (Boost); it is at home with a positive noncentrality.
    below = stats.nct.cdf(t, df, low) if low > 0 else stats.nct.sf(-t, df, -low)
    assert below == pytest.approx(1 - alpha, abs=1e-6)


def test_two_samples_are_those_of_statsmodels() -> None:
    x, y = [5.1, 4.8, 6.0, 5.5, 7.2], [4.0, 4.4, 5.2, 3.9]
    ours = two_sample_g(moments(exactly(x)), moments(exactly(y)), 0.05)
    theirs = effectsize_smd(np.mean(x), np.std(x, ddof=1), 5, np.mean(y), np.std(y, ddof=1), 4)[0]
    assert ours is not None
    assert ours.value == pytest.approx(theirs, rel=0.005)  # statsmodels uses the short form of the correction
    assert ours.lower < ours.value < ours.upper


def test_a_noncentral_interval_of_the_literature() -> None:
    # Smithson (2003), "Confidence Intervals", and Cumming and Finch (2001): one sample of n = 10 with d = 1.0 is
    # t = 3.162; the 95 % interval of the noncentrality solves P(T' > t) = P(T' < t) = 0.025.
    low, high = noncentrality_bound(10**0.5, 9, 0.025), -noncentrality_bound(-(10**0.5), 9, 0.025)
    assert stats.nct.sf(10**0.5, 9, low) == pytest.approx(0.025, abs=1e-8)
    assert stats.nct.cdf(10**0.5, 9, high) == pytest.approx(0.025, abs=1e-8)


def test_test_and_interval_of_paired_g_are_one() -> None:
    for mean in (-1.0, -0.3, 0.0, 0.4, 0.9):
        sample = exactly([mean + x for x in (-0.5, 0.1, 0.7, -0.2, 0.9, 0.4)])
        found = paired_g(moments(sample), 0.05)
        assert found is not None
        p = stats.ttest_1samp([float(x) for x in sample], 0, alternative="greater").pvalue
        assert (found.lower > 0) == (p < 0.05)


def test_what_is_undefined_is_none() -> None:
    assert paired_g(moments(exactly([1, 2])), 0.05) is None
    assert paired_g(moments(exactly([1, 1, 1])), 0.05) is None
    assert two_sample_g(moments(exactly([1])), moments(exactly([1, 2])), 0.05) is None
    assert two_sample_g(moments(exactly([1, 1])), moments(exactly([2, 2])), 0.05) is None
    assert probability_of_superiority(exactly([1]), exactly([1, 2]), 0.05) is None
    assert probability_of_superiority(exactly([3, 4]), exactly([1, 2]), 0.05) is None
    with pytest.raises(ValueError, match="no differences"):
        paired_superiority([], 0.05)


@pytest.mark.parametrize("scale", [F(10) ** 200, F(1, 10**200)])
def test_effect_sizes_have_no_unit(scale: F) -> None:
    x, y = exactly([0.3, 0.5, 0.9, 1.4, 0.7]), exactly([0.2, 0.1, 0.6, 0.4])
    assert paired_g(moments([v * scale for v in x]), 0.05) == pytest.approx(paired_g(moments(x), 0.05))
    assert probability_of_superiority([v * scale for v in x], [v * scale for v in y], 0.05) == (
        probability_of_superiority(x, y, 0.05)
    )


def test_paired_superiority_counts() -> None:
    found = paired_superiority(exactly([1, 1, 1, 0, -1]), 0.05)
    assert found.value == 0.7
    assert found.lower == pytest.approx(stats.binomtest(3, 5).proportion_ci(0.9).low)
    assert found.upper == pytest.approx(stats.binomtest(4, 5).proportion_ci(0.9).high)


def test_probability_of_superiority_is_that_of_statsmodels() -> None:
    # The data of Brunner and Munzel (2000), table 1: pain scores after two treatments.
    x = [1, 2, 1, 1, 1, 1, 1, 1, 1, 1, 2, 4, 1, 1]
    y = [3, 3, 4, 3, 1, 2, 3, 1, 1, 5, 4]
    ours = probability_of_superiority(exactly(y), exactly(x), 0.025)
    theirs = rank_compare_2indep(y, x, use_t=False)
    assert ours is not None and ours.value == pytest.approx(theirs.prob1) == pytest.approx(0.788961, abs=1e-6)
    logit = math.log(theirs.prob1 / (1 - theirs.prob1))
    reach = 1.959964 * math.sqrt(theirs.var_prob) / (theirs.prob1 * (1 - theirs.prob1))
    expected = [1 / (1 + math.exp(-(logit + way * reach))) for way in (-1, 1)]
    assert [ours.lower, ours.upper] == pytest.approx(expected, rel=1e-5)
    back = probability_of_superiority(exactly(x), exactly(y), 0.025)
    assert back is not None and back.value == pytest.approx(1 - ours.value)
    assert (back.lower, back.upper) == pytest.approx((1 - ours.upper, 1 - ours.lower))
