"""Strict YAML: what it reads, what it refuses, and on which line."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.yaml_input import MAX_BYTES, MAX_DEPTH, YamlDocument, dotted, parse_yaml


def parse(text: str | bytes) -> YamlDocument:
    return parse_yaml(text.encode() if isinstance(text, str) else text, file="f.yaml")


def value(text: str) -> Any:
    document = parse(text)
    assert document.problems == []
    return document.value


def refusal(text: str | bytes) -> tuple[int, str, str]:
    problems = parse(text).problems
    assert len(problems) == 1, problems
    assert problems[0].file == "f.yaml"
    return problems[0].line, problems[0].field, problems[0].message


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("no", "no"),
        ("yes", "yes"),
        ("on", "on"),
        ("Off", "Off"),
        ("y", "y"),
        ("NO", "NO"),
        ("1_000", "1_000"),
        ("2024-08-20", "2024-08-20"),
        ("2024-08-20T10:00:00Z", "2024-08-20T10:00:00Z"),
        ("12:30:45", "12:30:45"),
        ("0b101", "0b101"),
        ("010", 10),
        ("0o17", 15),
        ("0x1F", 31),
        ("-7", -7),
        ("+7", 7),
        ("1.50", 1.5),
        (".5", 0.5),
        ("1e3", 1000.0),
        ("1.", 1.0),
        ("true", True),
        ("FALSE", False),
        ("~", None),
        ("null", None),
        ("'null'", "null"),
        ('"0.50"', "0.50"),
        ("'1'", "1"),
        ("=", "="),
        ("1,469", "1,469"),
        ("1.2.3", "1.2.3"),
    ],
)
def test_plain_scalars_follow_yaml_1_2(text: str, expected: Any) -> None:
    found = value(f"key: {text}\n")["key"]
    assert (found, type(found)) == (expected, type(expected))


@pytest.mark.parametrize("text", ["\u0663", "\u0967.\u0968"])
def test_digits_are_ascii(text: str) -> None:
    assert value(f"key: {text}\n") == {"key": text}


def test_folded_and_literal_text() -> None:
    assert value("a: >-\n  one\n  two\nb: |\n  1\n  2\n") == {"a": "one two", "b": "1\n2\n"}


def test_lines_of_fields() -> None:
    document = parse("a: 1\nb:\n  - x: 2\n\n  - y: 3\n    z: 4\n")
    assert document.line(("b", 1, "z")) == 6
    assert document.line(("b", 1)) == 5
    assert document.line(("b", 0, "missing")) == 3
    assert document.line(("missing",)) == 1


def test_dotted_paths() -> None:
    assert dotted(("grounding", 0, "table")) == "grounding[0].table"
    assert dotted(()) == ""
    assert dotted(("a", 1, 2, "b")) == "a[1][2].b"


@pytest.mark.parametrize(
    ("text", "line", "field", "message"),
    [
        ("a: 1\nb: 2\na: 3\n", 3, "a", "key 'a' stands twice (first on line 1)"),
        ("x:\n  a: 1\n  'a': 2\n", 3, "x.a", "stands twice (first on line 2)"),
        ("a: &here 1\n", 1, "", "anchors are not allowed"),
        ("a: 1\nb: !secret x\n", 2, "", "tags are not allowed"),
        ("a: .nan\n", 1, "a", ".nan is not a number"),
        ("a:\n  - .inf\n", 2, "a[0]", ".inf is not a number"),
        ("a: -.INF\n", 1, "a", "-.INF is not a number"),
        ("a: 1e999\n", 1, "a", "too large"),
        ("a: -1e999\n", 1, "a", "too large"),
        ("a: 1\n---\nb: 2\n", 1, "", "exactly one YAML document"),
        ("", 1, "", "exactly one YAML document"),
        ("# only a comment\n", 1, "", "exactly one YAML document"),
        ("? [1, 2]\n: x\n", 1, "", "a key must be plain text"),
        ("a: [1, 2\n", 2, "", "not YAML"),
        ("a: 'open\n", 2, "", "not YAML"),
        ("a: b: c\n", 1, "", "not YAML"),
        ("a:\n\t- 1\n", 2, "", "not YAML"),
        ("a: \x07\n", 0, "", "not YAML"),
    ],
)
def test_refusals_name_line_and_field(text: str, line: int, field: str, message: str) -> None:
    found = refusal(text)
    assert found[:2] == (line, field)
    assert message in found[2]


def test_alias_is_refused_with_its_anchor() -> None:
    document = parse("a: &x {b: 1}\nc: *x\n")
    assert [(item.line, item.field) for item in document.problems] == [(1, ""), (2, "")]
    assert "aliases are not allowed" in document.problems[1].message


def test_alias_bomb_is_not_expanded() -> None:
    lines = ["a0: &a0 [x, x]"] + [f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]" for n in range(1, 40)]
    document = parse("\n".join(lines))
    assert document.problems
    assert len(json.dumps(document.value)) < 10_000


def test_merge_key_is_refused_and_its_quoted_twin_is_a_key() -> None:
    assert "merge keys are not allowed" in refusal("a:\n  <<: {b: 1}\n")[2]
    assert value("'<<': 1\n") == {"<<": 1}


@pytest.mark.parametrize(
    "text", ["a: !!str 1\n", "a: !!int '12'\n", "a: !secret 'x'\n", "a: !!set {x: 1}\n", "a: !mine [1]\n"]
)
def test_tags_are_refused_wherever_they_stand(text: str) -> None:
    assert refusal(text) == (1, "", "tags are not allowed")


@pytest.mark.parametrize("text", ["!!str a: 1\n", "&x a: 1\n"])
def test_keys_carry_no_tags_and_anchors(text: str) -> None:
    refusal(text)


def test_all_problems_are_collected() -> None:
    document = parse("a: .nan\nb: &x 1\nb: 2\nc: !t 3\nd: 4\n")
    assert sorted(item.line for item in document.problems) == [1, 2, 3, 4]
    assert document.value["d"] == 4


def test_bytes_that_are_not_utf_8() -> None:
    line, field, message = refusal(b"a: 1\nb: \xff\n")
    assert (line, field, message) == (2, "", "the file is not UTF-8")
    assert "not" in refusal("a: 1\n".encode("utf-16"))[2]


def test_large_file_is_not_read() -> None:
    assert f"at most {MAX_BYTES}" in refusal(b"#" * (MAX_BYTES + 1))[2]


@pytest.mark.parametrize("depth", [MAX_DEPTH + 1, 200, 20_000])
def test_deep_nesting_is_refused(depth: int) -> None:
    assert parse("a: " + "[" * depth + "]" * depth).problems


def test_nesting_up_to_the_limit_is_read() -> None:
    assert value("a: " + "[" * (MAX_DEPTH - 1) + "x" + "]" * (MAX_DEPTH - 1))


def test_integer_of_any_length_never_raises() -> None:
    document = parse("a: " + "9" * 6000 + "\n")
    assert document.problems or document.value


plain = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"])),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text("abc<", min_size=1, max_size=4), inner, max_size=3)
    ),
    max_leaves=12,
)


@given(plain)
def test_json_is_read_as_what_it_says(document: Any) -> None:
    text = json.dumps({"top": document}, indent=1, ensure_ascii=False)
    found = value(text)["top"]

    def same(one: Any, other: Any) -> bool:
        if isinstance(one, float) and isinstance(other, (int, float)):
            return math.isclose(one, other, rel_tol=0, abs_tol=0)
        if isinstance(one, dict):
            return (
                isinstance(other, dict)
                and one.keys() == other.keys()
                and all(same(one[k], other[k]) for k in one)
            )
        if isinstance(one, list):
            return isinstance(other, list) and len(one) == len(other) and all(map(same, one, other))
        return type(one) is type(other) and one == other

    assert same(document, found)


@given(st.binary(max_size=200) | st.text(max_size=80).map(str.encode))
def test_no_bytes_raise(data: bytes) -> None:
    document = parse(data)
    assert document.problems or data


@given(st.text("a:-[]{}&*!|>'\"#%@` \n\t?,<.0123x", max_size=60))
def test_no_text_of_signs_raises(text: str) -> None:
    parse(text)
