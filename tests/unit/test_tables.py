"""CSV tables: parsing, problems, selection, writing."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.records.paper import TableRoles
from harness.tables import MAX_BYTES, TableData, is_printed_number, parse_table, write_table

ROLES = TableRoles(value="value", arm="arm", groups=("model",))


def parse(
    text: str | bytes, roles: TableRoles | None = None
) -> tuple[TableData | None, list[tuple[int, str, str]]]:
    data = text.encode() if isinstance(text, str) else text
    table, problems = parse_table("t", data, file="t.csv", roles=roles)
    assert all(problem.file == "t.csv" for problem in problems)
    return table, [(problem.line, problem.field, problem.message) for problem in problems]


def test_numbers_stay_text() -> None:
    table, problems = parse("a,b\n0.50,.792\n010,1e3\n")
    assert problems == []
    assert table is not None
    assert table.columns == ("a", "b")
    assert table.rows == ({"a": "0.50", "b": ".792"}, {"a": "010", "b": "1e3"})


def test_quotes_commas_and_both_line_ends() -> None:
    table, problems = parse('a,b\n"1,469","x y"\n"say ""hi""",\r\n')
    assert problems == []
    assert table is not None
    assert table.rows == ({"a": "1,469", "b": "x y"}, {"a": 'say "hi"', "b": ""})


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("", 1, "the table is empty"),
        ("a,a\n1,2\n", 1, "unique and not empty"),
        ("a,\n1,2\n", 1, "unique and not empty"),
        ("a,b\n1\n", 2, "1 values, but 2 columns"),
        ("a,b\n1,2\n1,2,3\n", 3, "3 values, but 2 columns"),
        ("a,b\n1,2\n\n3,4\n", 3, "0 values, but 2 columns"),
        ('a,b\n1,"open\n', 2, "not CSV"),
        ('a,b\n1,"x"y\n', 2, "not CSV"),
        (b"a,b\n1,2\n3,\xff\n", 3, "not UTF-8"),
    ],
)
def test_problems_with_their_line(text: str | bytes, line: int, message: str) -> None:
    _table, problems = parse(text)
    assert len(problems) == 1
    assert problems[0][0] == line
    assert message in problems[0][2]


def test_all_problems_of_a_table_are_reported() -> None:
    _table, problems = parse("model,arm,value\nx,y,ten\nx,y\nx,y,0.5\nx,y,5 %\n", ROLES)
    assert [(line, field) for line, field, _message in problems] == [(2, "value"), (3, ""), (5, "value")]


def test_columns_named_in_the_paper_must_exist() -> None:
    _table, problems = parse("model,value\nx,0.5\n", ROLES)
    assert problems == [(1, "arm", "the column named in paper.yaml is not in the table")]


def test_byte_order_mark_does_not_hide_in_a_column_name() -> None:
    table, problems = parse("\ufeffvalue,arm,model\n1,x,y\n".encode(), ROLES)
    assert problems or (table is not None and table.columns[0] == "value")


def test_large_table_is_not_read() -> None:
    table, problems = parse(b"x" * (MAX_BYTES + 1))
    assert table is None
    assert f"at most {MAX_BYTES}" in problems[0][2]


def test_select() -> None:
    table, _problems = parse("k,l,v\na,x,1\na,y,2\nb,x,3\n")
    assert table is not None
    assert [row["v"] for row in table.select({})] == ["1", "2", "3"]
    assert [row["v"] for row in table.select({"k": "a"})] == ["1", "2"]
    assert [row["v"] for row in table.select({"k": ("a", "b"), "l": "x"})] == ["1", "3"]
    assert table.select({"k": "c"}) == []
    assert table.select({"unknown": "a"}) == []
    assert table.select({"k": ()}) == []


@pytest.mark.parametrize("text", ["0.487", ".792", "1,469", "-3", "+0.5", "0", "12,345,678.90", "007"])
def test_printed_numbers(text: str) -> None:
    assert is_printed_number(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        ".",
        "1.",
        "1e3",
        "1,46",
        ",469",
        "13.4 %",
        "nan",
        "inf",
        "−3",
        "٣",
        "1 469",
        " 1",
        "1\n",
        "0x1",
        "1_0",
    ],
)
def test_not_printed_numbers(text: str) -> None:
    assert not is_printed_number(text)


cells = st.text(st.characters(codec="utf-8", exclude_categories=["Cc"]), max_size=6)


@pytest.mark.parametrize("character", [chr(code) for code in (*range(1, 32), 127)], ids=ascii)
def test_control_characters_in_a_cell_are_refused(character: str) -> None:
    _table, problems = parse(write_table(("a", "b"), [{"a": "1", "b": f"x{character}y"}]))
    assert problems


@pytest.mark.parametrize("character", ["\x80", "\x9b"], ids=ascii)
def test_control_characters_beyond_ascii_are_refused(character: str) -> None:
    _table, problems = parse(f"a,b\n1,x{character}y\n")
    assert problems


@pytest.mark.parametrize("text", ["x\ny", "x\ty", "\x1b[2J", "\x7f"])
def test_control_characters_are_named_with_column_and_line(text: str) -> None:
    _table, problems = parse(f'a,b\n1,"{text}"\n')
    assert problems == [(2 + text.count("\n"), "b", "the cell holds a control character")]


@given(st.lists(st.tuples(cells, cells), max_size=6))
def test_writing_and_parsing_again_changes_nothing(rows: list[tuple[str, str]]) -> None:
    wanted = tuple({"a": one, "b": other} for one, other in rows)
    data = write_table(("a", "b"), wanted)
    table, problems = parse_table("t", data, file="t.csv")
    assert problems == []
    assert table == TableData("t", ("a", "b"), wanted)


@given(st.binary(max_size=120) | st.text('a,"\n\r;1.', max_size=40).map(str.encode))
def test_no_bytes_raise(data: bytes) -> None:
    table, problems = parse_table("t", data, file="t.csv", roles=TableRoles(value="a"))
    assert table is not None or problems
