"""A predicate made ready for computing: at a point of its domain it holds, fails, or cannot be computed."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from fractions import Fraction

from harness.records.formal import Domain, Integers, Labels, Lists, Predicate, Rationals, Truths
from harness.rules.expression import ExpressionError, TooLargeError, Value, compute, holds
from harness.rules.grammar import Kind, parse
from harness.stats.rounding import exact, exact_text

Point = Mapping[str, Value]
"""Variable to value: a fraction, a label, true or false, or a tuple of fractions."""


class At(Enum):
    """What a predicate says at a point."""

    HOLDS = "holds"
    FAILS = "fails"
    OUTSIDE = "outside"
    """Not in the domain, or an assumption does not hold: the statement is not about it."""
    UNDEFINED = "undefined"
    """It has no value there, such as for a division by zero."""
    TOO_LARGE = "too large"
    """It has a value, and numbers with more digits than are computed here: nothing is said about it."""


FALSE = (At.FAILS, At.UNDEFINED)
"""What no point may be."""
UNTOLD = (At.OUTSIDE, At.TOO_LARGE)
"""Points that show nothing."""


@dataclass(frozen=True)
class Statement:
    """A predicate whose expressions are parsed."""

    variables: Mapping[str, Domain]
    """Name to domain, in the order of the names: the order in a record carries no meaning."""
    assumptions: tuple[ast.expr, ...]
    """What chooses the points."""
    relation: ast.expr
    """What holds there."""

    def at(self, point: Point) -> At:
        """What the statement says at a point, computed exactly."""
        if any(
            name not in point or not contains(self.variables[name], point[name]) for name in self.variables
        ):
            return At.OUTSIDE
        try:
            if not all(holds(tree, point) for tree in self.assumptions):
                return At.OUTSIDE
            return At.HOLDS if holds(self.relation, point) else At.FAILS
        except TooLargeError:
            return At.TOO_LARGE
        except ExpressionError:
            return At.UNDEFINED

    def why_undefined(self, point: Point) -> str:
        """Why the statement cannot be computed at a point."""
        try:
            if all(holds(tree, point) for tree in self.assumptions):
                holds(self.relation, point)
        except ExpressionError as error:
            return str(error)
        return ""

    @property
    def nodes(self) -> int:
        """Parts of all expressions: the steps that one point costs at most."""
        return sum(1 for tree in (*self.assumptions, self.relation) for _ in ast.walk(tree))


def kinds(predicate: Predicate) -> dict[str, Kind]:
    """Kind of every variable."""
    return {name: _kind(domain) for name, domain in predicate.variables.items()}


def read(predicate: Predicate) -> Statement:
    """The predicate with its expressions parsed; ExpressionError where one is not in the language."""
    known = kinds(predicate)
    return Statement(
        dict(sorted(predicate.variables.items())),
        tuple(parse(text, known) for text in predicate.assumptions),
        parse(predicate.holds, known),
    )


def contains(domain: Domain, value: Value) -> bool:
    """Whether a value lies in a domain."""
    match domain:
        case Truths():
            return isinstance(value, bool)
        case Labels():
            return value in domain.values
        case Lists():
            return (
                isinstance(value, tuple)
                and domain.least_length <= len(value) <= domain.most_length
                and all(contains(domain.of, item) for item in value)
            )
    if not isinstance(value, Fraction) or (isinstance(domain, Integers) and value.denominator != 1):
        return False
    least, most = ends(domain)
    return (least is None or least <= value) and (most is None or value <= most)


def ends(domain: Integers | Rationals) -> tuple[Fraction | None, Fraction | None]:
    """Smallest and largest value; None where there is none."""
    if isinstance(domain, Integers):
        low = None if domain.least is None else Fraction(domain.least)
        return low, None if domain.most is None else Fraction(domain.most)
    return (
        None if domain.least is None else exact(domain.least),
        None if domain.most is None else exact(domain.most),
    )


def in_words(value: Value) -> str:
    """A value for a sentence, without loss."""
    if isinstance(value, Fraction):
        return exact_text(value)
    if isinstance(value, tuple):
        return f"[{', '.join(exact_text(item) for item in value)}]"
    return repr(value)


def point_in_words(point: Point) -> str:
    """A point for a sentence."""
    return ", ".join(f"{name} = {in_words(value)}" for name, value in point.items())


def failing_sides(statement: Statement, point: Point) -> list[str]:
    """For a point at which the statement fails, the comparisons that make it fail, with the values of both sides."""
    return list(_sides(statement.relation, point, True))[:8]


def _sides(node: ast.expr, point: Point, wanted: bool) -> Iterator[str]:
    """Comparisons below a part that did not come out as wanted."""
    match node:
        case ast.BoolOp():
            for part in node.values:
                if holds(part, point) is not wanted:
                    yield from _sides(part, point, wanted)
                    if isinstance(node.op, ast.And) is wanted:
                        return
        case ast.UnaryOp(op=ast.Not()):
            yield from _sides(node.operand, point, not wanted)
        case ast.Compare():
            parts = [node.left, *node.comparators]
            values = "; ".join(
                f"{ast.unparse(part)} is {in_words(compute(part, point))}"
                for part in parts
                if not isinstance(part, ast.Constant)
            )
            said = f"{ast.unparse(node)} is {'false' if wanted else 'true'}"
            yield f"{said}: {values}"
        case _:
            yield f"{ast.unparse(node)} is {'false' if wanted else 'true'}"


def _kind(domain: Domain) -> Kind:
    match domain:
        case Labels():
            return Kind.LABEL
        case Truths():
            return Kind.TRUTH
        case Lists():
            return Kind.LIST
    return Kind.NUMBER
