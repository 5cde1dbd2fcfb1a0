"""Rules on printed numbers: each answer, and what makes it incomplete."""

from __future__ import annotations

import json
from typing import Any

import pytest
from pydantic import TypeAdapter

from harness.companions import companion_claim, companion_input
from harness.records.observations import Observations, ReportedColumn, ReportedTable
from harness.records.rules import Answer, Rule, RuleOutcome
from harness.records.units import Unit
from harness.rules import decide, references

RULE: TypeAdapter[Any] = TypeAdapter(Rule)
KINDS = ("sum_of_cells", "same_value", "percent_change", "p_value", "grimmer", "debit")


def asked(columns: str, values: list[tuple[Any, ...]], **rule: Any) -> RuleOutcome:
    """Ask a rule about one table ``t``; columns in upper case hold labels."""
    names = columns.split()
    table = ReportedTable(
        columns=tuple(
            ReportedColumn(name=name.lower(), unit=None if name.isupper() else Unit.DIMENSIONLESS)
            for name in names
        ),
        rows=tuple(values),
    )
    return decide(
        RULE.validate_python({"table": "t", **rule}), Observations(quantities={}, tables={"t": table})
    )


def test_same_value() -> None:
    rule = {"rule": "same_value", "first": "a", "second": "b"}
    assert asked("G a b", [("x", ".593", "0.5927"), ("y", ".548", "0.5475")], **rule).answer is Answer.MET
    wrong = asked("G a b", [("x", ".593", "0.5927"), ("y", ".547", "0.5479")], **rule)
    assert wrong.answer is Answer.REFUTED
    assert wrong.violations == ({"g": "y", "a": ".547", "b": "0.5479"},)
    short = asked("G a b", [("x", ".593", "0.5927")], rows=2, **rule)
    assert short.answer is Answer.UNDECIDED and short.incomplete
    number = asked("G a b", [("x", 0.593, "0.5927")], **rule)
    assert number.answer is Answer.UNDECIDED and "printed text" in number.summary


def test_percent_change() -> None:
    rule = {
        "rule": "percent_change",
        "before": "old",
        "after": "new",
        "change": "c",
        "direction": "reduction",
    }
    # 100 (410.2 - 286.6) / 410.2 = 30.13; 261.5 to 221.1 is 15.45, which the digits let be 15.4 or 15.5.
    rows = [("410.2", "286.6", "30.1"), ("261.5", "221.1", "15.4"), ("261.5", "221.1", "15.5")]
    assert asked("old new c", rows, **rule).answer is Answer.MET
    assert asked("old new c", [("410", "286.6", "31")], **rule).answer is Answer.REFUTED
    assert asked("old new c", [("50", "40", "10")], **{**rule, "relative": False}).answer is Answer.MET
    undefined = asked("old new c", [("0", "1", "10")], **rule)
    assert undefined.answer is Answer.UNDECIDED and undefined.incomplete


def test_p_value() -> None:
    rule = {"rule": "p_value", "statistic": "t", "value": "v", "df": ["d"], "p": "p"}
    assert asked("v d p", [("2.20", 28, "0.036")], **rule).answer is Answer.MET
    assert asked("v d p", [("2.20", "28", "0.018")], **rule).answer is Answer.REFUTED
    assert asked("v d p", [("2.20", 28, "0.018")], **{**rule, "sides": 1}).answer is Answer.MET
    assert asked("v d p", [("2.20", 0, "0.018")], **rule).incomplete
    assert asked("v d p", [("2.20", 28, "0.036")], **{**rule, "df": []}).incomplete


def test_sample_summaries() -> None:
    rule = {"mean": "m", "sd": "s", "n": "k"}
    assert asked("m s k", [("7.38", "3.65", 32)], rule="grimmer", **rule).answer is Answer.MET
    assert (
        asked("m s k", [("5.23", "2.55", 35)], rule="grimmer", divisor="n-1", **rule).answer is Answer.REFUTED
    )
    assert asked("m s k", [("0.50", "0.50", 20)], rule="debit", **rule).answer is Answer.MET
    assert (
        asked("m s k", [("0.50", "0.50", 20)], rule="debit", divisor="n-1", **rule).answer is Answer.REFUTED
    )
    assert asked("m s k", [("0.50", "0.50", 1)], rule="debit", **rule).incomplete


def test_sum_of_cells() -> None:
    rule = {"rule": "sum_of_cells", "groups": ["g"], "kind_column": "kind", "value": "v"}
    cells = [("x", "cell", "0.4"), ("x", "cell", "0.3")]
    assert asked("G KIND v", [*cells, ("x", "printed_total", "0.8")], **rule).answer is Answer.MET
    assert asked("G KIND v", [*cells, ("x", "printed_total", "0.9")], **rule).answer is Answer.REFUTED
    assert (
        asked("G KIND v", [*cells, ("x", "printed_total", "0.8")], counts=True, **rule).answer
        is Answer.REFUTED
    )
    assert asked("G KIND v", cells, **rule).incomplete
    assert asked("G KIND v", [*cells, ("y", "printed_total", "0.8")], **rule).incomplete


@pytest.mark.parametrize("kind", KINDS)
def test_companions_come_out_as_they_must(kind: str) -> None:
    claim = companion_claim(kind)
    assert references(claim.decision)
    for truth, answer in ((True, Answer.MET), (False, Answer.REFUTED)):
        reported = json.loads(companion_input(kind, truth))
        tables = reported.get("tables", reported)
        table = tables.get("t", tables)
        columns = tuple(
            ReportedColumn(name=name, unit=None if spec.get("type") == "label" else Unit.DIMENSIONLESS)
            for name, spec in _columns(claim).items()
        )
        rows = table["rows"] if isinstance(table, dict) else table
        observed = Observations(
            quantities={},
            tables={"t": ReportedTable(columns=columns, rows=tuple(tuple(row) for row in rows))},
        )
        assert decide(claim.decision, observed).answer is answer


def _columns(claim: Any) -> dict[str, Any]:
    [table] = [item for item in claim.as_json()["observes"] if item["type"] == "table"]
    return dict(table["columns"])
