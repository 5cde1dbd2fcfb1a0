"""Files written anew: other bytes, the same values."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.data_files import parse_data
from harness.records.run import Transform
from harness.rewriting import WAYS
from harness.transforms import apply_transforms

cells = st.text(st.sampled_from('ab1.,"\n é'), max_size=5)
records = st.fixed_dictionaries(
    {"name": cells, "x": st.integers() | st.floats(-1e6, 1e6), "ok": st.booleans()}
)


def rewritten(name: str, data: bytes, way: str) -> bytes:
    return apply_transforms({name: data}, (Transform(do="rewrite", number=way),))[name]


def written(name: str, rows: list[dict[str, Any]]) -> bytes:
    if name == "r.json":
        return json.dumps(rows, indent=2).encode()
    if name == "r.jsonl":
        return "".join(json.dumps(row) + "\n" for row in rows).encode()
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\n", delimiter="\t" if name == "r.tsv" else ",")
    writer.writerows([["name", "x", "ok"], *([row["name"], row["x"], row["ok"]] for row in rows)])
    return out.getvalue().encode()


@given(
    st.lists(records, min_size=1, max_size=4),
    st.sampled_from(["r.csv", "r.tsv", "r.json", "r.jsonl"]),
    st.sampled_from(WAYS),
)
def test_no_value_changes(rows: list[dict[str, Any]], name: str, way: str) -> None:
    data = written(name, rows)
    before, after = (parse_data(name, item) for item in (data, rewritten(name, data, way)))
    assert before is not None
    assert after is not None
    assert [{(slot.row, slot.column): slot.value for slot in file.slots} for file in (before, after)] == [
        {(slot.row, slot.column): slot.value for slot in before.slots}
    ] * 2


@pytest.mark.parametrize("name", ["r.csv", "r.tsv", "r.json", "r.jsonl"])
def test_two_ways_at_least_have_other_bytes(name: str) -> None:
    data = written(name, [{"name": "a", "x": 1, "ok": True}, {"name": "b", "x": 2, "ok": False}])
    found = {rewritten(name, data, way) for way in WAYS} - {data}
    assert len(found) >= 2


def test_the_order_of_records_that_are_keys_stays() -> None:
    data = json.dumps({"q1": 0.5, "q2": 0.7, "q3": 0.9}).encode()
    assert [list(json.loads(rewritten("r.json", data, way))) for way in WAYS] == [["q1", "q2", "q3"]] * 3


def test_words_between_spaces_keep_their_places() -> None:
    assert rewritten("r.txt", b"1  x\n2 y\n", "1") == b"1  x\r\n2 y\r\n"
    assert rewritten("r.txt", b"1  x\n2 y\n", "2") == b"1  x\n2 y"
