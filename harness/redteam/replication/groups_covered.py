"""Every model, data set or setting that the statement does not restrict must count: half of a table is a choice."""

from __future__ import annotations

from harness.grounding import find_entity
from harness.records.paper import EntityKind, Table
from harness.records.run import Transform, Variation
from harness.records.verdict import Attacker, Effect, Finding, Reason
from harness.redteam.cells import CELL, about, rows_of_subject
from harness.redteam.interface import Attack, Case, Runs, moved
from harness.stats.rounding import exact, exact_text, unit_of_last_digit

_KINDS: tuple[EntityKind, ...] = ("models", "datasets", "settings")
_WAYS = ("halved", "raised")
_MOST = 6
"""Labels that are tried; two runs each."""


def _labels(case: Case) -> list[tuple[Table, str, str]]:
    """Table, column and label of every model, data set or setting that the subject leaves open.

    Only labels that stand beside others of their column, in rows that fit the subject, for the treatment where the
    table has methods: the rest says nothing about the statement.
    """
    source, arms = case.loaded.source, case.claim.subject.arms
    found: list[tuple[Table, str, str]] = []
    for table in source.base.tables:
        if table.name not in case.claim.reproduction.inputs:
            continue
        roles = table.roles
        rows = [
            row
            for row in rows_of_subject(table, case.claim, source)
            if (roles.kind is None or row[roles.kind] == CELL)
            and (roles.arm is None or arms is None or row[roles.arm] == arms.treatment)
        ]
        for column in (*roles.groups, *([roles.unit] if roles.unit else [])):
            labels = sorted({row[column] for row in rows})
            if len(labels) > 1 and any(_open(label, case) for label in labels):
                found += [(table, column, label) for label in labels if _open(label, case)]
    return found[:_MOST]


def _open(label: str, case: Case) -> bool:
    """Whether a label names an entity of a kind of which the claim names none."""
    facts = case.loaded.source.base.facts
    return any(
        find_entity(facts, kind, label) is not None and not about(case.claim, case.loaded.source, kind)
        for kind in _KINDS
    )


def _name(table: Table, column: str, label: str, way: str) -> str:
    return ATTACK.run_name(f"{table.name}/{column}/{label}/{way}")


def _change(case: Case, table: Table, column: str, label: str, way: str) -> Transform:
    """The label's numbers halved or set above all others, for the treatment alone: so that ratios move too."""
    roles, arms = table.roles, case.claim.subject.arms
    where = {column: (label,)}
    if roles.arm is not None and arms is not None:
        where[roles.arm] = (arms.treatment,)
    if way == "halved":
        return Transform(do="scale", inputs=(table.name,), column=roles.value, where=where, number="0.5")
    texts = [row[roles.value].replace(",", "") for row in case.loaded.source.tables[table.name].rows]
    largest = max(texts, key=exact)
    top = exact_text(exact(largest) + unit_of_last_digit(largest))
    return Transform(do="set", inputs=(table.name,), column=roles.value, where=where, number=top)


def _plan(case: Case) -> tuple[Variation, ...]:
    if not case.measured:
        return ()
    seed = case.claim.reproduction.seeds[0]
    return tuple(
        Variation(name=_name(*place, way), seed=seed, transforms=(_change(case, *place, way),))
        for place in _labels(case)
        for way in _WAYS
    )


def _judge(case: Case, runs: Runs) -> Finding:
    labels = _labels(case)
    if not case.measured or not labels:
        return ATTACK.not_applicable("the subject leaves no model, data set or setting of its tables open")
    names = tuple(_name(*place, way) for place in labels for way in _WAYS)
    ignored = [
        place for place in labels if not any(moved(runs[_name(*place, way)], case.main) for way in _WAYS)
    ]
    if ignored and len(ignored) < len(labels):
        table, column, label = ignored[0]
        return ATTACK.broken(
            Effect.VOIDS,
            8.0,
            f"the numbers of {label} ({column} in {table.name}) change nothing that the rule uses, and neither "
            "statement nor subject restricts the claim to others: name those that it is about",
            reason=Reason.VACUOUS_EVIDENCE,
            evidence=tuple({"table": item[0].name, "left_out": item[2]} for item in ignored),
            runs=names,
        )
    return ATTACK.held("every model, data set and setting that the subject leaves open counts", runs=names)


ATTACK = Attack(
    name="replication/groups-covered",
    attacker=Attacker.REPLICATION_ATTACKER,
    threat="models or data sets for which the statement fails were left out without a word",
    origin="wrong-subset and reduced-scale cheats",
    plan=_plan,
    judge=_judge,
)
