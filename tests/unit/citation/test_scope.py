"""Scope words: each with a statement that promises too much and one that does not."""

from __future__ import annotations

from typing import Any

import pytest
from citation_cases import ROWS, judged, make_case, said
from doubles import reported

from harness.loading import LoadedClaim
from harness.redteam.citation.scope_words import ATTACK
from harness.redteam.lexicon import CATEGORY_WORDS, MAJORITY, UNIVERSAL

BOUND: dict[str, Any] = {
    "observes": [{"name": "x", "what": "x", "type": "number", "unit": "fraction-difference"}],
    "decision": {"rule": "bound", "of": {"quantity": "x"}, "op": ">", "threshold": "0"},
    "controls": None,
}


def with_category(name: str, **more: Any) -> dict[str, Any]:
    """A paper that studies a category."""
    return {"facts__categories": [{"name": name, "at": {"section": "1"}, **more}]}


@pytest.mark.parametrize(
    ("word", "phrase"),
    [
        ("low-resource", "low-resource languages"),
        ("low-resource", "under-resourced languages"),
        ("low-resource", "lower-resourced languages"),
        ("low-resource", "less-resourced languages"),
        ("low-resource", "resource-poor languages"),
        ("low-resource", "resource-scarce languages"),
        ("low-resource", "languages with little training data"),
        ("low-resource", "languages with limited data"),
        ("low-resource", "languages for which there is little annotated data"),
        ("low-resource", "language pairs with scarce parallel data"),
        ("zero-shot", "zero-shot retrieval"),
        ("zero-shot", "zero shot retrieval"),
        ("zero-shot", "0-shot retrieval"),
        ("zero-shot", "unseen languages"),
        ("zero-shot", "languages never seen during training"),
        ("zero-shot", "languages absent from training"),
        ("zero-shot", "retrieval without any labelled target data"),
        ("zero-shot", "retrieval without task-specific training data"),
        ("few-shot", "five-shot retrieval"),
        ("few-shot", "a handful of labelled examples"),
    ],
)
def test_a_category_is_known_by_its_paraphrases(loaded: LoadedClaim, word: str, phrase: str) -> None:
    statement = f"New has a higher R@1 than Old for BERT on {phrase}."
    assert [name for name, pattern in CATEGORY_WORDS.items() if pattern.search(statement)] == [word]
    assert said(judged(ATTACK, make_case(loaded, statement))) == ("broken", "VOIDS")
    assert judged(ATTACK, make_case(loaded, statement, paper=with_category(word))).status == "held"


@pytest.mark.parametrize(
    "phrase",
    [
        "languages with much data",
        "resource-heavy training",
        "a limited data set of questions",
        "little more than the others",
        "training without hard negatives",
        "a shot in the dark",
        "unseen by reviewers",
    ],
)
def test_other_words_are_no_category(phrase: str) -> None:
    assert [name for name, pattern in CATEGORY_WORDS.items() if pattern.search(f"It is {phrase}.")] == []


@pytest.mark.parametrize(
    "statement",
    [
        "New beats Old in all languages.",
        "New beats Old in all 3 languages.",
        "New always beats Old.",
        "New consistently beats Old.",
        "New beats Old in every language.",
        "New beats Old without exception.",
        "New invariably beats Old.",
        "New beats Old across the board.",
    ],
)
def test_every_case_is_promised_and_only_a_mean_is_judged(loaded: LoadedClaim, statement: str) -> None:
    assert said(judged(ATTACK, make_case(loaded, statement, **BOUND))) == ("broken", "WEAKENS")
    assert judged(ATTACK, make_case(loaded, statement)).status == "held"
    share = {"rule": "proportion", "table": "pairs", "holds": "new > old", "at_least": "0.5"}
    assert said(judged(ATTACK, make_case(loaded, statement, decision=share))) == ("broken", "VOIDS")


