"""p-values recomputed from printed test statistics, as intervals."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import product
from typing import Literal

from scipy.special import chdtrc, fdtrc, ndtr, stdtr  # scipy.stats would cost 1.5 s of start-up

from harness.stats.rounding_rules import Span

Kind = Literal["z", "t", "r", "f", "chi2"]
"""Test statistics that are understood."""
SLACK = 1e-9
"""Relative error allowed to the machine's distribution functions."""


def p_value(kind: Kind, statistic: float, dfs: Sequence[float], sides: int) -> float:
    """p of one statistic: z; t and r with df; F with two df; chi2 with df. ``sides`` is 1 or 2.

    F and chi2 have one side by nature: with ``sides`` 2 it is the usual upper tail, with 1 half of it (a
    directed F test with one numerator df). r is t = r sqrt(df / (1 - r^2)) with df = N - 2.
    Raises ValueError for degrees of freedom that are missing or not positive.
    """
    need = {"z": 0, "t": 1, "r": 1, "chi2": 1, "f": 2}[kind]
    if len(dfs) != need or any(df <= 0 for df in dfs):
        raise ValueError(f"{kind} needs {need} positive degrees of freedom, not {list(dfs)}")
    size = abs(statistic)
    if kind == "z":
        return float(sides * ndtr(-size))
    if kind == "t":
        return float(sides * stdtr(dfs[0], -size))
    if kind == "r":
        if size >= 1:
            return 0.0
        return float(sides * stdtr(dfs[0], -size * math.sqrt(dfs[0] / (1 - size * size))))
    upper = fdtrc(dfs[0], dfs[1], statistic) if kind == "f" else chdtrc(dfs[0], statistic)
    return float(upper) * sides / 2


def p_range(kind: Kind, statistic: Span, dfs: Sequence[Span], sides: int) -> tuple[float, float]:
    """Smallest and largest p over every combination of roundings of the statistic and of its df.

    p falls as the statistic's size grows; with the df it may go either way, so every corner is tried.
    Raises ValueError for degrees of freedom that are missing or not positive.
    """
    if any(df.high <= 0 for df in dfs):
        raise ValueError("degrees of freedom must be positive")
    low, high = float(statistic.low), float(statistic.high)
    sizes = [low, high] if kind in ("f", "chi2") else [abs(low), abs(high)]
    if kind not in ("f", "chi2") and low <= 0 <= high:
        sizes.append(0.0)
    sizes = [max(size, 0.0) for size in sizes]
    values = [
        p_value(kind, size, [max(df, SLACK) for df in corner], sides)
        for size in sizes
        for corner in product(*((float(df.low), float(df.high)) for df in dfs))
    ]
    return min(values), max(values)


def agrees(printed: Span, relation: str, low: float, high: float) -> bool:
    """Whether a printed p (``relation`` empty) or bound (``<`` or ``>``) fits some p in [low, high]."""
    if relation == "<":
        return low * (1 - SLACK) < float(printed.high)
    if relation == ">":
        return high * (1 + SLACK) > float(printed.low)
    return low * (1 - SLACK) <= float(printed.high) and float(printed.low) <= high * (1 + SLACK)
