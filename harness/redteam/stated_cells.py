"""Sentences of the source's documents that give the number of one cell of a table, and give another number."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

from harness.documents.sentences import sentences
from harness.grounding import find_entity, named_in, number_in, numbers_of, referenced_tables
from harness.loading import Source
from harness.records.claim import Claim
from harness.records.paper import ENTITY_KINDS, Entity, Table
from harness.redteam.cells import CELL, PRINTED_MEAN, claim_tables, rows_of_subject
from harness.stats.rounding import printed_interval
from harness.tables import Row

_MEAN = re.compile(r"\b(?:mean|means|average|averages|averaged)\b", re.IGNORECASE)
_COMPARES = re.compile(
    r"%|\b(?:percent|per cent|points?|by|than|above|below|over|under|from|to|between|least|most|more|less|least|up|"
    r"about|around|approximately|roughly|nearly|almost)\b|[<>≤≥~≈±]",
    re.IGNORECASE,
)
"""Signs that a number is no plain value of a cell: a difference, a bound, a range, a rounded figure."""


def contradicted_sentences(claim: Claim, source: Source) -> list[dict[str, Any]]:
    """Sentences that name one table of the claim, one quantity in it that the claim is about, and another number.

    Conservative: the sentence has exactly one number, names every label that tells the table's rows apart, compares
    nothing, and leaves exactly one cell.
    """
    tables = {table.number: table for table in claim_tables(claim, source)}
    found: list[dict[str, Any]] = []
    for name, document in source.documents.items():
        for start, end, sentence in _about_tables(document.extracted.text):
            [number] = referenced_tables(sentence)
            table = tables.get(number)
            said = numbers_of(sentence, source.base)
            if table is None or len(said) != 1 or "." not in said[0] or _COMPARES.search(sentence):
                continue
            if number_in(said[0]) is None:
                continue
            cells = [
                row for row in rows_of_subject(table, claim, source) if _tells(table, row, sentence, source)
            ]
            if len(cells) != 1:
                continue
            printed = cells[0][table.roles.value]
            if not printed_interval(said[0]).meets(printed_interval(printed)):
                found.append(
                    {
                        "document": name,
                        "start": start,
                        "end": end,
                        "value": said[0],
                        "cell": f"{table.name} {_label(table, cells[0])}",
                        "cell_value": printed,
                        "sentence": f"{name} says {said[0]} of what {table.name} prints as {printed} "
                        f"({_label(table, cells[0])})",
                    }
                )
    return found


@lru_cache(maxsize=8)
def _about_tables(text: str) -> tuple[tuple[int, int, str], ...]:
    """Sentences that name exactly one table, with their places."""
    found = []
    for span in sentences(text):
        sentence = " ".join(text[span.start : span.end].split())
        if "able" in sentence and len(referenced_tables(sentence)) == 1:
            found.append((span.start, span.end, sentence))
    return tuple(found)


def _tells(table: Table, row: Row, sentence: str, source: Source) -> bool:
    """Whether a sentence names a row by every label that tells the rows of its table apart."""
    roles = table.roles
    rows = source.tables[table.name].rows
    mean = bool(_MEAN.search(sentence))
    if roles.kind is not None and row[roles.kind] != (PRINTED_MEAN if mean else CELL):
        return False
    columns = [*roles.groups, *filter(None, (roles.arm, None if mean else roles.unit))]
    for column in columns:
        labels = {item[column] for item in rows}
        if len(labels) > 1 and _named(labels, sentence, source) != [row[column]]:
            return False
    return True


def _named(labels: set[str], sentence: str, source: Source) -> list[str]:
    """Labels of a column that a sentence names; those that are no known names are none."""
    facts = source.base.facts
    named: list[Entity] = [
        entity for kind in ENTITY_KINDS if kind != "languages" for entity in named_in(sentence, facts, kind)
    ]
    found = []
    for label in sorted(labels):
        entities = [find_entity(facts, kind, label) for kind in ENTITY_KINDS if kind != "languages"]
        language = find_entity(facts, "languages", label)
        spellings = (label, *((language.name, *language.aliases) if language else ()))
        # Language codes are words too: "is", "de", "el".
        place = "|".join(re.escape(spelling) for spelling in spellings)
        if any(entity in named for entity in entities if entity is not None) or re.search(
            rf"\b(?:in|for|on) (?:{place})(?![\w-])", sentence
        ):
            found.append(label)
    return found


def _label(table: Table, row: Row) -> str:
    roles = table.roles
    return " ".join(row[column] for column in (*roles.groups, *filter(None, (roles.arm, roles.unit))))
