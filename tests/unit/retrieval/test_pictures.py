"""Pictures say what the numbers say, in the same bytes every time."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable

import numpy as np
import pytest

pytest.importorskip("matplotlib", reason="matplotlib is not installed: pip install '.[retrieval]'")

from scipy.stats import t

from harness.errors import InputError
from harness.retrieval import pictures
from harness.retrieval.pictures import Difference

DRAWS = np.random.default_rng(5)
SQUARE = DRAWS.random((3, 3))
CURVES = DRAWS.random((2, 4))
PICTURES: dict[str, Callable[[], bytes]] = {
    "heat maps": lambda: pictures.heat_maps({"X-Y": SQUARE, "Hybrid": SQUARE / 2}, ["ar", "de", "zh"], "MAP"),
    "differences": lambda: pictures.differences(
        {"gain in MAP": [Difference("monolingual", 0.1, 0.0, 0.2, -0.01)]}
    ),
    "distributions": lambda: pictures.distributions({"Hybrid": DRAWS_OF_RANKS}, "rank distance"),
    "trade-off": lambda: pictures.trade_off([0.0, 0.5, 0.7, 1.0], {"multilingual": CURVES}, "MAP"),
    "learning curves": lambda: pictures.learning_curves({"X-X-mono": CURVES}),
}
DRAWS_OF_RANKS = DRAWS.integers(1, 5000, 200).astype(float)
WORDS = {
    "heat maps": {
        "X-Y",
        "Hybrid",
        "ar",
        "zh",
        "language of the passages",
        "language of the questions",
        "MAP",
    },
    "differences": {"gain in MAP", "monolingual"},
    "distributions": {"Hybrid", "rank distance", "share of questions"},
    "trade-off": {"multilingual", "alpha", "MAP"},
    "learning curves": {"X-X-mono", "step", "loss"},
}


@pytest.mark.parametrize("name", PICTURES)
def test_bytes_are_stable_and_words_are_text(name: str) -> None:
    drawn = PICTURES[name]()
    assert drawn == PICTURES[name]()
    root = ElementTree.fromstring(drawn)
    words = {"".join(node.itertext()).strip() for node in root.iter() if node.tag.endswith("text")}
    assert words >= WORDS[name]
    assert not re.search(rb"<dc:date>|matplotlib\.org", drawn)


def test_other_numbers_give_another_picture() -> None:
    assert PICTURES["heat maps"]() != pictures.heat_maps(
        {"X-Y": SQUARE + 1, "Hybrid": SQUARE / 2}, ["ar", "de", "zh"], "MAP"
    )


def test_the_interval_is_that_of_a_paired_test_where_trainings_agree() -> None:
    """Without spread between trainings both errors come from the topics alone."""
    topics = DRAWS.normal(0.1, 0.05, 30)
    found = pictures.difference("one", np.array([topics, topics]), margin=-0.01)
    half = t.ppf(0.95, 29) * topics.std(ddof=1) / np.sqrt(30)
    assert found.value == pytest.approx(topics.mean())
    assert (found.low, found.high) == pytest.approx((topics.mean() - half, topics.mean() + half))


def test_trainings_that_disagree_widen_the_interval() -> None:
    topics = DRAWS.normal(0.1, 0.05, 30)
    alike = pictures.difference("alike", np.array([topics, topics, topics]))
    apart = pictures.difference("apart", np.array([topics - 0.1, topics, topics + 0.1]))
    assert apart.value == pytest.approx(alike.value)
    assert apart.high - apart.low > 3 * (alike.high - alike.low)
    same = pictures.difference("same", np.zeros((2, 3)))
    assert (same.low, same.value, same.high) == (0, 0, 0)


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: pictures.heat_maps({}, ["ar"], "MAP"),
        lambda: pictures.heat_maps({"X-Y": SQUARE}, ["ar", "de"], "MAP"),
        lambda: pictures.differences({}),
        lambda: pictures.differences({"gain": []}),
        lambda: pictures.distributions({"Hybrid": np.array([])}, "rank distance"),
        lambda: pictures.trade_off([0.0], {"multilingual": CURVES}, "MAP"),
        lambda: pictures.learning_curves({"X-Y": np.zeros((0, 3))}),
        lambda: pictures.difference("one", np.zeros((1, 5))),
    ],
)
def test_nothing_to_show_is_an_error(wrong: Callable[[], object]) -> None:
    with pytest.raises(InputError):
        wrong()
