"""From a counterexample to a simpler one: nearer to zero, shorter, with fewer digits. Greedy, exact, bounded."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from harness.formal.cost import steps
from harness.formal.points import origin
from harness.formal.predicate import At, Point, Statement, ends
from harness.records.formal import Domain, Integers, Labels, Lists, Rationals, Truths
from harness.rules.expression import Value

MOST_TRIES = 2000
"""Points looked at on the way, if each takes few steps."""
MOST_STEPS = 400_000
"""Steps for all of them; see ``cost.py``."""


def shrink(statement: Statement, point: Point) -> Point:
    """A point at which the statement says the same, from which no single step leads to a simpler one.

    Unless too many points were looked at before that. Pure, so whoever has the point gets the same.
    """
    wanted, tries, moved = statement.at(point), 0, True
    bits = {name: _bits(value) for name, value in point.items()}
    most = min(MOST_TRIES, MOST_STEPS // steps(statement, bits))
    while moved:
        moved = False
        for together in _divided(point):
            tries += 1
            if statement.at(together) is wanted:
                point, moved = together, True
                break
        for name, domain in statement.variables.items():
            for candidate in _simpler(domain, point[name]):
                if tries >= most:
                    return point
                tries += 1
                if statement.at({**point, name: candidate}) is wanted:
                    point, moved = {**point, name: candidate}, True
                    break
    return point


def is_counterexample(statement: Statement, point: Point) -> bool:
    """Whether the statement fails at the point, computed exactly."""
    return statement.at(point) is At.FAILS


def _divided(point: Point) -> Iterator[Point]:
    """The point with all its numbers divided by a small prime: what fails for 6, 8, 10 may fail for 3, 4, 5."""
    numbers = {name: value for name, value in point.items() if isinstance(value, Fraction)}
    if len(numbers) < 2 or not any(numbers.values()):
        return
    for prime in (2, 3, 5, 7):
        if all((value / prime).denominator == 1 for value in numbers.values()):
            yield {**point, **{name: value / prime for name, value in numbers.items()}}


def _simpler(domain: Domain, value: Value) -> Iterator[Value]:
    """Values of the domain that are simpler, the simplest first."""
    match domain:
        case Truths():
            yield from [False] if value is True else []
        case Labels():
            yield from domain.values[: domain.values.index(str(value))]
        case Lists() if isinstance(value, tuple):
            if len(value) > domain.least_length:
                for place in range(len(value)):
                    yield (*value[:place], *value[place + 1 :])
            for place, item in enumerate(value):
                for simpler in _simpler(domain.of, item):
                    if isinstance(simpler, Fraction):
                        yield (*value[:place], simpler, *value[place + 1 :])
        case Integers() if isinstance(value, Fraction):
            centre = origin(domain)
            yield from (Fraction(item) for item in _nearer(centre, int(value)))
        case Rationals() if isinstance(value, Fraction):
            yield from _rounder(domain, value)


def _bits(value: Value) -> int:
    numbers = value if isinstance(value, tuple) else (value,)
    return max(
        (
            max(item.numerator.bit_length(), item.denominator.bit_length())
            for item in numbers
            if isinstance(item, Fraction)
        ),
        default=1,
    )


def _nearer(centre: int, value: int) -> Iterator[int]:
    """Whole numbers nearer to the centre, the nearest first; for one below it its mirror image before all."""
    away = value - centre
    if away < 0:
        yield centre - away
    step = abs(away)
    while step:
        yield value - step if away > 0 else value + step
        step //= 2


def _rounder(domain: Rationals, value: Fraction) -> Iterator[Fraction]:
    """Fractions of the domain with a smaller denominator, or whole ones nearer to zero."""
    low, high = ends(domain)
    if value.denominator == 1:
        tried = (Fraction(item) for item in _nearer(0, int(value)))
    else:
        tried = (value.limit_denominator(1 << bits) for bits in range(value.denominator.bit_length()))
    for item in tried:
        inside = (low is None or low <= item) and (high is None or item <= high)
        if inside and item.denominator <= value.denominator and item != value:
            yield item
