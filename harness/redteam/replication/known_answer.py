"""A formal claim falls by its script alone only if something shows that the script is right."""

from __future__ import annotations

from harness.records.claim import ClaimKind
from harness.records.rules import Answer, ForAll
from harness.records.verdict import Attacker, Effect, Finding, Reason
from harness.redteam.interface import Attack, Case, Runs
from harness.redteam.replication.script_and_predicate import ATTACK as PREDICATE
from harness.rules.leaves import leaves


def _judge(case: Case, runs: Runs) -> Finding:
    if case.claim.kind is not ClaimKind.FORMAL or case.main.answer is not Answer.REFUTED:
        return ATTACK.not_applicable("the claim is not formal, or its script does not refute it")
    met = sorted(
        name
        for name, run in runs.items()
        if name.startswith(("attack/", "control/"))
        and run.answer is Answer.MET
        and run.record.variation.edit is None
    )
    if met:
        return ATTACK.held("the same script meets the rule elsewhere", runs=(met[0],))
    if case.claim.predicate is not None and PREDICATE.judge(case, runs).status == "held":
        return ATTACK.held("the script agrees with the predicate, which the harness computes itself")
    if _holds_in_some_row(case):
        return ATTACK.held("in other rows of the same table the relation holds")
    return ATTACK.broken(
        Effect.VOIDS,
        7.0,
        "nothing shows that the script is right: it refutes the claim, and neither meets the rule in any run nor "
        "agrees with a predicate; add a control with expect: met, or a predicate that is tied to the script",
        reason=Reason.NOT_DISCRIMINATING,
    )


def _holds_in_some_row(case: Case) -> bool:
    """Whether a refuted relation over a table holds in some of its rows: a wrong script is wrong everywhere."""
    observations, outcome = case.main.observations, case.main.rule
    tables = {leaf.table for leaf in leaves(case.claim.decision) if isinstance(leaf, ForAll)}
    if observations is None or outcome is None or not tables:
        return False
    most = max(len(observations.tables[name].records()) for name in tables)
    return 0 < len(outcome.violations) < most


ATTACK = Attack(
    name="replication/known-answer",
    attacker=Attacker.REPLICATION_ATTACKER,
    threat="a wrong script refutes a true statement of mathematics",
    origin="known-answer tests of software",
    judge=_judge,
)
