"""The mutation operators: for each, every place of a script that it can change and the change it makes there.

The operators are those of the mutation-testing literature (Jia and Harman 2011, An analysis and survey of the
development of mutation testing, IEEE TSE 37(5), section 3), chosen for scripts that measure something. Nothing within a
``while`` loop is changed, since that may never end, and nothing that only checks, describes or reports to people.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from harness.records.run import ScriptEdit
from harness.redteam.mutation.names import Names, names_of
from harness.redteam.mutation.source import Place, Source, called

STOP = '__import__("os")._exit(91)'
"""What ends a script on the spot, whatever it catches: shows whether a place is reached."""


@dataclass(frozen=True)
class Site:
    """One place that an operator can change."""

    edit: ScriptEdit
    """The change."""
    probe: ScriptEdit
    """The same place made to end the script: what survives although it is reached changes nothing."""
    data: bool
    """Whether what is changed looks at data; False where it is only written in the script."""
    statement: int
    """Line of the statement that it is part of."""


Change = tuple[int, int, str, bool]
"""First byte, byte after the last, new text, and whether data are looked at."""
Operator = Callable[[Place, Source, Names], Iterator[Change]]

_COMPARISONS: dict[type[ast.cmpop], tuple[str, str]] = {
    ast.Eq: (r"==", "!="),
    ast.NotEq: (r"!=", "=="),
    ast.Lt: (r"<", ">="),
    ast.LtE: (r"<=", ">"),
    ast.Gt: (r">", "<="),
    ast.GtE: (r">=", "<"),
    ast.In: (r"in", "not in"),
    ast.NotIn: (r"not\s+in", "in"),
    ast.Is: (r"is", "is not"),
    ast.IsNot: (r"is\s+not", "is"),
}
_ARITHMETIC: dict[type[ast.operator], tuple[str, str]] = {
    ast.Add: (r"\+", "-"),
    ast.Sub: (r"-", "+"),
    ast.Mult: (r"\*", "/"),
    ast.Div: (r"/", "*"),
    ast.FloorDiv: (r"//", "*"),
    ast.Mod: (r"%", "*"),
    ast.Pow: (r"\*\*", "*"),
}
_FUNCTIONS = {
    "sum": "max",
    "fsum": "max",
    "max": "min",
    "min": "max",
    "any": "all",
    "all": "any",
    "sorted": "(lambda *a, **k: sorted(*a, **k)[::-1])",
}
_OF_MODULE = {"mean": "median", "fmean": "median", "median": "mean", "average": "median", "sum": "max"}
_OF_OBJECT = {"mean": "max", "sum": "max", "max": "min", "min": "max", "any": "all", "all": "any"}
# Conversions of what has that type already, and calls without a result, leave everything as it is.
_KEPT = {
    *_FUNCTIONS,
    *("len", "range", "print", "open", "isinstance", "hasattr", "super", "iter", "next", "enumerate", "list"),
    *(
        "tuple",
        "dict",
        "set",
        "str",
        "int",
        "float",
        "bool",
        "Path",
        "vars",
        "id",
        "repr",
        "type",
        "reversed",
    ),
}
_SYMMETRIC = {
    "max",
    "min",
    "gcd",
    "lcm",
    "isclose",
    "hypot",
    "add",
    "multiply",
    "print",
    "isinstance",
    "range",
}


def _number(place: Place, source: Source, names: Names) -> Iterator[Change]:
    node = place.node
    if not isinstance(node, ast.Constant) or isinstance(node.value, bool):
        return
    if isinstance(node.value, int | float):
        yield *source.span(node), repr(node.value + 1), _constant_beside_data(place, names)


def _string(place: Place, source: Source, names: Names) -> Iterator[Change]:
    node = place.node
    holders = ast.Compare | ast.List | ast.Tuple | ast.Set | ast.Dict | ast.Assign
    if isinstance(node, ast.Constant) and isinstance(node.value, str) and isinstance(place.parent, holders):
        if isinstance(place.parent, ast.Dict) and node in place.parent.keys:
            return
        yield *source.span(node), repr(f"{node.value}~"), _constant_beside_data(place, names)


def _constant_beside_data(place: Place, names: Names) -> bool:
    """Whether a literal is combined with data; one that is handed on, stored or listed is not."""
    beside = ast.BinOp | ast.Compare | ast.Subscript | ast.UnaryOp | ast.BoolOp | ast.IfExp | ast.AugAssign
    return isinstance(place.parent, beside) and names.looks_at_data(place.parent)


def _comparison(place: Place, source: Source, names: Names) -> Iterator[Change]:
    node = place.node
    if isinstance(node, ast.Compare) and len(node.ops) == 1:
        pattern, new = _COMPARISONS[type(node.ops[0])]
        yield from _token(source, node.left, node.comparators[0], pattern, new, names.looks_at_data(node))


def _arithmetic(place: Place, source: Source, names: Names) -> Iterator[Change]:
    node = place.node
    if isinstance(node, ast.BinOp) and type(node.op) in _ARITHMETIC:
        pattern, new = _ARITHMETIC[type(node.op)]
        yield from _token(source, node.left, node.right, pattern, new, names.looks_at_data(node))
    elif isinstance(node, ast.AugAssign) and type(node.op) in _ARITHMETIC:
        pattern, new = _ARITHMETIC[type(node.op)]
        data = names.looks_at_data(node.value)
        yield from _token(source, node.target, node.value, f"{pattern}=", f"{new}=", data)


def _boolean(place: Place, source: Source, names: Names) -> Iterator[Change]:
    node = place.node
    if isinstance(node, ast.BoolOp):
        old, new = ("and", "or") if isinstance(node.op, ast.And) else ("or", "and")
        data = names.looks_at_data(node)
        if len(node.values) == 2:
            yield from _token(source, node.values[0], node.values[1], old, new, data)
        else:
            texts = [f"({source.text(value)})" for value in node.values]
            yield *source.span(node), f"({f' {new} '.join(texts)})", data


def _token(
    source: Source, left: ast.AST, right: ast.AST, pattern: str, new: str, data: bool
) -> Iterator[Change]:
    """The operator between two operands; nothing where a comment or a string stands there, too."""
    start, end = source.span(left)[1], source.span(right)[0]
    if found := re.fullmatch(rf"[\s)\\]*?({pattern})[\s(\\]*", source.between(start, end)):
        first, last = found.span(1)
        # Between operands stand only one-byte characters here, so that text and bytes count alike.
        yield start + first, start + last, new, data


def _aggregation(place: Place, source: Source, names: Names) -> Iterator[Change]:
    node = place.node
    if not isinstance(node, ast.Call):
        return
    start, end = source.span(node.func)
    data = names.looks_at_data(node)
    if isinstance(node.func, ast.Name):
        new = _FUNCTIONS.get(node.func.id) or (_OF_MODULE.get(node.func.id) if node.args else None)
        # A name brought in from a module may not have its counterpart brought in beside it.
        if node.func.id not in _FUNCTIONS and new is not None:
            new = f"__import__('statistics').{new}"
        if new is not None:
            yield start, end, new, data
    elif isinstance(node.func, ast.Attribute):
        module = isinstance(node.func.value, ast.Name) and node.func.value.id in names.fixed
        if (new := (_OF_MODULE if module else _OF_OBJECT).get(node.func.attr)) is not None:
            yield end - len(node.func.attr.encode()), end, new, data


def _drop_call(place: Place, source: Source, names: Names) -> Iterator[Change]:
    node = place.node
    if (
        isinstance(node, ast.Call)
        and node.args
        and not isinstance(node.args[0], ast.Starred)
        and not isinstance(place.parent, ast.Expr)
        and called(node) not in _KEPT
        and (isinstance(node.func, ast.Name) or _of_module(node.func, names))
    ):
        yield *source.span(node), f"({source.text(node.args[0])})", names.looks_at_data(node)


def _of_module(func: ast.expr, names: Names) -> bool:
    return (
        isinstance(func, ast.Attribute) and isinstance(func.value, ast.Name) and func.value.id in names.fixed
    )


def _drop_statement(place: Place, source: Source, names: Names) -> Iterator[Change]:
    node = place.node
    if (isinstance(node, ast.Expr) and isinstance(node.value, ast.Call)) or isinstance(node, ast.AugAssign):
        yield *source.span(node), "pass", names.looks_at_data(node.value)


def _swap_arguments(place: Place, source: Source, names: Names) -> Iterator[Change]:
    node = place.node
    if (
        isinstance(node, ast.Call)
        and len(node.args) > 1
        and not any(isinstance(item, ast.Starred) for item in node.args[:2])
        and called(node) not in _SYMMETRIC
    ):
        first, second = node.args[:2]
        (start, middle), (behind, end) = source.span(first), source.span(second)
        swapped = f"{source.text(second)}{source.between(middle, behind)}{source.text(first)}"
        yield start, end, swapped, names.looks_at_data(first) or names.looks_at_data(second)


def _branch(place: Place, source: Source, names: Names) -> Iterator[Change]:
    node, parent = place.node, place.parent
    tested = (isinstance(parent, ast.If | ast.IfExp) and node is parent.test) or (
        isinstance(parent, ast.comprehension) and node in parent.ifs
    )
    if tested and not isinstance(node, ast.Constant):
        for new in ("True", "False"):
            yield *source.span(node), f"({new})", names.looks_at_data(node)


def _loop_once(place: Place, source: Source, names: Names) -> Iterator[Change]:
    node, parent = place.node, place.parent
    if isinstance(parent, ast.For | ast.comprehension) and node is parent.iter:
        once = f"__import__('itertools').islice(({source.text(node)}), 1)"
        yield *source.span(node), once, names.looks_at_data(node)
    elif isinstance(parent, ast.While) and node is parent.test:
        start, end = source.span(parent)[0], source.span(node)[1]
        if source.between(start, source.span(node)[0]).split() == ["while"]:
            yield start, end, f"for _ in ([0] if ({source.text(node)}) else [])", names.looks_at_data(node)


def _returned(place: Place, source: Source, names: Names) -> Iterator[Change]:
    node, parent = place.node, place.parent
    if isinstance(parent, ast.Return) and node is parent.value and not isinstance(node, ast.Constant):
        yield *source.span(node), f"({source.text(node)}) * 0", names.looks_at_data(node)


OPERATORS: dict[str, Operator] = {
    "number": _number,
    "string": _string,
    "comparison": _comparison,
    "arithmetic": _arithmetic,
    "boolean": _boolean,
    "aggregation": _aggregation,
    "drop-call": _drop_call,
    "drop-statement": _drop_statement,
    "swap-arguments": _swap_arguments,
    "branch": _branch,
    "loop-once": _loop_once,
    "returned-value": _returned,
}
"""Every operator by name."""


def sites(source: Source) -> list[Site]:
    """Every place that any operator can change, in the order of the text."""
    names = names_of(source.tree)
    found = []
    for place in source.places():
        if place.statement is None or place.ignored:
            continue
        for name, operator in OPERATORS.items():
            if place.repeats and not (name == "loop-once" and isinstance(place.parent, ast.While)):
                continue
            for start, end, new, data in operator(place, source, names):
                edit = _edit(source, name, start, end, new)
                probe = _edit(source, "reached", *_probed(place, source))
                if edit.after != edit.before:
                    found.append(Site(edit, probe, data, place.statement.lineno))
    return sorted(found, key=lambda site: (site.edit.start, site.edit.operator, site.edit.after))


def _probed(place: Place, source: Source) -> tuple[int, int, str]:
    return *source.span(place.node), STOP if isinstance(place.node, ast.stmt) else f"({STOP})"


def _edit(source: Source, operator: str, start: int, end: int, new: str) -> ScriptEdit:
    before = source.between(start, end)
    return ScriptEdit(operator=operator, line=source.line(start), start=start, before=before, after=new)
