"""Data files of every form: read to columns, changed without losing their form, left alone where nothing changes."""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.data_files import parse_data
from harness.records.run import Transform
from harness.transforms import apply_transforms

PEOPLE = [
    {"id": f"p{index}", "group": "ab"[index % 2], "age": 40 + 3 * (index % 4), "score": 0.1 * index + 0.05}
    for index in range(12)
]


def as_csv(separator: str) -> bytes:
    out = io.StringIO()
    writer = csv.writer(out, delimiter=separator, lineterminator="\n")
    writer.writerow(PEOPLE[0])
    writer.writerows(
        [f"{value:.2f}" if isinstance(value, float) else value for value in row.values()] for row in PEOPLE
    )
    return out.getvalue().encode()


FILES = {
    "people.csv": as_csv(","),
    "people.tsv": as_csv("\t"),
    "people.json": json.dumps({"made": "2024", "people": PEOPLE}).encode(),
    "people.jsonl": "".join(json.dumps(row) + "\n" for row in PEOPLE).encode(),
}


def change(name: str, data: bytes, **transform: Any) -> bytes:
    return apply_transforms({name: data}, (Transform(**transform),))[name]


def column(name: str, data: bytes, wanted: str) -> list[str]:
    file = parse_data(name, data)
    assert file is not None
    return [str(slot.value) for slot in file.slots if slot.name == wanted]


@pytest.mark.parametrize("name", FILES)
def test_noise_keeps_every_column_and_the_names_of_records(name: str) -> None:
    changed = change(name, FILES[name], do="noise", seed=4)
    assert changed != FILES[name]
    assert column(name, changed, "id") == column(name, FILES[name], "id")
    for wanted in ("group", "score"):
        assert Counter(column(name, changed, wanted)) == Counter(column(name, FILES[name], wanted))
        assert column(name, changed, wanted) != column(name, FILES[name], wanted)


@pytest.mark.parametrize("name", FILES)
def test_redrawn_numbers_come_from_their_column(name: str) -> None:
    changed = change(name, FILES[name], do="redraw", seed=4)
    assert set(column(name, changed, "score")) < set(column(name, FILES[name], "score"))
    assert column(name, changed, "group") == column(name, FILES[name], "group")


@pytest.mark.parametrize("name", FILES)
def test_rescaling_reaches_the_chosen_records_alone(name: str) -> None:
    changed = change(name, FILES[name], do="rescale", number="0.5", where={"group": ("a",)}, column="score")
    before, after = (
        [float(value) for value in column(name, data, "score")] for data in (FILES[name], changed)
    )
    assert after[1::2] == before[1::2]
    assert after[::2] == pytest.approx([value / 2 for value in before[::2]])


@pytest.mark.parametrize("form", ["csv", "json", "jsonl"])
def test_exchange_swaps_whole_pairs_in_some_records(form: str) -> None:
    rows = [{"new": 0.5 + index / 100, "old": 0.1 + index / 100} for index in range(30)]
    data = {
        "csv": "new,old\n" + "".join(f"{row['new']:.2f},{row['old']:.2f}\n" for row in rows),
        "json": json.dumps({"new": [row["new"] for row in rows], "old": [row["old"] for row in rows]}),
        "jsonl": "".join(json.dumps(row) + "\n" for row in rows),
    }[form].encode()
    name = f"pairs.{form}"
    changed = change(name, data, do="exchange", labels=("new", "old"), seed=1)
    pairs = list(zip(column(name, changed, "new"), column(name, changed, "old"), strict=True))
    was = list(zip(column(name, data, "new"), column(name, data, "old"), strict=True))
    swapped = [now != before for now, before in zip(pairs, was, strict=True)]
    assert all(now in (before, before[::-1]) for now, before in zip(pairs, was, strict=True))
    assert 5 < sum(swapped) < 25


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("broken.json", b"{"),
        ("ragged.csv", b"a,b\n1\n"),
        ("latin.txt", b"\xff\xfe 1.5"),
        ("deep.json", b"[" * 100_000 + b"]" * 100_000),
        ("image.png", b"1.5"),
    ],
)
def test_what_cannot_be_read_is_left_alone(name: str, data: bytes) -> None:
    for do in ("noise", "redraw"):
        assert change(name, data, do=do, seed=1) == data


@pytest.mark.parametrize("text", ["query doc grade\n", "q1 d1 1\nq1 d2 1\n"])
def test_a_file_in_which_nothing_can_change_keeps_its_bytes(text: str) -> None:
    assert change("odd.qrels", text.encode(), do="redraw", seed=3) == text.encode()


