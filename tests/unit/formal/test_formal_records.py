"""Predicates that cannot be right are refused with the field and one sentence, and in bounded time."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest
from doubles import CLAIM, PAPER, TABLE, changed

from harness.canonical import digest
from harness.record_checks import claim_problems
from harness.records.claim import Claim
from harness.records.paper import Paper
from harness.tables import parse_table
from harness.yaml_input import dotted

NUMBER = {"type": "integer"}
QUANTITY = {"name": "count", "what": "a count", "type": "integer", "unit": "count"}


def complaints(predicate: dict[str, Any], **places: Any) -> list[tuple[str, str]]:
    table, _problems = parse_table("table-01", TABLE.encode(), file="t")
    assert table is not None
    record = changed(CLAIM, predicate=predicate, **places)
    claim = Claim.model_validate(record)
    found = claim_problems(claim, Paper.model_validate(PAPER), {"table-01": table})
    return [(dotted(path), message) for path, message in found]


def simple(**more: Any) -> dict[str, Any]:
    return {"variables": {"n": NUMBER}, "holds": "n * n >= n"} | more


def test_a_sound_predicate_is_accepted() -> None:
    assert complaints(simple(assumptions=["n > 0 or n < 0"])) == []


@pytest.mark.parametrize(
    ("predicate", "field", "says"),
    [
        (simple(holds="n.__class__ == n"), "predicate.holds", "n.__class__ is not allowed"),
        (simple(holds="__import__('os') == n"), "predicate.holds", "is not allowed"),
        (simple(holds="(lambda: n)() > 0"), "predicate.holds", "is not allowed"),
        (simple(holds="[n for n in n] == n"), "predicate.holds", "is not allowed"),
        (simple(holds="n > m"), "predicate.holds", "uses 'm'; there are n"),
        (simple(holds="n + 1"), "predicate.holds", "where true or false is needed"),
        (simple(holds="1 > 0"), "predicate.holds", "mentions no variable"),
        (simple(holds="n / 0 > 1"), "predicate.holds", "cannot be computed at n = 0: Division by zero"),
        (simple(holds="n % n == 0"), "predicate.holds", "cannot be computed at n = 0: Division by zero"),
        (simple(holds="n < 10 ** 10 ** 10"), "predicate.holds", "exponent"),
        (simple(holds="n < ((((9 ** 64) ** 64) ** 64) ** 64)"), "predicate.holds", "too large a number"),
        (simple(holds="2 ** n > 0"), "predicate.holds", "exponent"),
        (simple(holds="n > " + "-" * 200 + "n"), "predicate.holds", "nested more than"),
        (simple(holds="n > " + "n + " * 200 + "n"), "predicate.holds", "longer than 500"),
        (simple(assumptions=["n >"]), "predicate.assumptions[0]", "not well formed"),
        (simple(variables={"n": NUMBER, "k": NUMBER}), "predicate.variables.k", "is used in no expression"),
        (
            {"variables": {"max": NUMBER}, "holds": "max > 0"},
            "predicate.variables.max",
            "a word of the language",
        ),
        (
            {"variables": {"__class__": NUMBER}, "holds": "__class__ > 0"},
            "predicate.variables.__class__",
            "a word of the language",
        ),
        (
            simple(variables={"n": {"type": "integer", "least": 3, "most": 2}}),
            "predicate.variables.n.most",
            "at least 3",
        ),
        (
            simple(
                variables={"n": {"type": "list", "of": NUMBER, "least_length": 2, "most_length": 1}},
                holds="sum(n) > 0",
            ),
            "predicate.variables.n.most_length",
            "at least 2",
        ),
        (
            {
                "variables": {f"v{i}": {"type": "list", "of": NUMBER, "most_length": 16} for i in range(2)},
                "holds": "sum(v0) == sum(v1)",
            },
            "predicate.variables",
            "at most 24",
        ),
        (
            {"variables": {"s": {"type": "label", "values": ["p", "p"]}}, "holds": "s == 'p'"},
            "predicate.variables.s.values",
            "stands twice",
        ),
        (
            {"variables": {"s": {"type": "label", "values": ["p", "q"]}}, "holds": "s < 'q'"},
            "predicate.holds",
            "Labels have no order",
        ),
        (
            {
                "variables": {"xs": {"type": "list", "of": NUMBER, "most_length": 2}},
                "holds": "max(xs) >= xs[0]",
            },
            "predicate.holds",
            "cannot be computed at xs = []",
        ),
        (
            simple(script={"table": "nothing", "reports": {"x": "n * n"}}),
            "predicate.script.table",
            "not a table that the script reports",
        ),
        (
            simple(script={"parameters": {"n": "depth"}, "reports": {"pairs": "n * n"}}),
            "predicate.script.reports.pairs",
            "is not a quantity",
        ),
        (
            simple(script={"parameters": {"n": "width"}, "reports": {"count": "n * n"}}),
            "predicate.script.parameters.n",
            "'width' is not one of the script's parameters",
        ),
        (
            simple(script={"reports": {"count": "n * n"}}),
            "predicate.script.parameters",
            "needs every variable",
        ),
        (
            simple(script={"parameters": {"n": "depth"}, "reports": {"count": "n * 7"}}),
            "predicate.script.reports.count",
            "must be a part of holds",
        ),
    ],
)
def test_what_cannot_be_right_is_refused_at_once(predicate: dict[str, Any], field: str, says: str) -> None:
    started = time.monotonic()
    found = complaints(predicate, observes=[*CLAIM["observes"], QUANTITY])
    assert [message for path, message in found if path == field and says in message], found
    assert time.monotonic() - started < 5


def test_a_record_without_a_predicate_has_the_digest_it_always_had() -> None:
    claim = Claim.model_validate(CLAIM)
    assert "predicate" not in claim.as_json()
    assert digest(claim) == digest(
        {key: value for key, value in claim.as_json().items() if key != "predicate"}
    )


def test_the_words_of_predicates_stay_out_of_rules() -> None:
    found = complaints(simple(), decision__holds="new % old > 0")
    assert [path for path, message in found if "is not allowed" in message] == ["decision.holds"]


@pytest.mark.parametrize("name", ["claim.yaml", "reproduce.py"])
def test_the_example_in_the_guide_is_the_one_that_is_run(name: str) -> None:
    root = Path(__file__).resolve().parents[3]
    example = root / "tests/gauntlet/claims/tiny-paper/formal-predicate-honest" / name
    assert example.read_text() in (root / "docs/writing-a-claim.md").read_text()
