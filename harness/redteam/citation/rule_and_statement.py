"""The values and margins that the rule judges by must be those that the statement says."""

from __future__ import annotations

import ast
import re
from fractions import Fraction
from typing import Any

from harness.grounding import number_in
from harness.records.claim import ClaimKind
from harness.records.rules import (
    AllOf,
    AnyOf,
    Bound,
    Equals,
    ForAll,
    Paired,
    Proportion,
    Rerun,
    Rule,
    Unpaired,
)
from harness.records.verdict import Attacker, Effect, Finding, Reason
from harness.redteam.interface import Attack, Case, Runs
from harness.rules.grammar import literal, parse
from harness.stats.rounding import exact, exact_text

_NUMBER = re.compile(r"(?<![\w.])(?:\d{1,3}(?:,\d{3})+|\d+)?(?:\.\d+)?(?!\w)")


_POINTS = re.compile(r"%|\b(?:percent\w*|per cent|points?)\b", re.IGNORECASE)
MOST = re.compile(r"\b(?:most|majority|more than half)\b", re.IGNORECASE)
"""Words that name a share of one half."""


def _judged_by(rule: Rule, statement: str, *, optional: bool = False) -> list[tuple[str, str, bool]]:
    """Name and text of every number that decides a rule, and whether it alone could meet an ``any_of``."""
    if isinstance(rule, (AllOf, AnyOf)):
        inside = optional or isinstance(rule, AnyOf)
        return [item for part in rule.parts for item in _judged_by(part, statement, optional=inside)]
    if isinstance(rule, (Equals, Rerun)):
        return [("expected value", rule.expected, optional)]
    if isinstance(rule, Bound):
        return [("threshold", rule.threshold, optional)]
    if isinstance(rule, Proportion):
        # A share that nobody named is a choice of the record's author; "most" names a half.
        if "/" in rule.at_least:
            counts = [("count", part, True) for part in rule.at_least.split("/")]
            return [*counts, *(("slack", text, True) for text in _slack(rule.holds))]
        share = exact(rule.at_least)
        percent = exact_text(100 * share)
        named = (share == Fraction(1, 2) and MOST.search(statement)) or re.search(
            rf"(?<![\w.]){re.escape(percent)}\s*(?:%|percent\b|per cent\b)", statement
        )
        slack = [("slack", text, True) for text in _slack(rule.holds)]
        return slack if named else [*slack, ("share", rule.at_least, True)]
    if isinstance(rule, ForAll):
        return [("slack", text, True) for text in _slack(rule.holds)]
    if isinstance(rule, (Paired, Unpaired)) and not rule.rule.endswith("superiority"):
        return [("margin", rule.margin, optional)]
    return []


def _slack(holds: str) -> list[str]:
    """Numbers that an expression adds to a column or takes away from it: by so much a comparison may fail."""
    return [
        str(number)
        for node in ast.walk(parse(holds))
        if isinstance(node, ast.BinOp) and isinstance(node.op, (ast.Add, ast.Sub))
        for side in (node.left, node.right)
        if isinstance(side, ast.Constant) and isinstance(number := literal(side), Fraction)
    ]


def _judge(case: Case, runs: Runs) -> Finding:
    formal = case.claim.kind is ClaimKind.FORMAL
    judged_by = _judged_by(case.claim.decision, case.claim.statement)
    # A formula is full of numbers that are no slack.
    numbers = [item for item in judged_by if item[0] != "slack" or not formal]
    if not numbers:
        return ATTACK.not_applicable("the rule judges by no number that the statement would have to say")
    said = {
        abs(number)
        for text in _NUMBER.findall(case.claim.statement)
        if (number := number_in(text)) is not None
    }
    if _POINTS.search(case.claim.statement):
        said |= {number / 100 for number in said}
    unsaid: list[dict[str, Any]] = [
        {"what": what, "number": text, "any_of": optional}
        for what, text, optional in numbers
        if abs(exact(text)) not in said and (optional or exact(text) != 0)
    ]
    escape = [row for row in unsaid if row["any_of"]]
    if escape:
        return ATTACK.broken(
            Effect.VOIDS,
            7.0,
            f"the {escape[0]['what']} {escape[0]['number']} is enough for the rule, and the statement does not say it",
            reason=Reason.VACUOUS_EVIDENCE,
            evidence=tuple(escape),
        )
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
