"""What the reported tables cover of the source's cells about the subject."""

from __future__ import annotations

from typing import Any

from harness.grounding import find_entity
from harness.records.paper import ENTITY_KINDS, Table
from harness.redteam.cells import CELL, about, claim_tables, rows_of_subject
from harness.redteam.interface import Case
from harness.rules import references


def reported_labels(case: Case) -> list[set[str]]:
    """Labels in each label column of the tables that the rule uses; empty without a measurement."""
    observations = case.main.observations
    if observations is None:
        return []
    found = []
    for name in sorted({name for name, column in references(case.claim.decision) if column is not None}):
        table = observations.tables[name]
        found += [
            {str(row[column.name]) for row in table.records()}
            for column in table.columns
            if column.unit is None
        ]
    return found


def left_out(case: Case) -> list[dict[str, Any]]:
    """Models, data sets, measures and settings of the source's cells that no reported row has.

    Units such as languages are ``replication/units-covered``'s business. Where the reported tables name no label of a
    column, nothing is known about it. ``named`` says whether the subject or the statement names what is left out.
    """
    columns = reported_labels(case)
    found: list[dict[str, Any]] = []
    for table in claim_tables(case.claim, case.loaded.source):
        if table.name not in case.claim.reproduction.inputs:
            continue
        for column in table.roles.groups:
            known = {row[column] for row in case.loaded.source.tables[table.name].rows}
            wanted = _labels(table, column, case)
            there = [labels for labels in columns if labels and labels <= _everywhere(case, column, known)]
            if not any(labels & known for labels in there):
                continue
            reported = set().union(*there)
            found += [
                {
                    "label": label,
                    "column": column,
                    "table": table.name,
                    "of": len(wanted),
                    "named": _named(label, case),
                }
                for label in sorted(wanted - reported)
            ]
    return found


def _everywhere(case: Case, column: str, known: set[str]) -> set[str]:
    """Labels of a column of that name in any of the claim's tables: rows of several tables are reported together."""
    source = case.loaded.source
    return known.union(
        *(
            {row[column] for row in source.tables[table.name].rows}
            for table in claim_tables(case.claim, source)
            if column in table.roles.groups
        )
    )


def _labels(table: Table, column: str, case: Case) -> set[str]:
    """Labels in the rows about the subject that cells and printed means have alike."""
    cells: set[str] = set()
    means: set[str] = set()
    for row in rows_of_subject(table, case.claim, case.loaded.source):
        (cells if table.roles.kind is None or row[table.roles.kind] == CELL else means).add(row[column])
    return cells & means if cells and means else cells | means


def _named(label: str, case: Case) -> bool:
    source = case.loaded.source
    return any(
        find_entity(source.base.facts, kind, label) in about(case.claim, source, kind)
        for kind in ENTITY_KINDS
        if find_entity(source.base.facts, kind, label) is not None
    )


def outside_category(case: Case, categories: list[str]) -> list[dict[str, Any]]:
    """Measured languages that the source does not count among those of the categories the statement names.

    Only categories for which the source record lists the languages say anything.
    """
    source = case.loaded.source
    entities = [find_entity(source.base.facts, "categories", name) for name in categories]
    listed = [entity for entity in entities if entity is not None and entity.languages]
    if not listed:
        return []
    inside = {name.casefold() for entity in listed for name in entity.languages}
    units = {
        row[table.roles.unit]
        for table in claim_tables(case.claim, source)
        if table.roles.unit is not None
        for row in source.tables[table.name].rows
        if table.roles.kind is None or row[table.roles.kind] == CELL
    }
    measured = set(case.claim.subject.languages) | (set().union(*reported_labels(case)) & units)
    return [
        {"category": " and ".join(entity.name for entity in listed), "unit": unit}
        for unit in sorted(measured)
        if not inside & {name.casefold() for name in _spellings(unit, case)}
    ]


def _spellings(unit: str, case: Case) -> set[str]:
    entity = find_entity(case.loaded.source.base.facts, "languages", unit)
    return {unit, *((entity.name, *entity.aliases) if entity else ())}
