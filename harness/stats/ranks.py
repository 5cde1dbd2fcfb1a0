"""Ranks with ties, in integers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from fractions import Fraction
from typing import TypeVar

Number = TypeVar("Number", Fraction, int)
"""An exact number."""


def doubled_ranks(values: Sequence[Number]) -> list[int]:
    """Twice the mean rank of each value, 1 the smallest, which is an integer:
    (values below) + (values at or below) + 1."""
    counts = Counter(values)
    rank, below = {}, 0
    for value in sorted(counts):
        rank[value] = 2 * below + counts[value] + 1
        below += counts[value]
    return [rank[value] for value in values]
