"""From a parsed table to its cells: which columns are labels, which hold numbers, which rows are aggregates.

A long table has one number per row and a column that names the measure; a wide table has a measure, method or
unit per column. What paper.yaml says about the columns counts; the rest is read from names, and every guess is
written down, so that the report can show it.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from harness.forensics.cells import CELL, MISSING, Cell, Group, Number, Sheet, number_in
from harness.forensics.metrics import (
    AGGREGATES,
    STATISTICS,
    Metric,
    aggregate_of,
    is_percent_name,
    metric_of,
    plain,
)
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

Canonical = Callable[[str], str]


@dataclass(frozen=True)
class _Columns:
    labels: tuple[str, ...]
    values: tuple[str, ...]
    numbers: dict[tuple[int, str], Number]


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
        sheet = _wide(table, number, title, canonical, places, columns)
    texts = tuple(
        (places[index], text)
        for index, row in enumerate(table.rows)
        for text in row.values()
        if "=" in text and len(text) <= LONGEST_SENTENCE
    )
    return replace(sheet, texts=texts)


def _columns(table: TableData, roles: TableRoles | None) -> _Columns:
    """Label columns, number columns and the numbers, by row index and column."""
    numbers: dict[tuple[int, str], Number] = {}
    labels, values = [], []
    for column in table.columns:
        found = {
            index: parsed
            for index, row in enumerate(table.rows)
            if (parsed := number_in(row[column])) is not None
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
    return _Columns(tuple(labels), tuple(values), numbers)


def _is_long(table: TableData, columns: _Columns) -> bool:
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
    columns: _Columns,
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


def _wide(
    table: TableData,
    number: int | None,
    title: str,
    canonical: Canonical,
    places: Sequence[int],
    columns: _Columns,
) -> Sheet:
    shared = {column: _words(column) for column in columns.values}
    cells: dict[tuple[int, str], Cell] = {}
    row_kinds = [_row_kind(row, columns.labels) for row in table.rows]
    for index, row in enumerate(table.rows):
        labels = {column: row[column] for column in columns.labels if plain(column) != "table"}
        kind, kind_label = row_kinds[index]
        about = {
            canonical(label)
            for column, label in labels.items()
            if label.strip() and not (kind != CELL and column == kind_label)
        }
        for column in columns.values:
            parsed = columns.numbers.get((index, column))
            if parsed is None:
                continue
            if is_percent_name(column) and not parsed.percent:
                parsed = Number(parsed.text, parsed.relation, True, parsed.spread)
            metric, qualifier = _measure(column)
            cells[index, column] = Cell(
                table=table.name,
                line=places[index],
                column=column,
                printed=row[column],
                number=parsed,
                labels=labels,
                metric=metric,
                metric_name=plain(column),
                kind=kind,
                key=frozenset(about | ({qualifier} if qualifier else set())),
                unit="",
            )
    groups, guesses = [], []
    for found, guess in (
        _rows_below(table, columns, cells, row_kinds),
        _columns_beside(columns, cells, shared),
    ):
        groups += found
        guesses += guess
    records: list[dict[str, Cell]] = []
    for index in range(len(table.rows)):
        by_qualifier: dict[str, dict[str, Cell]] = defaultdict(dict)
        for column in columns.values:
            cell = cells.get((index, column))
            if cell is not None:
                by_qualifier[_measure(column)[1]].setdefault(_measure_name(column), cell)
        records += by_qualifier.values()
    aggregates = {id(group.aggregate): group.aggregate for group in groups}
    return Sheet(
        name=table.name,
        number=number,
        title=title,
        cells=tuple(aggregates.get(id(cell), cell) for cell in cells.values()),
        groups=tuple(groups),
        records=tuple(records),
        long=False,
        guesses=(
            f"{table.name}: read as a wide table with labels in {', '.join(columns.labels) or 'no column'} "
            f"and numbers in {len(columns.values)} columns.",
            *(f"{table.name}: {guess}" for guess in guesses),
        ),
    )


def _words(heading: str) -> frozenset[str]:
    return frozenset(plain(heading.replace("/", " ").replace("|", " ")).split())


def _measure(heading: str) -> tuple[Metric | None, str]:
    """The measure in a heading such as ``MAP mono`` and the rest of it, ``mono``."""
    whole = metric_of(heading)
    if whole is not None:
        return whole, ""
    words = plain(heading.replace("/", " ").replace("|", " ").replace(":", " ")).split()
    if len(words) > 1:
        for take in (words[:1], words[-1:]):
            metric = metric_of(" ".join(take))
            # A single letter among other words may mean anything.
            if metric is not None and (len(take[0]) > 1):
                rest = words[1:] if take == words[:1] else words[:-1]
                return metric, " ".join(rest)
    return None, ""


def _measure_name(heading: str) -> str:
    metric, qualifier = _measure(heading)
    return (
        plain(heading) if metric is None or not qualifier else plain(heading).replace(qualifier, "").strip()
    )


def _row_kind(row: Mapping[str, str], labels: Sequence[str]) -> tuple[str, str]:
    for column in labels:
        found = aggregate_of(row[column])
        if found is not None:
            return found, column
    return CELL, ""


def _rows_below(
    table: TableData,
    columns: _Columns,
    cells: Mapping[tuple[int, str], Cell],
    row_kinds: Sequence[tuple[str, str]],
) -> tuple[list[Group], list[str]]:
    """Aggregate rows: over the rows with the same other labels, or the rows since the last such row."""
    groups: list[Group] = []
    guesses: list[str] = []
    aggregate_rows = [index for index, (kind, _) in enumerate(row_kinds) if kind != CELL]
    seen_keys = Counter(_other_labels(table, columns, index, row_kinds[index]) for index in aggregate_rows)
    for index in aggregate_rows:
        kind, label_column = row_kinds[index]
        key = _other_labels(table, columns, index, row_kinds[index])
        members = [
            other
            for other in range(len(table.rows))
            if row_kinds[other][0] == CELL
            and all(
                table.rows[other][column] == table.rows[index][column]
                for column in columns.labels
                if column != label_column and plain(column) != "table" and table.rows[index][column].strip()
            )
        ]
        if seen_keys[key] > 1:
            before = [other for other in aggregate_rows if other < index and row_kinds[other][0] == kind]
            members = [other for other in members if (before[-1] if before else -1) < other < index]
        for column in columns.values:
            metric = _measure(column)[0]
            if metric is not None and metric.family in STATISTICS - {"n", "candidates", "change"}:
                continue
            aggregate = cells.get((index, column))
            inside = tuple(cells[other, column] for other in members if (other, column) in cells)
            if aggregate is not None and len(inside) >= 2:
                groups.append(Group(aggregate, inside, False))
    if groups:
        names = sorted({table.rows[index][row_kinds[index][1]] for index in aggregate_rows})
        guesses.append(
            f"rows labelled {', '.join(names)} are taken over the other rows with the same labels."
        )
    return groups, guesses


def _other_labels(
    table: TableData, columns: _Columns, index: int, kind: tuple[str, str]
) -> tuple[str, tuple[str, ...]]:
    return kind[0], tuple(table.rows[index][column] for column in columns.labels if column != kind[1])


def _columns_beside(
    columns: _Columns, cells: Mapping[tuple[int, str], Cell], words: Mapping[str, frozenset[str]]
) -> tuple[list[Group], list[str]]:
    """Aggregate columns: over the number columns that share the rest of the heading."""
    groups: list[Group] = []
    guesses: list[str] = []
    for column in columns.values:
        kind, rest = _aggregate_heading(words[column])
        if kind is None:
            continue
        members = [
            other
            for other in columns.values
            if other != column
            and _aggregate_heading(words[other])[0] is None
            and rest <= words[other]
            and ((metric := _measure(other)[0]) is None or metric.family not in STATISTICS - {"n"})
        ]
        # "mean" beside "sd" and "n" describes a sample; it is not the mean of the columns beside it.
        if len(members) < 2 or any(
            (metric := _measure(other)[0]) is not None and metric.family in {"sd", "n", "p", "t"}
            for other in columns.values
        ):
            continue
        rows = sorted({index for index, name in cells if name == column})
        for index in rows:
            inside = tuple(cells[index, other] for other in members if (index, other) in cells)
            if len(inside) == len(members):
                old = cells[index, column]
                aggregate = Cell(
                    **{
                        **{name: getattr(old, name) for name in Cell.__dataclass_fields__},
                        "kind": kind if old.kind == CELL else old.kind,
                    }
                )
                groups.append(Group(aggregate, inside, False))
        guesses.append(f"column {column!r} is taken as the {kind} of {', '.join(map(repr, members))}.")
    return groups, guesses


def _aggregate_heading(words: frozenset[str]) -> tuple[str | None, frozenset[str]]:
    for word in words:
        if word in AGGREGATES:
            return AGGREGATES[word], words - {word}
    return None, words
