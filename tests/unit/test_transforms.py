"""Changes to input tables: pure, replayable, and no wider than asked for."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.data_files import parse_data
from harness.records.run import Transform
from harness.tables import parse_table, write_table
from harness.transforms import apply_transforms

COLUMNS = ("arm", "language", "value")
TABLE = write_table(
    COLUMNS,
    [
        {"arm": "New", "language": "en", "value": "0.61"},
        {"arm": "Old", "language": "en", "value": "0.50"},
        {"arm": "New", "language": "de", "value": "1,469"},
        {"arm": "Old", "language": "de", "value": "n/a"},
    ],
)


def rows(data: bytes) -> list[dict[str, str]]:
    table, problems = parse_table("t", data, file="t.csv")
    assert table is not None
    assert problems == []
    return list(table.rows)


def values(data: bytes) -> list[str]:
    return [row["value"] for row in rows(data)]


def apply(data: bytes, **transform: Any) -> bytes:
    return apply_transforms({"t.csv": data}, (Transform(**transform),))["t.csv"]


def test_scale_keeps_two_digits_more_and_whole_numbers_whole() -> None:
    scaled = apply(TABLE, do="scale", column="value", number="0.5")
    assert values(scaled) == ["0.3050", "0.2500", "734", "n/a"]


def test_shift() -> None:
    assert values(apply(TABLE, do="shift", column="value", number="-0.25")) == ["0.36", "0.25", "1469", "n/a"]


def test_set_and_where() -> None:
    changed = apply(
        TABLE, do="set", column="value", number="9", where={"arm": ("New",), "language": ("en", "fr")}
    )
    assert values(changed) == ["9", "0.50", "1,469", "n/a"]


def test_swap_of_labels() -> None:
    changed = rows(apply(TABLE, do="swap", column="arm", labels=("New", "Old")))
    assert [row["arm"] for row in changed] == ["Old", "New", "Old", "New"]
    assert values(apply(TABLE, do="swap", column="arm", labels=("New", "Old"))) == values(TABLE)


def test_drop_and_duplicate() -> None:
    assert values(apply(TABLE, do="drop", where={"arm": ("Old",)})) == ["0.61", "1,469"]
    assert values(apply(TABLE, do="duplicate", where={"arm": ("Old",)})) == [
        "0.61",
        "0.50",
        "0.50",
        "1,469",
        "n/a",
        "n/a",
    ]
    assert rows(apply(TABLE, do="drop")) == []


def test_remove_and_empty_of_named_inputs() -> None:
    inputs = {"a.csv": TABLE, "b.csv": TABLE, "c.bin": b"\0\1"}
    assert set(apply_transforms(inputs, (Transform(do="remove", inputs=("a",)),))) == {"b.csv", "c.bin"}
    assert apply_transforms(inputs, (Transform(do="remove"),)) == {}
    emptied = apply_transforms(inputs, (Transform(do="empty"),))
    assert emptied == {"a.csv": b"arm,language,value\n", "b.csv": b"arm,language,value\n", "c.bin": b""}


def test_files_that_are_no_tables_are_left_alone() -> None:
    inputs = {"c.bin": b"\0\1", "broken.csv": b'a,b\n1,"'}
    for do in ("scale", "permute", "reorder", "drop", "swap", "set", "shift", "duplicate"):
        assert (
            apply_transforms(inputs, (Transform.model_validate({"do": do, "column": "a", "number": "2"}),))
            == inputs
        )


def test_transforms_are_applied_in_order() -> None:
    steps = (
        Transform(do="set", column="value", number="10"),
        Transform(do="scale", column="value", number="3"),
        Transform(do="shift", column="value", number="1"),
    )
    assert values(apply_transforms({"t.csv": TABLE}, steps)["t.csv"]) == ["31"] * 4


def test_tables_of_equal_length_are_shuffled_differently() -> None:
    long = write_table(("value",), [{"value": str(number)} for number in range(30)])
    changed = apply_transforms(
        {"a.csv": long, "b.csv": long}, (Transform(do="permute", column="value", seed=3),)
    )
    assert changed["a.csv"] != changed["b.csv"]


@pytest.mark.parametrize("number", ["NaN", "0", "-0.0", "1000000"])
def test_odd_number_changes_cells_without_raising(number: str) -> None:
    assert len(values(apply(TABLE, do="scale", column="value", number=number))) == 4


@pytest.mark.parametrize("number", ["1e400", "Infinity", "-", "", "two"])
def test_number_that_is_no_printed_number_never_raises(number: str) -> None:
    # Transform.number is free text; a record with such a number must be refused or the table left alone.
    apply(TABLE, do="scale", column="value", number=number)


labels = st.sampled_from(["New", "Old", "Third"])
numbers = st.decimals(-1000, 1000, places=2).map(str) | st.sampled_from(["1,469", ".5", "n/a", ""])
tables = st.lists(st.tuples(labels, labels, numbers), max_size=12).map(
    lambda found: write_table(COLUMNS, [dict(zip(COLUMNS, row, strict=True)) for row in found])
)
transforms = st.builds(
    Transform,
    do=st.sampled_from(["empty", "swap", "permute", "scale", "shift", "set", "drop", "reorder", "duplicate"]),
    column=st.sampled_from(COLUMNS),
    labels=st.just(("New", "Old")),
    number=st.sampled_from(["0.7", "2", "-1"]),
    seed=st.integers(0, 5),
    where=st.dictionaries(st.just("arm"), st.lists(labels, max_size=2).map(tuple), max_size=1),
)


def whole(data: bytes) -> Counter[tuple[str, ...]]:
    return Counter(tuple(row.values()) for row in rows(data))


@given(tables, transforms)
def test_same_change_twice_gives_the_same_bytes_and_leaves_the_input(
    data: bytes, transform: Transform
) -> None:
    inputs = {"t.csv": data}
    first = apply_transforms(inputs, (transform,))
    assert apply_transforms(inputs, (transform,)) == first
    assert inputs == {"t.csv": data}


@given(tables, st.sampled_from(["arm", "language"]))
def test_swap_is_an_involution(data: bytes, column: str) -> None:
    swap = Transform(do="swap", column=column, labels=("New", "Old"))
    once = apply_transforms({"t.csv": data}, (swap,))
    assert apply_transforms(once, (swap,)) == {"t.csv": data}
    counted = Counter({"New": "Old", "Old": "New"}.get(row[column], row[column]) for row in rows(data))
    assert Counter(row[column] for row in rows(once["t.csv"])) == counted


@given(tables, st.integers(0, 2**31), st.sampled_from(COLUMNS))
def test_permute_keeps_the_multiset_and_every_other_column(data: bytes, seed: int, column: str) -> None:
    changed = apply(data, do="permute", column=column, seed=seed)
    assert Counter(row[column] for row in rows(changed)) == Counter(row[column] for row in rows(data))
    for other in set(COLUMNS) - {column}:
        assert [row[other] for row in rows(changed)] == [row[other] for row in rows(data)]


def test_permute_moves_something() -> None:
    long = write_table(("value",), [{"value": str(number)} for number in range(30)])
    changed = {apply(long, do="permute", column="value", seed=seed) for seed in range(5)}
    assert len(changed) == 5
    assert long not in changed


@given(tables)
def test_empty_keeps_the_header_only(data: bytes) -> None:
    assert apply(data, do="empty") == b"arm,language,value\n"


@given(tables, st.integers(0, 2**31))
def test_reorder_keeps_whole_rows(data: bytes, seed: int) -> None:
    assert whole(apply(data, do="reorder", seed=seed)) == whole(data)


@given(tables, st.sampled_from(["swap", "permute", "scale", "shift", "set"]))
def test_unknown_column_changes_no_row(data: bytes, do: str) -> None:
    changed = apply(data, do=do, column="nowhere", labels=("New", "Old"), number="2", seed=1)
    assert rows(changed) == rows(data)


@given(tables, transforms)
def test_rows_that_are_not_selected_stay(data: bytes, transform: Transform) -> None:
    if transform.do in ("empty", "reorder"):
        return
    nobody = transform.model_copy(update={"where": {"arm": ("Nobody",)}})
    assert rows(apply_transforms({"t.csv": data}, (nobody,))["t.csv"]) == rows(data)


@given(tables)
def test_drop_and_its_complement_share_out_the_rows(data: bytes) -> None:
    without = apply(data, do="drop", where={"arm": ("New",)})
    only = apply(data, do="drop", where={"arm": ("Old", "Third")})
    assert whole(without) + whole(only) == whole(data)


@pytest.mark.parametrize("name", ["r.json", "r.jsonl", "r.csv", "r.txt"])
def test_rewrite_changes_bytes_and_no_value(name: str) -> None:
    """JSON on one line comes back with line ends; where the form leaves no choice, the bytes stay."""
    data = {
        "r.json": b'{"data": [{"a": 1.50, "b": "x"}, {"a": 2, "b": null}], "ok": true}',
        "r.jsonl": b'{"a":1}\n\n{"a":2}\n',
        "r.csv": b"a,b\n1,x\n",
        "r.txt": b"1  x\n2 y",
    }[name]
    changed = apply_transforms({name: data}, (Transform(do="rewrite"),))[name]
    parsed = [parse_data(name, item) for item in (data, changed)]
    assert [[(slot.column, slot.row, slot.value) for slot in item.slots] for item in parsed if item] == [
        [(slot.column, slot.row, slot.value) for slot in parsed[0].slots] if parsed[0] else []
    ] * 2
    assert (changed != data) == name.startswith("r.json")


@pytest.mark.parametrize(
    ("inputs", "concerned"),
    [
        ((), {"set/en.json", "set/de.json", "en.json"}),
        (("set",), {"set/en.json", "set/de.json"}),
        (("set/en.json",), {"set/en.json"}),
        (("en",), {"en.json"}),
        (("set/en",), set()),
    ],
)
def test_files_of_a_resource_are_named_by_folder_or_path(
    inputs: tuple[str, ...], concerned: set[str]
) -> None:
    given = dict.fromkeys(("set/en.json", "set/de.json", "en.json"), b"[1]")
    left = apply_transforms(given, (Transform(do="remove", inputs=inputs),))
    assert set(given) - set(left) == concerned
