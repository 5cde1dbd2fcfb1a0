"""Correction of a family of p-values. Each function returns adjusted p-values in the order given."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction


def bonferroni(p_values: Sequence[float]) -> list[float]:
    """Bonferroni: adjusted p_i = min(1, m p_i) for m = len(p_values).

    Dunn (1961), "Multiple comparisons among means". Valid under any dependence.
    """
    m = len(p_values)
    return [min(1.0, m * p) for p in p_values]


def holm(p_values: Sequence[float]) -> list[float]:
    """Holm's step-down: adjusted p_(i) = max over j <= i of min(1, (m - j + 1) p_(j)), p_(1) the smallest.

    Holm (1979), "A simple sequentially rejective multiple test procedure". Controls the
    family-wise error under any dependence and is never less powerful than Bonferroni.
    """
    m = len(p_values)
    adjusted = [0.0] * m
    running = 0.0
    for position, index in enumerate(sorted(range(m), key=lambda i: p_values[i])):
        running = max(running, min(1.0, (m - position) * p_values[index]))
        adjusted[index] = running
    return adjusted


def hochberg(p_values: Sequence[float]) -> list[float]:
    """Hochberg's step-up: adjusted p_(i) = min over j >= i of min(1, (m - j + 1) p_(j)), p_(1) the smallest.

    Hochberg (1988), "A sharper Bonferroni procedure for multiple tests of significance", *Biometrika* 75.
    Controls the family-wise error for independent and for positively dependent test statistics only; never
    less powerful than Holm. The largest p is not corrected at all.
    """
    m = len(p_values)
    return _step_up(p_values, [m - position for position in range(m)])


def benjamini_hochberg(p_values: Sequence[float]) -> list[float]:
    """Benjamini and Hochberg's step-up: adjusted p_(i) = min over j >= i of min(1, m p_(j) / j).

    Benjamini and Hochberg (1995), "Controlling the false discovery rate", *J. R. Stat. Soc. B* 57. Keeps the
    expected share of false findings among all findings at most alpha, under independence or positive
    dependence; it does not bound the chance of a single false one. The largest p is not corrected at all.
    """
    m = len(p_values)
    return _step_up(p_values, [Fraction(m, position + 1) for position in range(m)])


def _step_up(p_values: Sequence[float], factors: Sequence[Fraction | int]) -> list[float]:
    """Running minimum from the largest p down of each p times the factor of its place."""
    adjusted = [0.0] * len(p_values)
    running = 1.0
    order = sorted(range(len(p_values)), key=lambda i: p_values[i])
    for factor, index in zip(reversed(factors), reversed(order), strict=True):
        running = min(running, float(factor) * p_values[index])
        adjusted[index] = running
    return adjusted
