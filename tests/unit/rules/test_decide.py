from __future__ import annotations

import json
from typing import Any

import pytest
from pydantic import TypeAdapter

from harness.records.observations import Observations, Quantity, ReportedColumn, ReportedTable
from harness.records.rules import Answer, Rule, RuleOutcome
from harness.records.units import Unit
from harness.rules import decide, references

MET, REFUTED, UNDECIDED = Answer.MET, Answer.REFUTED, Answer.UNDECIDED
RULE: TypeAdapter[Any] = TypeAdapter(Rule)


def rule(kind: str, **fields: Any) -> Any:
    return RULE.validate_python({"rule": kind, **fields})


def table(labels: str, numbers: str, *rows: tuple[Any, ...]) -> ReportedTable:
    columns = [ReportedColumn(name=n, unit=None) for n in labels.split()]
    columns += [ReportedColumn(name=n, unit=Unit.DIMENSIONLESS) for n in numbers.split()]
    return ReportedTable(columns=tuple(columns), rows=tuple(rows))


def observed(t: ReportedTable | None = None, **quantities: float | str) -> Observations:
    return Observations(
        quantities={k: Quantity(value=v, unit=Unit.DIMENSIONLESS) for k, v in quantities.items()},
        tables={} if t is None else {"t": t},
    )


def asked(kind: str, t: ReportedTable | None, **fields: Any) -> RuleOutcome:
    outcome = decide(rule(kind, table="t", **fields), observed(t))
    json.dumps(outcome.as_json(), allow_nan=False)
    return outcome


def incomplete(outcome: RuleOutcome, words: str) -> None:
    assert outcome.answer is UNDECIDED and outcome.incomplete
    assert words in outcome.summary and outcome.settles


@pytest.mark.parametrize(
    ("value", "expected", "tolerance", "answer"),
    [
        (0.4874, "0.487", "printed", MET),
        (0.4875, "0.487", "printed", MET),
        (0.4876, "0.487", "printed", REFUTED),
        ("0.4871", ".487", "printed", MET),
        ("0.487", ".487", "printed", MET),
        ("0.49", ".487", "printed", UNDECIDED),
        ("0.488", ".487", "printed", REFUTED),  # the two intervals touch in one point
        (1469, "1,469", "printed", MET),
        (1469, "1,469", "exact", MET),
        ("1469", "1,469", "exact", MET),
        (0.1 + 0.2, "0.3", "exact", REFUTED),
        (0.3, "0.30", "exact", MET),
        (0.31, "0.3", "0.01", MET),
        (0.3101, "0.3", "0.01", REFUTED),
        ("0.31", "0.3", "0.01", UNDECIDED),
        ("0.3", "0.3", "0", UNDECIDED),
    ],
)
def test_equals(value: float | str, expected: str, tolerance: str, answer: Answer) -> None:
    asked_for = rule("equals", of={"quantity": "q"}, expected=expected, tolerance=tolerance)
    outcome = decide(asked_for, observed(q=value))
    assert outcome.answer is answer
    assert not outcome.incomplete and bool(outcome.settles) is (answer is UNDECIDED)


@pytest.mark.parametrize(
    ("value", "op", "answer"),
    [(0.5, ">=", MET), (0.5, ">", REFUTED), ("0.50", "<=", MET), (0.49, "<", MET), (10**300, "<", REFUTED)],
)
def test_bound(value: float | str, op: str, answer: Answer) -> None:
    outcome = decide(rule("bound", of={"quantity": "q"}, op=op, threshold="0.5"), observed(q=value))
    assert outcome.answer is answer
    json.dumps(outcome.as_json(), allow_nan=False)


