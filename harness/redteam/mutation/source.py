"""A Python script as a syntax tree whose every node knows the bytes it stands for."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property

MAX_BYTES = 256 << 10
"""A longer script is not changed: nobody writes one of that size by hand."""
LOGGING = {"print", "log", "logger", "logging", "warnings", "sys", "pprint"}
"""Names whose calls as statements only tell somebody something."""


@dataclass(frozen=True)
class Place:
    """A node of the tree and where it stands."""

    node: ast.AST
    """The node."""
    parent: ast.AST | None
    """The node it is part of."""
    statement: ast.stmt | None = None
    """The innermost statement around it, itself included."""
    ignored: bool = False
    """Part of what checks, reports to people, describes or handles errors, and measures nothing."""
    repeats: bool = False
    """Within a ``while`` loop, where a change may never come to an end."""


@dataclass(frozen=True)
class Source:
    """One script."""

    data: bytes
    """Its bytes, UTF-8."""
    tree: ast.Module
    """Its syntax tree."""

    @cached_property
    def _starts(self) -> list[int]:
        starts = [0]
        for line in self.data.split(b"\n"):
            starts.append(starts[-1] + len(line) + 1)
        return starts

    def span(self, node: ast.AST) -> tuple[int, int]:
        """First byte of a node and the byte after its last."""
        line, column = int(getattr(node, "lineno")), int(getattr(node, "col_offset"))  # noqa: B009
        last, end = int(getattr(node, "end_lineno")), int(getattr(node, "end_col_offset"))  # noqa: B009
        return self._starts[line - 1] + column, self._starts[last - 1] + end

    def text(self, node: ast.AST) -> str:
        """The text of a node."""
        return self.between(*self.span(node))

    def between(self, start: int, end: int) -> str:
        """The text between two bytes."""
        return self.data[start:end].decode()

    def line(self, start: int) -> int:
        """Line of a byte, counted from 1."""
        return self.data.count(b"\n", 0, start) + 1

    def places(self) -> Iterator[Place]:
        """Every node that stands in the text, without a recursion that deep nesting could break."""
        pending = [Place(self.tree, None)]
        while pending:
            place = pending.pop()
            yield place
            pending += [_inside(child, place) for child in ast.iter_child_nodes(place.node)]


def parse(script: bytes) -> Source | None:
    """A script as a tree; None for what is no Python, or is written in a way whose bytes cannot be told."""
    # A byte order mark, a lone carriage return or another encoding would move every column.
    if len(script) > MAX_BYTES or script.startswith(b"\xef\xbb\xbf") or b"\r" in script.replace(b"\r\n", b""):
        return None
    try:
        text = script.decode("utf-8")
        tree = ast.parse(script)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    if any("coding" in line for line in text.split("\n")[:2]):
        return None
    return Source(script, tree)


def compiles(script: bytes) -> bool:
    """Whether a script is still a program."""
    try:
        ast.parse(script)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True


def called(node: ast.AST) -> str:
    """Last name of what is called: ``mean`` in ``np.mean(x)``; empty for anything else than a call of a name."""
    if isinstance(node, ast.Call):
        if isinstance(node.func, ast.Name):
            return node.func.id
        if isinstance(node.func, ast.Attribute):
            return node.func.attr
    return ""


def _inside(child: ast.AST, place: Place) -> Place:
    parent = place.node
    return replace(
        place,
        node=child,
        parent=parent,
        statement=child if isinstance(child, ast.stmt) else place.statement,
        ignored=place.ignored or _ignored(child, parent),
        repeats=place.repeats or isinstance(parent, ast.While),
    )


def _ignored(child: ast.AST, parent: ast.AST) -> bool:
    if isinstance(
        child,
        ast.Assert
        | ast.Raise
        | ast.ExceptHandler
        | ast.Import
        | ast.ImportFrom
        | ast.JoinedStr
        | ast.pattern,
    ):
        return True
    if isinstance(child, ast.Expr):
        return isinstance(child.value, ast.Constant) or _tells(child.value)
    if isinstance(parent, ast.FunctionDef | ast.AsyncFunctionDef):
        return child in parent.decorator_list or child is parent.returns
    if isinstance(parent, ast.ClassDef):
        return child in (*parent.decorator_list, *parent.bases)
    if isinstance(parent, ast.AnnAssign | ast.arg):
        return child is parent.annotation
    if isinstance(parent, ast.If):
        return child is parent.test and (_is_guard(parent) or _asks_for_main(parent.test))
    return False


def _is_guard(node: ast.If) -> bool:
    """Whether a branch only stops, or tells somebody something."""
    return not node.orelse and all(
        isinstance(item, ast.Raise | ast.Pass)
        or (isinstance(item, ast.Expr) and (_tells(item.value) or called(item.value) in ("exit", "not_run")))
        for item in node.body
    )


def _asks_for_main(test: ast.expr) -> bool:
    return any(isinstance(item, ast.Name) and item.id == "__name__" for item in ast.walk(test))


def _tells(value: ast.expr) -> bool:
    """Whether an expression statement writes to a log or describes the command line."""
    if called(value) in ("add_argument", "basicConfig", "filterwarnings", "simplefilter", "seterr"):
        return True
    head: ast.AST = value
    while isinstance(head, ast.Call | ast.Attribute):
        head = head.func if isinstance(head, ast.Call) else head.value
    return isinstance(head, ast.Name) and head.id.lower().strip("_") in LOGGING
