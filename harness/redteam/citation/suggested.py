"""Places of the source that somebody suggested: do they print another number for what the claim is grounded in?"""

from __future__ import annotations

from typing import Any

from harness.loading import Source
from harness.records.claim import TableLocator
from harness.records.suggestion import LocatorSuggestion
from harness.records.verdict import Attacker, Effect, Finding
from harness.redteam.cells import canonical_names
from harness.redteam.interface import Attack, Case, Runs
from harness.stats.rounding import printed_interval

Labelled = dict[frozenset[str], list[tuple[str, str]]]
"""The labels of a cell, in their one spelling, to tables and printed numbers."""


def _judge(case: Case, runs: Runs) -> Finding:
    places = [item.at for item in case.loaded.suggested if isinstance(item, LocatorSuggestion)]
    if not places:
        return ATTACK.not_applicable("nobody suggested a place of the source")
    source = case.loaded.source
    mine = _cells([item for item in case.claim.grounding if isinstance(item, TableLocator)], source)
    found: list[dict[str, Any]] = []
    compared = 0
    for labels, printed in sorted(_cells(places, source).items(), key=lambda item: sorted(item[0])):
        for table, text in printed:
            for own_table, own_text in mine.get(labels, []):
                compared += own_table != table
                if own_table != table and not printed_interval(text).meets(printed_interval(own_text)):
                    quantity = " ".join(sorted(labels))
                    found.append(
                        {
                            "quantity": quantity,
                            "places": {own_table: own_text, table: text},
                            "sentence": f"{quantity} is {own_text} in {own_table} and {text} in {table}",
                        }
                    )
    if found:
        return ATTACK.broken(
            Effect.WEAKENS,
            6.0,
            f"a suggested place contradicts the claim's own: {found[0]['sentence']}",
            evidence=tuple(found),
        )
    return ATTACK.held(
        f"{len(places)} suggested places looked at, {compared} numbers printed there too: they agree"
    )


def _cells(places: list[TableLocator], source: Source) -> Labelled:
    """Every cell at some places, by all its labels."""
    names = canonical_names(source)
    cells: Labelled = {}
    for place in places:
        roles = next(table.roles for table in source.base.tables if table.name == place.table)
        if place.column not in (None, roles.value):
            continue
        columns = [*roles.groups, *(item for item in (roles.unit, roles.arm, roles.kind) if item is not None)]
        for row in source.tables[place.table].rows:
            if all(
                row[key] in ((labels,) if isinstance(labels, str) else labels)
                for key, labels in place.where.items()
            ):
                labels = frozenset(names.get(row[column], row[column]) for column in columns)
                cells.setdefault(labels, []).append((place.table, row[roles.value]))
    return cells


ATTACK = Attack(
    name="citation/suggested",
    attacker=Attacker.CITATION_AUDITOR,
    threat="a place of the source that the record does not cite prints another number",
    origin="suggestions of a reviewer, human or model; programs decide",
    judge=_judge,
)
