"""A predicate over many points at once, in 64-bit integers.

Only where that is exact: intervals prove, before anything is computed, that no step leaves 64 bits, that no divisor
can be zero, and that every number is whole. Everything else is left to ``expression.py``.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import reduce
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.formal.points import Box
from harness.records.formal import Labels
from harness.rules.grammar import LARGEST_EXPONENT, literal

LIMIT = 1 << 62
"""Every number on the way stays below this in size."""
Array = NDArray[Any]
Columns = Mapping[str, Any]
"""Variable to its values, one for each point; to a list of such columns for a list."""


class NotExactError(ValueError):
    """The expression cannot be shown to be exact in 64-bit integers."""


@dataclass(frozen=True)
class Part:
    """A part of an expression made ready."""

    values: Callable[[Columns], Any]
    """Its values at many points."""
    low: int = 0
    """No value is smaller."""
    high: int = 0
    """No value is larger."""


class Compiled:
    """Expressions over one box, each ready to be computed at many points."""

    def __init__(self, box: Box) -> None:
        self.box = box
        named = (slot.domain.values for slot in box.slots if isinstance(slot.domain, Labels))
        self.labels = {label: code for code, label in enumerate(dict.fromkeys(v for vs in named for v in vs))}

    def columns(self, codes: list[Array]) -> Columns:
        """Values of the variables from the codes of the slots."""
        found: dict[str, Any] = {name: [] for name in self.box.lengths}
        for slot, column in zip(self.box.slots, codes, strict=True):
            if isinstance(slot.domain, Labels):
                column = np.array([self.labels[label] for label in slot.domain.values])[column]
            if slot.name in self.box.lengths:
                found[slot.name].append(column)
            else:
                found[slot.name] = column
        return found

    def relation(self, node: ast.expr) -> Callable[[Columns], Array]:
        """A true-or-false expression; NotExactError where it cannot be shown to be exact."""
        match node:
            case ast.BoolOp():
                parts = [self.relation(part) for part in node.values]
                join = np.logical_and if isinstance(node.op, ast.And) else np.logical_or
                return lambda columns: reduce(join, (part(columns) for part in parts))
            case ast.UnaryOp(op=ast.Not()):
                inner = self.relation(node.operand)
                return lambda columns: np.logical_not(inner(columns))
            case ast.Compare():
                return self._comparison(node)
            case ast.Name(id=name):
                return lambda columns: np.asarray(columns[name], dtype=bool)
        raise NotExactError(ast.unparse(node))

    def _comparison(self, node: ast.Compare) -> Callable[[Columns], Array]:
        parts = [self.number(part).values for part in (node.left, *node.comparators)]
        compare = [_COMPARE[type(op)] for op in node.ops]

        def values(columns: Columns) -> Array:
            numbers = [part(columns) for part in parts]
            pairs = zip(compare, numbers, numbers[1:], strict=False)
            return np.asarray(reduce(np.logical_and, (op(left, right) for op, left, right in pairs)))

        return values

    def number(self, node: ast.expr) -> Part:
        """A number or label; NotExactError where it cannot be shown to be exact."""
        part = self._number(node)
        if max(abs(part.low), abs(part.high)) >= LIMIT:
            raise NotExactError(ast.unparse(node))
        return part

    def _number(self, node: ast.expr) -> Part:
        match node:
            case ast.Constant():
                value = literal(node)
                if isinstance(value, str):
                    # A label that no variable has equals none of theirs.
                    code = self.labels.setdefault(value, len(self.labels))
                    return Part(lambda columns: np.int64(code))
                if value.denominator != 1 or abs(value) >= LIMIT:
                    raise NotExactError(ast.unparse(node))
                whole = int(value)
                return Part(lambda columns: np.int64(whole), whole, whole)
            case ast.Name(id=name):
                return Part(lambda columns: columns[name], *self._range(name))
            case ast.UnaryOp(op=op):
                inner = self.number(node.operand)
                if not isinstance(op, ast.USub):
                    return inner
                return Part(lambda columns: -inner.values(columns), -inner.high, -inner.low)
            case ast.BinOp():
                return self._arithmetic(node, self.number(node.left), self.number(node.right))
            case ast.Call(func=ast.Name(id=name), args=args):
                return self._call(name, args)
            case ast.Subscript(value=ast.Name(id=name), slice=ast.Constant() as index):
                place = literal(index)
                if isinstance(place, str) or place.denominator != 1 or place >= self.box.lengths[name]:
                    raise NotExactError(ast.unparse(node))
                chosen = int(place)
                return Part(lambda columns: columns[name][chosen], *self._range(name))
        raise NotExactError(ast.unparse(node))

    def _range(self, name: str) -> tuple[int, int]:
        own = [ends for slot, ends in zip(self.box.slots, self.box.ranges, strict=True) if slot.name == name]
        return min((low for low, _high in own), default=0), max((high for _low, high in own), default=0)

    def _arithmetic(self, node: ast.BinOp, left: Part, right: Part) -> Part:
        if isinstance(node.op, ast.Pow):
            return _power(node, left, right)
        if isinstance(node.op, (ast.FloorDiv, ast.Mod)):
            if right.low <= 0 <= right.high:
                raise NotExactError(ast.unparse(node))
            largest = max(abs(left.low), abs(left.high)) + 1
            if isinstance(node.op, ast.Mod):
                largest = max(abs(right.low), abs(right.high))
            operation: Any = np.floor_divide if isinstance(node.op, ast.FloorDiv) else np.mod
            return Part(
                lambda columns: operation(left.values(columns), right.values(columns)), -largest, largest
            )
        if type(node.op) not in _ARITHMETIC:
            raise NotExactError(ast.unparse(node))
        operation, exact = _ARITHMETIC[type(node.op)]
        corners = [exact(a, b) for a in (left.low, left.high) for b in (right.low, right.high)]
        return Part(
            lambda columns: operation(left.values(columns), right.values(columns)), min(corners), max(corners)
        )

    def _call(self, name: str, args: list[ast.expr]) -> Part:
        if len(args) == 1 and isinstance(args[0], ast.Name) and (only := args[0].id) in self.box.lengths:
            length, ends = self.box.lengths[only], self._range(only)
            parts = [Part(lambda columns, i=i: columns[only][i], *ends) for i in range(length)]  # type: ignore[misc]
        else:
            parts, length = [self.number(part) for part in args], len(args)
        if name == "len":
            return Part(lambda columns: np.int64(length), length, length)
        if name == "abs":
            (one,) = parts
            return Part(lambda columns: np.abs(one.values(columns)), 0, max(abs(one.low), abs(one.high)))
        if name == "sum":
            # Holds for the partial sums, too.
            largest = sum(max(abs(part.low), abs(part.high)) for part in parts)
            return Part(
                lambda columns: reduce(np.add, (part.values(columns) for part in parts), np.int64(0)),
                -largest,
                largest,
            )
        if not parts:
            raise NotExactError(f"{name} of an empty list")
        choose: Any = np.minimum if name == "min" else np.maximum
        return Part(
            lambda columns: reduce(choose, (part.values(columns) for part in parts)),
            min(part.low for part in parts),
            max(part.high for part in parts),
        )


def _power(node: ast.BinOp, left: Part, right: Part) -> Part:
    if right.low != right.high or not 0 <= right.low <= LARGEST_EXPONENT:
        raise NotExactError(ast.unparse(node))
    exponent = right.low
    largest = max(abs(left.low), abs(left.high)) ** exponent
    # numpy's power of 64-bit integers is repeated multiplication, exact as long as the result fits.
    return Part(lambda columns: left.values(columns) ** np.int64(exponent), -largest, largest)


_ARITHMETIC: dict[type[ast.operator], tuple[Any, Callable[[int, int], int]]] = {
    ast.Add: (np.add, lambda a, b: a + b),
    ast.Sub: (np.subtract, lambda a, b: a - b),
    ast.Mult: (np.multiply, lambda a, b: a * b),
}
_COMPARE: dict[type[ast.cmpop], Any] = {
    ast.Eq: np.equal,
    ast.NotEq: np.not_equal,
    ast.Lt: np.less,
    ast.LtE: np.less_equal,
    ast.Gt: np.greater,
    ast.GtE: np.greater_equal,
}
