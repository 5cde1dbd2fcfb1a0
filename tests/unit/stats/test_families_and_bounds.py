from __future__ import annotations

import warnings

import numpy as np
import pytest
from scipy import stats

from harness.stats.intervals import clopper_pearson_lower, clopper_pearson_upper
from harness.stats.multiple import bonferroni, holm

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    multitest = pytest.importorskip("statsmodels.stats.multitest")

FAMILIES = [
    [0.03],
    [0.01, 0.04, 0.03],
    [0.5, 0.5, 0.5],
    [1.0, 1e-300, 0.2],
    list(np.random.default_rng(3).uniform(0, 0.2, 56)),
]


@pytest.mark.parametrize("family", FAMILIES, ids=len)
@pytest.mark.parametrize(("ours", "name"), [(holm, "holm"), (bonferroni, "bonferroni")])
def test_adjusted_p_values_are_those_of_statsmodels(family: list[float], ours: object, name: str) -> None:
    theirs = multitest.multipletests(family, method=name)[1]
    assert ours(family) == pytest.approx(list(theirs), rel=1e-12)  # type: ignore[operator]


def test_an_empty_family_is_empty() -> None:
    assert holm([]) == bonferroni([]) == []


@pytest.mark.parametrize(("k", "n"), [(0, 1), (1, 1), (0, 20), (20, 20), (7, 12), (999, 1000), (3, 13090)])
@pytest.mark.parametrize("alpha", [0.05, 0.001, 0.3])
def test_bounds_are_those_of_scipy(k: int, n: int, alpha: float) -> None:
    low = stats.binomtest(k, n, alternative="greater").proportion_ci(1 - alpha, "exact").low
    high = stats.binomtest(k, n, alternative="less").proportion_ci(1 - alpha, "exact").high
    assert clopper_pearson_lower(k, n, alpha) == pytest.approx(low, rel=1e-9, abs=1e-12)
    assert clopper_pearson_upper(k, n, alpha) == pytest.approx(high, rel=1e-9)


@pytest.mark.parametrize(
    ("k", "n", "alpha"), [(0, 0, 0.05), (-1, 3, 0.05), (4, 3, 0.05), (1, 3, 0.0), (1, 3, 1.0)]
)
def test_senseless_counts_are_refused(k: int, n: int, alpha: float) -> None:
    with pytest.raises(ValueError, match="needs"):
        clopper_pearson_lower(k, n, alpha)
