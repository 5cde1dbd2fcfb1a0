"""Quotes of a record: what stands there, what does not, and what the source says instead."""

from __future__ import annotations

import pytest
from citation_cases import CELL, TEXT, judged, make_case, quote, said

from harness.grounding import statement_numbers
from harness.loading import LoadedClaim
from harness.quoting import quotes_of, unresolved_quotes
from harness.records.verdict import Reason
from harness.redteam.citation.quotes import ATTACK

MEAN = "New reaches a mean R@1 of 0.62 with BERT (Table 1)."


def test_a_quote_that_stands_there_holds_and_says_where(loaded: LoadedClaim) -> None:
    finding = judged(ATTACK, make_case(loaded, quotes=[quote(MEAN, "It is 0.62.")]))
    assert said(finding) == ("held", None)
    [evidence] = finding.evidence
    [place] = evidence["places"]
    assert evidence["document"] == "main"
    assert TEXT[place["start"] : place["end"]] == MEAN


def test_without_quotes_there_is_nothing_to_try(loaded: LoadedClaim) -> None:
    assert said(judged(ATTACK, make_case(loaded))) == ("not_applicable", None)


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        ("New is superior in every respect.", "does not stand in main"),
        ("New has a higher R@1 than Old", "stands in 2 places"),
    ],
)
def test_a_quote_that_does_not_resolve_voids(loaded: LoadedClaim, words: str, problem: str) -> None:
    case = make_case(loaded, quotes=[quote(words)])
    finding = judged(ATTACK, case)
    assert said(finding) == ("broken", "VOIDS")
    assert finding.reason_code is Reason.SOURCE_UNRESOLVED
    assert problem in finding.summary
    [sentence] = unresolved_quotes(case.claim, case.loaded.source)
    assert problem in sentence


def test_prefix_and_suffix_settle_which_place_is_meant(loaded: LoadedClaim) -> None:
    words = "New has a higher R@1 than Old"
    for more in ({"prefix": "In our experiments"}, {"suffix": ", on average."}):
        assert said(judged(ATTACK, make_case(loaded, quotes=[quote(words, **more)]))) == ("held", None)


def test_without_a_text_no_quote_resolves(loaded: LoadedClaim) -> None:
    case = make_case(loaded, quotes=[quote(MEAN)], texts={})
    assert said(judged(ATTACK, case)) == ("broken", "VOIDS")
    assert "no text of the source" in unresolved_quotes(case.claim, case.loaded.source)[0]


def test_the_closest_passage_is_shown(loaded: LoadedClaim) -> None:
    case = make_case(loaded, quotes=[quote("Encoding always takes 0.25 s per query")])
    assert "Encoding takes 0.25 s per query" in judged(ATTACK, case).summary


IN_FRENCH = {**CELL, "where": {"language": "fr", "arm": "New"}, "says": "0.73"}


@pytest.mark.parametrize(
    ("statement", "cells", "effect"),
    [
        # The statement rests on the altered number.
        ("The mean R@1 of New with BERT is 0.72.", [], "REFUTES"),
        # It does not speak of it.
        ("New has a higher R@1 than Old for BERT.", [], "VOIDS"),
        # A table prints the number: then it is the text that errs, and the statement is not refuted.
        ("The R@1 of New with BERT is 0.73 in fr.", [IN_FRENCH], "VOIDS"),
    ],
)
def test_an_altered_number_refutes_only_what_rests_on_it(
    loaded: LoadedClaim, statement: str, cells: list[dict[str, object]], effect: str
) -> None:
    words = MEAN.replace("0.62", "0.73" if "0.73" in statement else "0.72")
    finding = judged(ATTACK, make_case(loaded, statement, quotes=[quote(words)], cells=cells))
    assert said(finding) == ("broken", effect)
    assert "prints 0.62" in finding.summary
    assert (finding.reason_code is None) == (effect == "REFUTES")
    start, end = finding.evidence[0]["start"], finding.evidence[0]["end"]
    assert "0.62" in TEXT[start:end]


def test_a_quote_turned_round_is_void_and_not_refuted(loaded: LoadedClaim) -> None:
    turned = "In this setting the model New did fall behind Old in any way."
    finding = judged(ATTACK, make_case(loaded, quotes=[quote(turned)]))
    assert said(finding) == ("broken", "VOIDS")
    assert 'says "not"' in finding.summary


@pytest.mark.parametrize(
    ("says", "status"),
    [
        ("The mean is 0.62.", "held"),
        ("It is high, in the first table (Table 1).", "held"),
        ("The mean is 0.620.", "broken"),
        ("The mean is 0.63.", "broken"),
    ],
)
def test_numbers_that_a_quote_is_said_to_give_stand_in_it(
    loaded: LoadedClaim, says: str, status: str
) -> None:
    assert judged(ATTACK, make_case(loaded, quotes=[quote(MEAN, says)])).status == status


def test_a_number_in_words_counts_as_the_number(loaded: LoadedClaim) -> None:
    words = "The gain holds on three languages."
    assert judged(ATTACK, make_case(loaded, quotes=[quote(words, "It has 3 languages.")])).status == "held"
    assert judged(ATTACK, make_case(loaded, quotes=[quote(words, "It has 4 languages.")])).status == "broken"


def test_a_number_of_the_statement_may_come_from_a_quote(loaded: LoadedClaim) -> None:
    statement = "Encoding with New takes 0.25 s per query."
    for words, source in (("Encoding takes 0.25 s per query.", "quote in section 1"), (MEAN, None)):
        case = make_case(loaded, statement, quotes=[quote(words)], cells=[])
        [number] = statement_numbers(case.claim, case.loaded.source)
        assert number.source == source


def test_a_quote_may_name_its_document(loaded: LoadedClaim) -> None:
    texts = {"page": "Nothing here.", "print": "Only here it stands.", "again": "Only here it stands."}
    cases = {name: make_case(loaded, quotes=[quote("Only here it stands.", **more)], texts=texts)
             for name, more in (("print", {}), ("again", {"document": "again"}))}  # fmt: skip
    for name, case in cases.items():
        [found] = quotes_of(case.claim, case.loaded.source)
        assert found.document == name
    elsewhere = make_case(loaded, quotes=[quote("Only here it stands.", document="page")], texts=texts)
    assert judged(ATTACK, elsewhere).status == "broken"
