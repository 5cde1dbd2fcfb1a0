from __future__ import annotations

from fractions import Fraction as F

import numpy as np
import pytest
from scipy import stats

from harness.stats.permutation import sign_flip_exact
from harness.stats.signed_rank import smallest_wilcoxon_p, wilcoxon_p_value


@pytest.mark.parametrize("n", [1, 2, 5, 13, 25, 50])
@pytest.mark.parametrize("alternative", ["greater", "less"])
def test_without_ties_it_is_the_exact_p_of_scipy(n: int, alternative: str) -> None:
    sample = np.random.default_rng(n).permutation(np.arange(1, n + 1)) * np.where(np.arange(n) % 3, 1, -1)
    theirs = stats.wilcoxon(sample.astype(float), alternative=alternative, method="exact").pvalue
    ours = wilcoxon_p_value([F(int(x)) for x in sample], F(0), alternative)  # type: ignore[arg-type]
    assert ours == pytest.approx(theirs, rel=1e-12)


@pytest.mark.parametrize("alternative", ["greater", "less"])
def test_many_units_with_ties_and_zeros_are_the_normal_p_of_scipy(alternative: str) -> None:
    sample = np.round(np.random.default_rng(1).normal(0.02, 0.1, 300), 2)
    theirs = stats.wilcoxon(sample, alternative=alternative, method="approx", correction=False).pvalue
    ours = wilcoxon_p_value([F(str(x)) for x in sample], F(0), alternative)  # type: ignore[arg-type]
    assert ours == pytest.approx(theirs, rel=1e-9)


def test_with_ties_it_is_the_sign_flip_p_of_the_mean_ranks() -> None:
    sample = [F(2), F(2), F(-2), F(5), F(-1), F(0), F(7)]
    # Sizes 1 | 2 2 2 | 5 | 7, the zero left out: mean ranks 1, 3 3 3, 5, 6.
    ranks = [F(3), F(3), F(-3), F(5), F(-1), F(6)]
    assert wilcoxon_p_value(sample, F(0), "greater") == float(sign_flip_exact(ranks, F(0), "greater"))


def test_only_ranks_matter_however_large_the_numbers() -> None:
    sample = [F(10**300), F(1, 10**300), F(-3)]
    assert wilcoxon_p_value(sample, F(0), "greater") == wilcoxon_p_value([F(9), F(1), F(-3)], F(0), "greater")


def test_nothing_but_zeros_shows_nothing() -> None:
    assert wilcoxon_p_value([F(1), F(1)], F(1), "greater") == 1.0
    assert wilcoxon_p_value([F(1), F(1)], F(1), "less") == 1.0


def test_smallest_reachable_p() -> None:
    assert smallest_wilcoxon_p(1) == 0.5
    assert smallest_wilcoxon_p(5) == 1 / 32
    assert 0 < smallest_wilcoxon_p(60) < 1e-9
    assert smallest_wilcoxon_p(5000) > 0
    for n in (1, 4, 50, 51, 80):
        everything = [F(i) for i in range(1, n + 1)]
        assert wilcoxon_p_value(everything, F(0), "greater") == pytest.approx(smallest_wilcoxon_p(n))
