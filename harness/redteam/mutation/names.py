"""Which expressions look at data, and which only at what is written in the script."""

from __future__ import annotations

import ast
import builtins
from dataclasses import dataclass

_BUILTIN = frozenset(dir(builtins))
_BINDING = (
    *(ast.For, ast.AsyncFor, ast.comprehension, ast.withitem, ast.NamedExpr),
    *(ast.Assign, ast.AugAssign, ast.AnnAssign),
)
"""What binds names in ways that may bring in data; an assignment of plain names was looked at before."""


@dataclass(frozen=True)
class Names:
    """The names of a script that stand for nothing but literals, functions and modules."""

    fixed: frozenset[str]
    """Names that hold no data."""

    def looks_at_data(self, node: ast.AST) -> bool:
        """Whether an expression has a variable in it that may have come from inputs or parameters.

        What is called does not count, what it is called with does: ``report("mean", 0.6)`` looks at nothing.
        """
        pending = [node]
        while pending:
            item = pending.pop()
            if isinstance(item, ast.Name) and item.id not in self.fixed:
                return True
            children = list(ast.iter_child_nodes(item))
            if isinstance(item, ast.Call):
                children = [*item.args, *(word.value for word in item.keywords)]
                # A method of data, such as values.mean(), looks at them; one of what a call gave may, too.
                if isinstance(item.func, ast.Attribute) and not (
                    children and isinstance(item.func.value, ast.Name)
                ):
                    children.append(item.func.value)
            pending += children
        return False


def names_of(tree: ast.Module) -> Names:
    """What is known of the names of a script from the way they are bound, in any scope."""
    literal: dict[str, list[ast.expr]] = {}
    other: set[str] = set()
    fixed = set(_BUILTIN)
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and all(isinstance(item, ast.Name) for item in node.targets):
            for target in node.targets:
                if isinstance(target, ast.Name):
                    literal.setdefault(target.id, []).append(node.value)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            fixed |= {(alias.asname or alias.name).partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            fixed.add(node.name)
        elif isinstance(node, ast.arg):
            other.add(node.arg)
        elif isinstance(node, _BINDING):
            other |= _stored(node)
    known = Names(frozenset(fixed - other))
    for _round in range(len(literal)):
        more = {
            name
            for name, values in literal.items()
            if name not in other and not any(known.looks_at_data(value) or _calls(value) for value in values)
        }
        if more <= known.fixed:
            break
        known = Names(known.fixed | more)
    return known


def _calls(value: ast.expr) -> bool:
    """Whether a value may come from outside by way of a call."""
    return any(isinstance(item, ast.Call) for item in ast.walk(value))


def _stored(node: ast.AST) -> set[str]:
    return {
        item.id for item in ast.walk(node) if isinstance(item, ast.Name) and isinstance(item.ctx, ast.Store)
    }
