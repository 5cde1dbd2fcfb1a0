"""Numbers of the inputs shuffled, rescaled and moved: something the script reports must move with them."""

from __future__ import annotations

from harness.records.claim import ClaimKind
from harness.records.paper import Table
from harness.records.run import Transform, Variation
from harness.records.units import Unit
from harness.records.verdict import Attacker, Effect, Finding, Reason
from harness.redteam.interface import Attack, Case, Runs, unforeseen, unit_of
from harness.redteam.resource_inputs import moves_with_data
from harness.rules import references
from harness.rules.leaves import OfRows, leaves
from harness.tables import is_printed_number

SCALE = "0.7"
"""Factor of the scaled run."""


def _transforms(case: Case) -> dict[str, tuple[Transform, ...]]:
    tables = {table.name: table for table in case.loaded.source.base.tables}
    by_column: dict[str, list[str]] = {}
    for name in case.claim.reproduction.inputs:
        by_column.setdefault(tables[name].roles.value, []).append(name)
    columns = [(column, tuple(sorted(names))) for column, names in sorted(by_column.items())]
    if not columns:
        return {}
    return {
        "permuted": tuple(
            Transform(do="permute", column=column, inputs=names, seed=unforeseen(case, "shuffle"))
            for column, names in columns
        ),
        "scaled": tuple(
            Transform(do="scale", column=column, inputs=names, number=SCALE) for column, names in columns
        ),
    }


def _plan(case: Case) -> tuple[Variation, ...]:
    if not case.measured:
        return ()
    return tuple(
        Variation(name=ATTACK.run_name(part), seed=case.claim.reproduction.seeds[0], transforms=transforms)
        for part, transforms in _transforms(case).items()
    )


def _judge(case: Case, runs: Runs) -> Finding:
    if not case.measured:
        return ATTACK.not_applicable("the script reported nothing")
    parts = _transforms(case)
    if not parts:
        if case.claim.kind is ClaimKind.REPORTED:
            return ATTACK.broken(
                Effect.VOIDS,
                9.0,
                "the claim is about printed numbers, and the script reads no table of the source",
                reason=Reason.VACUOUS_EVIDENCE,
            )
        return ATTACK.not_applicable("the script reads no table of the source")
    names = tuple(ATTACK.run_name(part) for part in parts)
    said = ", ".join(f"{part}: {runs[ATTACK.run_name(part)].said}" for part in parts)
    completed = [runs[name] for name in names if runs[name].observations is not None]
    if not completed:
        return ATTACK.broken(
            Effect.VOIDS,
            7.0,
            f"the script works on nothing but the exact inputs of the record ({said}): whether its answer "
            "depends on their numbers cannot be seen",
            reason=Reason.VACUOUS_EVIDENCE,
            runs=names,
        )
    pinned = [
        part
        for part, value in case.main.parts.items()
        if all(run.parts[part] == value for run in completed)
        and not may_stand_still(part, case)
        # What is measured on the source's public data is no number of the tables.
        and not moves_with_data(part, case, runs)
    ]
    if pinned:
        return ATTACK.broken(
            Effect.VOIDS,
            9.0,
            f"{', '.join(pinned)} stays the same when every number in the inputs is shuffled or rescaled: "
            "the script does not look at them",
            reason=Reason.VACUOUS_EVIDENCE,
            evidence=tuple({"never_moves": part} for part in pinned),
            runs=names,
        )
    return ATTACK.held(f"what the script reports moves with the numbers in its inputs ({said})", runs=names)


def may_stand_still(part: str, case: Case) -> bool:
    """Labels need not move where the rule uses any number, counts need not where it uses any other number.

    Nor need printed numbers that stand beside the table's own in its rows, such as a standard deviation: only the
    column that holds the table's numbers is changed, and ``values-traced`` looks for the others.
    """
    units = {item: unit_of(item, case.claim) for item in case.main.parts}
    numbers = [unit for unit in units.values() if unit is not None]
    if units[part] is None:
        return bool(numbers)
    if part in read_beside(case):
        return True
    return units[part] is Unit.COUNT and any(unit is not Unit.COUNT for unit in numbers)


def read_beside(case: Case) -> set[str]:
    """Parts that a consistency rule reads in the same rows as the table's own numbers, where inputs have others."""
    if case.claim.kind is not ClaimKind.REPORTED or not any(_wide(table, case) for table in _inputs(case)):
        return set()
    rules = [leaf for leaf in leaves(case.claim.decision) if isinstance(leaf, OfRows)]
    return {f"{name}.{column}" for rule in rules for name, column in references(rule)}


def _inputs(case: Case) -> list[Table]:
    return [item for item in case.loaded.source.base.tables if item.name in case.claim.reproduction.inputs]


def _wide(table: Table, case: Case) -> bool:
    """Whether a table has columns of numbers beside the one that its roles name."""
    roles, data = table.roles, case.loaded.source.tables[table.name]
    own = {roles.value, roles.arm, roles.unit, roles.kind, *roles.groups}
    return any(
        all(is_printed_number(row[column]) for row in data.rows)
        for column in data.columns
        if column not in own
    )


ATTACK = Attack(
    name="replication/values-changed",
    attacker=Attacker.REPLICATION_ATTACKER,
    threat="the script counts something that any numbers would give",
    origin="the seed case: a script that only counted language pairs",
    plan=_plan,
    judge=_judge,
)
