"""The values and margins that the rule judges by must be those that the statement says."""

from __future__ import annotations

import re
from typing import Any

from harness.records.rules import AllOf, AnyOf, Equals, Paired, Rule
from harness.records.verdict import Attacker, Effect, Finding
from harness.redteam.interface import Attack, Case, Runs
from harness.stats.rounding import exact

_NUMBER = re.compile(r"(?<![\w.])(?:\d{1,3}(?:,\d{3})+|\d+)?(?:\.\d+)?(?!\w)")


def _judged_by(rule: Rule) -> list[tuple[str, str]]:
    """Name and text of every number that decides a rule and that a reader must know."""
    if isinstance(rule, (AllOf, AnyOf)):
        return [pair for part in rule.parts for pair in _judged_by(part)]
    if isinstance(rule, Equals):
        return [("expected value", rule.expected)]
    if isinstance(rule, Paired) and rule.rule != "superiority":
        return [("margin", rule.margin)]
    return []


def _judge(case: Case, runs: Runs) -> Finding:
    numbers = _judged_by(case.claim.decision)
    if not numbers:
        return ATTACK.not_applicable("the rule judges by no number that the statement would have to say")
    said = {abs(exact(text)) for text in _NUMBER.findall(case.claim.statement) if text}
    unsaid: list[dict[str, Any]] = [
        {"what": what, "number": text} for what, text in numbers if abs(exact(text)) not in said
    ]
    if unsaid:
        return ATTACK.broken(
            Effect.WEAKENS,
            4.0,
            f"the rule judges by the {unsaid[0]['what']} {unsaid[0]['number']}, which the statement does not say",
            evidence=tuple(unsaid),
        )
    return ATTACK.held(f"the statement says all {len(numbers)} values and margins that the rule judges by")


ATTACK = Attack(
    name="citation/rule-and-statement",
    attacker=Attacker.CITATION_AUDITOR,
    threat="the rule decides something else than the statement says",
    origin="outcome switching; undisclosed margins",
    judge=_judge,
)
