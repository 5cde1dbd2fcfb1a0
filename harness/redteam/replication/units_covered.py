"""Every language (or other unit) that the source has must count: leaving some out is choosing the result."""

from __future__ import annotations

import re
from collections.abc import Iterable
from fractions import Fraction
from typing import Any

from harness.records.claim import ClaimKind
from harness.records.paper import Table
from harness.records.run import Transform, Variation
from harness.records.verdict import Attacker, Effect, Finding, Reason
from harness.redteam.cells import CELL, claim_tables, rows_of_subject
from harness.redteam.compared import compared_rows
from harness.redteam.interface import Attack, Case, Runs, moved
from harness.rules import references
from harness.rules.leaves import paired_rules
from harness.stats.rounding import exact, exact_text, unit_of_last_digit

_WAYS = ("halved", "largest")
_ALONE = ("raised", "lowered")
_EXTREME = re.compile(
    r"\b(?:largest|greatest|highest|biggest|maxim\w+|smallest|lowest|(?<!at )least|minim\w+)\b", re.I
)
_NO_EXTREME = re.compile(
    r"%|\b(?:median|means?|averaged?|quartile\w*|quantile\w*|percent\w*|shares?|number of|most|majority|"
    r"out of|(?:\d+|one|two|three|four|five|six|seven|eight|nine|ten|some|all|each|any|none|many|few|half) of)\b",
    re.I,
)
"""Words of statements about an extreme: each unit must be able to become it, all in one direction."""


def subject_units(case: Case) -> dict[str, tuple[str, ...]]:
    """Unit label to the input tables whose cells about the subject have it."""
    found: dict[str, set[str]] = {}
    for table in claim_tables(case.claim, case.loaded.source):
        roles = table.roles
        if roles.unit is None or table.name not in case.claim.reproduction.inputs:
            continue
        for row in rows_of_subject(table, case.claim, case.loaded.source):
            if roles.kind is None or row[roles.kind] == CELL:
                found.setdefault(row[roles.unit], set()).add(table.name)
    return {unit: tuple(sorted(tables)) for unit, tables in sorted(found.items())}


def reported_units(case: Case, units: dict[str, tuple[str, ...]]) -> set[str] | None:
    """Units that stand as labels in the tables the rule uses; None when no such label stands there."""
    observations = case.main.observations
    if observations is None:
        return None
    labels: set[str] = set()
    for name in {name for name, column in references(case.claim.decision) if column is not None}:
        table = observations.tables[name]
        columns = [column.name for column in table.columns if column.unit is None]
        labels |= {str(row[column]) for row in table.records() for column in columns}
    return labels & set(units) or None


def _invented_units(case: Case, units: dict[str, tuple[str, ...]]) -> list[str]:
    """Paired units that do not stand in the inputs: the same language counted many times is one language."""
    observations = case.main.observations
    if observations is None or case.claim.kind is not ClaimKind.REPORTED:
        return []
    paired = {
        str(row[rule.unit])
        for rule in paired_rules(case.claim.decision)
        for row in observations.tables[rule.table].records()
    }
    return sorted(paired - set(units))


def _plan(case: Case) -> tuple[Variation, ...]:
    units = subject_units(case)
    if not case.measured or reported_units(case, units) is not None:
        return ()
    tables = {table.name: table for table in case.loaded.source.base.tables}
    planned = []
    for unit, names in units.items():
        for way in _WAYS:
            transforms = tuple(_change(tables[name], unit, way, case) for name in names)
            planned.append(
                Variation(
                    name=ATTACK.run_name(f"{unit}/{way}"),
                    seed=case.claim.reproduction.seeds[0],
                    transforms=transforms,
                )
            )
    return tuple(planned)


def _change(table: Table, unit: str, way: str, case: Case) -> Transform:
    """One unit's numbers halved, or set to the largest of the table: a maximum moves only with the second."""
    roles = table.roles
    where = {str(roles.unit): (unit,)}
    if way == "halved":
        return Transform(do="scale", inputs=(table.name,), column=roles.value, where=where, number="0.5")
    texts = [row[roles.value].replace(",", "") for row in case.loaded.source.tables[table.name].rows]
    largest = max(texts, key=exact)
    top = exact_text(exact(largest) + unit_of_last_digit(largest))
    return Transform(do="set", inputs=(table.name,), column=roles.value, where=where, number=top)


def _about_an_extreme(case: Case) -> bool:
    text = case.claim.statement
    return _EXTREME.search(text) is not None and _NO_EXTREME.search(text) is None


