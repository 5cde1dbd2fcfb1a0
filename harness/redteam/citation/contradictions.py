"""The same quantity printed at two places of the source, with numbers that cannot both be right."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from harness.grounding import find_entity, locate
from harness.records.claim import SectionLocator, TableLocator
from harness.records.paper import Table
from harness.records.verdict import Attacker, Effect, Finding
from harness.redteam.cells import PRINTED_MEAN, about, canonical_names, claim_tables, rows_of_subject
from harness.redteam.interface import Attack, Case, Runs
from harness.redteam.stated_cells import contradicted_sentences
from harness.rules.leaves import expected_values
from harness.stats.rounding import exact, printed_interval


def _judge(case: Case, runs: Runs) -> Finding:
    across = _across_tables(case)
    misplaced = _text_against_tables(case)
    told = contradicted_sentences(case.claim, case.loaded.source)
    found = [*misplaced, *told, *across]
    if not found:
        return ATTACK.held("no quantity of the claim is printed with two values that exclude each other")
    first = found[0]
    return ATTACK.broken(
        Effect.WEAKENS,
        6.0 if misplaced or told else 3.0,
        f"the source contradicts itself in {len(found)} place{'s' * (len(found) > 1)}, first: {first['sentence']}",
        evidence=tuple(found),
    )


def _across_tables(case: Case) -> list[dict[str, Any]]:
    """Printed means of the claim's tables that another table prints too, at whatever precision."""
    source = case.loaded.source
    names = canonical_names(source)
    wanted = about(case.claim, source, "arms")
    places: dict[tuple[str, ...], list[tuple[str, str]]] = {}
    for table in source.base.tables:
        roles = table.roles
        if roles.arm is None or roles.unit is None or roles.kind is None:
            continue
        for row in source.tables[table.name].rows:
            if row[roles.kind] == PRINTED_MEAN:
                key = (*(names.get(row[column], row[column]) for column in roles.groups), row[roles.arm])
                places.setdefault(key, []).append((table.name, row[roles.value]))
    mine = {
        (*(names.get(row[column], row[column]) for column in table.roles.groups), row[table.roles.arm or ""])
        for table in claim_tables(case.claim, source)
        if table.roles.arm and table.roles.kind
        for row in rows_of_subject(table, case.claim, source)
        if row[table.roles.kind] == PRINTED_MEAN
        and (not wanted or find_entity(source.base.facts, "arms", row[table.roles.arm]) in wanted)
    }
    found = []
    for key in sorted(mine):
        printed = sorted(places.get(key, []))
        for index, (name, text) in enumerate(printed):
            for other, other_text in printed[index + 1 :]:
                if not printed_interval(text).meets(printed_interval(other_text)):
                    found.append(
                        {
                            "quantity": " ".join(key),
                            "places": {name: text, other: other_text},
                            "sentence": f"{' '.join(key)} is {text} in {name} and {other_text} in {other}",
                        }
                    )
    return found


def _text_against_tables(case: Case) -> list[dict[str, Any]]:
    """Numbers that a section gives for a quantity whose table cell, cited beside it, says otherwise."""
    claim, source = case.claim, case.loaded.source
    stated = [
        (item.section, value)
        for item in claim.grounding
        if isinstance(item, SectionLocator)
        for value in item.values
    ]
    cited = [item for item in claim.grounding if isinstance(item, TableLocator)]
    expected: set[Fraction] = {exact(value) for value in expected_values(claim.decision)}
    located = [locate(item, source) for item in cited]
    cells = [(place, text) for place, texts in located for text in texts]
    # Only a single cited cell names the quantity without doubt.
    if len(cells) != 1:
        return []
    place, text = cells[0]
    found = []
    for section, value in stated:
        if exact(value) in expected and not printed_interval(value).meets(printed_interval(text)):
            elsewhere = _where_printed(value, case)
            note = f"; {value} is printed at {elsewhere[0]}" if elsewhere else ""
            found.append(
                {
                    "section": section,
                    "value": value,
                    "cell": place,
                    "cell_value": text,
                    "value_printed_at": elsewhere,
                    "sentence": f"section {section} says {value}, {place} prints {text}{note}",
                }
            )
    return found


def _where_printed(value: str, case: Case) -> list[str]:
    """Cells of the claim's tables that hold exactly this number."""
    source = case.loaded.source
    return [
        f"{table.name} " + " ".join(row[column] for column in _labels(table))
        for table in claim_tables(case.claim, source)
        for row in source.tables[table.name].rows
        if exact(row[table.roles.value]) == exact(value)
    ]


def _labels(table: Table) -> list[str]:
    roles = table.roles
    return [column for column in (*roles.groups, roles.arm, roles.unit) if column is not None]


ATTACK = Attack(
    name="citation/contradictions",
    attacker=Attacker.CITATION_AUDITOR,
    threat="the source itself prints two values for one quantity",
    origin="cross-source contradiction ledgers, applied within one source",
    judge=_judge,
)
