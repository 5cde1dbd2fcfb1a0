"""Strict JSON: what a hostile script cannot hand in."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.json_input import MAX_DEPTH, MAX_INTEGER, BadJson, parse_json


def parse(data: str | bytes, max_bytes: int = 1 << 20) -> Any:
    return parse_json(data.encode() if isinstance(data, str) else data, max_bytes=max_bytes)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ('{"a": NaN}', "NaN is not a number"),
        ("[Infinity]", "Infinity is not a number"),
        ("-Infinity", "-Infinity is not a number"),
        ("[1e400]", "too large"),
        ("[-1e400]", "too large"),
        ('{"a": 1, "a": 1}', "key 'a' stands twice"),
        ('{"a": {"b": 1, "\\u0062": 2}}', "key 'b' stands twice"),
        (str(MAX_INTEGER + 1), "beyond 2^53"),
        (str(-MAX_INTEGER - 1), "beyond 2^53"),
        ("9" * 5000, "beyond 2^53"),
        ('["\\ud800"]', "lone surrogate"),
        ('{"\\udfff": 1}', "lone surrogate"),
        ('{"a": [{"b": "\\ud83d"}]}', "lone surrogate"),
        (b"\xef\xbb\xbf{}", "byte-order mark"),
        (b'{"a": "\xff"}', "not UTF-8 at byte 7"),
        (b'"\xed\xa0\x80"', "not UTF-8"),
        ("{} {}", "not JSON"),
        ("{}x", "not JSON"),
        ("", "not JSON"),
        ("{'a': 1}", "not JSON"),
        ("[1,]", "not JSON"),
        ("[01]", "not JSON"),
        ('["a\nb"]', "not JSON"),
        ("// comment\n1", "not JSON"),
        ("[" * (MAX_DEPTH + 1) + "]" * (MAX_DEPTH + 1), "nested deeper"),
        ("[" * 200_000, "nested deeper"),
        ('{"a":' * 50 + "1" + "}" * 50, "nested deeper"),
    ],
)
def test_refused(data: str | bytes, message: str) -> None:
    with pytest.raises(BadJson, match=message.replace("^", r"\^")):
        parse(data)


def test_size_limit_is_inclusive() -> None:
    assert parse("[1]", max_bytes=3) == [1]
    with pytest.raises(BadJson, match="4 bytes are more than the 3 allowed"):
        parse("[1] ", max_bytes=3)


@pytest.mark.parametrize("number", [MAX_INTEGER, -MAX_INTEGER, 0, -0.0, 1e308, 5e-324])
def test_numbers_at_the_edge(number: Any) -> None:
    assert parse(json.dumps(number)) == number


def test_brackets_inside_text_are_not_nesting() -> None:
    text = json.dumps(["[" * 100, '\\"[' * 50, "{"])
    assert parse(text) == json.loads(text)


def test_depth_at_the_limit() -> None:
    assert parse("[" * MAX_DEPTH + "]" * MAX_DEPTH) is not None


def test_paired_surrogates_are_a_character() -> None:
    assert parse('"\\ud83d\\ude00"') == "\U0001f600"


values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(codec="utf-8")),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(st.characters(codec="utf-8")), inner, max_size=4)
    ),
)


@given(values, st.booleans())
def test_reads_what_json_writes(value: Any, ascii_only: bool) -> None:
    assert parse(json.dumps(value, ensure_ascii=ascii_only)) == value


@given(st.binary(max_size=100) | st.text('{}[]":,\\u0d8eE+-.1nNaItrfls ', max_size=60).map(str.encode))
def test_nothing_but_bad_json_is_raised(data: bytes) -> None:
    try:
        value = parse(data)
    except BadJson:
        return
    assert value == json.loads(data)
