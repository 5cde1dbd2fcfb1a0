from __future__ import annotations

import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.multitest import multipletests

from harness.stats.multiple import benjamini_hochberg, bonferroni, hochberg, holm

FAMILIES = [
    [0.3],
    [0.0, 1.0],
    [0.01, 0.01, 0.01],
    [0.04, 0.03, 0.02, 0.01],
    [1e-300, 0.5, 0.5, 1.0, 0.049],
    np.random.default_rng(0).uniform(0, 1, 50).round(2).tolist(),
    np.random.default_rng(1).beta(0.2, 3, 24).tolist(),
]


@pytest.mark.parametrize("family", FAMILIES, ids=lambda f: f"m{len(f)}-{f[0]:.3g}")
@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (holm, "holm"),
        (hochberg, "simes-hochberg"),
        (benjamini_hochberg, "fdr_bh"),
        (bonferroni, "bonferroni"),
    ],
)
def test_adjusted_p_values_are_those_of_statsmodels(ours, theirs, family) -> None:  # type: ignore[no-untyped-def]
    assert ours(family) == pytest.approx(
        multipletests(family, method=theirs)[1].tolist(), rel=1e-12, abs=1e-300
    )


def test_benjamini_hochberg_is_that_of_scipy_and_of_its_paper() -> None:
    # Benjamini and Hochberg (1995), section 3.2: 15 p-values of a trial; at 0.05 Bonferroni and Hochberg reject the
    # first three, their procedure the first four.
    paper = [0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.3240]
    paper += [0.4262, 0.5719, 0.6528, 0.7590, 1.0000]
    assert sum(p <= 0.05 for p in benjamini_hochberg(paper)) == 4
    assert sum(p <= 0.05 for p in hochberg(paper)) == 3
    assert sum(p <= 0.05 for p in bonferroni(paper)) == 3
    assert benjamini_hochberg(paper) == pytest.approx(stats.false_discovery_control(paper).tolist())


def test_an_empty_family_stays_empty() -> None:
    assert holm([]) == hochberg([]) == benjamini_hochberg([]) == bonferroni([]) == []


def test_step_up_never_corrects_the_largest_p() -> None:
    # So "every comparison is significant" is the same question with and without it.
    for family in FAMILIES:
        for method in (hochberg, benjamini_hochberg):
            assert max(method(family)) == max(family)
            assert all(a <= h for a, h in zip(method(family), holm(family), strict=True))


def test_false_discoveries_stay_under_their_rate() -> None:
    generator = np.random.default_rng(3)
    shares = []
    for _ in range(2000):
        z = generator.normal(0, 1, 20) + np.where(np.arange(20) < 5, 3.0, 0.0)
        found = np.array(benjamini_hochberg(stats.norm.sf(z).tolist())) <= 0.1
        shares.append(found[5:].sum() / max(1, found.sum()))
    # Expected 0.1 * 15/20 = 0.075 exactly under independence (Benjamini and Yekutieli 2001).
    assert np.mean(shares) == pytest.approx(0.075, abs=4.5 * np.std(shares) / 2000**0.5)
