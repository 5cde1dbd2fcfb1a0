"""Every row a universal rule covers, with every violating one."""

from __future__ import annotations

from typing import Any

from harness.records.rules import RuleOutcome
from harness.records.verdict import Attacker, Effect, Finding
from harness.redteam.interface import Attack, Case, Runs
from harness.redteam.smallest_refutation import extremes, in_words

UNIVERSAL = (
    "forall",
    "rank",
    "granularity",
    "mean_of_cells",
    "sum_of_cells",
    "same_value",
    "percent_change",
    "p_value",
    "grimmer",
    "debit",
)


def universal_parts(outcome: RuleOutcome) -> list[RuleOutcome]:
    """The universal rules in an outcome, parts of combinations included."""
    if outcome.rule in UNIVERSAL:
        return [outcome]
    return [leaf for part in outcome.parts for leaf in universal_parts(part)]


def _judge(case: Case, runs: Runs) -> Finding:
    if case.main.rule is None:
        return ATTACK.not_applicable("the script reported nothing to enumerate")
    if case.main.rule.answer == "MET":
        # Violations in a part of any_of that is not needed refute nothing.
        return ATTACK.held("every row the rule covers was enumerated, and the rule is met", runs=("main",))
    parts = universal_parts(case.main.rule)
    if not parts:
        return ATTACK.not_applicable("the rule is not about every row")
    violating: list[dict[str, Any]] = [row for part in parts for row in part.violations]
    if not violating or all(part.answer != "REFUTED" for part in parts):
        return ATTACK.held("every row the rule covers was enumerated; none violates it", runs=("main",))
    chosen = None
    if case.main.observations is not None:
        chosen = extremes(case.claim.decision, parts, case.main.observations)
    shown = f"first {_short(violating[0])}" if chosen is None else in_words(*chosen, _short)
    return ATTACK.broken(
        Effect.REFUTES,
        9.0,
        f"{len(violating)} row{'s' * (len(violating) > 1)} violate the statement, {shown}",
        evidence=tuple(violating),
        runs=("main",),
    )


def _short(row: dict[str, Any]) -> str:
    return ", ".join(f"{key}={value}" for key, value in row.items())[:200]


ATTACK = Attack(
    name="counterexample/every-row",
    attacker=Attacker.COUNTEREXAMPLE_HUNTER,
    threat="a universal statement fails in some row that a summary hides",
    origin="design of the harness: universal statements are enumerated in full",
    judge=_judge,
)