def test_one_cell_is_named_by_its_labels() -> None:
    t = table("lang arm", "v", ("en", "x", 0.5), ("de", "x", 0.7), ("de", "y", 0.7), ("de", "y", 0.7))

    def at(**row: str) -> RuleOutcome:
        return decide(
            rule("bound", of={"table": "t", "row": row, "column": "v"}, op=">", threshold="0.6"), observed(t)
        )

    assert at(lang="de", arm="x").answer is MET
    assert at(lang="en").answer is REFUTED
    incomplete(at(lang="de", arm="y"), "2 rows")
    incomplete(at(lang="fr"), "0 rows")
    incomplete(at(), "4 rows with no condition")
    incomplete(at(v="0.5"), "does not hold labels")


@pytest.mark.parametrize(
    ("where", "words"),
    [
        ({"quantity": "p"}, "no quantity 'p'"),
        ({"table": "p", "column": "v"}, "no table 'p'"),
        ({"table": "t"}, "either a quantity, or a table"),
        ({}, "either a quantity, or a table"),
        ({"quantity": "q", "table": "t", "column": "v"}, "either"),
        ({"table": "t", "column": "w"}, "no column 'w'"),
        ({"table": "t", "column": "lang"}, "does not hold numbers"),
        ({"quantity": "bad"}, "not a printed number"),
    ],
)
def test_what_is_not_there_is_incomplete(where: dict[str, str], words: str) -> None:
    found = observed(table("lang", "v", ("en", 1)), q=1, bad="many")
    incomplete(decide(rule("bound", of=where, op=">", threshold="0"), found), words)
    incomplete(decide(rule("equals", of=where, expected="0"), found), words)


def test_forall_lists_every_violating_row_by_labels() -> None:
    t = table("m l", "a b", ("y", "1", "0.5", "0.6"), ("x", "2", 0.3, 0.2), ("x", "1", 0.1, 0.2))
    outcome = asked("forall", t, holds="a > b")
    assert outcome.answer is REFUTED
    assert outcome.violations == (
        {"m": "x", "l": "1", "a": 0.1, "b": 0.2},
        {"m": "y", "l": "1", "a": "0.5", "b": "0.6"},
    )
    assert outcome.comparisons[0].numbers == {"rows": 3, "chosen": 3, "violating": 2}
    assert asked("forall", t, holds="a > b", when="m == 'x' and l == '2'").answer is MET
    incomplete(asked("forall", t, holds="a > b", when="m == 'z'"), "0 rows")
    incomplete(asked("forall", t, holds="a > b", when="m == 'x'", at_least=3), "2 rows")
    incomplete(asked("forall", t, holds="a > b", rows=4), "3 rows")
    incomplete(asked("forall", t, holds="a / (b - 0.2) > 1"), "row m=x l=1: Division by zero")
    incomplete(asked("forall", t, holds="a > c"), "no column 'c'")
    incomplete(asked("forall", t, holds="m > 3"), "label")
    incomplete(asked("forall", t, holds="import os"), "not well formed")
    incomplete(asked("forall", table("m", "a b"), holds="a > b"), "no rows")


def test_huge_integers_survive_json() -> None:
    outcome = asked("forall", table("m", "a", ("x", 10**20), ("y", -(10**399))), holds="a < 0")
    assert outcome.violations == ({"m": "x", "a": "100000000000000000000"},)
    incomplete(asked("forall", table("m", "a", ("x", 10**1000)), holds="a < 0"), "400 digits")


def test_proportion() -> None:
    t = table("l", "a", *[(str(i), i) for i in range(1, 11)])
    assert asked("proportion", t, holds="a > 5", at_least="0.5").answer is MET
    assert asked("proportion", t, holds="a > 5", at_least="0.5", strict=True).answer is REFUTED
    assert asked("proportion", t, holds="a > 4", at_least="0.5", strict=True).answer is MET
    assert len(asked("proportion", t, holds="a > 6", at_least="0.5").violations) == 6
    sample = {"population": "sample", "at_least": "0.5"}
    assert asked("proportion", t, holds="a > 5", **sample).answer is UNDECIDED
    assert asked("proportion", t, holds="a > 1", **sample).answer is MET
    assert asked("proportion", t, holds="a > 9", **sample).answer is REFUTED
    assert asked("proportion", t, holds="a > 0", population="sample", at_least="1").answer is UNDECIDED
    incomplete(asked("proportion", t, holds="a > 0", at_least="1.5"), "between 0 and 1")
    incomplete(asked("proportion", t, holds="a > 0", at_least="0.5", alpha="0.5"), "alpha")
    incomplete(asked("proportion", table("l", "a"), holds="a > 0", at_least="0"), "no rows")


