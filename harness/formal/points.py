"""Enumerating a domain from its simplest points outwards.

A list of length n counts as n scalars, so a domain is a union of boxes, one for every choice of lengths. Elements are
coded as integers: a whole number by itself, a label by its place, false and true by 0 and 1.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import product

from harness.formal.predicate import Point
from harness.records.formal import Domain, Integers, Labels, Lists, Rationals, Scalar, Truths
from harness.rules.expression import Value

MOST_SLOTS = 24
"""Most scalars of a point, elements of lists counted."""
MOST_SHAPES = 200
"""Most choices of lengths of all lists together."""
WIDEST = 1 << 62
"""Widest stretch of one integer that is ever looked at."""


@dataclass(frozen=True)
class Slot:
    """One scalar of a point."""

    name: str
    """Variable."""
    domain: Scalar
    """Its domain, or that of its elements."""


@dataclass(frozen=True)
class Box:
    """A part of the domain: all lists have fixed lengths, all scalars run through an interval of codes."""

    variables: Mapping[str, Domain]
    """Name to domain."""
    lengths: Mapping[str, int]
    """List variable to length."""
    slots: tuple[Slot, ...]
    """The scalars in the order of the variables."""
    ranges: tuple[tuple[int, int], ...]
    """Smallest and largest code of every slot, both inside."""

    @property
    def points(self) -> int:
        """Number of points."""
        return math.prod(high - low + 1 for low, high in self.ranges)

    def point(self, codes: Sequence[int]) -> Point:
        """The point with these codes."""
        found: dict[str, Value] = {}
        left = list(zip(self.slots, codes, strict=True))
        for name in self.variables:
            length = self.lengths.get(name)
            values = [decode(slot.domain, code) for slot, code in left[: 1 if length is None else length]]
            left = left[1 if length is None else length :]
            if length is None:
                found[name] = values[0]
            else:
                found[name] = tuple(value for value in values if isinstance(value, Fraction))
        return found

    def distance(self, codes: Sequence[int]) -> tuple[int, tuple[int, ...]]:
        """How far a point is from the simplest one: the sum over all scalars, then each in order."""
        parts = tuple(abs(code - origin(slot.domain)) for slot, code in zip(self.slots, codes, strict=True))
        return sum(parts) + sum(self.lengths.values()), parts


def enumerable(variables: Mapping[str, Domain]) -> bool:
    """Whether the domain can be enumerated, if need be without end: there are no fractions."""
    return not any(
        isinstance(domain.of if isinstance(domain, Lists) else domain, Rationals)
        for domain in variables.values()
    )


def total(variables: Mapping[str, Domain]) -> int | None:
    """Number of points of an enumerable domain; None when there are infinitely many."""
    count = 1
    for domain in variables.values():
        if isinstance(domain, Lists):
            inner = size(domain.of)
            if inner is None:
                return None
            count *= sum(inner**length for length in range(domain.least_length, domain.most_length + 1))
        elif (own := size(domain)) is None:
            return None
        else:
            count *= own
    return count


def shapes(variables: Mapping[str, Domain]) -> list[dict[str, int]]:
    """Every choice of lengths of the lists."""
    lists = {name: domain for name, domain in variables.items() if isinstance(domain, Lists)}
    ranges = [range(domain.least_length, domain.most_length + 1) for domain in lists.values()]
    return [dict(zip(lists, lengths, strict=True)) for lengths in product(*ranges)]


def slots(variables: Mapping[str, Domain], lengths: Mapping[str, int]) -> tuple[Slot, ...]:
    """The scalars of a point whose lists have these lengths."""
    return tuple(
        slot
        for name, domain in variables.items()
        for slot in (
            [Slot(name, domain.of)] * lengths[name] if isinstance(domain, Lists) else [Slot(name, domain)]
        )
    )


def boxes(variables: Mapping[str, Domain], width: int) -> list[Box]:
    """The domain with every scalar cut to its ``width`` simplest values."""
    return [
        Box(variables, lengths, own, tuple(window(slot.domain, width) for slot in own))
        for lengths in shapes(variables)
        for own in [slots(variables, lengths)]
    ]


def widest(variables: Mapping[str, Domain], budget: int) -> int:
    """Largest width whose boxes hold at most ``budget`` points together; 1 at least."""
    low, high = 1, WIDEST
    if (everything := total(variables)) is not None and everything <= budget:
        return high
    while high - low > 1:
        middle = (low + high) // 2
        if sum(box.points for box in boxes(variables, middle)) <= budget:
            low = middle
        else:
            high = middle
    return low


def size(domain: Scalar) -> int | None:
    """Number of elements; None for infinitely many."""
    match domain:
        case Truths():
            return 2
        case Labels():
            return len(domain.values)
        case Integers():
            if domain.least is None or domain.most is None:
                return None
            return domain.most - domain.least + 1
    return None


def origin(domain: Scalar) -> int:
    """Code of the simplest element: the whole number nearest to zero, the first label, false."""
    if isinstance(domain, Integers):
        return max(domain.least or 0, 0) or min(0 if domain.most is None else domain.most, 0)
    return 0


def window(domain: Scalar, width: int) -> tuple[int, int]:
    """Codes of the ``width`` simplest elements, as an interval."""
    limit = size(domain)
    width = width if limit is None else min(width, limit)
    if not isinstance(domain, Integers):
        return 0, width - 1
    low = origin(domain) - (width - 1) // 2
    if domain.most is not None:
        low = min(low, domain.most - width + 1)
    if domain.least is not None:
        low = max(low, domain.least)
    return low, low + width - 1


def decode(domain: Scalar, code: int) -> Value:
    """The element with a code."""
    match domain:
        case Truths():
            return bool(code)
        case Labels():
            return domain.values[code]
    return Fraction(code)
