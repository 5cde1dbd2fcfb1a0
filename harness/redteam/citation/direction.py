"""Higher or lower: the statement's words against the direction of the rule; the method named against the subject."""

from __future__ import annotations

import ast
import re
from typing import Literal

from harness.grounding import find_entity, mentions, number_in, numbers_written
from harness.records.paper import Entity, Facts
from harness.records.rules import Bound, ForAll, Paired, Rank, Rule, Sequential, Trend, Unpaired
from harness.records.verdict import Attacker, Effect, Finding, Reason
from harness.redteam.cells import about
from harness.redteam.citation.direction_words import Way, threshold_ways, ways_said
from harness.redteam.interface import Attack, Case, Runs
from harness.rules.grammar import parse
from harness.rules.leaves import leaves
from harness.stats.rounding import exact

COMPARED = re.compile(
    r"\b(?:against|than|over|versus|vs\.?|compared (?:with|to)|unlike|relative to|beats?|and|or|of|between|to|from)\s+"
    r"(?:the\s+|both\s+|either\s+)*$",
    re.I,
)
"""Words after which a control may be the first method named."""


def directions(rule: Rule) -> set[Way]:
    """Directions that the rules in a rule call best, or claim a trend in: ``higher`` and ``lower``."""
    ways: set[Way] = {
        leaf.better for leaf in leaves(rule) if isinstance(leaf, (Paired, Unpaired, Sequential))
    }
    ranks: set[Way] = {
        "higher" if leaf.best == "highest" else "lower" for leaf in leaves(rule) if isinstance(leaf, Rank)
    }
    trends: set[Way] = {
        "higher" if leaf.direction == "increasing" else "lower"
        for leaf in leaves(rule)
        if isinstance(leaf, Trend)
    }
    return {*ways, *ranks, *trends}


def _judge(case: Case, runs: Runs) -> Finding:
    claim = case.claim
    ways = directions(claim.decision) | _of_rows(case)
    said = ways_said(claim.statement, _spellings(case, "metrics"), _spellings(case, "arms"), _good(case))
    wrong = ""
    if len(ways) == 1 and said and not said & ways:
        wrong = f"the statement says {said.pop()}, the rule asks for {ways.copy().pop()} values"
    if wrong := wrong or _other_side(case) or _other_method(case):
        return ATTACK.broken(Effect.VOIDS, 8.0, wrong, reason=Reason.SOURCE_UNRESOLVED)
    if not ways and not _thresholds(claim.decision):
        return ATTACK.not_applicable("the rule has no direction")
    return ATTACK.held("statement and rule point the same way, and are about the same method")


def _spellings(case: Case, kind: Literal["metrics", "arms"]) -> list[str]:
    """Names and aliases of the subject's measures or methods."""
    entities = about(case.claim, case.loaded.source, kind)
    return [name for entity in entities for name in (entity.name, *entity.aliases)]


def _of_rows(case: Case) -> set[Way]:
    """Directions of ``forall`` rules that compare a column named after the treatment with one of another method."""
    facts, arms = case.loaded.source.base.facts, case.claim.subject.arms
    treatment = find_entity(facts, "arms", arms.treatment) if arms else None
    found: set[Way] = set()
    for leaf in leaves(case.claim.decision):
        tree = parse(leaf.holds) if isinstance(leaf, ForAll) else None
        if not isinstance(tree, ast.Compare) or len(tree.ops) != 1 or treatment is None:
            continue
        sides = [_method(side, facts) for side in (tree.left, tree.comparators[0])]
        ordered = isinstance(tree.ops[0], (ast.Lt, ast.LtE, ast.Gt, ast.GtE))
        if not ordered or None in sides or (sides[0] is treatment) == (sides[1] is treatment):
            continue
        greater = isinstance(tree.ops[0], (ast.Gt, ast.GtE))
        found.add("higher" if greater == (sides[0] is treatment) else "lower")
    return found


def _method(side: ast.expr, facts: Facts) -> Entity | None:
    if not isinstance(side, ast.Name):
        return None
    return next(
        (
            entity
            for name in (side.id, side.id.replace("_", "-"), side.id.replace("_", " "))
            if (entity := find_entity(facts, "arms", name)) is not None
        ),
        None,
    )


def _thresholds(rule: Rule) -> list[Bound]:
    return [leaf for leaf in leaves(rule) if isinstance(leaf, Bound)]


def _other_side(case: Case) -> str:
    """A sentence when a ``bound`` rule asks for the other side of a number than the statement says."""
    for leaf in _thresholds(case.claim.decision):
        threshold = exact(leaf.threshold)
        for text in numbers_written(case.claim.statement):
            value = number_in(text)
            if value is None or value != abs(threshold):
                continue
            said = threshold_ways(case.claim.statement, text)
            # "Falls by at least 30 %" is a change of at most -30 %.
            wanted = "higher" if (leaf.op in (">", ">=")) == (threshold >= 0) else "lower"
            if said and wanted not in said:
                how = "at most" if "lower" in said else "at least"
                return f"the statement says {how} {text}, the rule asks for {leaf.op} {leaf.threshold}"
    return ""


def _good(case: Case) -> set[Way]:
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
    text = case.claim.statement
    found = [mention for mention in mentions(text, facts, "arms") if mention.kind == "arms"]
    named = {mention.entity.name for mention in found}
    first = next((item.entity.name for item in found if not COMPARED.search(text[: item.start])), None)
    if treatment is not None and named and treatment.name not in named:
        return f"the statement names {', '.join(sorted(named))} and not {treatment.name}, the subject's treatment"
    if treatment is not None and first is not None and first != treatment.name:
        return f"the statement is about {first}, the subject's treatment is {treatment.name}"
    return ""


ATTACK = Attack(
    name="citation/direction",
    attacker=Attacker.CITATION_AUDITOR,
    threat="the rule decides the opposite of the statement, or decides it about another method",
    origin="inverted report texts; outcome switching",
    judge=_judge,
)