def ranked(*rows: tuple[Any, ...], **fields: Any) -> RuleOutcome:
    fields = {"best": "highest", "arm": "p", **fields}
    return asked(
        "rank", table("l arm", "v", *rows), blocks=("l",), arm_column="arm", value_column="v", **fields
    )


def test_rank() -> None:
    rows = [("en", "p", ".7"), ("en", "q", ".6"), ("de", "p", ".70"), ("de", "q", ".7")]
    tied = ranked(*rows)
    assert tied.answer is REFUTED
    assert tied.violations == (
        {"block": {"l": "de"}, "place": 1, "arms_at_this_value": 2, "values": {"p": ".70", "q": ".7"}},
    )
    assert ranked(*rows, ties="shared").answer is MET
    assert ranked(*rows[:2]).answer is MET
    assert ranked(*rows[:2], best="lowest").answer is REFUTED
    assert ranked(*rows[:2], best="lowest", place=2).answer is MET
    assert ranked(*rows[:2], arm="q", place=2).answer is MET
    incomplete(ranked(*rows, count=3), "2 blocks")
    incomplete(ranked(*rows, rows[0]), "two rows for arm p")
    incomplete(ranked(*rows[:3]), "lacks q")
    incomplete(ranked(*rows, arm="r"), "lacks r")
    incomplete(ranked(rows[0]), "only arm")
    incomplete(ranked(), "no rows")
    incomplete(ranked(("en", "p", "high"), ("en", "q", 1)), "not a printed number")


def test_granularity() -> None:
    def grim(*rows: tuple[Any, ...], **fields: Any) -> RuleOutcome:
        return asked("granularity", table("g", "v n", *rows), value="v", n="n", **fields)

    possible, impossible = ("a", "0.48", 21), ("b", "0.49", 21)
    assert grim(possible).answer is MET
    refuted = grim(impossible, possible)
    assert refuted.answer is REFUTED and refuted.violations == ({"g": "b", "v": "0.49", "n": 21},)
    assert grim(("a", "48", 21), scale="100").answer is MET
    assert grim(("a", "49", "21"), scale="100").answer is REFUTED
    powerless = grim(("a", "0.48", 1000))
    assert powerless.answer is UNDECIDED and not powerless.incomplete and powerless.settles
    incomplete(grim(possible, rows=2), "1 rows")
    incomplete(grim(("a", 0.48, 21)), "printed text")
    incomplete(grim(("a", "0.48", 0)), "positive integer")
    incomplete(grim(("a", "0.48", 2.5)), "positive integer")
    incomplete(grim(possible, scale="0"), "scale")
    incomplete(grim(), "no rows")


def test_mean_of_cells() -> None:
    def means(*rows: tuple[Any, ...], groups: tuple[str, ...] = ("g",)) -> RuleOutcome:
        return asked(
            "mean_of_cells", table("g kind", "v", *rows), groups=groups, kind_column="kind", value="v"
        )

    cells = [("a", "cell", "0.50"), ("a", "cell", "0.61")]
    # The mean of the cells is 0.555, give or take 0.005; a printed mean adds 0.005 of its own.
    assert means(*cells, ("a", "printed_mean", "0.56")).answer is MET
    assert means(*cells, ("a", "printed_mean", "0.565")).answer is REFUTED
    assert means(*cells, ("a", "printed_mean", "0.56"), groups=()).answer is MET
    wrong = means(*cells, ("a", "printed_mean", "0.58"), ("a", "note", "9"))
    assert wrong.answer is REFUTED
    assert wrong.violations == ({"group": {"g": "a"}, "printed": "0.58", "recomputed": "0.555000", "n": 2},)
    incomplete(means(*cells), "no row of kind 'printed_mean'")
    incomplete(means(*cells, ("b", "printed_mean", "0.5")), "g=a has no row that is a printed mean")
    incomplete(means(("b", "printed_mean", "0.5")), "g=b has no row that is cells")
    incomplete(means(*cells, ("a", "printed_mean", "0.5"), ("a", "printed_mean", "0.6")), "two printed means")
    incomplete(means(*cells, ("a", "printed_mean", 0.56)), "printed text")


