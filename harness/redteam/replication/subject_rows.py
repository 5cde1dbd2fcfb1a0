"""Numbers about the subject changed, then all others: only the first may move what the script reports."""

from __future__ import annotations

from harness.grounding import find_entity
from harness.records.paper import Table
from harness.records.run import Transform, Variation
from harness.records.verdict import Attacker, Effect, Finding, Reason
from harness.redteam.cells import about, label_fits
from harness.redteam.interface import Attack, Case, Runs, moved

_FACTOR = "0.6"


def subject_labels(table: Table, case: Case) -> dict[str, tuple[tuple[str, ...], tuple[str, ...]]]:
    """Label column to its labels about the subject and its other labels."""
    source, roles = case.loaded.source, table.roles
    rows = source.tables[table.name].rows
    split = {}
    for column in (*roles.groups, *([roles.unit] if roles.unit else [])):
        labels = sorted({row[column] for row in rows})
        inside = tuple(label for label in labels if label_fits(label, case.claim, source))
        split[column] = (inside, tuple(label for label in labels if label not in inside))
    wanted = about(case.claim, source, "arms")
    if roles.arm is not None and wanted:
        labels = sorted({row[roles.arm] for row in rows})
        inside = tuple(label for label in labels if find_entity(source.base.facts, "arms", label) in wanted)
        split[roles.arm] = (inside, tuple(label for label in labels if label not in inside))
    return split


def _transforms(case: Case) -> tuple[tuple[Transform, ...], tuple[Transform, ...]]:
    """Changes to the rows about the subject, and to all other rows."""
    inside: list[Transform] = []
    outside: list[Transform] = []
    for table in case.loaded.source.base.tables:
        if table.name not in case.claim.reproduction.inputs:
            continue
        column, split = table.roles.value, subject_labels(table, case)
        if all(own for own, _other in split.values()):
            where = {name: own for name, (own, other) in split.items() if other}
            inside.append(
                Transform(do="scale", inputs=(table.name,), column=column, where=where, number=_FACTOR)
            )
        outside += [
            Transform(do="scale", inputs=(table.name,), column=column, where={name: other}, number=_FACTOR)
            for name, (_own, other) in split.items()
            if other
        ]
    return tuple(inside), tuple(outside)


def _plan(case: Case) -> tuple[Variation, ...]:
    if not case.measured:
        return ()
    seed = case.claim.reproduction.seeds[0]
    return tuple(
        Variation(name=ATTACK.run_name(part), seed=seed, transforms=transforms)
        for part, transforms in zip(("inside", "outside"), _transforms(case), strict=True)
        if transforms
    )


def _judge(case: Case, runs: Runs) -> Finding:
    if not case.measured:
        return ATTACK.not_applicable("the script reported nothing")
    inside, outside = _transforms(case)
    names = tuple(
        ATTACK.run_name(part) for part, given in (("inside", inside), ("outside", outside)) if given
    )
    if not names:
        return ATTACK.not_applicable("the script reads no table of the source")
    if not inside:
        return ATTACK.broken(
            Effect.VOIDS,
            9.0,
            "none of the tables that the script reads has a row about the subject of the statement",
            reason=Reason.VACUOUS_EVIDENCE,
        )
    own = runs[ATTACK.run_name("inside")]
    if not moved(own, case.main):
        return ATTACK.broken(
            Effect.VOIDS,
            9.0,
            f"the script does not report anything else ({own.said}) when the numbers about the subject change",
            reason=Reason.VACUOUS_EVIDENCE,
            runs=names,
        )
    if outside:
        other = runs[ATTACK.run_name("outside")]
        if other.answer != case.main.answer:
            return ATTACK.broken(
                Effect.VOIDS,
                8.0,
                f"the answer changes from {case.main.said} to {other.said} when only numbers that the statement "
                "is not about change: the script looks at something else",
                reason=Reason.VACUOUS_EVIDENCE,
                runs=names,
            )
        if other.content != case.main.content:
            return ATTACK.broken(
                Effect.WEAKENS,
                3.0,
                "what the script reports moves with numbers that the statement is not about",
                runs=names,
            )
    return ATTACK.held(
        "what the script reports moves with the numbers of the subject and with no others", runs=names
    )


ATTACK = Attack(
    name="replication/subject-rows",
    attacker=Attacker.REPLICATION_ATTACKER,
    threat="the script takes another metric, model or data set than the statement names",
    origin="metric swap and wrong-subset cheats",
    plan=_plan,
    judge=_judge,
)
