"""Each declared table changed alone: one whose numbers and rows change nothing is decoration."""

from __future__ import annotations

from harness.records.run import Transform, Variation
from harness.records.verdict import Attacker, Effect, Finding, Reason
from harness.redteam.interface import Attack, Case, Runs


def _tables(case: Case) -> tuple[str, ...]:
    # A single table emptied is what the attack on spoiled inputs does already.
    return case.claim.reproduction.inputs if len(case.loaded.input_names) > 1 else ()


_PARTS = ("scaled", "thinned")


def _transforms(case: Case, name: str) -> dict[str, Transform]:
    """Other numbers in one table, and one table with the rows of a single unit or group left."""
    roles = next(table.roles for table in case.loaded.source.base.tables if table.name == name)
    scaled = Transform(do="scale", inputs=(name,), column=roles.value, number="0.7")
    column = roles.unit or (roles.groups[0] if roles.groups else roles.value)
    labels = sorted({row[column] for row in case.loaded.source.tables[name].rows})
    thinned = Transform(do="drop", inputs=(name,), where={column: tuple(labels[:-1])})
    return dict(zip(_PARTS, (scaled, thinned), strict=True))


def _plan(case: Case) -> tuple[Variation, ...]:
    if not case.measured:
        return ()
    return tuple(
        Variation(
            name=ATTACK.run_name(f"{name}/{part}"),
            seed=case.claim.reproduction.seeds[0],
            transforms=(transform,),
        )
        for name in _tables(case)
        for part, transform in _transforms(case, name).items()
    )


def _judge(case: Case, runs: Runs) -> Finding:
    if not case.measured or not _tables(case):
        return ATTACK.not_applicable("the script does not read several inputs")
    names = {name: [ATTACK.run_name(f"{name}/{part}") for part in _PARTS] for name in _tables(case)}
    every = tuple(run for own in names.values() for run in own)
    unused = [
        name for name, own in names.items() if all(runs[run].content == case.main.content for run in own)
    ]
    if unused:
        return ATTACK.broken(
            Effect.VOIDS,
            8.0,
            f"{len(unused)} of {len(names)} declared tables change nothing whatever they hold, first {unused[0]}",
            reason=Reason.VACUOUS_EVIDENCE,
            evidence=tuple({"unused": name} for name in unused),
            runs=every,
        )
    return ATTACK.held(f"each of {len(names)} declared tables counts", runs=every)


ATTACK = Attack(
    name="replication/inputs-used",
    attacker=Attacker.REPLICATION_ATTACKER,
    threat="tables are declared and opened to look thorough",
    origin="resource theatre",
    plan=_plan,
    judge=_judge,
)