def _still(case: Case, runs: Runs, units: Iterable[str], ways: Iterable[str]) -> list[str]:
    """Units for which none of the runs moves what is reported."""
    chosen = tuple(ways)
    return [
        unit
        for unit in units
        if not any(moved(runs[name], case.main) for way in chosen if (name := _name(unit, way)) in runs)
    ]


def _name(unit: str, way: str) -> str:
    return ATTACK.run_name(f"{unit}/{way}")


def _follow_up(case: Case, runs: Runs) -> tuple[Variation, ...]:
    """One method alone far up, and far down: with all methods moved together a largest or median gain may stay.

    For the units that stood still; for all of them where the statement is about an extreme, because trimming shows
    only in that no direction moves them all.
    """
    units = subject_units(case)
    still = _still(case, runs, units, _WAYS)
    sides = compared_rows(case)
    wanted = list(units) if _about_an_extreme(case) else [] if len(still) == len(units) else still
    if not runs or not wanted or len(sides) < 2:
        return ()
    arms = case.claim.subject.arms
    side = sides.get(arms.treatment if arms else "", next(iter(sides.values())))
    tables = {table.name: table for table in case.loaded.source.base.tables}
    planned = []
    for unit in wanted:
        for way in _ALONE:
            transforms = tuple(
                _far(tables[chosen.inputs[0]], {**chosen.where, unit_column: (unit,)}, way, case)
                for chosen in side
                if (unit_column := tables[chosen.inputs[0]].roles.unit) is not None
            )
            if transforms:
                seed = case.claim.reproduction.seeds[0]
                planned.append(Variation(name=_name(unit, way), seed=seed, transforms=transforms))
    return tuple(planned)


def _far(table: Table, where: dict[str, tuple[str, ...]], way: str, case: Case) -> Transform:
    """Chosen numbers far above all others of the table, or far below, in the range of fractions where these are."""
    numbers = [exact(row[table.roles.value]) for row in case.loaded.source.tables[table.name].rows]
    low, high = min(numbers), max(numbers)
    up = Fraction(1) if low >= 0 and high <= 1 else 2 * high - low
    down = Fraction(0) if low >= 0 else 2 * low - high
    number = exact_text(up if way == "raised" else down)
    return Transform(do="set", inputs=(table.name,), column=table.roles.value, where=where, number=number)


def _left_out(case: Case, runs: Runs, units: Iterable[str]) -> list[str]:
    """Units that do not count, whichever way their numbers move."""
    every = tuple(units)
    still = _still(case, runs, every, _WAYS)
    if not any(_name(unit, way) in runs for unit in every for way in _ALONE):
        return still
    if _about_an_extreme(case):
        return min((_still(case, runs, every, (way,)) for way in _ALONE), key=len)
    return _still(case, runs, still, _ALONE)


def _judge(case: Case, runs: Runs) -> Finding:
    units = subject_units(case)
    if not case.measured or not units:
        return ATTACK.not_applicable("the script reads no cells by unit")
    if invented := _invented_units(case, units):
        return ATTACK.broken(
            Effect.VOIDS,
            8.0,
            f"the rule pairs {len(invented)} units that no input has, first {invented[0]}",
            reason=Reason.VACUOUS_EVIDENCE,
            evidence=tuple({"not_in_the_inputs": unit} for unit in invented),
        )
    reported = reported_units(case, units)
    names: tuple[str, ...] = ()
    if reported is not None:
        ignored = sorted(set(units) - reported)
    else:
        names = tuple(
            name for unit in units for way in (*_WAYS, *_ALONE) if (name := _name(unit, way)) in runs
        )
        ignored = _left_out(case, runs, units)
        if len(ignored) == len(units):
            return ATTACK.not_applicable("what the script reports does not come from cells by unit")
    if ignored:
        evidence: tuple[dict[str, Any], ...] = tuple({"left_out": unit} for unit in ignored)
        return ATTACK.broken(
            Effect.VOIDS,
            8.0,
            f"the script leaves out {len(ignored)} of {len(units)} units that the source prints for the subject, "
            f"first {ignored[0]}; if the statement is about some of them only, list those in subject.languages",
            reason=Reason.VACUOUS_EVIDENCE,
            evidence=evidence,
            runs=names,
        )
    return ATTACK.held(f"all {len(units)} units that the source prints for the subject count", runs=names)


ATTACK = Attack(
    name="replication/units-covered",
    attacker=Attacker.REPLICATION_ATTACKER,
    threat="languages in which the statement fails were left out",
    origin="wrong-subset and reduced-scale cheats",
    plan=_plan,
    judge=_judge,
    follow_up=_follow_up,
)
