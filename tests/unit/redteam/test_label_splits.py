"""Which labels of a data file a statement names, and which columns of labels are looked at."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.loading import load_claims
from harness.records.run import RunOutcome, RunRecord, Variation
from harness.redteam.interface import Case, RunView
from harness.redteam.label_splits import is_named, is_universal, label_splits, statement_words

CLAIMS = Path(__file__).parents[2] / "gauntlet" / "claims"
[LOADED] = load_claims(CLAIMS / "recall-training" / "visits-finished-east")


def case(statement: str, visits: list[str] | None = None) -> Case:
    """The claim on visits with another statement, and other lines in its file."""
    claim = LOADED.claim.model_copy(update={"statement": statement})
    inputs = LOADED.inputs if visits is None else {"visits.jsonl": "\n".join(visits).encode()}
    loaded = replace(LOADED, claim=claim, inputs=inputs)
    run = RunRecord(variation=Variation(name="main"), outcome=RunOutcome.SCRIPT_FAILED, exit_code=1)
    return Case(loaded, RunView(run, None, claim))


@pytest.mark.parametrize(
    ("label", "statement", "named"),
    [
        ("east", "In the eastern sites of Visits more than half came.", True),
        ("E", "In the eastern sites of Visits more than half came.", True),
        ("east", "At least half of all visits were finished.", False),
        ("resp", "More than half of the patients respond.", True),
        ("responder", "More than half of the patients respond.", True),
        ("m", "More than half of the men came.", True),
        ("m", "More than half of the women came.", False),
        ("dev", "On the validation records the score is 3.", True),
        ("week_12", "After 12 weeks the score is 3.", True),
        ("b", "At least half of all visits were finished.", False),
        ("A", "On each workload Alder has a higher median.", False),
        ("A", "On workload A the median is higher.", True),
    ],
)
def test_a_label_is_named_by_a_word_for_it(label: str, statement: str, named: bool) -> None:
    found = case(statement)
    assert is_named(label, statement_words(found), found) is named


@pytest.mark.parametrize(
    ("statement", "universal"),
    [
        ("At each site more than half came.", True),
        ("More than half came at every one of the sites.", True),
        ("Both sites are good.", True),
        ("At each of the 3 sites more than half came.", False),
        ("At each site in the north more than half came.", False),
        ("At each site except one more than half came.", False),
        ("At each large site more than half came.", False),
        ("At most sites more than half came.", False),
        ("Each person came to the site.", False),
    ],
)
def test_each_site_speaks_of_all_sites(statement: str, universal: bool) -> None:
    assert is_universal(".site", case(statement)) is universal


def test_columns_of_few_labels_are_looked_at_apart_from_those_of_arms_and_answers() -> None:
    found = {split.column.strip("[].") for split in label_splits(case("Half of all visits were finished."))}
    assert found == {"site"}, "not group (the arms), finished (yes or no), person (names each row)"


@pytest.mark.parametrize(
    ("sites", "splits"),
    [(list("xxxxxxyy"), 1), (list("xxxxxxxy"), 0), (list("xxxxxxxx"), 0), (list("aabbccddeeffgg"), 0)],
)
def test_a_label_must_repeat_and_there_must_be_few(sites: list[str], splits: int) -> None:
    lines = [f'{{"site": "{site}", "hours": {number}.5}}' for number, site in enumerate(sites)]
    assert len(label_splits(case("The mean of hours is 3.", lines))) == splits


@given(st.text(max_size=12), st.text(max_size=40))
def test_any_label_and_statement_have_an_answer(label: str, statement: str) -> None:
    found = case(statement)
    assert is_named(label, statement_words(found), found) in (True, False)