def test_combinations_name_what_decided() -> None:
    yes = {"rule": "bound", "of": {"quantity": "q"}, "op": ">", "threshold": "0"}
    no = {**yes, "op": "<"}
    gone = {**yes, "of": {"quantity": "gone"}}
    found = observed(q=1)
    assert decide(rule("all_of", parts=[yes, yes]), found).answer is MET
    refuted = decide(rule("all_of", parts=[yes, gone, no]), found)
    assert refuted.answer is REFUTED and "part 3" in refuted.summary and not refuted.incomplete
    incomplete(decide(rule("all_of", parts=[yes, gone]), found), "1 MET")
    assert decide(rule("any_of", parts=[no, gone, yes]), found).answer is MET
    assert decide(rule("any_of", parts=[no, no]), found).answer is REFUTED
    incomplete(decide(rule("any_of", parts=[no, gone]), found), "1 REFUTED")
    nested = rule("all_of", parts=[{"rule": "any_of", "parts": [no, yes]}, yes])
    assert decide(nested, found).answer is MET
    assert references(nested) == [("q", None)]


def test_hostile_tables_are_incomplete() -> None:
    two = ReportedColumn(name="a", unit=Unit.COUNT)
    hostile = [
        ReportedTable(columns=(two, two), rows=((1, 2),)),
        ReportedTable(columns=(two,), rows=((1, 2),)),
        ReportedTable(columns=(two,), rows=((),)),
        ReportedTable(columns=(), rows=((),)),
        table("m", "a", (3, 1)),
        table("m", "a", ("x", float("1e400") if False else "1e5")),
        ReportedTable.model_construct(columns=(two,), rows=((float("nan"),),)),
        ReportedTable.model_construct(columns=(two,), rows=((True,),)),
    ]
    for t in hostile:
        outcome = decide(rule("forall", table="t", holds="a > 0 and m != 'y'"), observed(t))
        assert outcome.answer is UNDECIDED and outcome.incomplete, t


@pytest.mark.parametrize(
    ("asked_for", "used"),
    [
        (
            {"rule": "forall", "table": "t", "holds": "a > max(b, 2)", "when": "m == 'x'"},
            [("t", "a"), ("t", "b"), ("t", "m")],
        ),
        ({"rule": "forall", "table": "t", "holds": "1 < 2"}, [("t", None)]),
        ({"rule": "proportion", "table": "t", "holds": "a >", "at_least": "1"}, [("t", None)]),
        (
            {
                "rule": "bound",
                "of": {"table": "t", "row": {"l": "x"}, "column": "v"},
                "op": ">",
                "threshold": "1",
            },
            [("t", "l"), ("t", "v")],
        ),
        ({"rule": "granularity", "table": "t", "value": "v", "n": "k"}, [("t", "k"), ("t", "v")]),
        (
            {"rule": "mean_of_cells", "table": "t", "groups": ["g"], "kind_column": "k", "value": "v"},
            [("t", "g"), ("t", "k"), ("t", "v")],
        ),
    ],
)
def test_references(asked_for: dict[str, Any], used: list[tuple[str, str | None]]) -> None:
    assert references(RULE.validate_python(asked_for)) == used
