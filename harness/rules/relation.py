"""Applies an expression to every row of a table; ``forall`` and ``proportion`` count what it says."""

from __future__ import annotations

from fractions import Fraction

from harness.rules.expression import ExpressionError, holds, names, parse
from harness.rules.reading import Row, Table, UnreadableError


def split(table: Table, rows: tuple[Row, ...], expression: str) -> tuple[tuple[Row, ...], tuple[Row, ...]]:
    """The rows in which the relation holds, and those in which it does not, each in the table's order.

    Raises UnreadableError, naming the row, where it cannot be computed.
    """
    tree, used = parse(expression), sorted(names(expression))
    yes: list[Row] = []
    no: list[Row] = []
    for row in rows:
        values: dict[str, Fraction | str] = {
            name: table.label(row, name) if name in table.labels else table.number(row, name) for name in used
        }
        try:
            (yes if holds(tree, values) else no).append(row)
        except ExpressionError as error:
            raise UnreadableError(f"Table {table.name!r}, {table.row_name(row)}: {error}") from None
    return tuple(yes), tuple(no)
