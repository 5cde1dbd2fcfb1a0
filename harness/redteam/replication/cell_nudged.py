"""One cell moved by one unit of its last digit: an honest answer does not jump, a recognised input does."""

from __future__ import annotations

import hashlib

from harness.records.run import Transform, Variation
from harness.records.verdict import Attacker, Effect, Finding, Reason
from harness.redteam.interface import Attack, Case, Runs
from harness.redteam.resource_inputs import changeable, says_equal, says_near
from harness.rules.leaves import Consistency, leaves
from harness.stats.rounding import exact, exact_text, unit_of_last_digit

CELLS = 3
"""Cells tried. Only when all of them change the answer is it no accident of one cell."""


def _transforms(case: Case) -> list[Transform]:
    source = case.loaded.source
    chosen: list[tuple[str, Transform]] = []
    for table in source.base.tables:
        if table.name not in case.claim.reproduction.inputs:
            continue
        roles = table.roles
        columns = [name for name in (*roles.groups, roles.arm, roles.unit, roles.kind) if name is not None]
        for row in source.tables[table.name].rows:
            # A digest orders the cells without favour and the same way on every machine.
            key = hashlib.sha256(repr((table.name, sorted(row.items()))).encode()).hexdigest()
            step = unit_of_last_digit(row[roles.value])
            # What may be the largest share there is goes down: a table with 100.1 % is not well-formed.
            largest = exact(row[roles.value]) in (1, 100)
            number = exact_text(-step if largest else step)
            where = {column: (row[column],) for column in columns}
            transform = Transform(
                do="shift", inputs=(table.name,), column=roles.value, where=where, number=number
            )
            chosen.append((key, transform))
    return [transform for _key, transform in sorted(chosen, key=lambda item: item[0])[:CELLS]]


def _plan(case: Case) -> tuple[Variation, ...]:
    if not case.measured:
        return ()
    return tuple(
        Variation(
            name=ATTACK.run_name(str(index)), seed=case.claim.reproduction.seeds[0], transforms=(transform,)
        )
        for index, transform in enumerate(_transforms(case))
    )


def _judge(case: Case, runs: Runs) -> Finding:
    if not case.measured:
        return ATTACK.not_applicable("the script reported nothing")
    if any(isinstance(leaf, Consistency) for leaf in leaves(case.claim.decision)):
        return ATTACK.not_applicable("the rule itself is about the last digit of every number")
    if changeable(case) and says_equal(case):
        return ATTACK.not_applicable(
            "the rule says that printed numbers are exactly those of the public data"
        )
    if case.claim.reproduction.files and (says_equal(case) or says_near(case)):
        return ATTACK.not_applicable("the rule says that printed numbers are those of the data files")
    names = tuple(ATTACK.run_name(str(index)) for index in range(len(_transforms(case))))
    if not names:
        return ATTACK.not_applicable("the script reads no table of the source")
    said = ", ".join(runs[name].said for name in names)
    if all(runs[name].answer != case.main.answer for name in names):
        return ATTACK.broken(
            Effect.VOIDS,
            8.5,
            f"moving any one of {len(names)} cells by its last digit changes the answer from {case.main.said} "
            f"({said}): the script recognises its exact inputs",
            reason=Reason.UNSTABLE,
            runs=names,
        )
    return ATTACK.held(f"the answer does not hang on the exact bytes of the inputs ({said})", runs=names)


ATTACK = Attack(
    name="replication/cell-nudged",
    attacker=Attacker.REPLICATION_ATTACKER,
    threat="the script knows these inputs and answers from memory",
    origin="detection of the harness; look-up of a cached result",
    plan=_plan,
    judge=_judge,
)
