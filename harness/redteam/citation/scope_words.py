"""Scope words of the statement against what the source has and what the rule checks."""

from __future__ import annotations

import re
from fractions import Fraction
from typing import Any

from harness.grounding import find_entity
from harness.records.rules import Proportion, Rule
from harness.records.verdict import Attacker, Effect, Finding, Reason
from harness.redteam.counterexample.every_row import UNIVERSAL as UNIVERSAL_RULES
from harness.redteam.covered import left_out, outside_category
from harness.redteam.interface import Attack, Case, Runs
from harness.redteam.lexicon import CATEGORY_WORDS, MAJORITY, SIGNIFICANCE, UNIVERSAL
from harness.rules.leaves import has_choice, leaves, statistical_rules
from harness.stats.rounding import exact

_COMPARING = {
    f"{design}{kind}"
    for design in ("", "unpaired_")
    for kind in ("superiority", "noninferiority", "equivalence")
}
_STATISTICAL = {*_COMPARING, "trend", "sequential"}
SPELLED = re.compile(
    r"\b(?:twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety|hundred|thousand|twice|doubl\w+|tripl\w+|thrice|"
    r"halv\w+|(?<!more than )half|a (?:third|quarter|tenth))\b",
    re.IGNORECASE,
)
"""Numbers in words, which no locator can be compared with."""
CHOICE = re.compile(r"\b(?:or|either|at least one|any of|one of)\b", re.IGNORECASE)
MOST_ALPHA = Fraction(1, 20)
COVERING_RULES = {*UNIVERSAL_RULES, *_COMPARING}
"""Kinds of rule that look at each case."""
_COUNTING = {*UNIVERSAL_RULES, "proportion"}


def _judge(case: Case, runs: Runs) -> Finding:
    claim, facts = case.claim, case.loaded.source.base.facts
    words = [name for name, pattern in CATEGORY_WORDS.items() if pattern.search(claim.statement)]
    wanted = sorted({*words, *claim.subject.categories})
    absent: list[dict[str, Any]] = []
    for name in wanted:
        category = find_entity(facts, "categories", name)
        if category is None or category.role != "studied":
            absent.append({"word": name, "source": "has no such category"})
    if absent:
        return ATTACK.broken(
            Effect.VOIDS,
            8.0,
            f"the statement speaks of {' and '.join(row['word'] for row in absent)}; the source has no such category",
            reason=Reason.SOURCE_UNRESOLVED,
            evidence=tuple(absent),
        )
    kinds = {leaf.rule for leaf in leaves(claim.decision)}
    offers_choice = has_choice(claim.decision)
    loose = [rule.alpha for rule in statistical_rules(claim.decision) if exact(rule.alpha) > MOST_ALPHA]
    promised = ""
    if spelled := SPELLED.search(claim.statement):
        promised = (
            f"the statement says {spelled.group()!r} in words; write the number, so that it can be compared"
        )
    elif offers_choice and not CHOICE.search(claim.statement):
        promised = "the rule is met by any one of its parts; the statement offers no choice"
    elif SIGNIFICANCE.search(claim.statement) and loose:
        promised = f"the statement promises significance; the rule tests at the level {loose[0]}"
    elif UNIVERSAL.search(claim.statement) and "proportion" in kinds and not kinds & COVERING_RULES:
        promised = "the statement speaks of every case; the rule is content with a share"
    elif MAJORITY.search(claim.statement) and (share := _minority(case)):
        promised = f"the statement speaks of most cases; the rule is content with a share of {share}"
    elif strangers := outside_category(case, wanted):
        stranger = strangers[0]
        promised = (
            f"the statement speaks of {stranger['category']}; {stranger['unit']} is measured, and the source does not "
            "count it there"
        )
    if promised:
        return ATTACK.broken(Effect.VOIDS, 7.0, promised, reason=Reason.SOURCE_UNRESOLVED)
    if SIGNIFICANCE.search(claim.statement) and not kinds & _STATISTICAL and not _of_a_sample(claim.decision):
        return ATTACK.broken(
            Effect.VOIDS,
            7.0,
            "the statement promises significance; the rule holds no statistical test",
            reason=Reason.SOURCE_UNRESOLVED,
        )
    scope = UNIVERSAL.search(claim.statement) or MAJORITY.search(claim.statement)
    if scope and (missing := left_out(case)):
        named = [row for row in missing if row["named"]]
        first = (named or missing)[0]
        summary = (
            f'the statement says "{scope.group()}"; what was measured leaves out {first["label"]}, '
            f"one of {first['of']} in {first['column']} of {first['table']}"
        )
        if named:
            return ATTACK.broken(
                Effect.VOIDS, 7.0, summary, reason=Reason.VACUOUS_EVIDENCE, evidence=tuple(missing)
            )
        return ATTACK.broken(Effect.WEAKENS, 4.0, summary, evidence=tuple(missing))
    if MAJORITY.search(claim.statement) and not kinds & _COUNTING:
        return ATTACK.broken(
            Effect.WEAKENS,
            5.0,
            f"the statement speaks of most cases; the rule ({', '.join(sorted(kinds))}) does not count them",
        )
    if UNIVERSAL.search(claim.statement) and not kinds & COVERING_RULES:
        return ATTACK.broken(
            Effect.WEAKENS,
            5.0,
            f"the statement speaks of every case; the rule ({', '.join(sorted(kinds))}) does not look at each",
        )
    if not wanted and not SIGNIFICANCE.search(claim.statement) and not scope:
        return ATTACK.not_applicable("the statement uses no scope word")
    return ATTACK.held("every scope word of the statement is covered by the source and the rule")


def _of_a_sample(decision: Rule) -> bool:
    """Whether a share is compared by the exact interval of a sample, which is a test."""
    return any(isinstance(leaf, Proportion) and leaf.population == "sample" for leaf in leaves(decision))


def _minority(case: Case) -> str:
    """A share below one half with which the rule is content; empty without one."""
    for leaf in leaves(case.claim.decision):
        if isinstance(leaf, Proportion):
            count, _slash, total = leaf.at_least.partition("/")
            if (exact(count) / exact(total) if total else exact(count)) < Fraction(1, 2):
                return leaf.at_least
    return ""


ATTACK = Attack(
    name="citation/scope-words",
    attacker=Attacker.CITATION_AUDITOR,
    threat="the statement is wider than its source",
    origin="claim-scope auditing; overgeneralisation in abstracts",
    judge=_judge,
)
