"""What a statement's words say: direction, thresholds, scope, names; and what a script's text gives away."""

from __future__ import annotations

import ast
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.formal.wording import endless, ends_said, numbers_alone
from harness.grounding import mentions, spelling_pattern
from harness.records.paper import Facts
from harness.redteam.citation.direction_words import threshold_ways, ways_said
from harness.redteam.mutation.same_value import same_expression
from harness.redteam.mutation.seeds import other_seeds, seeded
from harness.script_edits import apply_edit

ARMS = ["Lumo", "Base"]


@pytest.mark.parametrize(
    ("statement", "better", "said"),
    [
        ("Lumo has significantly less MRR than Base.", "higher", {"lower"}),
        ("Lumo is better than Base with less data.", "higher", {"higher"}),
        ("Lumo is not better than Base.", "higher", {"lower"}),
        ("Lumo needs fewer updates than Base.", "higher", set()),
        ("Lumo is faster than Base.", "lower", {"lower"}),
        ("Lumo is slower than Base.", "lower", {"higher"}),
        ("Lumo stays below Base.", "higher", {"lower"}),
        ("Lumo never has a lower MRR than Base.", "higher", {"higher"}),
        ("Lumo does not have a higher MRR than Base.", "higher", {"lower"}),
        ("Lumo is not worse than Base.", "higher", set()),
        ("Lumo wins in more than 5 languages.", "higher", {"higher"}),
        ("In smaller models Lumo is ahead of Base.", "higher", {"higher"}),
    ],
)
def test_words_point_the_way_that_a_reader_takes_them(statement: str, better: Any, said: set[str]) -> None:
    assert ways_said(statement, ["MRR"], ARMS, {better}) == said


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("It reaches at least 84 percent.", {"higher"}),
        ("It stays below 84 percent.", {"lower"}),
        ("No language is below 84 percent.", set()),
        ("It reaches at least 840 percent.", set()),
        ("It reaches 84 percent.", set()),
    ],
)
def test_the_words_before_a_threshold_bound_it(statement: str, said: set[str]) -> None:
    assert threshold_ways(statement, "84") == said


FACTS = Facts.model_validate(
    {
        "datasets": [{"name": "VELORA-84", "at": {"section": "1"}}],
        "arms": [
            {"name": "velora", "at": {"section": "1"}},
            {"name": "placebo", "at": {"section": "1"}},
        ],
    }
)


def test_a_name_inside_a_longer_name_is_not_named() -> None:
    found = mentions("In VELORA-84 placebo is worse than velora.", FACTS, "arms")
    assert [(item.kind, item.entity.name) for item in found] == [
        ("datasets", "VELORA-84"),
        ("arms", "placebo"),
        ("arms", "velora"),
    ]


@pytest.mark.parametrize(
    ("text", "named"),
    [("velora", 1), ("velora-85", 0), ("velora-treated", 1), ("pre-velora", 0), ("velora-controlled", 0)],
)
def test_a_name_ends_before_no_hyphen_but_that_of_a_compound(text: str, named: int) -> None:
    assert len(spelling_pattern("velora").findall(text)) == named


@pytest.mark.parametrize(
    ("statement", "without_end"),
    [
        ("n * n + n + 41 is prime for every n.", True),
        ("Every odd number is so.", True),
        ("Each Platonic solid has it.", False),
        ("There are 42 paths.", False),
    ],
)
def test_a_letter_or_a_kind_of_number_has_no_end(statement: str, without_end: bool) -> None:
    assert endless(statement) is without_end


def test_numbers_of_a_formula_end_no_domain() -> None:
    assert numbers_alone("n * n + n + 41 is prime for every n up to 30") == {30}
    assert ends_said("n * n + n + 41 is prime for every n up to 30") == {30}


SEEDS = b"""import random
import numpy as np
def draw(seed):
    return np.random.default_rng(seed).random() + random.Random("x").random() + random.Random(claim.seed).random()
value = draw(14)
"""


def test_every_seed_of_a_script_moves_and_nothing_else() -> None:
    assert [text for _line, text in seeded(SEEDS)] == ["seed", '"x"']
    edit = other_seeds(SEEDS, 77)
    assert edit is not None
    changed = apply_edit(SEEDS, edit)
    assert [text for _line, text in seeded(changed)] != [text for _line, text in seeded(SEEDS)]
    assert changed.count(b"77") >= 2 and changed.startswith(SEEDS[: edit.start])
    assert other_seeds(b"import random\nrandom.shuffle([1])\n", 77) is None
    assert other_seeds(b"#!/bin/sh\necho $RANDOM\n", 77) is None


@pytest.mark.parametrize(
    ("seed", "own"),
    [
        ("claim.seed", False),
        ("[request['seed'], start]", False),
        ("claim.seed + 3", False),
        ("0 * claim.seed + 14", True),
        ("claim.parameters['seed']", True),
        ("14 if claim.seed else 3", True),
        ("14", True),
    ],
)
def test_a_seed_that_follows_the_request_is_left_to_fresh_seeds(seed: str, own: bool) -> None:
    assert bool(seeded(f"import random\nr = random.Random({seed})\n".encode())) is own


@given(st.integers(0, 2**40), st.integers(1, 10**6))
def test_another_seed_is_one_that_every_generator_takes(seed: int, salt: int) -> None:
    edit = other_seeds(f"import random\nr = random.Random({seed})\n".encode(), salt)
    assert edit is not None
    moved = eval(edit.after)
    assert 0 <= moved < 2**32 and moved == (seed + salt) % 2**32


@pytest.mark.parametrize(
    ("values", "same"),
    [
        ("'a': x, 'b': x", True),
        ("'a': x if on else 0, 'b': x", True),
        ("'a': f(n + 2), 'b': f(n + 2)", True),
        ("'a': x, 'b': y", False),
        ("'a': int(x), 'b': x", False),
        ("'a': 'count', 'b': 'count'", False),
        ("'a': copy, 'b': x", True),
    ],
)
def test_one_expression_under_two_names_is_found(values: str, same: bool) -> None:
    script = f"copy = x\nrows = [{{{values}}}]\n"
    ast.parse(script)
    assert (same_expression(script.encode(), "a", "b") is not None) is same
