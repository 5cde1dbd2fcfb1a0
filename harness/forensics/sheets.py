"""From a parsed table to its cells: which columns are labels, which hold numbers, which rows are aggregates.

A long table has one number per row and a column that names the measure; a wide table has a measure, method or
unit per column. What paper.yaml says about the columns counts; the rest is read from names, and every guess is
written down, so that the report can show it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace

from harness.forensics.cells import CELL, MISSING, Cell, Group, Number, Sheet, comma_decimals, number_in
from harness.forensics.metrics import aggregate_of, metric_of, plain
from harness.forensics.wide import Canonical, Columns, wide_sheet
from harness.records.paper import TableRoles
from harness.tables import TableData

_VALUE_NAMES = ("value", "score", "result", "reported", "printed", "number")
_KIND_NAMES = ("kind", "type", "row type", "aggregate", "statistic")
_METRIC_NAMES = ("metric", "measure", "statistic", "quantity", "variable")
_UNIT_NAMES = ("language", "lang", "task", "fold", "seed", "subject", "category", "domain", "split", "query")
_ALWAYS_LABEL = (
    "table",
    "year",
    "k",
    "layer",
    "id",
    "seed",
    "fold",
    "rank",
    "row",
    "no",
    "#",
    "index",
    "epoch",
)
LONGEST_SENTENCE = 2000
"""Longer cells are not searched for statistics."""


def read_sheet(
    table: TableData,
    *,
    number: int | None = None,
    title: str = "",
    roles: TableRoles | None = None,
    canonical: Canonical = str,
    lines: Sequence[int] | None = None,
) -> Sheet:
    """A table's cells, aggregates and records. ``canonical`` maps spellings of one entity to one name."""
    places = lines or [index + 2 for index in range(len(table.rows))]
    columns = _columns(table, roles)
    if roles is not None or _is_long(table, columns):
        sheet = _long(table, number, title, roles, canonical, places, columns)
    else:
        sheet = wide_sheet(table, number, title, canonical, places, columns)
    texts = tuple(
        (places[index], text)
        for index, row in enumerate(table.rows)
        for text in row.values()
        if "=" in text and len(text) <= LONGEST_SENTENCE
    )
    return replace(sheet, texts=texts)


def _columns(table: TableData, roles: TableRoles | None) -> Columns:
    """Label columns, number columns and the numbers, by row index and column."""
    numbers: dict[tuple[int, str], Number] = {}
    labels, values = [], []
    comma = roles is None and comma_decimals(text for row in table.rows for text in row.values())
    for column in table.columns:
        found = {
            index: parsed
            for index, row in enumerate(table.rows)
            if (parsed := number_in(row[column], comma=comma)) is not None
        }
        filled = sum(row[column].strip().casefold() not in MISSING for row in table.rows)
        numeric = bool(found) and 2 * len(found) > filled
        if roles is not None:
            is_label = column in (*roles.groups, roles.arm, roles.unit, roles.kind)
            is_value = column == roles.value
        else:
            is_label = not numeric or plain(column) in _ALWAYS_LABEL
            is_value = not is_label
        if is_value:
            values.append(column)
            numbers.update({(index, column): parsed for index, parsed in found.items()})
        elif is_label:
            labels.append(column)
    # A second column that repeats the numbers without thousands separators adds no evidence.
    values = [
        name for name in values if not (name.endswith("_numeric") and name[: -len("_numeric")] in values)
    ]
    return Columns(tuple(labels), tuple(values), numbers, comma)


def _is_long(table: TableData, columns: Columns) -> bool:
    if len(columns.values) != 1 or len(columns.labels) < 2:
        return False
    return plain(columns.values[0]) in _VALUE_NAMES and _metric_column(table, columns.labels) is not None


def _metric_column(table: TableData, labels: Sequence[str]) -> str | None:
    """The label column that names the measure: by its own name, or because its labels are measures."""
    for column in labels:
        if plain(column) in _METRIC_NAMES:
            return column
    for column in labels:
        seen = {row[column] for row in table.rows}
        if seen and all(metric_of(label) is not None for label in seen):
            return column
    return None


def _long(
    table: TableData,
    number: int | None,
    title: str,
    roles: TableRoles | None,
    canonical: Canonical,
    places: Sequence[int],
    columns: Columns,
) -> Sheet:
    value = columns.values[0]
    kind_column = roles.kind if roles else next((c for c in columns.labels if plain(c) in _KIND_NAMES), None)
    metric_column = _metric_column(table, columns.labels)
    if metric_column == kind_column:
        kind_column = None
    unit_column = (roles.unit if roles else None) or _unit_column(table, columns.labels, kind_column)
    guesses = []
    if roles is None:
        guesses.append(
            f"{table.name}: read as one number per row in column {value!r}, measure in {metric_column!r}"
            + (f", averaged over {unit_column!r}" if unit_column else "")
            + "."
        )
    cells = []
    for index, row in enumerate(table.rows):
        parsed = columns.numbers.get((index, value))
        if parsed is None:
            continue
        kind = _kind(row, kind_column, unit_column)
        name = row[metric_column] if metric_column else ""
        about = frozenset(
            canonical(row[column])
            for column in columns.labels
            if column not in (metric_column, kind_column, unit_column)
            and plain(column) != "table"
            and row[column].strip()
        )
        cells.append(
            Cell(
                table=table.name,
                line=places[index],
                column=value,
                printed=row[value],
                number=parsed,
                labels={
                    column: row[column]
                    for column in columns.labels
                    if column != kind_column and plain(column) != "table"
                },
                metric=metric_of(name) or metric_of(canonical(name)),
                metric_name=canonical(name),
                kind=kind,
                key=about,
                unit=canonical(row[unit_column]) if unit_column and kind == CELL else "",
                comma=columns.comma,
            )
        )
    by_key: dict[tuple[frozenset[str], str], list[Cell]] = defaultdict(list)
    for cell in cells:
        by_key[cell.key, cell.metric_name].append(cell)
    groups = [
        Group(aggregate, tuple(members), True)
        for family in by_key.values()
        for aggregate in family
        if aggregate.kind != CELL and len(members := [cell for cell in family if cell.kind == CELL]) >= 1
    ]
    together: dict[tuple[frozenset[str], str, str], dict[str, Cell]] = defaultdict(dict)
    for cell in cells:
        together[cell.key, cell.unit, cell.kind].setdefault(cell.metric_name, cell)
    return Sheet(
        name=table.name,
        number=number,
        title=title,
        cells=tuple(cells),
        groups=tuple(groups),
        records=tuple(together.values()),
        long=True,
        unit_column=unit_column,
        guesses=tuple(guesses),
    )


def _unit_column(table: TableData, labels: Sequence[str], kind_column: str | None) -> str | None:
    """The label column whose labels say ``mean`` in aggregates; else one with a usual name."""
    others = [column for column in labels if column != kind_column and plain(column) not in _METRIC_NAMES]
    for column in others:
        if any(aggregate_of(row[column]) for row in table.rows):
            return column
    return next((column for column in others if plain(column) in _UNIT_NAMES), None)


def _kind(row: Mapping[str, str], kind_column: str | None, unit_column: str | None) -> str:
    if kind_column is not None and (found := aggregate_of(row[kind_column])):
        return found
    return (aggregate_of(row[unit_column]) if unit_column is not None else None) or CELL
