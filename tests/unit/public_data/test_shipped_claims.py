"""The shipped claims on XQuAD-R: what their scripts report of the real data."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from doubles import MOMENT

from harness.assessment import MAIN, main_variation
from harness.loading import load_claims
from harness.pipeline import Session, World
from harness.redteam.interface import RunView
from harness.sandbox.select import find_sandbox
from harness.store import Store

PAPER = Path(__file__).parents[3] / "claims" / "hybrid-batch-2408.10536"
QUESTIONS = {
    "ar": 1187,
    "de": 1182,
    "el": 1184,
    "en": 1187,
    "es": 1185,
    "hi": 1183,
    "ru": 1186,
    "th": 1183,
    "tr": 1184,
    "vi": 1182,
    "zh": 1181,
}
"""Different question texts, counted by another program."""

pytestmark = [pytest.mark.data, pytest.mark.sandbox]


@pytest.fixture
def main_run(tmp_path: Path) -> Callable[[str], RunView]:
    """The claim's own run alone, by name of the claim."""
    folder = os.environ.get("HARNESS_DATA")
    if not folder:
        pytest.skip("HARNESS_DATA does not name a folder with xquad-r")

    def run(name: str) -> RunView:
        world = World(
            find_sandbox(), Store(tmp_path), lambda: MOMENT, threading.Event(), data=Path(str(folder))
        )
        loaded = load_claims(PAPER / name)[0]
        with closing(Session(loaded, world)) as session:
            session.run(main_variation(loaded))
            return session.views()[MAIN]

    return run


def test_sizes(main_run: Callable[[str], RunView]) -> None:
    run = main_run("xquad-r-sizes")
    assert run.observations is not None
    assert (run.answer, len(run.observations.tables["sizes"].records())) == ("MET", 22)


def test_one_relevant_sentence_in_each_language(main_run: Callable[[str], RunView]) -> None:
    run = main_run("xquad-r-one-relevant")
    assert run.observations is not None
    assert (run.answer, len(run.observations.tables["questions"].records())) == ("MET", 1190)


def test_different_questions_by_language(main_run: Callable[[str], RunView]) -> None:
    run = main_run("xquad-r-distinct-questions")
    assert run.observations is not None
    rows = run.observations.tables["averages"].records()
    assert {row["language"]: row["questions"] for row in rows} == QUESTIONS
    assert (run.answer, len(rows)) == ("MET", 66)