def test_numbers_under_names_of_records_are_one_column() -> None:
    """``{"q1": 0.2, ...}`` holds one measure of three queries, not three measures."""
    data = json.dumps({"q1": 0.25, "q2": 0.5, "q3": 0.75, "q4": 1.5}).encode()
    assert sorted(json.loads(change("s.json", data, do="noise", seed=2)).values()) == [0.25, 0.5, 0.75, 1.5]
    assert change("s.json", data, do="noise", seed=2) != data


def test_columns_of_text_keep_their_spaces_and_may_be_scientific() -> None:
    data = b"  1  3.0e-01 x\n  2  2.0e-01 x\n  3  1.5e-01 x\n"
    changed = change("r.txt", data, do="rescale", number="2").decode()
    assert changed == "  1  0.6 x\n  2  0.4 x\n  3  0.3 x\n"


@given(
    rows=st.lists(st.tuples(st.integers(0, 5), st.floats(-9, 9, width=16)), min_size=1, max_size=20),
    seed=st.integers(0, 99),
)
def test_changes_keep_the_form_and_are_the_same_each_time(rows: list[tuple[int, float]], seed: int) -> None:
    data = "".join(json.dumps({"n": n, "x": x}) + "\n" for n, x in rows).encode()
    for do in ("noise", "redraw"):
        once = change("d.jsonl", data, do=do, seed=seed)
        assert once == change("d.jsonl", data, do=do, seed=seed)
        parsed = [json.loads(line) for line in once.splitlines()]
        assert [set(row) for row in parsed] == [{"n", "x"}] * len(rows)
        assert {row["x"] for row in parsed} <= {x for _n, x in rows}


@pytest.mark.parametrize("name", FILES)
def test_rows_are_left_out_and_repeated_in_every_form(name: str) -> None:
    thinned = change(name, FILES[name], do="thin", number="0.5", seed=3)
    kept = column(name, thinned, "id")
    assert len(kept) == 6
    assert kept == [item for item in column(name, FILES[name], "id") if item in kept]
    dropped = change(name, FILES[name], do="thin", number="0", seed=3, where={"group": ("a",)})
    assert Counter(column(name, dropped, "group")) == {"a": 2, "b": 6}
    if not name.endswith(".csv"):
        without = change(name, FILES[name], do="drop", where={"group": ("a",)})
        assert column(name, without, "group") == ["b"] * 6
        twice = change(name, FILES[name], do="duplicate")
        assert Counter(column(name, twice, "id")) == {f"p{index}": 2 for index in range(12)}


@pytest.mark.parametrize("name", FILES)
def test_labels_are_drawn_anew_and_numbers_stay(name: str) -> None:
    changed = change(name, FILES[name], do="relabel", column="id", seed=5)
    assert len(set(column(name, changed, "id"))) < 12
    assert set(column(name, changed, "id")) <= set(column(name, FILES[name], "id"))
    assert column(name, changed, "score") == column(name, FILES[name], "score")
    assert column(name, changed, "group") == column(name, FILES[name], "group")


@given(name=st.sampled_from(sorted(FILES)), wanted=st.sampled_from(["id", "group", "age", "score"]))
def test_a_nudge_changes_so_many_values_and_hardly(name: str, wanted: str) -> None:
    for many in (1, 3):
        changed = change(name, FILES[name], do="nudge", column=wanted, number=str(many), seed=many)
        before, after = column(name, FILES[name], wanted), column(name, changed, wanted)
        assert sum(a != b for a, b in zip(before, after, strict=True)) == many
        if wanted in ("age", "score"):
            assert all(abs(float(a) - float(b)) <= 3 for a, b in zip(before, after, strict=True))


def test_where_asks_for_every_column_that_it_names() -> None:
    changed = change(
        "people.jsonl", FILES["people.jsonl"], do="drop", where={"group": ("a",), "id": ("p0", "p1", "p2")}
    )
    assert column("people.jsonl", changed, "id") == ["p1", *(f"p{index}" for index in range(3, 12))]


def test_values_inside_a_selected_record_belong_to_it() -> None:
    data = json.dumps(
        {"people": [{"name": "a", "times": [1.5, 2.5]}, {"name": "b", "times": [3.5, 4.5]}]}
    ).encode()
    changed = json.loads(
        change("nested.json", data, do="rescale", column="times", where={"name": ("a",)}, number="10")
    )
    assert [person["times"] for person in changed["people"]] == [[15.0, 25.0], [3.5, 4.5]]


def test_truth_values_are_labels() -> None:
    data = b"".join(json.dumps({"done": index % 3 == 0}).encode() + b"\n" for index in range(30))
    file = parse_data("done.jsonl", data)
    assert file is not None and list(file.label_columns()) == [".done"]
    changed = [
        json.loads(line)["done"] for line in change("done.jsonl", data, do="noise", seed=1).splitlines()
    ]
    assert changed.count(True) == 10 and all(isinstance(item, bool) for item in changed)
    assert changed != [index % 3 == 0 for index in range(30)]
