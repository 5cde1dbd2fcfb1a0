"""What a script wrote: every way in which it is refused."""

from __future__ import annotations

import json
from typing import Any

import pytest
from doubles import CLAIM, changed, reported
from hypothesis import given
from hypothesis import strategies as st

from harness import observing
from harness.observing import BadObservations, NothingMeasured, count_values, printable, read_observations
from harness.records.claim import Claim
from harness.records.observations import Observations

ROWS = [["en", "0.61", "0.50"], ["de", "0.52", "0.41"]]
TABLE_CLAIM = Claim.model_validate(changed(CLAIM))
QUANTITIES = [
    {"name": "share", "what": "a share", "type": "number", "unit": "fraction"},
    {"name": "count", "what": "a count", "type": "integer", "unit": "count"},
    {"name": "shown", "what": "a printed number", "type": "printed", "unit": "percent"},
]
QUANTITY_CLAIM = Claim.model_validate(
    changed(
        CLAIM,
        observes=QUANTITIES,
        decision={"rule": "bound", "of": {"quantity": "share"}, "op": ">", "threshold": "0"},
    )
)
GOOD: dict[str, Any] = {
    "protocol": "claim-script-v1",
    "quantities": {
        "share": {"value": 0.5, "unit": "fraction"},
        "count": {"value": 3, "unit": "count"},
        "shown": {"value": "13.4", "unit": "percent"},
    },
    "tables": {},
}


def read(document: Any, claim: Claim = TABLE_CLAIM) -> Observations:
    return read_observations(json.dumps(document).encode(), claim)


def quantities(**values: Any) -> dict[str, Any]:
    return changed(GOOD, **{f"quantities__{name}__value": value for name, value in values.items()})


def table(**parts: Any) -> dict[str, Any]:
    return changed(reported(ROWS), **{f"tables__pairs__{name}": part for name, part in parts.items()})


def test_good_table_is_read() -> None:
    observations = read(reported(ROWS))
    assert [row["new"] for row in observations.tables["pairs"].records()] == ["0.61", "0.52"]
    assert count_values(observations) == 4


def test_good_quantities_are_read() -> None:
    observations = read(GOOD, QUANTITY_CLAIM)
    assert {name: item.value for name, item in observations.quantities.items()} == {
        "share": 0.5,
        "count": 3,
        "shown": "13.4",
    }
    assert count_values(observations) == 3


def test_empty_table_has_no_values() -> None:
    assert count_values(read(reported([]))) == 0


COLUMNS = reported([])["tables"]["pairs"]["columns"]


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ([], "must hold one JSON object"),
        ("text", "must hold one JSON object"),
        ({}, "protocol must be 'claim-script-v1'"),
        (changed(reported(ROWS), protocol="claim-script-v2"), "protocol must be"),
        (changed(reported(ROWS), protocol=["claim-script-v1"]), "protocol must be"),
        ({**reported(ROWS), "verdict": "VERIFIED"}, "verdict: Extra inputs"),
        ({"protocol": "claim-script-v1"}, "Field required"),
        (changed(reported(ROWS), tables={}), "table 'pairs' was declared but not reported"),
        (
            {**reported(ROWS), "quantities": {"x": {"value": 1, "unit": "count"}}},
            "quantity 'x' was reported but not declared",
        ),
        (
            table(columns=COLUMNS[:2], rows=[["en", "0.61"]]),
            "columns are language, new; declared are language, new, old",
        ),
        (table(columns=[*COLUMNS, COLUMNS[0]]), "a column name stands twice"),
        (
            table(columns=[{"name": "language", "unit": "count"}, *COLUMNS[1:]]),
            "pairs.language: unit is count, declared None",
        ),
        (
            table(columns=[*COLUMNS[:2], {"name": "old", "unit": "percent"}]),
            "pairs.old: unit is percent, declared fraction",
        ),
        (table(columns=[*COLUMNS[:2], {"name": "old", "unit": "furlongs"}]), "unit"),
        (table(columns=[*COLUMNS[:2], {"name": "old"}]), "Field required"),
        (table(rows=[["en", "0.61"]]), "row 0: 2 values, 3 columns"),
        (table(rows=[ROWS[0], ROWS[0]]), "row 1: the same row stands there twice"),
        (table(rows=[["", "0.61", "0.50"]]), "a label must be 1 to 400 printable characters"),
        (table(rows=[["x" * 401, "0.61", "0.50"]]), "a label must be"),
        (table(rows=[["e\u202en", "0.61", "0.50"]]), "a label must be"),
        (table(rows=[["e\nn", "0.61", "0.50"]]), "a label must be"),
        (table(rows=[[1, "0.61", "0.50"]]), "a label must be"),
        (table(rows=[["en", 0.61, "0.50"]]), "a printed number must be text"),
        (table(rows=[["en", "0.61 ", "0.50"]]), "a printed number must be text"),
        (table(rows=[["en", "0." + "1" * 40, "0.50"]]), "a printed number must be text"),
        (table(rows=[["en", "1.01", "0.50"]]), "outside the range of unit fraction"),
        (table(rows=[["en", "-0.01", "0.50"]]), "outside the range of unit fraction"),
        (table(rows=[["en", True, "0.50"]]), "rows.0.1"),
        (table(rows=[["en", None, "0.50"]]), "rows.0.1"),
        (table(rows=[["en", ["0.61"], "0.50"]]), "rows.0.1"),
        (table(rows=["en"]), "rows.0"),
    ],
)
def test_refused_tables(document: Any, message: str) -> None:
    with pytest.raises(BadObservations) as raised:
        read(document)
    assert message in str(raised.value)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("document", "message"),
    [
        (quantities(share="0.5"), "share: must be a JSON number"),
        (quantities(share=True), "share"),
        (quantities(share=1.0000001), "outside the range of unit fraction (0 to 1)"),
        (quantities(share=-1e-300), "outside the range"),
        (quantities(count=3.5), "count: must be an integer"),
        (quantities(count=3.0), "count: must be an integer"),
        (quantities(count=-1), "outside the range of unit count (0 to )"),
        (quantities(shown=13.4), "shown: a printed number must be text"),
        (quantities(shown="13.4 %"), "shown: a printed number must be text"),
        (quantities(shown="100.1"), "outside the range of unit percent"),
        (changed(GOOD, quantities__share__unit="percent"), "share: unit is percent, declared fraction"),
        (changed(GOOD, quantities__share__unit=None), "quantities.share.unit: Field required"),
        (changed(GOOD, quantities__share=None), "quantity 'share' was declared but not reported"),
        (changed(GOOD, quantities__share__note="x"), "Extra inputs"),
        (
            {**GOOD, "tables": {"share": reported(ROWS)["tables"]["pairs"]}},
            "table 'share' was reported but not declared",
        ),
    ],
)
def test_refused_quantities(document: Any, message: str) -> None:
    with pytest.raises(BadObservations) as raised:
        read(document, QUANTITY_CLAIM)
    assert message in str(raised.value)


