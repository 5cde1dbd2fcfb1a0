"""The language of ``holds`` and ``when``: what may be written, checked before anything runs.

Expressions are Python syntax cut down to a whitelist: names, numbers, quoted labels, ``+ - * / **``,
comparisons (also chained), ``and or not``, ``min max abs``; in a predicate, whose variables have kinds, also
``// %``, and for lists ``sum len min max`` and ``list[i]``. Nothing else parses, so nothing can be called,
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
LARGEST_EXPONENT = 64
"""Exponents are integers from 0 to this."""
_NUMBER = re.compile(r"(?:[0-9]{1,60}(?:\.[0-9]{0,60})?|\.[0-9]{1,60})(?:[eE][+-]?[0-9]{1,2})?")
_ARITHMETIC = (ast.Add, ast.Sub, ast.Mult, ast.Div, ast.FloorDiv, ast.Mod, ast.Pow)
_EQUALITY = (ast.Eq, ast.NotEq)
_ORDER = (ast.Lt, ast.LtE, ast.Gt, ast.GtE)
_OF_LISTS = ("sum", "len")
_OF_NUMBERS = ("min", "max")
FUNCTIONS = ("abs", *_OF_NUMBERS, *_OF_LISTS)
"""Everything that can be called."""


class ExpressionError(ValueError):
    """An expression that is not in the language, or cannot be computed. The text is one plain sentence."""


class TooLargeError(ExpressionError):
    """A value that has a meaning, but more digits than are computed here."""


class Kind(Enum):
    """What a part of an expression is."""

    NUMBER = "a number"
    LABEL = "a label"
    TRUTH = "true or false"
    LIST = "a list"
    UNKNOWN = "a column"


def parse(expression: str, kinds: Mapping[str, Kind] | None = None, wanted: Kind = Kind.TRUTH) -> ast.expr:
    """The syntax tree of an expression, every node of it whitelisted; ExpressionError otherwise.

    What comes back is true or false (or what is ``wanted``) when computed; without the kinds of the names, as
    far as that is known without them. With them, a name that has no kind is refused.
    """
    tree = _syntax(expression)
    if kinds is None:
        for node in ast.walk(tree):
            if _only_in_predicates(node):
                raise ExpressionError(_not_allowed(node))
    elif unknown := sorted(names_in(tree) - set(kinds)):
        raise ExpressionError(f"The expression uses {unknown[0]!r}; there are {', '.join(sorted(kinds))}.")
    _must_be(_kind(tree, kinds), wanted, "the whole expression")
    return tree


def names(expression: str) -> frozenset[str]:
    """Names of the columns that the expression uses; ExpressionError if it is not in the language."""
    return names_in(parse(expression))


def check(expression: str, columns: Collection[str] | Mapping[str, str]) -> list[str]:
    """Every problem with the expression over a table with these columns, one sentence each; empty if none.

    With a mapping from column to ``label`` or ``number`` it is also checked that labels are used as labels
    and numbers as numbers; with names alone only what is wrong either way is reported.
    """
    try:
        tree = parse(expression)
    except ExpressionError as error:
        return [str(error)]
    used = names_in(tree)
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


def names_in(tree: ast.expr) -> frozenset[str]:
    """Names that a parsed expression uses, functions not counted."""
    called = {id(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
    return frozenset(
        node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and id(node) not in called
    )


def _kind(node: ast.expr, columns: Mapping[str, Kind] | None) -> Kind:
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
            _computable(node)
            return Kind.NUMBER
        case ast.Compare() if all(isinstance(op, _EQUALITY + _ORDER) for op in node.ops):
            return _comparison(node, columns)
        case ast.Call(func=ast.Name(id=name), keywords=[]) if name in FUNCTIONS:
            _arguments(name, node.args, columns)
            return Kind.NUMBER
        case ast.Subscript(slice=index) if not isinstance(index, (ast.Slice, ast.Tuple)):
            expect(node.value, Kind.LIST)
            expect(index, Kind.NUMBER)
            return Kind.NUMBER
    raise ExpressionError(_not_allowed(node))


def _computable(node: ast.BinOp) -> None:
    """ExpressionError where a written exponent is one with which no row can be computed."""
    if not isinstance(node.op, ast.Pow) or not isinstance(node.right, ast.Constant):
        return
    number = literal(node.right)
    if isinstance(number, str) or number.denominator != 1 or number > LARGEST_EXPONENT:
        raise ExpressionError(
            f"The exponent in {ast.unparse(node)[:60]} is not an integer from 0 to {LARGEST_EXPONENT}."
        )


def _not_allowed(node: ast.AST) -> str:
    return (
        f"{ast.unparse(node)[:60]} is not allowed; allowed are names, numbers, 'labels', + - * / **, comparisons, "
        "and, or, not, min, max and abs; in a predicate also // and %, and for lists sum, len and list[i]."
    )


def _only_in_predicates(node: ast.AST) -> bool:
    match node:
        case ast.BinOp(op=ast.FloorDiv() | ast.Mod()) | ast.Subscript():
            return True
        case ast.Call(func=ast.Name(id=name)):
            return name in _OF_LISTS
    return False


def _arguments(name: str, given: list[ast.expr], columns: Mapping[str, Kind] | None) -> None:
    """ExpressionError unless a function is given what it takes."""
    wanted = Kind.LIST if name in _OF_LISTS or (name in _OF_NUMBERS and len(given) == 1) else Kind.NUMBER
    if name == "abs" and len(given) != 1:
        raise ExpressionError("abs takes one number.")
    if name in _OF_LISTS and len(given) != 1:
        raise ExpressionError(f"{name} takes one list.")
    if not given or (wanted is Kind.LIST and name in _OF_NUMBERS and columns is None):
        raise ExpressionError(f"{name} takes two numbers or more.")
    for part in given:
        _must_be(_kind(part, columns), wanted, ast.unparse(part))


def _comparison(node: ast.Compare, columns: Mapping[str, Kind] | None) -> Kind:
    parts = [node.left, *node.comparators]
    kinds = [_kind(part, columns) for part in parts]
    for op, left, right, i in zip(node.ops, kinds, kinds[1:], range(len(parts)), strict=False):
        known = {left, right} - {Kind.UNKNOWN}
        text = f"{ast.unparse(parts[i])} with {ast.unparse(parts[i + 1])}"
        if known & {Kind.TRUTH, Kind.LIST} or len(known) > 1:
            raise ExpressionError(f"Cannot compare {text}: {left.value} with {right.value}.")
        if Kind.LABEL in known and not isinstance(op, _EQUALITY):
            raise ExpressionError(f"Labels have no order, so {text} can only be compared by == and !=.")
    return Kind.TRUTH


def _must_be(found: Kind, wanted: Kind, part: str) -> None:
    """Refuses a part of another kind; a column of unknown kind may be a number or a label, never a truth."""
    if found is not wanted and not (found is Kind.UNKNOWN and wanted is not Kind.TRUTH):
        raise ExpressionError(f"{part[:60]} is {found.value}, where {wanted.value} is needed.")
