"""What a record must satisfy beyond its shape: every complaint comes, comes once, and names its field."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from doubles import CLAIM, PAPER, TABLE, changed, load_one

from harness.record_checks import claim_problems, paper_problems
from harness.records.claim import Claim
from harness.records.paper import Paper
from harness.tables import parse_table
from harness.yaml_input import dotted

NUMBER = {
    "name": "share",
    "what": "a share",
    "type": "number",
    "unit": "fraction",
    "measures": {"metrics": ["R@1"]},
}
PAIRED = {
    "rule": "superiority",
    "table": "pairs",
    "unit": "language",
    "treatment": "new",
    "control": "old",
    "better": "higher",
    "multiplicity": {"family": "all", "method": "none"},
}
UNPAIRED = {
    "rule": "unpaired_superiority",
    "table": "pairs",
    "unit": "language",
    "arm_column": "language",
    "value_column": "new",
    "treatment": "a",
    "control": "b",
    "better": "higher",
    "multiplicity": {"family": "all", "method": "none"},
}
TREND = {
    "rule": "trend",
    "table": "pairs",
    "dose_column": "old",
    "value_column": "new",
    "direction": "increasing",
}
RERUN = {
    "rule": "rerun",
    "table": "pairs",
    "run": "language",
    "value_column": "new",
    "expected": "0.5",
    "half_width": "0.1",
}
SEQUENTIAL = {
    "rule": "sequential",
    "table": "pairs",
    "order": "old",
    "treatment": "new",
    "control": "old",
    "better": "higher",
    "margin": "0.1",
    "limit": "1",
}
BOUND = {"rule": "bound", "of": {"quantity": "share"}, "op": ">", "threshold": "0"}
EMPTY = {"do": "empty"}


def control(**transform: Any) -> dict[str, Any]:
    return {"controls": [{"name": "c", "expect": "not-met", "transforms": [transform], "why": "x"}]}


def complaints(**places: Any) -> list[tuple[str, str]]:
    table, problems = parse_table("table-01", TABLE.encode(), file="t")
    assert table is not None
    assert problems == []
    claim = Claim.model_validate(changed(CLAIM, **places))
    found = claim_problems(claim, Paper.model_validate(PAPER), {"table-01": table})
    return [(dotted(path), message) for path, message in found]


def paper_complaints(**places: Any) -> list[tuple[str, str]]:
    return [
        (dotted(path), message)
        for path, message in paper_problems(Paper.model_validate(changed(PAPER, **places)))
    ]


def test_good_records_have_no_complaints(tmp_path: Path) -> None:
    assert complaints() == []
    assert paper_complaints() == []
    assert load_one(tmp_path)


@pytest.mark.parametrize(
    ("places", "field", "message"),
    [
        (
            {"grounding": [{"section": "9", "says": "x"}]},
            "grounding[0].section",
            "is not one of the sections",
        ),
        (
            {"grounding": [{"quote": "q", "section": "9", "says": "x"}]},
            "grounding[0].section",
            "is not one of the sections",
        ),
        ({"grounding": [{"table": "table-02"}]}, "grounding[0].table", "is not one of the tables"),
        (
            {"grounding": [{"table": "table-01", "column": "nothing"}]},
            "grounding[0].column",
            "has no column 'nothing'",
        ),
        (
            {"grounding": [{"table": "table-01", "where": {"language": "en", "kind": "printed_mean"}}]},
            "grounding[0].where",
            "selects no row",
        ),
        ({"subject__models": ["BERT", "BERT"]}, "subject.models", "'BERT' stands twice"),
        ({"subject__arms__controls": ["Old", "New"]}, "subject.arms", "'New' stands twice"),
        ({"reproduction__inputs": ["table-01", "table-01"]}, "reproduction.inputs", "stands twice"),
        ({"reproduction__inputs": ["table-07"]}, "reproduction.inputs[0]", "is not one of the tables"),
        ({"reproduction__seeds": [3, 3]}, "reproduction.seeds", "a seed stands twice"),
        ({"observes": [CLAIM["observes"][0], NUMBER, NUMBER]}, "observes", "'share' stands twice"),
        (
            {"observes": [CLAIM["observes"][0], {**NUMBER, "unit": "count"}]},
            "observes[1].measures.metrics",
            "R@1 is a fraction; count cannot report on it",
        ),
        (
            {
                "observes": [
                    CLAIM["observes"][0],
                    {k: v for k, v in NUMBER.items() if k not in ("unit", "measures")},
                ]
            },
            "observes[1].unit",
            "a quantity needs its unit",
        ),
        ({"observes__0__unit": "fraction"}, "observes[0].unit", "a table has units in its columns"),
        (
            {"observes__0__columns__language": {"type": "label", "unit": "count"}},
            "observes[0].columns.language.unit",
            "labels have no unit",
        ),
        (
            {"observes__0__columns__old": {"type": "printed"}},
            "observes[0].columns.old.unit",
            "numbers need one",
        ),
        (
            {"observes__0__measures__models": ["mBERT"]},
            "observes[0].measures.models",
            "'mBERT' is not in the subject's models",
        ),
        (
            {"observes__0__measures__arms": ["Third"]},
            "observes[0].measures.arms",
            "'Third' is not in the subject's arms",
        ),
        ({"decision__table": "rows"}, "decision", "uses 'rows', which is not observed"),
        (
            {"observes": [CLAIM["observes"][0], NUMBER], "decision": {**BOUND, "of": {"quantity": "pairs"}}},
            "decision",
            "as a quantity, but it is a table",
        ),
        ({"decision__holds": "new >"}, "decision.holds", ""),
        ({"decision__holds": "language > 1"}, "decision.holds", ""),
        ({"decision__when": "new ="}, "decision.when", ""),
        ({"decision": {**PAIRED, "treatment": "old"}}, "decision.control", "is the treatment itself"),
        ({"decision": {**PAIRED, "rule": "noninferiority"}}, "decision.margin", "must be above 0"),
        (
            {"decision": {**PAIRED, "rule": "equivalence", "margin": "-0.1"}},
            "decision.margin",
            "must be above 0",
        ),
        ({"decision": {**PAIRED, "alpha": "1"}}, "decision.alpha", "must lie between 0 and"),
        ({"decision": {**PAIRED, "power": "0"}}, "decision.power", "between 0 and 1"),
        ({"decision": {**PAIRED, "cluster": "language"}}, "decision.cluster", "is the unit itself"),
        ({"decision": {**UNPAIRED, "cluster": "language"}}, "decision.cluster", "is the unit itself"),
        (
            {
                "decision": {
                    "rule": "all_of",
                    "parts": [PAIRED, {**PAIRED, "multiplicity": {"family": "all", "method": "holm"}}],
                }
            },
            "decision",
            "state different methods or sizes",
        ),
        (
            {
                "observes__0__columns__seed": {"type": "label"},
                "decision": {**PAIRED, "seed_column": "seed", "test": "bca"},
            },
            "decision.seed_column",
            "goes with the test t only",
        ),
        (
            {"decision": {**PAIRED, "test": "bootstrap-t", "resamples": 2_000_000}},
            "decision.resamples",
            "at most 1000000",
        ),
        ({"decision": {**PAIRED, "cluster": "old"}}, "decision", "'old' must hold labels"),
        ({"decision": {**UNPAIRED, "control": "a"}}, "decision.control", "is the treatment itself"),
        ({"decision": {**UNPAIRED, "arm_column": "old"}}, "decision", "'old' must hold labels"),
        (
            {"decision": {**UNPAIRED, "rule": "unpaired_equivalence"}},
            "decision.margin",
            "must be above 0 for unpaired_equivalence",
        ),
        ({"decision": {**TREND, "value_column": "old"}}, "decision.value_column", "is the dose itself"),
        ({"decision": {**TREND, "power": "1"}}, "decision.power", "between 0 and 1"),
        ({"decision": {**RERUN, "half_width": "0"}}, "decision.half_width", "must be above 0"),
        ({"decision": {**RERUN, "alpha": "0.5"}}, "decision.alpha", "must lie between 0 and"),
        ({"decision": {**SEQUENTIAL, "limit": "0.1"}}, "decision.limit", "larger than the margin"),
        ({"decision": {**SEQUENTIAL, "control": "new"}}, "decision.control", "is the treatment itself"),
        ({"decision": {**PAIRED, "unit": "old", "control": "old"}}, "decision", "'old' must hold labels"),
        (
            {"decision": {"rule": "all_of", "parts": [CLAIM["decision"], {**PAIRED, "alpha": "1"}]}},
            "decision.parts[1].alpha",
            "must lie between 0 and",
        ),
        ({"search": [{"parameters": {"depth": 2}, "covers": "more"}]}, "search", "only a formal claim"),
        ({"controls": [CLAIM["controls"][0]] * 2}, "controls", "'old-doubled' stands twice"),
        ({"controls__0__transforms": []}, "controls[0]", "changes nothing"),
        (
            {"controls__0__parameters": {"width": 1}},
            "controls[0].parameters.width",
            "is not one of the script's parameters",
        ),
        (control(do="swap", column="arm"), "controls[0].transforms[0].labels", "is required for swap"),
        (control(do="permute", column="value"), "controls[0].transforms[0].seed", "is required for permute"),
        (control(do="scale", number="2"), "controls[0].transforms[0].column", "is required for scale"),
        (
            control(do="empty", column="value"),
            "controls[0].transforms[0].column",
            "does not belong for empty",
        ),
        (
            control(do="remove", where={"arm": ("Old",)}),
            "controls[0].transforms[0].where",
            "does not belong to remove",
        ),
        (control(do="drop", seed=1), "controls[0].transforms[0].seed", "does not belong for drop"),
        (
            control(do="empty", inputs=("table-09",)),
            "controls[0].transforms[0].inputs[0]",
            "is not a declared input",
        ),
        (
            control(do="set", column="colour", number="1"),
            "controls[0].transforms[0].column",
            "has no column 'colour'",
        ),
        (
            control(do="drop", inputs=("table-01",), where={"arm": ("Third",)}),
            "controls[0].transforms[0].where.arm",
            "has no 'Third'",
        ),
    ],
)
def test_each_complaint_comes_once(places: dict[str, Any], field: str, message: str) -> None:
    found = complaints(**places)
    assert [item[0] for item in found] == [field], found
    assert message in found[0][1]


@pytest.mark.parametrize("number", ["two", "", "1e400"])
def test_number_of_a_transform_must_be_a_number(number: str) -> None:
    found = complaints(**control(do="scale", column="value", number=number))
    assert [item[0] for item in found] == ["controls[0].transforms[0].number"]


@pytest.mark.parametrize(
    ("places", "field", "message"),
    [
        ({"sections": ["1", "4.2.2", "1"]}, "sections", "'1' stands twice"),
        ({"tables": [PAPER["tables"][0]] * 2}, "tables", "'table-01' stands twice"),
        ({"facts__models__1__aliases": ["BERT"]}, "facts.models", "'BERT' stands twice"),
        (
            {"facts__models__0__at": {"section": "9"}},
            "facts.models[0].at.section",
            "is not one of the paper's sections",
        ),
        (
            {"facts__models__0__at": {"table": "table-09"}},
            "facts.models[0].at.table",
            "is not one of the paper's tables",
        ),
        ({"facts__models__0__at": {}}, "facts.models[0].at", "names either a section or a table"),
        (
            {"facts__models__0__at": {"section": "1", "table": "table-01"}},
            "facts.models[0].at",
            "names either",
        ),
        ({"facts__metrics__0__unit": None}, "facts.metrics[0].unit", "a metric needs its unit"),
        (
            {"facts__numbers__0__at": {"section": "9"}},
            "facts.numbers[0].at.section",
            "is not one of the paper's sections",
        ),
        ({"based_on": "other"}, "based_on", "and none of its own"),
    ],
)
def test_each_complaint_about_a_paper_comes_once(places: dict[str, Any], field: str, message: str) -> None:
    found = paper_complaints(**places)
    assert [item[0] for item in found] == [field], found
    assert message in found[0][1]
