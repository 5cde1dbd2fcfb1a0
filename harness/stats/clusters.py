"""Means of dependent observations: units in clusters, and units measured again under several seeds.

Symbols: G clusters; cluster g holds n_g differences with total t_g; N = sum n_g; mean = sum t_g / N.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction

from harness.stats.paired import estimate, moments
from harness.stats.student import Estimate


def cluster_totals(totals: Sequence[Fraction], sizes: Sequence[int], shift: Fraction) -> list[Fraction]:
    """t_g - n_g shift for every cluster: what whole clusters contribute to the sum of differences from
    ``shift`` (unit of the data).

    Given to a sign-flip test with shift 0 it flips whole clusters together, so only the clusters have to be
    independent and each total symmetric. The statistic stays the mean over units. Roodman et al. (2019), "Fast
    and wild: bootstrap inference in Stata", *Stata Journal* 19, for the same signs in the wild
    cluster bootstrap of a mean.
    """
    return [total - size * shift for total, size in zip(totals, sizes, strict=True)]


def cluster_estimate(totals: Sequence[Fraction], sizes: Sequence[int]) -> Estimate | None:
    """The mean over units with the CR2 error and Satterthwaite's degrees of freedom.

    error^2 = sum (t_g - n_g mean)^2 / (1 - f_g) / N^2 with f_g = n_g / N, and
    df = 1 / (sum f_g^2 + sum over g != h of f_g^2 f_h^2 / ((1 - f_g)(1 - f_h))).
    Bell and McCaffrey (2002), "Bias reduction in standard errors for linear regression with multi-stage
    samples", *Survey Methodology* 28, for a model that holds only a mean and the working assumption of equal
    independent errors. With clusters of one size this is the t test on the cluster means, G - 1 degrees of
    freedom. ``totals`` in the unit of the data, ``sizes`` of at least 1. None for fewer than two clusters or
    without spread between them.
    """
    units = sum(sizes)
    if len(totals) < 2:
        return None
    mean = sum(totals, Fraction(0)) / units
    shares = [Fraction(size, units) for size in sizes]
    squared = sum(
        (
            (total - size * mean) ** 2 / (1 - share)
            for total, size, share in zip(totals, sizes, shares, strict=True)
        ),
        Fraction(0),
    ) / (units * units)
    if squared == 0:
        return None
    terms = [share * share / (1 - share) for share in shares]
    cross = sum(terms, Fraction(0)) ** 2 - sum((term * term for term in terms), Fraction(0))
    return Estimate(mean, squared, 1 / (sum((share * share for share in shares), Fraction(0)) + cross))


def crossed_estimate(units: Estimate, seeds: Sequence[Fraction]) -> Estimate | None:
    """The mean when units and seeds are both a sample: every unit was measured under every seed.

    ``units`` is the estimate over units (or clusters of them) after averaging over seeds; ``seeds`` holds the
    mean over units for every seed. error^2 = error_units^2 + error_seeds^2, with error_seeds^2 the variance of
    the seed means over their number, and Satterthwaite's df = error^4 / (error_units^4 / df_units +
    error_seeds^4 / (seeds - 1)). The residual variation is counted in both parts, so the error is too large
    rather than too small. Owen (2007), "The pigeonhole bootstrap", *Annals of Applied Statistics* 1;
    Satterthwaite (1946), *Biometrics Bulletin* 2. None for fewer than two seeds.
    """
    sample = moments(seeds)
    if sample.variance is None:
        return None
    found = estimate(sample)
    if found is None:  # equal seed means add nothing
        return units
    squared = units.error_squared + found.error_squared
    df = squared**2 / (units.error_squared**2 / units.df + found.error_squared**2 / found.df)
    return Estimate(units.value, squared, Fraction(df))


def totals_by_cluster(
    differences: Mapping[str, Fraction], cluster_of: Mapping[str, str]
) -> tuple[list[Fraction], list[int]]:
    """Total and size of every cluster, in the order of the clusters' labels.

    ``differences`` by unit, in the unit of the data; ``cluster_of`` names the cluster of every unit, and a
    KeyError says that one is missing.
    """
    totals: dict[str, Fraction] = {}
    sizes: dict[str, int] = {}
    for unit, difference in differences.items():
        label = cluster_of[unit]
        totals[label] = totals.get(label, Fraction(0)) + difference
        sizes[label] = sizes.get(label, 0) + 1
    order = sorted(totals)
    return [totals[label] for label in order], [sizes[label] for label in order]
