"""Wide tables: a measure, method or unit per column, labels at the left, aggregates below or beside the cells."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from harness.forensics.cells import CELL, Cell, Group, Number, Sheet
from harness.forensics.metrics import (
    AGGREGATES,
    POOLED,
    SPREADS,
    STATISTICS,
    WHOLE,
    Metric,
    aggregate_of,
    correction_in,
    is_percent_name,
    metric_of,
    plain,
)
from harness.tables import TableData

Canonical = Callable[[str], str]
Measures = dict[str, tuple[Metric | None, str]]
RowKinds = Sequence[tuple[str, str]]


@dataclass(frozen=True)
class Columns:
    """What the columns of a table are."""

    labels: tuple[str, ...]
    """Columns of labels."""
    values: tuple[str, ...]
    """Columns of numbers."""
    numbers: dict[tuple[int, str], Number]
    """Numbers by row index and column."""
    comma: bool = False
    """Whether decimals are written with a comma."""


def wide_sheet(
    table: TableData,
    number: int | None,
    title: str,
    canonical: Canonical,
    places: Sequence[int],
    columns: Columns,
) -> Sheet:
    """A wide table's cells, aggregates and records; ``places`` are the lines of its rows."""
    measures = _measures(columns.values, f"{title} {table.name}")
    repeated = Counter(plain(column) for column in columns.values)
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
            if is_percent_name(column) and not parsed.percent and parsed.spread is None:
                parsed = replace(parsed, percent=True)
            metric, qualifier = measures[column]
            cells[index, column] = Cell(
                table=table.name,
                line=places[index],
                column=column,
                printed=row[column],
                number=parsed,
                labels=labels,
                metric=metric,
                # n and N are two things.
                metric_name=plain(column) if repeated[plain(column)] == 1 else column,
                kind=kind,
                key=frozenset(about | ({qualifier} if qualifier else set())),
                comma=columns.comma,
            )
    groups, guesses = [], []
    for reader in (_columns_beside, _rows_below):
        found, guess = reader(table, columns, cells, row_kinds, measures)
        groups += found
        guesses += guess
    records: list[dict[str, Cell]] = []
    for index in range(len(table.rows)):
        by_qualifier: dict[str, dict[str, Cell]] = defaultdict(dict)
        for column in columns.values:
            cell = cells.get((index, column))
            if cell is not None:
                by_qualifier[measures[column][1]].setdefault(_measure_name(column, measures[column]), cell)
        records += by_qualifier.values()
    return Sheet(
        name=table.name,
        number=number,
        title=title,
        cells=tuple(cells.values()),
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


def _measures(headings: Sequence[str], about: str) -> Measures:
    """The measure in each heading and the rest of the heading; headings beside each other settle single letters."""
    names = {plain(heading) for heading in headings}
    found = {heading: _measure(heading) for heading in headings}
    # P, R and F1 side by side are precision and recall, not a p-value and a correlation.
    if {"p", "r"} <= names and names & {"f", "f1", "f score", "f1 score"}:
        found |= {heading: (Metric("score"), "") for heading in headings if plain(heading) in ("p", "r", "f")}
    # A lone Z, T or F is a name unless a p or degrees of freedom stand beside it.
    if not {"p", "df"} & {metric.family for metric in _of(found, headings)}:
        found |= {heading: (None, "") for heading in headings if plain(heading) in ("z", "t", "f")}
    # Events n of a group of N: the group is what a share is taken of.
    if {"n", "N"} <= {heading.strip() for heading in headings}:
        found |= {heading: (Metric("events"), "") for heading in headings if heading.strip() == "n"}
    # What the title says of the p-values holds unless one of the columns says it of itself.
    p_values = [heading for heading, (metric, _) in found.items() if metric and metric.family == "p"]
    if (note := correction_in(about)) and not any(metric.note for metric in _of(found, p_values)):
        found |= {heading: (Metric("p", None, note), found[heading][1]) for heading in p_values}
    return found


def _of(measures: Measures, headings: Sequence[str]) -> list[Metric]:
    return [metric for heading in headings if (metric := measures[heading][0]) is not None]


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


def _measure_name(heading: str, measure: tuple[Metric | None, str]) -> str:
    metric, qualifier = measure
    name = plain(heading)
    if metric is None or not qualifier:
        return heading if metric is not None and metric.family == "events" else name
    return name.replace(qualifier, "").strip()


def _row_kind(row: Mapping[str, str], labels: Sequence[str]) -> tuple[str, str]:
    for column in labels:
        found = aggregate_of(row[column])
        if found is not None:
            return found, column
    return CELL, ""


def _rows_below(
    table: TableData,
    columns: Columns,
    cells: Mapping[tuple[int, str], Cell],
    row_kinds: RowKinds,
    measures: Measures,
) -> tuple[list[Group], list[str]]:
    """Aggregate rows: over the rows with the same other labels, or the rows since the last such row."""
    groups: list[Group] = []
    aggregate_rows = [index for index, (kind, _) in enumerate(row_kinds) if kind != CELL]
    seen_keys = Counter(_other_labels(table, columns, index, row_kinds[index]) for index in aggregate_rows)
    counts = [column for column in columns.values if _family(measures, column) == "n"]
    for index in aggregate_rows:
        kind = row_kinds[index][0]
        members = _members(table, columns, row_kinds, index)
        if seen_keys[_other_labels(table, columns, index, row_kinds[index])] > 1:
            before = [other for other in aggregate_rows if other < index and row_kinds[other][0] == kind]
            members = [other for other in members if (before[-1] if before else -1) < other < index]
        for column in columns.values:
            if _family(measures, column) in STATISTICS - {"n", "candidates", "change"}:
                continue
            aggregate = cells.get((index, column))
            rows = [other for other in members if (other, column) in cells]
            inside = tuple(cells[other, column] for other in rows)
            if aggregate is None or len(inside) < 2:
                continue
            if _family(measures, column) in WHOLE and kind != "sum":
                # A row of means often has the total in the column of counts.
                if aggregate.value == sum(cell.value for cell in inside):
                    continue
                weights: tuple[Cell, ...] = ()
            else:
                weights = tuple(
                    cells[other, counts[0]] for other in rows if counts and (other, counts[0]) in cells
                )
            if len(weights) != len(inside) or kind not in ("mean", "weighted mean"):
                weights = ()
            if weights or kind != "weighted mean":
                groups.append(Group(aggregate, inside, False, weights))
    if not groups:
        return [], []
    names = sorted({table.rows[index][row_kinds[index][1]] for index in aggregate_rows})
    return groups, [f"rows labelled {', '.join(names)} are taken over the other rows with the same labels."]


def _members(table: TableData, columns: Columns, row_kinds: RowKinds, index: int) -> list[int]:
    """Rows that an aggregate row may be over: same other labels, not themselves about several rows."""
    own, label_column = table.rows[index], row_kinds[index][1]
    alike = [
        column
        for column in columns.labels
        if column != label_column and plain(column) != "table" and own[column].strip()
    ]
    return [
        other
        for other, row in enumerate(table.rows)
        if row_kinds[other][0] == CELL
        and plain(row[label_column]) not in POOLED | SPREADS
        and all(row[column] == own[column] for column in alike)
    ]


def _family(measures: Measures, column: str) -> str:
    metric = measures[column][0]
    return metric.family if metric is not None else ""


def _other_labels(
    table: TableData, columns: Columns, index: int, kind: tuple[str, str]
) -> tuple[str, tuple[str, ...]]:
    return kind[0], tuple(table.rows[index][column] for column in columns.labels if column != kind[1])


def _columns_beside(
    table: TableData,
    columns: Columns,
    cells: dict[tuple[int, str], Cell],
    row_kinds: RowKinds,
    measures: Measures,
) -> tuple[list[Group], list[str]]:
    """Aggregate columns: over the number columns that share the rest of the heading. Marks their cells as such."""
    groups: list[Group] = []
    guesses: list[str] = []
    headings = {column: _aggregate_heading(column) for column in columns.values}
    for column, (kind, rest) in headings.items():
        # Weights stand in no column, and "mean" beside "sd" and "n" describes a sample, not the columns beside it.
        if (
            kind is None
            or kind == "weighted mean"
            or any(_family(measures, other) in {"sd", "n", "p", "t"} for other in columns.values)
        ):
            continue
        members = [
            other
            for other in columns.values
            if other != column
            and headings[other][0] is None
            and rest <= _words(other)
            and plain(other) not in POOLED
            and _family(measures, other) not in STATISTICS - {"n"}
        ]
        if len(members) < 2:
            continue
        for index in range(len(table.rows)):
            inside = tuple(cells[index, other] for other in members if (index, other) in cells)
            if len(inside) == len(members) and (old := cells.get((index, column))) is not None:
                cells[index, column] = replace(old, kind=kind if old.kind == CELL else old.kind)
                # What stands under a mean of means is judged as the row that it stands in.
                groups.append(Group(replace(old, kind=kind), inside, False))
        guesses.append(f"column {column!r} is taken as the {kind} of {', '.join(map(repr, members))}.")
    return groups, guesses


def _aggregate_heading(heading: str) -> tuple[str | None, frozenset[str]]:
    """The kind of aggregate that a heading names, and its other words."""
    if (kind := aggregate_of(heading)) is not None:
        return kind, frozenset()
    words = _words(heading)
    for word in sorted(words):
        if word in AGGREGATES and "weighted" not in words and "micro" not in words:
            return AGGREGATES[word], words - {word}
    return None, words
