from __future__ import annotations

import json
import math
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError
from scipy import stats

from harness.records.observations import Observations, ReportedColumn, ReportedTable
from harness.records.rules import Answer, Rule, RuleOutcome
from harness.records.units import Unit
from harness.rules import decide, references

MET, REFUTED, UNDECIDED = Answer.MET, Answer.REFUTED, Answer.UNDECIDED
RULE: TypeAdapter[Any] = TypeAdapter(Rule)
SPREAD = [-0.02, 0.01, 0.0, 0.02, -0.01, 0.015, -0.015, 0.005]


def asked(kind: str, data: dict[str, list[Any]], **fields: Any) -> RuleOutcome:
    """Treatment values per group, against a control of 0.5 everywhere; a pair gives the control too."""
    columns = [ReportedColumn(name=n, unit=None) for n in ("g", "u")]
    columns += [ReportedColumn(name=n, unit=Unit.FRACTION) for n in ("a", "b")]
    rows = [
        (g, f"u{i:02}", *(value if isinstance(value, tuple) else (value, 0.5)))
        for g, values in data.items()
        for i, value in enumerate(values)
    ]
    given = {
        "table": "t",
        "groups": ["g"],
        "unit": "u",
        "treatment": "a",
        "control": "b",
        "better": "higher",
        "multiplicity": {"family": "f", "method": "holm"},
    }
    observations = Observations(
        quantities={}, tables={"t": ReportedTable(columns=tuple(columns), rows=tuple(rows))}
    )
    outcome = decide(RULE.validate_python({"rule": kind, **given, **fields}), observations)
    json.dumps(outcome.as_json(), allow_nan=False)
    return outcome


def around(mean: float) -> list[Any]:
    return [str(round(0.5 + mean + x, 4)) for x in SPREAD]


@pytest.mark.parametrize("test", ["t", "sign-flip", "wilcoxon"])
@pytest.mark.parametrize(
    ("kind", "margin", "mean", "answer"),
    [
        ("superiority", "0", 0.05, MET),
        ("superiority", "0", 0.001, UNDECIDED),
        ("superiority", "0", -0.05, REFUTED),
        ("superiority", "0.1", 0.05, REFUTED),
        ("noninferiority", "0.02", 0.001, MET),
        ("noninferiority", "0.02", -0.02, UNDECIDED),
        ("noninferiority", "0.02", -0.06, REFUTED),
        ("equivalence", "0.03", 0.001, MET),
        ("equivalence", "0.03", 0.03, UNDECIDED),
        ("equivalence", "0.03", 0.08, REFUTED),
        ("equivalence", "0.03", -0.08, REFUTED),
    ],
)
def test_the_margin_decides(kind: str, margin: str, mean: float, answer: Answer, test: str) -> None:
    outcome = asked(kind, {"x": around(mean)}, margin=margin, test=test)
    assert outcome.answer is answer
    assert not outcome.incomplete and bool(outcome.settles) is (answer is UNDECIDED)
    turned = asked(kind, {"x": [(0.5, v) for v in around(mean)]}, margin=margin, test=test, better="lower")
    assert turned.answer is answer


def test_the_numbers_are_those_of_scipy() -> None:
    outcome = asked("superiority", {"x": around(0.01), "y": around(0.02)}, margin="0.005")
    differences = [0.01 + x for x in SPREAD]
    numbers = outcome.comparisons[0].numbers
    assert outcome.comparisons[0].name == "g=x"
    p = stats.ttest_1samp(differences, 0.005, alternative="greater").pvalue
    assert numbers["p_met"] == pytest.approx(p, rel=1e-9)
    assert numbers["p_met_adjusted"] == pytest.approx(p, rel=1e-9)  # the larger of two under Holm
    assert numbers["p_refuted"] == pytest.approx(1 - p, rel=1e-9)
    interval = stats.ttest_1samp(differences, 0).confidence_interval(0.9)
    assert (numbers["lower"], numbers["upper"]) == pytest.approx(tuple(interval), rel=1e-9)
    assert numbers["n"] == 8 and numbers["mean_difference"] == 0.010625
    assert "smallest_reachable_p" not in numbers and numbers["minimum_detectable_effect"] > 0


def test_every_group_must_be_met_and_one_refutes() -> None:
    good, bad, open_ = around(0.05), around(-0.05), around(0.0)
    assert asked("superiority", {"x": good, "y": good}).answer is MET
    undecided = asked("superiority", {"x": good, "y": open_})
    assert undecided.answer is UNDECIDED and "g=y" in undecided.settles and "g=x" not in undecided.settles
    assert "0.8" in undecided.settles
    assert asked("superiority", {"x": good, "y": open_, "z": bad}).answer is REFUTED
    many = {f"{i:02}": open_ for i in range(55)}
    # p of the last group is small on its own, but not among 56.
    slight = around(-0.013)
    assert asked("superiority", {"x": slight}).answer is REFUTED
    assert asked("superiority", {**many, "x": slight}).answer is UNDECIDED
    assert len(asked("superiority", {**many, "x": slight}).comparisons) == 56


