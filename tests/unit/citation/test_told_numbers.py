"""Sentences of the source that give another number than the table they name."""

from __future__ import annotations

import pytest
from citation_cases import judged, make_case

from harness.loading import LoadedClaim
from harness.redteam.citation.contradictions import ATTACK


@pytest.mark.parametrize(
    "sentence",
    [
        "The mean R@1 of New is 0.60 (Table 1).",
        "As Table 1 shows, New has an average R@1 of 0.7.",
        "In Table 1 New has an R@1 of 0.55 in de.",
    ],
)
def test_another_number_than_the_cell_weakens(loaded: LoadedClaim, sentence: str) -> None:
    finding = judged(ATTACK, make_case(loaded, texts={"main": f"Before. {sentence} After."}))
    assert (finding.status, str(finding.effect)) == ("broken", "WEAKENS")
    [evidence] = finding.evidence
    assert f"Before. {sentence} After."[evidence["start"] : evidence["end"]] == sentence


@pytest.mark.parametrize(
    "sentence",
    [
        "The mean R@1 of New is 0.62 (Table 1).",
        "The mean R@1 of New is 0.6 (Table 1).",
        # Something else than the value of one cell.
        "The mean R@1 of New is higher by 0.61 (Table 1).",
        "The mean R@1 of New is about 0.7 (Table 1).",
        "The mean R@1 of New is above 0.7 (Table 1).",
        "The mean R@1 of New is 70.0 % (Table 1).",
        # Not said which cell.
        "The mean R@1 is 0.7 (Table 1).",
        "The mean R@1 of New and Old is 0.7 (Table 1).",
        "New has an R@1 of 0.7 (Table 1).",
        # Two numbers, no number, another table, no table.
        "The mean R@1 of New is 0.7, of which 0.2 is luck (Table 1).",
        "The mean R@1 of New is high (Table 1).",
        "The mean R@1 of New is 0.7 (Table 2).",
        "The mean R@1 of New is 0.7 (Tables 1 and 2).",
        "The mean R@1 of New is 0.7.",
    ],
)
def test_a_sentence_that_may_mean_something_else_is_no_contradiction(
    loaded: LoadedClaim, sentence: str
) -> None:
    assert judged(ATTACK, make_case(loaded, texts={"main": sentence})).status == "held"
