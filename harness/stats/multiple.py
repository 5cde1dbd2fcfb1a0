"""Correction of a family of p-values. Each function returns adjusted p-values in the order given."""

from __future__ import annotations

from collections.abc import Sequence


def bonferroni(p_values: Sequence[float]) -> list[float]:
    """Bonferroni: adjusted p_i = min(1, m p_i) for m = len(p_values).

    Dunn (1961), "Multiple comparisons among means", section 2. Valid under any dependence.
    """
    m = len(p_values)
    return [min(1.0, m * p) for p in p_values]


def holm(p_values: Sequence[float]) -> list[float]:
    """Holm's step-down: adjusted p_(i) = max over j <= i of min(1, (m - j + 1) p_(j)), p_(1) the smallest.

    Holm (1979), "A simple sequentially rejective multiple test procedure", section 3. Controls the
    family-wise error under any dependence and is never less powerful than Bonferroni.
    """
    m = len(p_values)
    adjusted = [0.0] * m
    running = 0.0
    for position, index in enumerate(sorted(range(m), key=lambda i: p_values[i])):
        running = max(running, min(1.0, (m - position) * p_values[index]))
        adjusted[index] = running
    return adjusted
