"""Numbers of the inputs shuffled, rescaled and moved: something the script reports must move with them."""

from __future__ import annotations

from harness.records.run import RunOutcome, Transform, Variation
from harness.records.verdict import Attacker, Effect, Finding, Reason
from harness.redteam.interface import Attack, Case, Runs

SHUFFLE_SEED = 20240820


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
            Transform(do="permute", column=column, inputs=names, seed=SHUFFLE_SEED)
            for column, names in columns
        ),
        "scaled": tuple(
            Transform(do="scale", column=column, inputs=names, number="0.7") for column, names in columns
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
        return ATTACK.not_applicable("the script reads no table of the source")
    names = tuple(ATTACK.run_name(part) for part in parts)
    moved = [name for name in names if runs[name].content != case.main.content]
    if not moved:
        return ATTACK.broken(
            Effect.VOIDS,
            9.0,
            "the script reports the same when every number in its inputs is shuffled or rescaled: "
            "it does not look at them",
            reason=Reason.VACUOUS_EVIDENCE,
            runs=names,
        )
    said = ", ".join(f"{part}: {runs[ATTACK.run_name(part)].said}" for part in parts)
    if all(runs[name].outcome is not RunOutcome.COMPLETED for name in names):
        return ATTACK.broken(
            Effect.VOIDS,
            7.0,
            f"the script works on nothing but the exact inputs of the record ({said}): whether its answer "
            "depends on their numbers cannot be seen",
            reason=Reason.VACUOUS_EVIDENCE,
            runs=names,
        )
    return ATTACK.held(f"what the script reports moves with the numbers in its inputs ({said})", runs=names)


ATTACK = Attack(
    name="replication/values-changed",
    attacker=Attacker.REPLICATION_ATTACKER,
    threat="the script counts something that any numbers would give",
    origin="the seed case: a script that only counted language pairs",
    plan=_plan,
    judge=_judge,
)
