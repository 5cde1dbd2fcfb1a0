"""Where a script seeds a generator of random numbers, and other seeds for it."""

from __future__ import annotations

import ast
from functools import lru_cache

from harness.records.run import ScriptEdit
from harness.redteam.mutation.same_value import assigned_once
from harness.redteam.mutation.source import Source, called, compiles, parse
from harness.redteam.mutation.surroundings import dotted, imported
from harness.script_edits import apply_edit

_GENERATORS = {
    "random.seed", "random.Random",
    "numpy.random.seed", "numpy.random.default_rng", "numpy.random.RandomState", "numpy.random.SeedSequence",
    "numpy.random.PCG64", "numpy.random.MT19937", "numpy.random.Philox", "numpy.random.SFC64",
    "torch.manual_seed", "torch.cuda.manual_seed", "torch.cuda.manual_seed_all",
    "jax.random.PRNGKey", "jax.random.key", "tensorflow.random.set_seed",
}  # fmt: skip
"""Calls whose first argument, or argument ``seed``, is a seed."""
_METHODS = ("seed", "manual_seed", "default_rng", "RandomState")
"""Calls that seed whatever they are called on: ``generator.manual_seed(7)``."""
_KEYWORDS = ("random_state", "seed")
"""Arguments of other people's functions that are seeds, where the call is one of an imported name."""
# Whole numbers move, texts and sequences get something in front; generators and None stay what they are.
_OTHER = (
    "(lambda s: (int(s) + {salt}) % 2**32 if hasattr(s, '__index__') else [{salt}, *s] if isinstance(s, (list, tuple)) "
    "else f'{salt}/{{s}}' if isinstance(s, str) else s + {salt} if isinstance(s, float) else s)({text})"
)


def seeded(script: bytes) -> tuple[tuple[int, str], ...]:
    """Line and text of every seed in a script; empty for what is no Python."""
    source, nodes = _seeds(script)
    return () if source is None else tuple((node.lineno, source.text(node)[:80]) for node in nodes)


def other_seeds(script: bytes, salt: int) -> ScriptEdit | None:
    """The one change that moves every seed in a script by ``salt``; None where no generator is seeded."""
    source, nodes = _seeds(script)
    if source is None or not nodes:
        return None
    spans = [source.span(node) for node in nodes]
    start, end = spans[0][0], max(last for _first, last in spans)
    after, here = "", start
    for first, last in spans:
        after += source.between(here, first) + _OTHER.format(salt=salt, text=source.between(first, last))
        here = last
    after += source.between(here, end)
    edit = ScriptEdit(
        operator="seed", line=source.line(start), start=start, before=source.between(start, end), after=after
    )
    return edit if compiles(apply_edit(script, edit)) else None


@lru_cache(maxsize=256)
def _seeds(script: bytes) -> tuple[Source | None, tuple[ast.expr, ...]]:
    """The arguments that are seeds and do not follow the request's, in the order of the text, none inside another."""
    source = parse(script)
    if source is None:
        return None, ()
    names, once = imported(source.tree), assigned_once(source.tree)
    found: list[ast.expr] = []
    for node in ast.walk(source.tree):
        if not isinstance(node, ast.Call):
            continue
        name = dotted(node.func, names)
        first = node.args[:1] if name in _GENERATORS or called(node) in _METHODS else []
        found += [item for item in first if not isinstance(item, ast.Starred)]
        found += [item.value for item in node.keywords if name and item.arg in _KEYWORDS]
    kept: list[ast.expr] = []
    for item in sorted(found, key=source.span):
        inside = kept and source.span(item)[0] < source.span(kept[-1])[1]
        if not inside and not _follows_request(item, source.tree, once):
            kept.append(item)
    return source, tuple(kept)


def _follows_request(value: ast.expr, tree: ast.Module, once: dict[str, ast.expr], depth: int = 6) -> bool:
    """Whether a seed moves whenever the request's does: the seed itself, a sum or sequence with it, a name for it."""
    if depth == 0:
        return False
    if isinstance(value, ast.Attribute):
        return value.attr == "seed"
    if isinstance(value, ast.Subscript):
        # A parameter is the record's choice, as a literal is.
        given = "parameters" in ast.dump(value.value)
        return isinstance(value.slice, ast.Constant) and value.slice.value == "seed" and not given
    parts: list[ast.expr] = []
    if isinstance(value, ast.List | ast.Tuple):
        parts = value.elts
    elif isinstance(value, ast.BinOp) and isinstance(value.op, ast.Add | ast.Sub | ast.BitXor):
        parts = [value.left, value.right]
    elif isinstance(value, ast.JoinedStr):
        parts = [item.value for item in value.values if isinstance(item, ast.FormattedValue)]
    elif isinstance(value, ast.Call) and called(value) in ("int", "str", "abs", "SeedSequence"):
        parts = value.args
    elif isinstance(value, ast.Name) and value.id in once:
        parts = [once[value.id]]
    elif isinstance(value, ast.Name):
        handed = _arguments(value.id, tree)
        return bool(handed) and all(_follows_request(item, tree, once, depth - 1) for item in handed)
    return any(_follows_request(item, tree, once, depth - 1) for item in parts)


def _arguments(parameter: str, tree: ast.Module) -> list[ast.expr]:
    """What the script's calls hand to functions with a parameter of that name, defaults included."""
    found: list[ast.expr] = []
    for function in ast.walk(tree):
        if not isinstance(function, ast.FunctionDef):
            continue
        names = [item.arg for item in function.args.args]
        if parameter not in names:
            continue
        place = names.index(parameter)
        for call in ast.walk(tree):
            if called(call) == function.name and isinstance(call, ast.Call):
                found += call.args[place : place + 1]
                found += [item.value for item in call.keywords if item.arg == parameter]
        found += function.args.defaults
    return found
