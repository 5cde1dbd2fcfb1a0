"""Higher or lower: the statement's words against the direction of the rule; the method named against the subject."""

from __future__ import annotations

import re

from harness.grounding import find_entity, spelling_pattern
from harness.records.rules import Paired, Rank, Rule, Sequential, Trend, Unpaired
from harness.records.verdict import Attacker, Effect, Finding, Reason
from harness.redteam.interface import Attack, Case, Runs
from harness.rules.leaves import leaves

UP = re.compile(
    r"\b(?:highest|higher|increas\w*|rais\w*|rises?|grows?|gains?|larger|largest|greater|greatest)\b", re.I
)
DOWN = re.compile(
    r"\b(?:lowest|lower\w*|decreas\w*|reduc\w*|falls?|drops?|shrinks?|smaller|smallest)\b", re.I
)
WORST = re.compile(r"\b(?:worst|worse|inferior|worsens?|degrad\w*|underperform\w*)\b", re.I)
NOT_WORSE = re.compile(r"\b(?:non-?inferior|not (?:worse|inferior)|no worse)\b", re.I)
COMPARED = re.compile(
    r"\b(?:against|than|over|versus|vs\.?|compared (?:with|to)|unlike|relative to|beats?|and|or|of|between|to|from)\s+"
    r"(?:the\s+|both\s+|either\s+)*$",
    re.I,
)
"""Words after which a control may be the first method named."""


def directions(rule: Rule) -> set[str]:
    """Directions that the rules in a rule call best, or claim a trend in: ``higher`` and ``lower``."""
    ways = {leaf.better for leaf in leaves(rule) if isinstance(leaf, (Paired, Unpaired, Sequential))}
    ranks = {
        "higher" if leaf.best == "highest" else "lower" for leaf in leaves(rule) if isinstance(leaf, Rank)
    }
    trends = {
        "higher" if leaf.direction == "increasing" else "lower"
        for leaf in leaves(rule)
        if isinstance(leaf, Trend)
    }
    return {*ways, *ranks, *trends}


def _judge(case: Case, runs: Runs) -> Finding:
    claim = case.claim
    text = NOT_WORSE.sub(" ", claim.statement)
    ways = directions(claim.decision)
    up, down = bool(UP.search(text)), bool(DOWN.search(text))
    wrong = ""
    if ways == {"higher"} and down and not up:
        wrong = "the statement says lower, the rule calls higher values best"
    elif ways == {"lower"} and up and not down:
        wrong = "the statement says higher, the rule calls lower values best"
    elif WORST.search(text) and not up and not down and ways and ways <= _good(case):
        wrong = "the statement says worse, the rule asks for better"
    if wrong or (wrong := _other_method(case)):
        return ATTACK.broken(Effect.VOIDS, 8.0, wrong, reason=Reason.SOURCE_UNRESOLVED)
    if not ways:
        return ATTACK.not_applicable("the rule has no direction")
    return ATTACK.held("statement and rule point the same way, and are about the same method")


def _good(case: Case) -> set[str]:
    """Directions that the source calls better for the measures of the subject."""
    facts = case.loaded.source.base.facts
    found = (find_entity(facts, "metrics", name) for name in case.claim.subject.metrics)
    return {entity.better for entity in found if entity is not None and entity.better is not None}


def _other_method(case: Case) -> str:
    """A sentence when the statement is about another method than the subject's treatment."""
    arms = case.claim.subject.arms
    facts = case.loaded.source.base.facts
    if arms is None:
        return ""
    treatment = find_entity(facts, "arms", arms.treatment)
    first: tuple[int, str] | None = None
    named = set()
    text = case.claim.statement
    spellings = [(name, entity) for entity in facts.arms for name in (entity.name, *entity.aliases)]
    for name, entity in sorted(spellings, key=lambda item: (-len(item[0]), item[0])):
        for match in spelling_pattern(name).finditer(text):
            named.add(entity.name)
            if not COMPARED.search(text[: match.start()]) and (first is None or match.start() < first[0]):
                first = (match.start(), entity.name)
        text = spelling_pattern(name).sub(lambda match: " " * len(match.group()), text)
    if treatment is not None and named and treatment.name not in named:
        return f"the statement names {', '.join(sorted(named))} and not {treatment.name}, the subject's treatment"
    if treatment is not None and first is not None and first[1] != treatment.name:
        return f"the statement is about {first[1]}, the subject's treatment is {treatment.name}"
    return ""


ATTACK = Attack(
    name="citation/direction",
    attacker=Attacker.CITATION_AUDITOR,
    threat="the rule decides the opposite of the statement, or decides it about another method",
    origin="inverted report texts; outcome switching",
    judge=_judge,
)
