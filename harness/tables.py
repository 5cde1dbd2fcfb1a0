"""Tables of a source: strict CSV in, rows and selections out. Numbers stay text."""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from harness.errors import Problem
from harness.records.base import DECIMAL_PATTERN
from harness.records.paper import TableRoles

MAX_BYTES = 64 << 20
_DECIMAL = re.compile(DECIMAL_PATTERN)

Row = dict[str, str]


@dataclass(frozen=True)
class TableData:
    """A parsed table."""

    name: str
    """Name in paper.yaml."""
    columns: tuple[str, ...]
    """Column names in file order."""
    rows: tuple[Row, ...]
    """Rows in file order."""

    def select(self, where: Mapping[str, str | Sequence[str]]) -> list[Row]:
        """Rows whose label columns hold one of the given labels; all rows for an empty ``where``."""
        wanted = {key: {labels} if isinstance(labels, str) else set(labels) for key, labels in where.items()}
        return [row for row in self.rows if all(row.get(key) in labels for key, labels in wanted.items())]


def parse_table(
    name: str, data: bytes, *, file: str, roles: TableRoles | None = None
) -> tuple[TableData | None, list[Problem]]:
    """Parse a CSV table with a header row; return it with every problem found.

    With ``roles`` the role columns must exist and every cell of the value column must be a printed number.
    """
    problems: list[Problem] = []
    if len(data) > MAX_BYTES:
        return None, [Problem(file, 0, "", f"the table has {len(data)} bytes; at most {MAX_BYTES} are read")]
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        return None, [Problem(file, data.count(b"\n", 0, error.start) + 1, "", "the table is not UTF-8")]
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    rows: list[Row] = []
    columns: tuple[str, ...] = ()
    try:
        for values in reader:
            line = reader.line_num
            if not columns:
                columns = tuple(values)
                if len(set(columns)) != len(columns) or not all(columns):
                    problems.append(Problem(file, line, "", "column names must be unique and not empty"))
                    return None, problems
                continue
            if len(values) != len(columns):
                problems.append(Problem(file, line, "", f"{len(values)} values, but {len(columns)} columns"))
                continue
            row = dict(zip(columns, values, strict=True))
            problems += [
                Problem(file, line, column, "the cell holds a control character")
                for column, text in row.items()
                if any(unicodedata.category(character) == "Cc" for character in text)
            ]
            if roles and roles.value in row and not is_printed_number(row[roles.value]):
                problems.append(
                    Problem(file, line, roles.value, f"{row[roles.value]!r} is not a printed number")
                )
            rows.append(row)
    except csv.Error as error:
        problems.append(Problem(file, reader.line_num, "", f"not CSV: {error}"))
        return None, problems
    if not columns:
        problems.append(Problem(file, 1, "", "the table is empty"))
        return None, problems
    if roles:
        named = (roles.value, roles.arm, roles.unit, roles.kind, *roles.groups)
        problems += [
            Problem(file, 1, column, "the column named in paper.yaml is not in the table")
            for column in named
            if column is not None and column not in columns
        ]
    return TableData(name, columns, tuple(rows)), problems


def write_table(columns: Sequence[str], rows: Sequence[Mapping[str, str]]) -> bytes:
    """CSV bytes of a table: UTF-8, ``\\n`` line ends, minimal quoting."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([row[column] for column in columns] for row in rows)
    return out.getvalue().encode()


def is_printed_number(text: str) -> bool:
    """Whether a text is a number as papers print them: ``.792``, ``0.487``, ``1,469``, ``-3``."""
    return text.isascii() and _DECIMAL.fullmatch(text) is not None
