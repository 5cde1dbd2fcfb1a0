"""Expressions over the columns of a table, as ``holds`` and ``when`` of a rule hold them.

``grammar.py`` says what may be written; this module computes it over one row, in exact fractions and within
bounds that no row can break.
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Mapping
from fractions import Fraction

from harness.rules.grammar import (
    LARGEST_EXPONENT,
    ExpressionError,
    TooLargeError,
    check,
    literal,
    names,
    parse,
)
from harness.stats.rounding import exact

__all__ = [
    "ExpressionError",
    "TooLargeError",
    "Value",
    "check",
    "compute",
    "evaluate",
    "holds",
    "names",
    "parse",
]

LARGEST_BITS = 1 << 14
"""Bits of the largest numerator or denominator that may come up on the way."""

Value = Fraction | str | bool | tuple[Fraction, ...]
"""A number, a label, a truth value, or a list of numbers."""

_COMPARE: dict[type[ast.cmpop], Callable[[object, object], bool]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
}
_ORDER: dict[type[ast.cmpop], Callable[[Fraction, Fraction], bool]] = {
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}


def evaluate(expression: str, row: Mapping[str, Fraction | float | int | str]) -> bool:
    """Whether the relation holds in a row as reported; ExpressionError where it cannot be computed.

    Without the table's units a label that looks like a number cannot be told from printed text, so text that
    reads as a printed number counts as one. ``holds`` takes a row in which that has been settled.
    """
    used = names(expression)
    if missing := sorted(used - set(row)):
        raise ExpressionError(f"The row has no column {missing[0]!r}.")
    return holds(parse(expression), {name: _settled(row[name]) for name in used})


def holds(tree: ast.expr, row: Mapping[str, Value]) -> bool:
    """Whether the relation holds in the row: name to exact number or label (in a predicate also truth or list).

    ``and``, ``or`` and chained comparisons stop as soon as the answer is known, so
    ``n != 0 and k / n > 0.5`` is safe. Raises ExpressionError on division by zero, an exponent outside
    0..64, a place outside a list, a number too large, and on a label where a number is needed or the reverse.
    """
    value = compute(tree, row)
    if not isinstance(value, bool):
        raise ExpressionError(f"{ast.unparse(tree)[:60]} is not true or false.")
    return value


def _settled(value: Fraction | float | int | str) -> Fraction | str:
    if isinstance(value, Fraction):
        return value
    try:
        return exact(value)
    except ValueError as error:
        if isinstance(value, str):
            return value
        raise ExpressionError(f"{error}.") from None


def compute(node: ast.expr, row: Mapping[str, Value]) -> Value:
    """Value of any part of a parsed expression in a row; ExpressionError as for ``holds``."""
    match node:
        case ast.Constant():
            return literal(node)
        case ast.Name():
            return row[node.id]
        case ast.BoolOp():
            wanted = isinstance(node.op, ast.Or)
            return wanted if any(holds(part, row) is wanted for part in node.values) else not wanted
        case ast.UnaryOp(op=ast.Not()):
            return not holds(node.operand, row)
        case ast.UnaryOp():
            number = _number(node.operand, row)
            return -number if isinstance(node.op, ast.USub) else number
        case ast.BinOp():
            return _bounded(_arithmetic(node, _number(node.left, row), _number(node.right, row)), node)
        case ast.Call(func=ast.Name(id=name)):
            return _call(node, name, row)
        case ast.Subscript():
            numbers, place = _list(node.value, row), _number(node.slice, row)
            if place.denominator != 1 or not 0 <= place < len(numbers):
                raise ExpressionError(f"{ast.unparse(node)[:60]} is outside a list of {len(numbers)}.")
            return numbers[int(place)]
        case ast.Compare():
            return _comparison(node, row)
    raise ExpressionError(f"{ast.unparse(node)[:60]} is not in the language.")


def _call(node: ast.Call, name: str, row: Mapping[str, Value]) -> Fraction:
    values = [compute(part, row) for part in node.args]
    if len(values) == 1 and isinstance(values[0], tuple):
        numbers: tuple[Fraction, ...] = values[0]
    else:
        numbers = tuple(_number(part, row) for part in node.args)
    match name:
        case "abs":
            return abs(numbers[0])
        case "len":
            return Fraction(len(numbers))
        case "sum":
            return _bounded(sum(numbers, Fraction(0)), node)
    if not numbers:
        raise ExpressionError(f"{ast.unparse(node)[:60]}: the list is empty.")
    return min(numbers) if name == "min" else max(numbers)


def _list(node: ast.expr, row: Mapping[str, Value]) -> tuple[Fraction, ...]:
    value = compute(node, row)
    if not isinstance(value, tuple):
        raise ExpressionError(f"{ast.unparse(node)[:60]} is not a list.")
    return value


def _comparison(node: ast.Compare, row: Mapping[str, Value]) -> bool:
    left = compute(node.left, row)
    for op, part in zip(node.ops, node.comparators, strict=True):
        right = compute(part, row)
        if type(left) is not type(right):
            raise ExpressionError(f"{ast.unparse(node)[:60]} compares a label with a number.")
        if type(op) in _COMPARE:
            true = _COMPARE[type(op)](left, right)
        elif isinstance(left, Fraction) and isinstance(right, Fraction):
            true = _ORDER[type(op)](left, right)
        else:
            raise ExpressionError(f"{ast.unparse(node)[:60]} orders labels, which have no order.")
        if not true:
            return False
        left = right
    return True


def _number(node: ast.expr, row: Mapping[str, Value]) -> Fraction:
    value = compute(node, row)
    if not isinstance(value, Fraction):
        raise ExpressionError(f"{ast.unparse(node)[:60]} is not a number.")
    return value


def _arithmetic(node: ast.BinOp, left: Fraction, right: Fraction) -> Fraction:
    match node.op:
        case ast.Add():
            return left + right
        case ast.Sub():
            return left - right
        case ast.Mult():
            return left * right
        case ast.Div() | ast.FloorDiv() | ast.Mod():
            if right == 0:
                raise ExpressionError(f"Division by zero in {ast.unparse(node)[:60]}.")
            if isinstance(node.op, ast.Div):
                return left / right
            return Fraction(left // right) if isinstance(node.op, ast.FloorDiv) else left % right
    if right.denominator != 1 or not 0 <= right <= LARGEST_EXPONENT:
        large = right.denominator == 1 and right > LARGEST_EXPONENT
        raise (TooLargeError if large else ExpressionError)(
            f"The exponent in {ast.unparse(node)[:60]} is not an integer from 0 to 64."
        )
    # Refused before it is computed: the power itself is what would take the time and the memory.
    if _bits(left) * int(right) > LARGEST_BITS:
        raise TooLargeError(f"{ast.unparse(node)[:60]} is too large a number.")
    return left ** int(right)


def _bounded(value: Fraction, node: ast.expr) -> Fraction:
    if _bits(value) > LARGEST_BITS:
        raise TooLargeError(f"{ast.unparse(node)[:60]} is too large a number.")
    return value


def _bits(value: Fraction) -> int:
    return max(value.numerator.bit_length(), value.denominator.bit_length())
