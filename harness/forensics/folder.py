"""A paper's folder, or a folder of CSV files, as evidence for the checks. The one module here that reads files."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from harness.errors import InputError, InvalidRecord, Problem
from harness.forensics.cells import Sheet
from harness.forensics.evidence import Evidence
from harness.forensics.sheets import read_sheet
from harness.forensics.spreadsheets import with_commas
from harness.loading import load_source
from harness.records.paper import EntityKind, Paper
from harness.stats.rounding import exact
from harness.stats.rounding_rules import Rounding
from harness.tables import MAX_BYTES, TableData, parse_table

MOST_CELLS = 100_000
"""Cells of all tables together that are read."""
MOST_TABLES = 100
"""Tables that are read."""
_NOT_NUMBERS = frozenset({"nan", "inf", "-inf", "+inf", "infinity", "-infinity"})


def read_folder(folder: Path, *, rounding: Rounding = Rounding.UNKNOWN, zeros: str = "auto") -> Evidence:
    """Read ``paper.yaml`` with its tables, or every CSV file of a folder (and of its ``tables`` folder).

    Raises ``InputError`` for a path that cannot be read, and ``InvalidRecord`` with every problem of every file.
    """
    if not folder.exists():
        raise InputError(f"{folder}: no such folder")
    if not folder.is_dir():
        raise InputError(f"{folder}: not a folder; give a paper's folder or a folder of CSV files")
    sheets: list[Sheet]
    if (folder / "paper.yaml").is_file():
        source, problems = load_source(folder)
        if problems or source is None:
            raise InvalidRecord(problems)
        paper: Paper | None = source.base
        tables = [source.tables[table.name] for table in source.base.tables]
        _refuse_too_many(folder, tables)
        problems = [
            problem
            for table, record in zip(tables, source.base.tables, strict=True)
            for problem in _not_numbers(table, str(folder / record.file), (record.roles.value,))
        ]
        if problems:
            raise InvalidRecord(problems)
        names = _canonical_names(source.base)
        sheets = [
            read_sheet(
                table,
                number=record.number,
                title=record.title,
                roles=record.roles,
                canonical=lambda label: names.get(label.casefold(), label),
            )
            for table, record in zip(tables, source.base.tables, strict=True)
        ]
        name = source.base.id
        if not tables:
            raise InputError(f"{folder / 'paper.yaml'}: lists no tables, so there is nothing to examine")
    else:
        paper = None
        tables = _csv_tables(folder)
        _refuse_too_many(folder, tables)
        sheets = [read_sheet(table) for table in tables]
        name = folder.resolve().name
    if not any(sheet.cells for sheet in sheets):
        raise InputError(f"{folder}: no table holds a printed number")
    return Evidence(source=name, sheets=tuple(sheets), paper=paper, rounding=rounding, zeros=zeros)


def _canonical_names(paper: Paper) -> dict[str, str]:
    """Every spelling of an entity, in lower case, to its one name."""
    kinds: tuple[EntityKind, ...] = ("models", "datasets", "metrics", "settings", "arms")
    return {
        spelling.casefold(): entity.name
        for kind in kinds
        for entity in paper.facts.of(kind)
        for spelling in (entity.name, *entity.aliases)
    }


def _csv_tables(folder: Path) -> list[TableData]:
    """Every CSV file of a folder and of its ``tables`` folder, in name order."""
    paths = sorted({*folder.glob("*.csv"), *folder.glob("tables/*.csv")})
    if not paths:
        raise InputError(f"{folder}: holds neither paper.yaml nor a CSV file")
    if len(paths) > MOST_TABLES:
        raise InputError(f"{folder}: holds {len(paths)} CSV files; at most {MOST_TABLES} are read")
    tables: list[TableData] = []
    problems: list[Problem] = []
    for path in paths:
        if path.is_symlink() or not path.is_file():
            problems.append(Problem(str(path), 0, "", "is not a regular file"))
            continue
        size = path.stat().st_size
        if size > MAX_BYTES:
            problems.append(
                Problem(str(path), 0, "", f"the table has {size} bytes; at most {MAX_BYTES} are read")
            )
            continue
        data = path.read_bytes()
        table, found = parse_table(path.stem, with_commas(data), file=str(path))
        problems += found
        if table is not None:
            problems += _not_numbers(table, str(path), table.columns)
            tables.append(table)
    if problems:
        raise InvalidRecord(problems)
    return tables


def _not_numbers(table: TableData, file: str, columns: tuple[str, ...]) -> Iterator[Problem]:
    """Cells that say NaN or infinity, and numbers too long to be printed ones."""
    for index, row in enumerate(table.rows):
        for column in columns:
            text = row[column].strip()
            if text.casefold() in _NOT_NUMBERS:
                yield Problem(file, index + 2, column, f"{text!r} is not a number that a paper prints")
            elif len(text) > 40 and text.lstrip("+-.").isdigit():
                yield Problem(file, index + 2, column, f"a number of {len(text)} digits is not accepted")
            elif column.endswith("_numeric") and column.removesuffix("_numeric") in row and text:
                printed = row[column.removesuffix("_numeric")]
                try:
                    same = exact(text) == exact(printed)
                except ValueError:
                    continue
                if not same:
                    yield Problem(file, index + 2, column, f"{text!r} is not the printed {printed!r}")


def _refuse_too_many(folder: Path, tables: list[TableData]) -> None:
    cells = sum(len(table.rows) * len(table.columns) for table in tables)
    if cells > MOST_CELLS:
        raise InputError(f"{folder}: the tables have {cells:,} cells; at most {MOST_CELLS:,} are read")
