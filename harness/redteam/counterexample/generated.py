"""Points of the domain of a predicate chosen by Hypothesis, where enumeration does not reach."""

from __future__ import annotations

from harness.records.run import Variation
from harness.records.verdict import Attacker, Finding
from harness.redteam.interface import Attack, Case, Runs, unforeseen
from harness.redteam.predicates import judge_search, plan_search


def _plan(case: Case) -> tuple[Variation, ...]:
    return plan_search(case, "generated", unforeseen(case, "generated"))


def _judge(case: Case, runs: Runs) -> Finding:
    return judge_search(ATTACK, case, runs)


ATTACK = Attack(
    name="counterexample/generated",
    attacker=Attacker.COUNTEREXAMPLE_HUNTER,
    threat="the statement fails at a point that nobody thought of and no enumeration reaches",
    origin="property-based testing: QuickCheck (Claessen and Hughes 2000), Hypothesis (MacIver et al. 2019)",
    plan=_plan,
    judge=_judge,
)
