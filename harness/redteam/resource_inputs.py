"""Runs on changed files of the source's resources, of which the record says name, form and size and nothing else.

What an attack wants of them is planned without looking at their values, so that an auditor who does not have the
files plans the same runs.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable

from harness.data_files import known_form
from harness.records.rules import ForAll
from harness.records.run import Transform
from harness.redteam.interface import Case, Runs, RunView, unforeseen
from harness.resources import MAX_CHANGED_BYTES
from harness.rules.grammar import parse
from harness.rules.leaves import leaves

ATTACK_NAME = "replication/resource-files"
REWRITTEN = "rewritten"
TOGETHER = ("halved", "few", "doubled", "noise", "deflated")
"""Ways in which all files change together; the record of a run names them in this order."""


def changeable(case: Case) -> tuple[str, ...]:
    """Names of the files of records that attacks change; weights and what belongs to them are not among them."""
    return tuple(
        name
        for name, file in case.loaded.resources.items()
        if file.kind == "data" and file.size <= MAX_CHANGED_BYTES and known_form(name)
    )


def change(way: str, names: tuple[str, ...], case: Case) -> Transform:
    """One way in which files change."""
    seed = unforeseen(case, f"resource files {way}")
    if way in ("halved", "few"):
        return Transform(do="thin", inputs=names, number="0.5" if way == "halved" else "0.02", seed=seed)
    if way == "noise":
        return Transform(do="noise", inputs=names, seed=seed)
    if way == "deflated":
        return Transform(do="rescale", inputs=names, number="0.3")
    return Transform(do="duplicate" if way == "doubled" else "rewrite", inputs=names)


def run_name(part: str) -> str:
    """Name of one of the attack's runs."""
    return f"attack/{ATTACK_NAME}/{part}"


def changed_together(case: Case, runs: Runs) -> list[RunView]:
    """Completed runs on other data. Raises ``KeyError`` for one that was left out."""
    return completed(runs, (run_name(way) for way in TOGETHER)) if changeable(case) else []


def completed(runs: Runs, names: Iterable[str]) -> list[RunView]:
    """Those runs that reported something valid. Raises ``KeyError`` for one that was left out."""
    found = [runs[name] for name in names]
    return [run for run in found if run.observations is not None]


def moves_with_data(part: str, case: Case, runs: Runs) -> bool:
    """Whether some run on other data reports something else in a part."""
    return any(run.parts[part] != case.main.parts[part] for run in changed_together(case, runs))


def says_equal(case: Case) -> bool:
    """Whether the rule says of two columns that they are equal."""
    return any(
        isinstance(node, ast.Compare)
        and any(isinstance(op, ast.Eq) for op in node.ops)
        and len({name.id for name in ast.walk(node) if isinstance(name, ast.Name)}) > 1
        for leaf in leaves(case.claim.decision)
        if isinstance(leaf, ForAll)
        for node in ast.walk(parse(leaf.holds))
    )
