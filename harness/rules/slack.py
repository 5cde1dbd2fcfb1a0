"""How far a relation is from its boundary in a row: which violation is the worst, and which the nearest miss."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from fractions import Fraction

from harness.rules.expression import ExpressionError, Value, compute, holds

_SIGN: dict[type[ast.cmpop], int] = {ast.Lt: 1, ast.LtE: 1, ast.Gt: -1, ast.GtE: -1}


def slack(tree: ast.expr, row: Mapping[str, Value]) -> Fraction | None:
    """Signed distance to the boundary: positive inside, negative outside, in the unit of what is compared.

    An ordering ``left < right`` has right - left; an equality minus the absolute difference; ``and`` its smallest part,
    ``or`` its largest. None where there is no distance: a label, an inequality, a part that cannot be computed.
    """
    try:
        return _slack(tree, row)
    except ExpressionError:
        return None


def _slack(tree: ast.expr, row: Mapping[str, Value]) -> Fraction | None:
    match tree:
        case ast.BoolOp():
            # A part without a distance counts only if it decides the whole.
            parts = {part: _slack(part, row) for part in tree.values}
            known = [value for value in parts.values() if value is not None]
            deciding = isinstance(tree.op, ast.Or)
            if not known or any(
                value is None and holds(part, row) is deciding for part, value in parts.items()
            ):
                return None
            return max(known) if deciding else min(known)
        case ast.UnaryOp(op=ast.Not()):
            inner = _slack(tree.operand, row)
            return None if inner is None else -inner
        case ast.Compare():
            return _comparison(tree, row)
    return None


def _comparison(tree: ast.Compare, row: Mapping[str, Value]) -> Fraction | None:
    values = [compute(part, row) for part in (tree.left, *tree.comparators)]
    distances = []
    for op, left, right in zip(tree.ops, values, values[1:], strict=False):
        if not isinstance(left, Fraction) or not isinstance(right, Fraction) or isinstance(op, ast.NotEq):
            return None
        distances.append(-abs(left - right) if isinstance(op, ast.Eq) else _SIGN[type(op)] * (right - left))
    return min(distances)
