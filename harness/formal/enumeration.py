"""Every point of a domain, or every point up to a bound that is stated."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

import numpy as np

from harness.formal import points
from harness.formal.cost import steps
from harness.formal.points import Box
from harness.formal.predicate import FALSE, At, Point, Statement
from harness.formal.vectorised import Array, Compiled, NotExactError

VECTOR_POINTS = 1 << 21
"""Most points that are looked at in 64-bit integers."""
VECTOR_STEPS = 1 << 26
"""Most points times parts of the expressions, unless that is fewer than a million points."""
EXACT_STEPS = 400_000
"""The same for exact fractions, which take some microseconds a step."""
BLOCK = 1 << 17
"""Points computed at once."""


@dataclass(frozen=True)
class Coverage:
    """What was looked at."""

    points: int
    """Number of points."""
    total: int | None
    """Number of points of the whole domain; None for infinitely many."""
    within: str
    """The bounds, in words; empty when everything was covered."""
    vectorised: bool
    """Whether in 64-bit integers, which is exact here, or in fractions."""

    @property
    def complete(self) -> bool:
        """Whether the domain was covered in full."""
        return self.points == self.total

    def __str__(self) -> str:
        if self.complete:
            return f"all {self.points} points of the domain"
        domain = "an infinite domain" if self.total is None else f"{self.total} points"
        return f"{self.points} points of {domain}: every one with {self.within}"


@dataclass(frozen=True)
class Enumeration:
    """What an enumeration found."""

    coverage: Coverage
    """What was looked at."""
    satisfying: int
    """Points that satisfy the assumptions."""
    failing: int
    """Points at which the statement fails."""
    simplest: Point | None
    """The simplest of these."""
    undefined: Point | None
    """The simplest point at which the statement has no value."""
    too_large: int
    """Points that were not computed, because their numbers are too large; not among the satisfying ones."""


Plan = tuple[list[Box], bool, int]
"""Boxes to look at, whether in 64-bit integers, and the width they were cut to."""


def coverage(statement: Statement) -> Coverage:
    """What ``enumerate_domain`` looks at, without looking."""
    chosen, vectorised, _width = _plan(statement)
    count, everything = sum(box.points for box in chosen), points.total(statement.variables)
    return Coverage(count, everything, "" if count == everything else _bounds(chosen), vectorised)


def enumerate_domain(statement: Statement) -> Enumeration:
    """Look at every point up to the bound. The domain must be enumerable. Pure."""
    chosen, vectorised, _width = _plan(statement)
    satisfying = failing = too_large = 0
    best: dict[At, tuple[tuple[int, tuple[int, ...]], Point]] = {}
    for box in chosen:
        for counts, found in _vectors(statement, box) if vectorised else _singly(statement, box):
            satisfying, failing, too_large = (
                satisfying + counts[0],
                failing + counts[1],
                too_large + counts[2],
            )
            for at, codes in found:
                key = box.distance(codes)
                if at not in best or key < best[at][0]:
                    best[at] = key, box.point(codes)
    return Enumeration(
        coverage(statement),
        satisfying,
        failing,
        best[At.FAILS][1] if At.FAILS in best else None,
        best[At.UNDEFINED][1] if At.UNDEFINED in best else None,
        too_large,
    )


def _plan(statement: Statement) -> Plan:
    variables, nodes = statement.variables, statement.nodes
    exact = points.widest(variables, max(1, EXACT_STEPS // _steps(statement)))
    width = points.widest(variables, max(1 << 20, min(VECTOR_POINTS, VECTOR_STEPS // nodes)))
    while width > exact:
        wide = points.boxes(variables, width)
        if all(_exact_in_64_bits(statement, box) for box in wide):
            return wide, True, width
        # A domain that is only just too large is cut as little as possible.
        longest = max(high - low + 1 for box in wide for low, high in box.ranges)
        width = max(exact, min(width, longest) // 2)
    narrow = points.boxes(variables, exact)
    return narrow, all(_exact_in_64_bits(statement, box) for box in narrow), exact


def _steps(statement: Statement) -> int:
    """Steps that one point costs in fractions, for the points that such an enumeration reaches."""
    [*_others, widest_box] = points.boxes(
        statement.variables, points.widest(statement.variables, EXACT_STEPS // statement.nodes)
    )
    bits: dict[str, int] = {}
    for slot, (low, high) in zip(widest_box.slots, widest_box.ranges, strict=True):
        bits[slot.name] = max(bits.get(slot.name, 1), low.bit_length(), high.bit_length())
    return steps(statement, bits)


def _exact_in_64_bits(statement: Statement, box: Box) -> bool:
    try:
        compiled = Compiled(box)
        for tree in (*statement.assumptions, statement.relation):
            compiled.relation(tree)
    except NotExactError:
        return False
    return True


Found = tuple[tuple[int, int, int], list[tuple[At, tuple[int, ...]]]]
"""Numbers of satisfying, of failing and of too large points, and codes of the simplest point of a kind."""


def _vectors(statement: Statement, box: Box) -> Iterator[Found]:
    compiled = Compiled(box)
    chosen = [compiled.relation(tree) for tree in statement.assumptions]
    relation = compiled.relation(statement.relation)
    for start in range(0, box.points, BLOCK):
        codes = _codes(box, np.arange(start, min(start + BLOCK, box.points), dtype=np.int64))
        columns, size = compiled.columns(codes), min(BLOCK, box.points - start)
        inside = np.ones(size, dtype=bool)
        for assumption in chosen:
            inside &= assumption(columns)
        fails = np.flatnonzero(inside & ~relation(columns))
        found = []
        if fails.size:
            away = sum(
                (
                    np.abs(column[fails] - points.origin(slot.domain))
                    for slot, column in zip(box.slots, codes, strict=True)
                ),
                np.zeros(fails.size, dtype=np.int64),
            )
            nearest = fails[away == away.min()]
            parts = [tuple(int(column[place]) for column in codes) for place in nearest[:1000]]
            found = [(At.FAILS, min(parts, key=box.distance))]
        yield (int(inside.sum()), int(fails.size), 0), found


def _codes(box: Box, index: Array) -> list[Array]:
    """Codes of every slot at these places of the enumeration, the last slot fastest."""
    codes: list[Array] = []
    for low, high in reversed(box.ranges):
        index, rest = np.divmod(index, high - low + 1)
        codes.append(rest + low)
    return codes[::-1]


def _singly(statement: Statement, box: Box) -> Iterator[Found]:
    for codes in product(*(range(low, high + 1) for low, high in box.ranges)):
        at = statement.at(box.point(codes))
        if at is At.OUTSIDE:
            continue
        counts = int(at is not At.TOO_LARGE), int(at is At.FAILS), int(at is At.TOO_LARGE)
        yield counts, [(at, codes)] if at in FALSE else []


def _bounds(chosen: list[Box]) -> str:
    """Intervals of the integers that were cut, in words."""
    ends: dict[str, tuple[int, int]] = {}
    for box in chosen:
        for slot, (low, high) in zip(box.slots, box.ranges, strict=True):
            known = ends.get(slot.name, (low, high))
            ends[slot.name] = min(known[0], low), max(known[1], high)
    return ", ".join(f"{name} from {low} to {high}" for name, (low, high) in ends.items())
