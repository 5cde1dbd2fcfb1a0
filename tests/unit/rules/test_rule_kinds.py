"""Every kind of rule is known wherever kinds of rules are listed."""

from __future__ import annotations

import json
from typing import Any

import pytest
from pydantic import TypeAdapter

from harness.companions import companion_claim, companion_input, kinds
from harness.records.observations import Observations
from harness.records.rules import Answer, Rule
from harness.redteam.citation.direction import directions
from harness.redteam.citation.scope_words import _STATISTICAL, COVERING_RULES
from harness.redteam.replication.arms_swapped import directional
from harness.rules import decide
from harness.rules.leaves import Leaf, Statistical, expected_values, leaves, statistical_rules

RULE: TypeAdapter[Any] = TypeAdapter(Rule)
ALL_KINDS = sorted(
    kind
    for leaf in Leaf.__args__  # type: ignore[attr-defined]
    for kind in leaf.model_fields["rule"].annotation.__args__
)
NEW = {f"unpaired_{kind}" for kind in ("superiority", "noninferiority", "equivalence")}
NEW |= {"trend", "rerun", "sequential"}


@pytest.mark.parametrize("kind", ALL_KINDS)
@pytest.mark.parametrize("truth", [True, False])
def test_every_kind_has_companions_with_the_right_answer(kind: str, truth: bool) -> None:
    claim = companion_claim(kind)
    content = json.loads(companion_input(kind, truth))
    content.pop("protocol", None)
    outcome = decide(claim.decision, Observations.model_validate(content))
    assert outcome.answer is (Answer.MET if truth else Answer.REFUTED)
    assert kinds(claim.decision) == (kind,)
    assert outcome.summary.endswith(".") and "  " not in outcome.summary


def test_the_new_kinds_are_there() -> None:
    assert set(ALL_KINDS) >= NEW


@pytest.mark.parametrize("kind", ALL_KINDS)
def test_statistical_rules_are_told_from_the_others(kind: str) -> None:
    rule = companion_claim(kind).decision
    tests = kind.endswith(("superiority", "noninferiority", "equivalence")) or kind in NEW
    assert bool(statistical_rules(rule)) is tests is isinstance(leaves(rule)[0], Statistical)
    # "significant" is a word for a test that shows a difference or a trend, not for agreement with a report.
    assert (kind in _STATISTICAL) is (tests and kind != "rerun")
    assert kind not in COVERING_RULES or kind not in ("trend", "rerun", "sequential", "proportion")


@pytest.mark.parametrize("kind", sorted(NEW))
def test_directions_of_the_new_kinds(kind: str) -> None:
    rule = companion_claim(kind).decision
    assert directions(rule) == (set() if kind == "rerun" else {"higher"})
    assert directional(rule) is (kind in ("unpaired_superiority", "sequential"))
    assert expected_values(rule) == (("1.00",) if kind == "rerun" else ())
