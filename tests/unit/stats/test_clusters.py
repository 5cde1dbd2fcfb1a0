from __future__ import annotations

import math
from fractions import Fraction as F

import numpy as np
import pytest
from scipy import stats
from statsmodels.regression.linear_model import OLS

from harness.stats.clusters import cluster_estimate, cluster_totals, crossed_estimate, totals_by_cluster
from harness.stats.paired import estimate, moments
from harness.stats.permutation import sign_flip_exact
from harness.stats.student import p_value

SIZES = [[1, 1, 1, 1], [3, 3, 3], [1, 2, 5, 4], [10, 1], [2, 2, 2, 7, 1, 1]]


def drawn(sizes: list[int], seed: int = 0) -> list[list[F]]:
    generator = np.random.default_rng(seed)
    return [[F(round(x * 1000), 1000) for x in generator.normal(0.2, 1, size)] for size in sizes]


@pytest.mark.parametrize("sizes", SIZES, ids=str)
def test_cr2_is_the_matrix_formula(sizes: list[int]) -> None:
    # Bell and McCaffrey (2002) written out for X = 1: A_g = (I - H_gg)^(-1/2), df from the working model.
    clusters = drawn(sizes)
    y = np.array([float(x) for cluster in clusters for x in cluster])
    label = np.repeat(np.arange(len(sizes)), sizes)
    units = len(y)
    hat = np.full((units, units), 1 / units)
    residual = y - y.mean()
    squared, columns = 0.0, []
    for g in range(len(sizes)):
        mine = label == g
        values, vectors = np.linalg.eigh(np.eye(sizes[g]) - hat[np.ix_(mine, mine)])
        root = vectors @ np.diag([v**-0.5 if v > 1e-12 else 0.0 for v in values]) @ vectors.T
        squared += float(np.ones(sizes[g]) @ root @ residual[mine] / units) ** 2
        columns.append((np.eye(units) - hat)[:, mine] @ root @ np.ones(sizes[g]) / units)
    between = np.array(columns) @ np.array(columns).T
    found = cluster_estimate([sum(c, F(0)) for c in clusters], sizes)
    assert found is not None
    assert float(found.value) == pytest.approx(y.mean())
    assert float(found.error_squared) == pytest.approx(squared, rel=1e-9)
    assert float(found.df) == pytest.approx(np.trace(between) ** 2 / (between**2).sum(), rel=1e-9)


def test_equal_clusters_are_a_t_test_on_their_means() -> None:
    clusters = drawn([4] * 7)
    found = cluster_estimate([sum(c, F(0)) for c in clusters], [4] * 7)
    plain = estimate(moments([sum(c, F(0)) / 4 for c in clusters]))
    assert found == plain


def test_the_error_is_near_that_of_statsmodels() -> None:
    # statsmodels has CR1: G/(G - 1) (N - 1)/(N - 1) in place of 1/(1 - f_g); alike for equal clusters.
    clusters = drawn([5] * 12)
    y = np.array([float(x) for cluster in clusters for x in cluster])
    theirs = OLS(y, np.ones(60)).fit(cov_type="cluster", cov_kwds={"groups": np.repeat(np.arange(12), 5)})
    found = cluster_estimate([sum(c, F(0)) for c in clusters], [5] * 12)
    assert found is not None and float(found.error) == pytest.approx(theirs.bse[0], rel=1e-9)


def test_too_few_clusters_and_no_spread_have_no_error() -> None:
    assert cluster_estimate([F(3)], [4]) is None
    assert cluster_estimate([F(3), F(6)], [1, 2]) is None


def test_whole_clusters_flip_together() -> None:
    totals = [F(4), F(-1), F(3)]
    assert cluster_totals(totals, [2, 1, 3], F(1, 2)) == [F(3), F(-3, 2), F(3, 2)]
    assert sign_flip_exact(cluster_totals(totals, [2, 1, 3], F(0)), F(0), "greater") == F(2, 8)


def test_clusters_come_in_the_order_of_their_labels() -> None:
    found = totals_by_cluster({"u2": F(2), "u1": F(1), "u3": F(5)}, {"u1": "b", "u2": "a", "u3": "b"})
    assert found == ([F(2), F(6)], [1, 2])
    with pytest.raises(KeyError):
        totals_by_cluster({"u": F(1)}, {})


def test_crossed_seeds_add_their_own_error() -> None:
    units = estimate(moments([F(1), F(2), F(4), F(5)]))
    assert units is not None
    both = crossed_estimate(units, [F(2), F(3), F(4)])
    assert both is not None
    assert both.error_squared == units.error_squared + F(1, 3)
    # Welch-Satterthwaite as scipy computes it for a sum of two independent means.
    theirs = stats.ttest_ind([1, 2, 4, 5], [2, 3, 4], equal_var=False)
    assert float(both.df) == pytest.approx(theirs.df)
    assert crossed_estimate(units, [F(3)]) is None
    assert crossed_estimate(units, [F(3), F(3)]) == units


def rejections(runs: int, cluster_sd: float, seed_sd: float, aware: bool, shift: float = 0.0) -> float:
    """Share of one-sided rejections at 0.05 with 12 clusters of 2 to 6 units crossed with 4 seeds."""
    generator = np.random.default_rng(6)
    sizes = [2 + g % 5 for g in range(12)]
    label = np.repeat(np.arange(12), sizes)
    found = 0
    for _ in range(runs):
        y = (
            generator.normal(shift, 1, (label.size, 4))
            + cluster_sd * generator.normal(0, 1, 12)[label][:, None]
        )
        y = np.round(y + seed_sd * generator.normal(0, 1, 4)[None, :], 3)
        exact = [[F(str(x)) for x in row] for row in y.tolist()]
        means = [sum(row, F(0)) / 4 for row in exact]
        totals = [sum((means[i] for i in np.flatnonzero(label == g)), F(0)) for g in range(12)]
        sample = cluster_estimate(totals, sizes) if aware else estimate(moments(means))
        assert sample is not None
        if aware and seed_sd:
            sample = crossed_estimate(
                sample, [sum(column, F(0)) / label.size for column in zip(*exact, strict=True)]
            )
            assert sample is not None
        found += p_value(sample, F(0), "greater") <= 0.05
    return found / runs


def test_type_one_error_is_kept_with_clusters_and_seeds() -> None:
    allowed = 0.05 + 4.5 * math.sqrt(0.05 * 0.95 / 600)
    assert rejections(600, 0.6, 0.0, aware=True) == pytest.approx(0.05, abs=allowed - 0.05)
    assert rejections(600, 0.0, 0.4, aware=True) <= allowed
    # What the awareness is for: taken as independent units, both designs reject far too often.
    assert rejections(300, 0.6, 0.0, aware=False) > 0.1
    assert rejections(300, 0.0, 0.4, aware=False) > 0.1
    assert rejections(300, 0.3, 0.0, aware=True, shift=0.6) > 0.9
