"""Statements that say more than the sentences they quote, each beside one that does not."""

from __future__ import annotations

from typing import Any

import pytest
from citation_cases import CELL, judged, make_case, quote

from harness.loading import LoadedClaim
from harness.redteam.citation.stronger import ATTACK

OTHER_CELL = {**CELL, "where": {"language": "en", "arm": "Old"}, "says": "0.50"}
BOUND: dict[str, Any] = {
    "observes": [{"name": "x", "what": "x", "type": "number", "unit": "fraction-difference"}],
    "decision": {"rule": "bound", "of": {"quantity": "x"}, "op": ">", "threshold": "0"},
    "controls": None,
}


@pytest.mark.parametrize(
    ("sentence", "quoted", "stronger", "honest"),
    [
        (
            "New may improve R@1 for BERT.",
            "improve R@1 for BERT",
            "New improves R@1 for BERT over Old.",
            "New may improve R@1 for BERT over Old.",
        ),
        (
            "Our results suggest that New is better than Old.",
            "New is better than Old",
            "New is better than Old for BERT.",
            "Results suggest that New is better than Old for BERT.",
        ),
        (
            "New is better than Old on average.",
            "New is better than Old",
            "New is better than Old for BERT.",
            "The mean R@1 of New is better than that of Old for BERT.",
        ),
        (
            "New is comparable to Old.",
            "New is comparable to Old",
            "New is better than Old.",
            "New is at least as good as Old.",
        ),
        (
            "New is better than Old when trained longer.",
            "New is better than Old",
            "Training with New causes better R@1 than Old.",
            "New is better than Old for BERT.",
        ),
        (
            "New beats Old in our tables.",
            "New beats Old",
            "New beats Old significantly.",
            "New beats Old for BERT.",
        ),
        (
            "New beats Old in our tables.",
            "New beats Old",
            "New is the best method there is.",
            "New beats Old for BERT.",
        ),
        (
            "New beats Old on three languages.",
            "New beats Old",
            "New beats Old across languages.",
            "New beats Old on 3 languages.",
        ),
    ],
)
def test_what_the_statement_adds_weakens(
    loaded: LoadedClaim, sentence: str, quoted: str, stronger: str, honest: str
) -> None:
    for statement, status, effect in ((stronger, "broken", "WEAKENS"), (honest, "held", "None")):
        case = make_case(loaded, statement, quotes=[quote(quoted)], texts={"main": sentence}, **BOUND)
        finding = judged(ATTACK, case)
        assert (finding.status, str(finding.effect)) == (status, effect), statement
        assert finding.evidence[-1]["sentence"] == sentence


def test_words_that_a_quoted_sentence_has_are_no_addition(loaded: LoadedClaim) -> None:
    text = "New significantly raises R@1 because batches are mixed, and is the best."
    statement = "New is significantly the best because batches are mixed."
    case = make_case(loaded, statement, quotes=[quote("batches are mixed")], texts={"main": text}, **BOUND)
    assert judged(ATTACK, case).status == "held"


def test_a_rule_that_ranks_shows_what_is_best_itself(loaded: LoadedClaim) -> None:
    case = make_case(
        loaded, "New is the best of both.", quotes=[quote("New beats Old")], texts={"main": "New beats Old."}
    )
    assert case.claim.decision.rule == "forall"
    assert judged(ATTACK, case).status == "held"


def test_one_sentence_without_the_hedge_is_enough(loaded: LoadedClaim) -> None:
    text = "New may be better than Old. New is better than Old for BERT."
    quotes = [quote("New may be better"), quote("New is better than Old for BERT")]
    case = make_case(loaded, "New is better than Old for BERT.", quotes=quotes, texts={"main": text})
    assert judged(ATTACK, case).status == "held"


@pytest.mark.parametrize(
    ("statement", "cells", "status"),
    [
        ("New improves R@1 by 13.4 %.", [], "broken"),
        ("New improves R@1 by up to 13.4 %.", [], "held"),
        ("New improves R@1 by at most 13.4 %.", [], "held"),
        ("New improves R@1 over Old.", [], "held"),
        ("New improves R@1 by 0.62.", [CELL], "held"),
    ],
)
def test_the_most_that_was_seen_is_not_the_number(
    loaded: LoadedClaim, statement: str, cells: list[dict[str, Any]], status: str
) -> None:
    text = "New improves R@1 by up to 13.4 %. At most 0.62 is reached."
    quotes = [quote("New improves R@1 by up to 13.4 %"), quote("0.62 is reached")]
    case = make_case(loaded, statement, quotes=quotes, cells=cells or [OTHER_CELL], texts={"main": text})
    finding = judged(ATTACK, case)
    assert finding.status == status
    if status == "broken":
        assert str(finding.effect) == "VOIDS"


def test_a_part_that_is_quoted_as_the_number_itself_is_read_in_its_sentence(loaded: LoadedClaim) -> None:
    text = "New improves R@1 by up to 13.4 % there."
    case = make_case(
        loaded, "New improves R@1 by 13.4 %.", quotes=[quote("13.4 % there")], cells=[], texts={"main": text}
    )
    assert judged(ATTACK, case).status == "broken"


@pytest.mark.parametrize(
    ("statement", "rule", "status", "effect"),
    [
        ("New consistently beats Old.", BOUND, "broken", "VOIDS"),
        ("New beats Old in all cases.", BOUND, "broken", "VOIDS"),
        # The rule looks at each case: the statement is stronger than the sentence, and shown by itself.
        ("New consistently beats Old.", {}, "broken", "WEAKENS"),
        ("New beats Old in most languages.", BOUND, "held", "None"),
    ],
)
def test_most_quoted_as_all(
    loaded: LoadedClaim, statement: str, rule: dict[str, Any], status: str, effect: str
) -> None:
    text = "New beats Old in most languages."
    finding = judged(
        ATTACK, make_case(loaded, statement, quotes=[quote("New beats Old")], texts={"main": text}, **rule)
    )
    assert (finding.status, str(finding.effect)) == (status, effect)


def test_only_words_that_were_found_speak(loaded: LoadedClaim) -> None:
    for quotes in ([], [quote("never written anywhere")]):
        case = make_case(loaded, "New causes everything.", quotes=quotes)
        assert judged(ATTACK, case).status == "not_applicable"