@pytest.mark.parametrize("value", [0, 1, 0.0, 1.0])
def test_ends_of_a_range_are_inside(value: Any) -> None:
    assert read(quantities(share=value), QUANTITY_CLAIM).quantities["share"].value == value


@pytest.mark.parametrize("data", [b"", b"{", b"NaN", b'{"a": 1, "a": 2}', b"\xff", b"{} x", b"[" * 99])
def test_bytes_that_are_not_strict_json(data: bytes) -> None:
    with pytest.raises(BadObservations, match="the observations file is"):
        read_observations(data, TABLE_CLAIM)


def test_nan_inside_a_table() -> None:
    with pytest.raises(BadObservations, match="NaN is not a number"):
        read(quantities(share=float("nan")), QUANTITY_CLAIM)


def test_size_limit_is_that_of_the_record() -> None:
    small = Claim.model_validate(changed(CLAIM, reproduction__limits={"output_bytes": 256}))
    with pytest.raises(BadObservations, match="more than the 256 allowed"):
        read(reported([[f"l{n}", "0.1", "0.2"] for n in range(50)]), small)


def test_number_of_values_is_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(observing, "MAX_VALUES", 5)
    with pytest.raises(BadObservations, match="6 values; at most 5 are read"):
        read(reported(ROWS))


def test_script_that_measured_nothing() -> None:
    with pytest.raises(NothingMeasured, match=r"no GPU\\u000a here"):
        read({"protocol": "claim-script-v1", "not_run": "no GPU\n here"})


@pytest.mark.parametrize(
    "document",
    [{"not_run": ""}, {"not_run": " \n"}, {"not_run": 1}, {"not_run": "x", "tables": {}}, {"not_run": None}],
)
def test_not_run_must_be_a_reason_that_stands_alone(document: Any) -> None:
    with pytest.raises(BadObservations, match="not_run must be a reason"):
        read({"protocol": "claim-script-v1", **document})


def test_refusal_spells_out_control_characters() -> None:
    with pytest.raises(BadObservations) as raised:
        read({**reported(ROWS), "\x1b[2J": 1})
    assert printable(str(raised.value)) == str(raised.value)


def test_printable() -> None:
    assert printable("a b\té\x1b\u202e\u00a0") == "a b\\u0009é\\u001b\\u202e\\u00a0"


values = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5)
documents = st.recursive(
    values,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
)


@given(
    st.sampled_from(
        [
            "quantities",
            "tables",
            "protocol",
            "tables__pairs",
            "tables__pairs__rows",
            "tables__pairs__columns",
            "tables__pairs__rows__0",
            "tables__pairs__rows__1__1",
        ]
    ),
    documents,
)
def test_nothing_but_a_refusal_is_raised(place: str, document: Any) -> None:
    broken = reported([list(row) for row in ROWS])
    *parents, last = place.split("__")
    target: Any = broken
    for part in parents:
        target = target[int(part) if isinstance(target, list) else part]
    target[int(last) if isinstance(target, list) else last] = document
    try:
        read(broken)
    except (BadObservations, NothingMeasured) as error:
        assert str(error)