@pytest.mark.parametrize(
    "statement",
    [
        "New beats Old in most languages.",
        "New beats Old in most of the languages.",
        "New beats Old in the majority of cases.",
        "New mostly beats Old.",
    ],
)
def test_most_is_more_than_half_of_the_cases(loaded: LoadedClaim, statement: str) -> None:
    assert said(judged(ATTACK, make_case(loaded, statement, **BOUND))) == ("broken", "WEAKENS")
    for share, status in (("0.5", "held"), ("2/3", "held"), ("0.3", "broken"), ("1/3", "broken")):
        rule = {"rule": "proportion", "table": "pairs", "holds": "new > old", "at_least": share}
        finding = judged(ATTACK, make_case(loaded, statement, decision=rule))
        assert said(finding) == (status, "VOIDS" if status == "broken" else None)


@pytest.mark.parametrize(
    "statement",
    ["New is the most effective.", "New is at most 5 better.", "3 languages in all.", "None at all."],
)
def test_words_that_only_look_like_scope(statement: str) -> None:
    assert not MAJORITY.search(statement)
    assert not UNIVERSAL.search(statement)


def test_significance_needs_a_test(loaded: LoadedClaim) -> None:
    statement = "New has a significantly higher R@1 than Old for BERT."
    assert said(judged(ATTACK, make_case(loaded, statement))) == ("broken", "VOIDS")
    rule = {
        "rule": "superiority", "table": "pairs", "unit": "language", "treatment": "new", "control": "old",
        "better": "higher", "multiplicity": {"family": "one", "method": "none"},
    }  # fmt: skip
    assert judged(ATTACK, make_case(loaded, statement, decision=rule)).status == "held"


def test_what_is_measured_belongs_to_the_category(loaded: LoadedClaim) -> None:
    statement = "New has a higher R@1 than Old for BERT on low-resource languages."
    outside = make_case(loaded, statement, paper=with_category("low-resource", languages=["fr"]))
    finding = judged(ATTACK, outside)
    assert said(finding) == ("broken", "VOIDS")
    assert [row["unit"] for row in finding.evidence] == [] or "de is measured" in finding.summary
    inside = make_case(loaded, statement, paper=with_category("low-resource", languages=["en", "de", "fr"]))
    assert judged(ATTACK, inside).status == "held"


GROUPED = {
    "tables__0__roles__groups": ["arm"],
    "facts__settings": [
        {"name": "New", "at": {"section": "1"}},
        {"name": "Old", "at": {"section": "1"}},
    ],
}
"""The label column of the small table read as a setting, so that there is a group to leave out."""


def labelled(labels: list[str]) -> dict[str, Any]:
    """What a script reports that names the groups it looked at."""
    document = reported([[label, *row[1:]] for label in labels for row in ROWS])
    document["tables"]["pairs"]["columns"][0]["name"] = "setting"
    return document


OBSERVES = {
    "observes__0__columns": {
        "setting": {"type": "label"},
        "new": {"type": "printed", "unit": "fraction"},
        "old": {"type": "printed", "unit": "fraction"},
    },
    "subject__settings": ["New", "Old"],
    "decision": {"rule": "forall", "table": "pairs", "holds": "new > old"},
    "controls": None,
}


@pytest.mark.parametrize(
    ("statement", "labels", "status"),
    [
        ("In all settings it holds.", ["New"], "broken"),
        ("In most settings it holds.", ["New"], "broken"),
        ("In all settings it holds.", ["New", "Old"], "held"),
        # Labels that the source does not know tell nothing about what was left out.
        ("In all settings it holds.", ["first"], "held"),
        ("It holds.", ["New"], "not_applicable"),
    ],
)
def test_a_group_that_was_not_measured_is_not_among_all_or_most(
    loaded: LoadedClaim, statement: str, labels: list[str], status: str
) -> None:
    case = make_case(loaded, statement, paper=GROUPED, observed=labelled(labels), **OBSERVES)
    finding = judged(ATTACK, case)
    assert finding.status == status
    if status == "broken":
        assert str(finding.effect) == "VOIDS"
        assert finding.evidence[0]["label"] == "Old"
