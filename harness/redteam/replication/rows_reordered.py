"""Rows of the inputs in another order: nothing about a table depends on it."""

from __future__ import annotations

from harness.records.run import Transform, Variation
from harness.records.verdict import Attacker, Effect, Finding, Reason
from harness.redteam.interface import Attack, Case, Runs, unforeseen

_RUN = "shuffled"


def _plan(case: Case) -> tuple[Variation, ...]:
    if not case.measured or not case.claim.reproduction.inputs:
        return ()
    transform = Transform(do="reorder", inputs=case.claim.reproduction.inputs, seed=unforeseen(case, "order"))
    return (
        Variation(name=ATTACK.run_name(_RUN), seed=case.claim.reproduction.seeds[0], transforms=(transform,)),
    )


def _judge(case: Case, runs: Runs) -> Finding:
    if not case.measured or not case.claim.reproduction.inputs:
        return ATTACK.not_applicable("no table is read, or nothing was reported")
    name = ATTACK.run_name(_RUN)
    if runs[name].answer != case.main.answer:
        return ATTACK.broken(
            Effect.VOIDS,
            7.0,
            f"with the rows of the tables in another order the answer is {runs[name].said} "
            f"instead of {case.main.said}",
            reason=Reason.UNSTABLE,
            runs=(name,),
        )
    return ATTACK.held("the answer does not depend on the order of the rows", runs=(name,))


ATTACK = Attack(
    name="replication/rows-reordered",
    attacker=Attacker.REPLICATION_ATTACKER,
    threat="the script takes numbers by their position and not by what they are",
    origin="metamorphic testing",
    plan=_plan,
    judge=_judge,
)
