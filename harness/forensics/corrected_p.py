"""p-values that were corrected for the number of tests: what the uncorrected ones become, and which correction fits."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from harness.stats.multiple import benjamini_hochberg, hochberg, holm
from harness.stats.reported_p import agrees
from harness.stats.rounding_rules import Span

MOST_TESTS = 50
"""Largest number of tests that a Bonferroni correction is tried for."""
STEPWISE: dict[str, Callable[[Sequence[float]], list[float]]] = {
    "Holm": holm,
    "Hochberg": hochberg,
    "Benjamini and Hochberg": benjamini_hochberg,
}
"""Corrections over the tests of a table; each rises with every p, so that the ends of intervals stay ends."""


class Reported(NamedTuple):
    """One printed p with the uncorrected p that its test statistic allows."""

    printed: Span
    relation: str
    low: float
    high: float


class Correction(NamedTuple):
    """A correction and what the p-values lie between under it."""

    name: str
    ranges: tuple[tuple[float, float], ...]
    agreeing: int


def corrections(tests: Sequence[Reported]) -> list[Correction]:
    """Every correction that is tried, with how many of the tests agree with it; the best first.

    Bonferroni by the number of tests comes first, then by other numbers: a table may print a part of the tests.
    """
    lows, highs = [test.low for test in tests], [test.high for test in tests]
    tried = [
        (f"Bonferroni for {m} tests", [min(1.0, m * p) for p in lows], [min(1.0, m * p) for p in highs])
        for m in sorted(range(2, MOST_TESTS + 1), key=lambda m: (m != len(tests), m))
    ]
    tried += [(name, method(lows), method(highs)) for name, method in STEPWISE.items()]
    found = []
    for name, low, high in tried:
        ranges = tuple(zip(low, high, strict=True))
        agreeing = sum(
            agrees(test.printed, test.relation, *limits) for test, limits in zip(tests, ranges, strict=True)
        )
        found.append(Correction(name, ranges, agreeing))
    return sorted(found, key=lambda item: -item.agreeing)


def fitting(tests: Sequence[Reported], *, said: str = "") -> Correction | None:
    """The correction that more of the tests agree with than without any, and at least 60 %; None if none is.

    ``said`` is bonferroni or holm where the table says so. Where it says nothing at least two tests must agree that
    do not without correction.
    """
    plain = sum(agrees(test.printed, test.relation, test.low, test.high) for test in tests)
    wanted = [item for item in corrections(tests) if item.name.casefold().startswith(said)]
    best = wanted[0] if wanted else None
    if best is None or best.agreeing < 0.6 * len(tests):
        return None
    return best if said or best.agreeing >= plain + 2 else None


def never_below(test: Reported) -> bool:
    """Whether a printed corrected p is at least some uncorrected one: no correction makes a p smaller."""
    return test.relation == ">" or float(test.printed.high) >= test.low * (1 - 1e-9)
