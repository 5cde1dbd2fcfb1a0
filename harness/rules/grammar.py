"""The language of ``holds`` and ``when``: what may be written, checked before anything runs.

Expressions are Python syntax cut down to a whitelist: column names, numbers, quoted labels, ``+ - * / **``,
comparisons (also chained), ``and or not``, ``min max abs``. Nothing else parses, so nothing can be called,
looked up or assigned. ``expression.py`` computes what this module accepts.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Mapping
from enum import Enum
from fractions import Fraction

LONGEST = 500
"""Longest expression, in characters."""
DEEPEST = 60
"""Deepest nesting of one part in another."""
_NUMBER = re.compile(r"(?:[0-9]{1,60}(?:\.[0-9]{0,60})?|\.[0-9]{1,60})(?:[eE][+-]?[0-9]{1,2})?")
_ARITHMETIC = (ast.Add, ast.Sub, ast.Mult, ast.Div, ast.Pow)
_EQUALITY = (ast.Eq, ast.NotEq)
_ORDER = (ast.Lt, ast.LtE, ast.Gt, ast.GtE)
_LEAST_ARGUMENTS = {"min": 2, "max": 2, "abs": 1}


class ExpressionError(ValueError):
    """An expression that is not in the language, or cannot be computed. The text is one plain sentence."""


class Kind(Enum):
    """What a part of an expression is."""

    NUMBER = "a number"
    LABEL = "a label"
    TRUTH = "true or false"
    UNKNOWN = "a column"


def parse(expression: str) -> ast.expr:
    """The syntax tree of a relation, every node of it whitelisted; ExpressionError otherwise.

    What comes back is true or false when computed, as far as that is known without the types of the columns.
    """
    tree = _syntax(expression)
    _must_be(_kind(tree, None), Kind.TRUTH, "the whole expression")
    return tree


def names(expression: str) -> frozenset[str]:
    """Names of the columns that the expression uses; ExpressionError if it is not in the language."""
    return _names(parse(expression))


def check(expression: str, columns: Collection[str] | Mapping[str, str]) -> list[str]:
    """Every problem with the expression over a table with these columns, one sentence each; empty if none.

    With a mapping from column to ``label`` or ``number`` it is also checked that labels are used as labels
    and numbers as numbers; with names alone only what is wrong either way is reported.
    """
    try:
        tree = parse(expression)
    except ExpressionError as error:
        return [str(error)]
    used = _names(tree)
    problems = [
        f"The expression uses {name!r}, which is no column of the table; it has {', '.join(sorted(columns))}."
        for name in sorted(used - set(columns))
    ]
    if not used:
        problems.append("The expression mentions no column, so it says the same whatever the table holds.")
    if isinstance(columns, Mapping) and not problems:
        kinds = {name: Kind.LABEL if kind == "label" else Kind.NUMBER for name, kind in columns.items()}
        try:
            _kind(tree, kinds)
        except ExpressionError as error:
            problems.append(str(error))
    return problems


def literal(node: ast.Constant) -> Fraction | str:
    """Value of a constant of a parsed expression."""
    # ``parse`` keeps the written digits of a number in ``kind``, so 0.1 is exactly one tenth.
    return str(node.value) if node.kind is None else Fraction(node.kind)


def _syntax(expression: str) -> ast.expr:
    if len(expression) > LONGEST:
        raise ExpressionError(f"The expression is longer than {LONGEST} characters.")
    if not expression.isprintable() or "\\" in expression:
        raise ExpressionError("The expression holds a backslash, a line break or an unprintable character.")
    source = expression.strip()
    try:
        tree = ast.parse(source, mode="eval").body
    except (SyntaxError, ValueError, MemoryError, RecursionError) as error:
        raise ExpressionError(f"The expression is not well formed: {getattr(error, 'msg', error)}.") from None
    # Level by level, because everything that follows descends by recursion.
    level: list[ast.AST] = [tree]
    for _ in range(DEEPEST):
        level = [child for node in level for child in ast.iter_child_nodes(node)]
    if level:
        raise ExpressionError(f"The expression is nested more than {DEEPEST} levels deep.")
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant):
            _keep_digits(node, source)
    return tree


def _keep_digits(node: ast.Constant, source: str) -> None:
    """Notes the written digits of a number in its node, and refuses constants that are no number or label."""
    if isinstance(node.value, str) and node.kind is None:
        return
    written = ast.get_source_segment(source, node) or ""
    if isinstance(node.value, bool | str) or not _NUMBER.fullmatch(written):
        raise ExpressionError(f"{written[:60]} is neither a plain decimal number nor a quoted label.")
    node.kind = written


def _names(tree: ast.expr) -> frozenset[str]:
    called = {id(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
    return frozenset(
        node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and id(node) not in called
    )


def _kind(node: ast.expr, columns: dict[str, Kind] | None) -> Kind:
    """Kind of a part; ExpressionError if a node is not in the language or is given what it cannot use."""

    def expect(part: ast.expr, kind: Kind) -> None:
        _must_be(_kind(part, columns), kind, ast.unparse(part))

    match node:
        case ast.Constant():
            return Kind.LABEL if node.kind is None else Kind.NUMBER
        case ast.Name():
            return Kind.UNKNOWN if columns is None else columns[node.id]
        case ast.BoolOp():
            for part in node.values:
                expect(part, Kind.TRUTH)
            return Kind.TRUTH
        case ast.UnaryOp(op=ast.Not()):
            expect(node.operand, Kind.TRUTH)
            return Kind.TRUTH
        case ast.UnaryOp(op=ast.USub() | ast.UAdd()):
            expect(node.operand, Kind.NUMBER)
            return Kind.NUMBER
        case ast.BinOp() if isinstance(node.op, _ARITHMETIC):
            expect(node.left, Kind.NUMBER)
            expect(node.right, Kind.NUMBER)
            return Kind.NUMBER
        case ast.Compare() if all(isinstance(op, _EQUALITY + _ORDER) for op in node.ops):
            return _comparison(node, columns)
        case ast.Call(func=ast.Name(id=name), keywords=[]) if name in _LEAST_ARGUMENTS:
            least = _LEAST_ARGUMENTS[name]
            if len(node.args) < least or (name == "abs" and len(node.args) != 1):
                raise ExpressionError(
                    f"{name} takes {'one number' if least == 1 else 'two numbers or more'}."
                )
            for part in node.args:
                expect(part, Kind.NUMBER)
            return Kind.NUMBER
    raise ExpressionError(
        f"{ast.unparse(node)[:60]} is not allowed; allowed are column names, numbers, 'labels', + - * / **, "
        "comparisons, and, or, not, min, max and abs."
    )


def _comparison(node: ast.Compare, columns: dict[str, Kind] | None) -> Kind:
    parts = [node.left, *node.comparators]
    kinds = [_kind(part, columns) for part in parts]
    for op, left, right, i in zip(node.ops, kinds, kinds[1:], range(len(parts)), strict=False):
        known = {left, right} - {Kind.UNKNOWN}
        text = f"{ast.unparse(parts[i])} with {ast.unparse(parts[i + 1])}"
        if Kind.TRUTH in known or len(known) > 1:
            raise ExpressionError(f"Cannot compare {text}: {left.value} with {right.value}.")
        if Kind.LABEL in known and not isinstance(op, _EQUALITY):
            raise ExpressionError(f"Labels have no order, so {text} can only be compared by == and !=.")
    return Kind.TRUTH


def _must_be(found: Kind, wanted: Kind, part: str) -> None:
    """Refuses a part of another kind; a column of unknown kind may be a number or a label, never a truth."""
    if found is not wanted and not (found is Kind.UNKNOWN and wanted is not Kind.TRUTH):
        raise ExpressionError(f"{part[:60]} is {found.value}, where {wanted.value} is needed.")