def test_an_unreachable_p_is_said() -> None:
    outcome = asked("superiority", {"x": around(0.3)[:4]}, test="sign-flip")
    assert outcome.answer is UNDECIDED
    assert "smallest adjusted p that this design can reach is 0.0625" in outcome.settles
    pair = asked("superiority", {"x": around(0.3)[:5], "y": around(0.3)[:5]}, test="wilcoxon")
    assert pair.answer is UNDECIDED and "is 0.0625" in pair.settles
    alone = {"family": "f", "method": "none"}
    five = {"x": around(0.3)[:5], "y": around(0.3)[:5]}
    assert asked("superiority", five, test="wilcoxon", multiplicity=alone).answer is MET


@pytest.mark.parametrize("test", ["t", "sign-flip", "wilcoxon"])
@pytest.mark.parametrize("kind", ["superiority", "noninferiority", "equivalence"])
@pytest.mark.parametrize(
    "values",
    [
        [0.9],
        [0.9, 0.9],
        [0.5],
        [0.5] * 30,
        [0.9, 0.5],
        [0.3 + 0.6, 0.9, 0.1 + 0.8],
        [1e300, 2e300],
        [1e-300, 1e-301],
    ],
    ids=str,
)
def test_degenerate_groups_never_prove_anything(kind: str, test: str, values: list[float]) -> None:
    outcome = asked(kind, {"x": values}, margin="0.45" if kind != "superiority" else "0", test=test)
    if test == "t" or len(values) < 5:
        assert outcome.answer is UNDECIDED
    assert not outcome.incomplete
    for value in outcome.comparisons[0].numbers.values():
        assert not isinstance(value, float) or math.isfinite(value)


def test_what_is_left_out_is_said() -> None:
    single = asked("superiority", {"x": [0.9]})
    assert set(single.comparisons[0].numbers) == {"n", "mean_difference"}
    assert "single pair" in single.summary and "two pairs" in single.settles
    flat = asked("superiority", {"x": [0.9] * 12})
    assert "lower" not in flat.comparisons[0].numbers and "All differences are equal" in flat.summary
    assert asked("superiority", {"x": [0.9] * 12}, test="sign-flip").answer is MET


def test_other_margins_are_shown_and_decide_nothing() -> None:
    data = {"x": around(0.0), "y": around(0.0)}
    outcome = asked("noninferiority", data, margin="0.02", sensitivity=["0.005", "0.02", "0.05"])
    assert outcome.answer is MET
    shown = {c.name: c for c in outcome.comparisons[2:]}
    assert shown["margin 0.005"].answer is UNDECIDED
    assert shown["margin 0.005"].numbers == {"groups": 2, "not_met": ["g=x", "g=y"]}
    assert shown["margin 0.02"].answer is shown["margin 0.05"].answer is MET


def test_monte_carlo_beyond_twenty_units() -> None:
    values = [round(0.5 + 0.01 + x + i / 1000, 4) for i in range(3) for x in SPREAD]
    outcome = asked("superiority", {"x": values}, test="sign-flip", seed=1, resamples=9999)
    assert outcome.answer is MET
    assert outcome.comparisons[0].numbers["smallest_reachable_p"] == 0.0001
    assert outcome == asked("superiority", {"x": values}, test="sign-flip", seed=1, resamples=9999)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"group_count": 2}, "1 groups"),
        ({"margin": "-0.1"}, "must not be negative"),
        ({"sensitivity": ["-0.1"]}, "must not be negative"),
        ({"alpha": "0.5"}, "alpha"),
        ({"alpha": "0"}, "alpha"),
        ({"power": "1"}, "power"),
        ({"treatment": "c"}, "no column 'c'"),
        ({"treatment": "g"}, "does not hold numbers"),
        ({"unit": "a"}, "does not hold labels"),
        ({"groups": []}, ""),
    ],
)
def test_what_cannot_be_compared_is_incomplete(fields: dict[str, Any], words: str) -> None:
    outcome = asked("noninferiority", {"x": around(0)}, **{"margin": "0.1", **fields})
    if fields == {"groups": []}:
        assert outcome.comparisons[0].name == "all units"
        return
    assert outcome.answer is UNDECIDED and outcome.incomplete and words in outcome.summary


def test_a_negative_seed_is_refused_with_the_record() -> None:
    with pytest.raises(ValidationError, match="seed"):
        asked("noninferiority", {"x": around(0)}, margin="0.1", seed=-1, test="sign-flip")


def test_a_unit_is_there_once() -> None:
    outcome = asked("superiority", {"x": around(0.1), "y": around(0.1)}, groups=[])
    assert outcome.incomplete and "twice in all units" in outcome.summary
    assert asked("superiority", {}).incomplete


def test_references_name_every_column() -> None:
    given = {"table": "t", "groups": ["g"], "unit": "u", "treatment": "a", "control": "b", "better": "higher"}
    paired = RULE.validate_python(
        {"rule": "superiority", **given, "multiplicity": {"family": "f", "method": "none"}}
    )
    assert references(paired) == [("t", "a"), ("t", "b"), ("t", "g"), ("t", "u")]


def test_refuting_equivalence_pays_for_its_two_sides() -> None:
    outcome = asked("equivalence", {"x": around(0.0105)}, margin="0.0001")
    shown = outcome.comparisons[0].numbers
    beyond = stats.ttest_1samp([0.0105 + x for x in SPREAD], 0.0001, alternative="greater").pvalue
    # One side alone would refute at 0.05; the chance that the other one errs is paid for.
    assert beyond < 0.05 < 2 * beyond
    assert shown["p_refuted"] == pytest.approx(2 * beyond, rel=1e-9)
    assert outcome.answer is UNDECIDED
