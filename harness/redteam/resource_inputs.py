"""Runs on changed files of the source's resources, of which the record says name, form and size and nothing else.

What an attack wants of them is planned without looking at their values, so that an auditor who does not have the
files plans the same runs.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable

from harness.data_files import known_form
from harness.records.claim import ClaimKind
from harness.records.rules import ForAll
from harness.records.run import Transform
from harness.redteam.interface import Case, Runs, RunView, unforeseen
from harness.resources import MAX_CHANGED_BYTES
from harness.rules.grammar import parse
from harness.rules.leaves import leaves

ATTACK_NAME = "replication/resource-files"
FILE_VALUES, TABLE_VALUES = "replication/file-values", "replication/values-changed"
"""Attacks that change all numbers of data files, and of tables."""
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
    """Whether some run on other data, of a resource or beside the record, reports something else in a part."""
    own = moved_by(FILE_VALUES, part, case, runs) if case.claim.kind is ClaimKind.DATASET else False
    return own or any(run.parts[part] != case.main.parts[part] for run in changed_together(case, runs))


def moved_by(attack: str, part: str, case: Case, runs: Runs) -> bool:
    """Whether some run of an attack reports something else in a part."""
    return any(
        name.startswith(f"attack/{attack}/")
        and run.observations is not None
        and run.parts[part] != case.main.parts[part]
        for name, run in runs.items()
    )


def says_near(case: Case) -> bool:
    """Whether the rule bounds how far two columns are apart: ``abs(printed - counted) <= 0.005``."""
    return any(
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id == "abs"
        and len({name.id for name in ast.walk(node) if isinstance(name, ast.Name)} - {"abs"}) > 1
        for leaf in leaves(case.claim.decision)
        if isinstance(leaf, ForAll)
        for node in ast.walk(parse(leaf.holds))
    )


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
