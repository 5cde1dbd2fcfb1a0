from __future__ import annotations

import math
from fractions import Fraction as F

import numpy as np
import pytest
from scipy import stats
from statsmodels.regression.linear_model import OLS

from harness.stats.paired import moments
from harness.stats.prediction import agreement_p_value, prediction_interval
from harness.stats.rounding import Interval, printed_interval


def test_the_interval_is_that_of_statsmodels() -> None:
    runs = [51.4, 49.5, 48.7, 49.3, 51.6]
    found = prediction_interval(moments([F(str(x)) for x in runs]), 0.05)
    frame = OLS(np.array(runs), np.ones(5)).fit().get_prediction([1.0]).summary_frame(alpha=0.05)
    assert found is not None
    assert float(found.low) == pytest.approx(frame["obs_ci_lower"].iloc[0], rel=1e-12)
    assert float(found.high) == pytest.approx(frame["obs_ci_upper"].iloc[0], rel=1e-12)
    # Hahn and Meeker (1991), section 4.7: mean 50.10, sd 1.31, five values; 50.10 +- 2.776 * 1.31 * sqrt(1.2).
    assert float(found.low) == pytest.approx(50.10 - 2.776 * 1.31 * 1.2**0.5, abs=0.02)


def test_one_run_and_equal_runs_predict_nothing() -> None:
    for runs in ([F(1)], [F(1), F(1), F(1)]):
        assert prediction_interval(moments(runs), 0.05) is None
        assert agreement_p_value(moments(runs), printed_interval("1.0")) is None


@pytest.mark.parametrize("scale", [F(1), F(10) ** 150, F(1, 10**150)])
def test_interval_and_p_value_are_one(scale: F) -> None:
    runs = moments([x * scale for x in (F(3), F(5), F(4), F(9, 2))])
    for alpha in (0.01, 0.05, 0.5):
        found = prediction_interval(runs, alpha)
        assert found is not None
        for edge, outward in ((found.low, -1), (found.high, 1)):
            for step, small in ((outward, True), (-outward, False)):
                x = edge + step * (found.high - found.low) / 10**6
                p = agreement_p_value(runs, Interval(x, x))
                assert p is not None and (p <= alpha) is small
    assert agreement_p_value(runs, Interval(F(0), 10 * scale)) == 1.0


def test_a_new_run_falls_outside_as_often_as_stated() -> None:
    generator = np.random.default_rng(1)
    draws = np.round(generator.normal(5, 2, (2000, 6)), 4)
    outside = 0
    for row in draws.tolist():
        *runs, new = (F(str(x)) for x in row)
        found = prediction_interval(moments(runs), 0.1)
        assert found is not None
        outside += not found.low <= new <= found.high
    assert outside / 2000 == pytest.approx(0.1, abs=4.5 * math.sqrt(0.09 / 2000))


def test_the_p_value_is_that_of_a_t_distribution() -> None:
    runs = [1.0, 2.0, 4.0]
    t = (6 - np.mean(runs)) / (np.std(runs, ddof=1) * (4 / 3) ** 0.5)
    p = agreement_p_value(moments([F(1), F(2), F(4)]), Interval(F(6), F(7)))
    assert p == pytest.approx(2 * stats.t.sf(t, 2))
