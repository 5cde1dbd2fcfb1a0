"""Exact confidence bounds for a proportion."""

from __future__ import annotations

from scipy.special import betaincinv


def clopper_pearson_lower(k: int, n: int, alpha: float) -> float:
    """One-sided lower bound at confidence 1 - alpha: the alpha quantile of Beta(k, n - k + 1); 0 for k = 0.

    Clopper and Pearson (1934), "The use of confidence or fiducial limits illustrated in the case of the
    binomial". ``k`` successes among ``n`` independent trials; covers at least 1 - alpha for every true share.
    """
    _check(k, n, alpha)
    return 0.0 if k == 0 else float(betaincinv(k, n - k + 1, alpha))


def clopper_pearson_upper(k: int, n: int, alpha: float) -> float:
    """One-sided upper bound at confidence 1 - alpha: the 1 - alpha quantile of Beta(k + 1, n - k); 1 for
    k = n. Symbols and source as in ``clopper_pearson_lower``."""
    # By symmetry, so that a small alpha is not lost in 1 - alpha.
    return 1.0 - clopper_pearson_lower(n - k, n, alpha)


def _check(k: int, n: int, alpha: float) -> None:
    if n < 1 or not 0 <= k <= n or not 0 < alpha < 1:
        raise ValueError(f"needs 0 <= k <= n > 0 and 0 < alpha < 1, not k = {k}, n = {n}, alpha = {alpha}")
