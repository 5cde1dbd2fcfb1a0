"""Whether a reading that a table does not state, such as "whole numbers were averaged", is borne out by it.

A check that rests on such a reading would call honest tables wrong that mean something else. The reading is
believed when the rows that agree with it outweigh those that do not: likelihood ratio of "true, with one row in
five misprinted" against "agreement is luck". For one row with chance c of agreeing by luck the ratio is
(0.8 + 0.2 c) / c when it agrees and 0.2 when it does not.
"""

from __future__ import annotations

from collections.abc import Iterable

MISPRINTED = 0.2
STRONG, WEAK = 10.0, 3.0
"""Ratio from which a finding is called inconsistent, and from which it is called suspicious."""
CAP = 1e12


def ratio(rows: Iterable[tuple[bool, float]], prior: float = 1.0) -> float:
    """Likelihood ratio of the reading, given for each row whether it agrees and its chance to agree by luck.

    Rows that cannot disagree (chance 1) count nothing. Between 0 and a cap.
    """
    value = prior
    for agrees, chance in rows:
        chance = min(max(chance, 1e-9), 1.0)
        if chance < 1.0:
            value *= (1 - MISPRINTED + MISPRINTED * chance) / chance if agrees else MISPRINTED
        value = min(value, CAP)
    return value
