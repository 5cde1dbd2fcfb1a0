"""How large a difference is, apart from its unit: standardised differences and probabilities of superiority."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from scipy.special import gammaln, nctdtr, ndtri

from harness.stats.exact_arithmetic import square_root
from harness.stats.intervals import clopper_pearson_lower, clopper_pearson_upper
from harness.stats.paired import Moments
from harness.stats.ranks import doubled_ranks

_FARTHEST = 1e4
"""Largest noncentrality searched; beyond it scipy's noncentral t loses its digits."""


@dataclass(frozen=True)
class EffectSize:
    """An effect size with one-sided bounds."""

    value: float
    """The estimate, dimensionless."""
    lower: float
    """Lower bound at level 1 - alpha."""
    upper: float
    """Upper bound at level 1 - alpha."""


def hedges_correction(df: int) -> float:
    """J = Gamma(df/2) / (sqrt(df/2) Gamma((df - 1)/2)), by which a standardised mean is too large.

    Hedges (1981), "Distribution theory for Glass's estimator of effect size", *Journal of Educational
    Statistics* 6. ``df`` degrees of freedom; ValueError below 2, where it is not defined.
    """
    if df < 2:
        raise ValueError(f"needs at least 2 degrees of freedom, not {df}")
    return math.exp(float(gammaln(df / 2) - gammaln((df - 1) / 2))) / math.sqrt(df / 2)


def paired_g(sample: Moments, alpha: float) -> EffectSize | None:
    """Hedges's g of paired differences: J(n - 1) d_z with d_z = mean / sd of the differences.

    Bounds are those of the noncentrality of t = sqrt(n) d_z, over sqrt(n), times J; Lakens (2013),
    "Calculating and reporting effect sizes", *Frontiers in Psychology* 4; Cumming and Finch (2001),
    *Educational and Psychological Measurement* 61. Takes the differences to be normal. None for fewer than
    three pairs or without spread.
    """
    if sample.variance is None or not sample.has_spread or sample.n < 3:
        return None
    z = _signed_root(sample.mean, sample.variance)
    return _standardised(z, math.sqrt(sample.n), sample.n - 1, alpha)


def two_sample_g(treatment: Moments, control: Moments, alpha: float) -> EffectSize | None:
    """Hedges's g of two independent samples: J(m + n - 2) (mean_x - mean_y) / s, s^2 the pooled variance.

    Bounds as for ``paired_g`` with t = d sqrt(m n / (m + n)). Hedges (1981). Takes both samples to be normal
    with one variance. None unless both have a variance, m + n >= 4 and the pooled variance is above 0.
    """
    if treatment.variance is None or control.variance is None:
        return None
    m, n = treatment.n, control.n
    df = m + n - 2
    pooled = ((m - 1) * treatment.variance + (n - 1) * control.variance) / df
    if pooled == 0:
        return None
    return _standardised(
        _signed_root(treatment.mean - control.mean, pooled), math.sqrt(m * n / (m + n)), df, alpha
    )


def paired_superiority(differences: Sequence[Fraction], alpha: float) -> EffectSize:
    """Share of pairs in which the treatment is better; a tie counts one half.

    Bounds: Clopper-Pearson with every tie counted against the bound (as a loss for the lower, as a win for
    the upper one), so they hold however ties would break. Grissom and Kim (2012), "Effect sizes for research";
    Clopper and Pearson (1934). ValueError without differences.
    """
    n = len(differences)
    if n == 0:
        raise ValueError("no differences were given")
    wins, ties = sum(x > 0 for x in differences), sum(x == 0 for x in differences)
    lower, upper = clopper_pearson_lower(wins, n, alpha), clopper_pearson_upper(wins + ties, n, alpha)
    return EffectSize((wins + ties / 2) / n, lower, upper)


def probability_of_superiority(
    treatment: Sequence[Fraction], control: Sequence[Fraction], alpha: float
) -> EffectSize | None:
    """A = P(X > Y) + P(X = Y) / 2 for a treated value X and a control value Y.

    From the ranks: A = (mean rank of X in all - (m + 1)/2) / n. The bounds are symmetric in log(A / (1 - A)) with
    Brunner and Munzel's variance: s_x^2/(m n^2) + s_y^2/(n m^2), s_x^2 the variance of the treatment's ranks
    in all minus those within the treatment. Vargha and Delaney (2000), *J. Educ. Behav. Stat.* 25; Brunner and
    Munzel (2000), "The nonparametric Behrens-Fisher problem", *Biometrical Journal* 42. Close for ten values
    an arm and more. None with fewer than two values in an arm, and for A = 0 or 1, where the variance is 0.
    """
    m, n = len(treatment), len(control)
    if m < 2 or n < 2:
        return None
    together = doubled_ranks([*treatment, *control])
    x = [Fraction(a - b, 2) for a, b in zip(together[:m], doubled_ranks(treatment), strict=True)]
    y = [Fraction(a - b, 2) for a, b in zip(together[m:], doubled_ranks(control), strict=True)]
    value = sum(x, Fraction(0)) / (m * n)
    variance = _variance(x) / (m * n * n) + _variance(y) / (n * m * m)
    if not 0 < value < 1:
        return None
    centre = math.log(value / (1 - value))
    reach = -float(ndtri(alpha)) * float(square_root(variance) / (value * (1 - value)))
    lower, upper = (1 / (1 + math.exp(-(centre + way * reach))) for way in (-1, 1))
    return EffectSize(float(value), lower, upper)


def noncentrality_bound(t: float, df: int, alpha: float) -> float:
    """The noncentrality delta with P(T'_df(delta) <= t) = 1 - alpha: a lower bound at level 1 - alpha.

    By bisection, since the probability falls with delta. Source as for ``paired_g``.
    """
    # Outwards from t, because scipy's series fails far away from it.
    step = 1.0
    while not _below(df, t - step, t) > 1 - alpha and step < _FARTHEST:
        step *= 2
    low, step = t - step, 1.0
    while _below(df, t + step, t) > 1 - alpha and step < _FARTHEST:
        step *= 2
    high = t + step
    for _ in range(100):
        middle = (low + high) / 2
        low, high = (middle, high) if _below(df, middle, t) > 1 - alpha else (low, middle)
    return low


def _below(df: int, delta: float, t: float) -> float:
    """P(T'_df(delta) <= t), by the mirrored formula for negative delta, where scipy's is unreliable."""
    return float(nctdtr(df, delta, t)) if delta >= 0 else 1.0 - float(nctdtr(df, -delta, -t))


def _standardised(z: float, root: float, df: int, alpha: float) -> EffectSize | None:
    if df < 2 or abs(z * root) > 100:  # the bounds of an effect that large say nothing that it does not
        return None
    j = hedges_correction(df)
    lower = noncentrality_bound(z * root, df, alpha)
    upper = -noncentrality_bound(-z * root, df, alpha)
    return EffectSize(j * z, j * lower / root, j * upper / root)


def _signed_root(value: Fraction, variance: Fraction) -> float:
    size = min(square_root(value * value / variance), Fraction(10**9))
    return math.copysign(float(size), -1.0 if value < 0 else 1.0)


def _variance(values: Sequence[Fraction]) -> Fraction:
    mean = sum(values, Fraction(0)) / len(values)
    return sum(((x - mean) ** 2 for x in values), Fraction(0)) / (len(values) - 1)
