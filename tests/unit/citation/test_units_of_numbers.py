"""A number with the wrong unit, and honest numbers written in another one."""

from __future__ import annotations

from typing import Any

import pytest
from citation_cases import CELL, judged, make_case, quote

from harness.loading import LoadedClaim
from harness.records.verdict import Reason
from harness.redteam.citation.units import ATTACK


def equals(expected: str, unit: str) -> dict[str, Any]:
    """A rule that expects one number in a unit."""
    return {
        "observes": [{"name": "x", "what": "x", "type": "number", "unit": unit}],
        "decision": {"rule": "equals", "of": {"quantity": "x"}, "expected": expected},
        "controls": None,
    }


@pytest.mark.parametrize(
    ("statement", "expected", "unit"),
    [
        ("The R@1 of New is 0.62 %.", "0.62", "fraction"),
        ("The R@1 of New is 62 % points.", "62", "percent"),
        ("New is 5 % better.", "5", "percent-points"),
        ("New is 5 percentage points better.", "5", "percent-change"),
        ("New is 5 points better.", "5", "percent-change"),
        ("New is 0.05 percentage points better.", "0.05", "fraction-difference"),
        ("New takes 250 ms.", "250", "seconds"),
        ("New takes 5 minutes.", "5", "seconds"),
        ("New needs 3 MB.", "3", "bytes"),
        ("New is 30 % lower.", "30", "ranks"),
        ("New answers 12 % of them.", "12", "count"),
    ],
)
def test_a_swapped_unit_voids(loaded: LoadedClaim, statement: str, expected: str, unit: str) -> None:
    finding = judged(ATTACK, make_case(loaded, statement, cells=[CELL], **equals(expected, unit)))
    assert (finding.status, str(finding.effect)) == ("broken", "VOIDS")
    assert finding.reason_code is Reason.SOURCE_UNRESOLVED


@pytest.mark.parametrize(
    ("statement", "expected", "unit"),
    [
        ("The R@1 of New is 62 %.", "0.62", "fraction"),
        ("The R@1 of New is 62 %.", "62", "percent"),
        ("New is 5 % better.", "5", "percent-change"),
        ("New is 5 percentage points better.", "5", "percent-points"),
        ("New is 5 percentage points better.", "0.05", "fraction-difference"),
        ("New is 0.05 points better.", "0.05", "fraction-difference"),
        ("New takes 250 ms.", "0.25", "seconds"),
        ("New takes 0.25 s.", "0.25", "seconds"),
        ("New takes 5 minutes.", "300", "seconds"),
        ("New needs 3 MB.", "3000000", "bytes"),
        ("New is 30 ranks lower.", "30", "ranks-difference"),
        ("New is lower by 30 %, from 30 ranks.", "30", "ranks"),
        ("The R@1 of New is 12 %.", "0.62", "fraction"),
    ],
)
def test_an_honest_unit_holds(loaded: LoadedClaim, statement: str, expected: str, unit: str) -> None:
    case = make_case(loaded, statement, cells=[CELL], **equals(expected, unit))
    assert judged(ATTACK, case).status == "held"


def test_a_number_without_a_unit_says_nothing(loaded: LoadedClaim) -> None:
    assert judged(ATTACK, make_case(loaded, "The R@1 of New is 0.62.")).status == "not_applicable"


def test_units_of_the_margin_are_those_of_a_difference(loaded: LoadedClaim) -> None:
    rule = {
        "rule": "noninferiority", "table": "pairs", "unit": "language", "treatment": "new", "control": "old",
        "better": "higher", "margin": "0.01", "multiplicity": {"family": "one", "method": "none"},
    }  # fmt: skip
    for statement, status in (
        ("New is not worse than Old by 1 percentage point.", "held"),
        ("New is not worse than Old by 0.01 percentage points.", "broken"),
        ("New is not worse than Old by 0.01 %.", "broken"),
    ):
        assert judged(ATTACK, make_case(loaded, statement, decision=rule)).status == status


def test_a_cited_cell_has_the_unit_of_its_measure(loaded: LoadedClaim) -> None:
    roles = {"tables__0__roles__groups": ["arm"], "facts__metrics__0__aliases": ["New"]}
    cell = {**CELL, "says": "0.62"}
    for statement, status in (("New is at 0.62 %.", "broken"), ("New is at 62 %.", "held")):
        assert judged(ATTACK, make_case(loaded, statement, cells=[cell], paper=roles)).status == status


def test_a_quoted_number_has_the_unit_that_follows_it(loaded: LoadedClaim) -> None:
    words = quote("Encoding takes 0.25 s per query.")
    for statement, status in (
        ("Encoding with New takes 0.25 ms.", "broken"),
        ("Encoding with New takes 250 ms.", "held"),
        ("Encoding with New takes 0.25 seconds.", "held"),
    ):
        assert judged(ATTACK, make_case(loaded, statement, quotes=[words])).status == status
