"""Two columns of a table that a script fills with one and the same expression."""

from __future__ import annotations

import ast

from harness.redteam.mutation.source import parse

_DEEPEST = 8
"""Names that stand for other names are followed so far."""


def same_expression(script: bytes, first: str, second: str) -> tuple[int, str] | None:
    """Line and text of what fills both columns of every row; None where they are filled with different things.

    Looked at are dictionaries with both column names as keys. Names that the script assigns once are replaced by what
    they stand for. A choice between the other column's expression and something else ("``a`` if switched on, else 0")
    counts as the same: the switch serves a control and measures nothing.
    """
    source = parse(script)
    if source is None:
        return None
    once = assigned_once(source.tree)
    found: list[tuple[int, str]] = []
    for node in ast.walk(source.tree):
        if not isinstance(node, ast.Dict):
            continue
        values = {
            key.value: value
            for key, value in zip(node.keys, node.values, strict=True)
            if isinstance(key, ast.Constant)
        }
        # A dictionary of units has the same keys.
        if not {first, second} <= set(values) or isinstance(values[first], ast.Constant):
            continue
        left, right = (_choices(values[name], once) for name in (first, second))
        if not left & right:
            return None
        found.append((node.lineno, source.text(values[first])[:80]))
    return found[0] if found else None


def _choices(value: ast.expr, once: dict[str, ast.expr]) -> set[str]:
    """What an expression may come to: itself, and the two sides of a choice. Constants are no computation."""
    value = _resolved(value, once)
    if isinstance(value, ast.IfExp):
        return _choices(value.body, once) | _choices(value.orelse, once)
    return set() if isinstance(value, ast.Constant) else {ast.dump(value)}


def _resolved(value: ast.expr, once: dict[str, ast.expr]) -> ast.expr:
    for _ in range(_DEEPEST):
        if not isinstance(value, ast.Name) or value.id not in once:
            break
        value = once[value.id]
    return value


def assigned_once(tree: ast.Module) -> dict[str, ast.expr]:
    """Names that stand for one expression in the whole script."""
    stores: dict[str, int] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            stores[node.id] = stores.get(node.id, 0) + 1
        elif isinstance(node, ast.arg):
            stores[node.arg] = stores.get(node.arg, 0) + 1
    return {
        target.id: node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign) and len(node.targets) == 1
        for target in node.targets
        if isinstance(target, ast.Name) and stores[target.id] == 1
    }
