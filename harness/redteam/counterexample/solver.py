"""Z3 on the negation of a predicate, where the predicate is arithmetic."""

from __future__ import annotations

from harness.records.run import Variation
from harness.records.verdict import Attacker, Finding
from harness.redteam.interface import Attack, Case, Runs
from harness.redteam.predicates import judge_search, plan_search


def _plan(case: Case) -> tuple[Variation, ...]:
    return plan_search(case, "solver", 0)


def _judge(case: Case, runs: Runs) -> Finding:
    return judge_search(ATTACK, case, runs)


ATTACK = Attack(
    name="counterexample/solver",
    attacker=Attacker.COUNTEREXAMPLE_HUNTER,
    threat="the statement fails at a point far from all that were tried",
    origin="satisfiability modulo theories: Z3 (de Moura and Bjorner 2008)",
    plan=_plan,
    judge=_judge,
)
