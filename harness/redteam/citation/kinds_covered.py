"""Who says "every model" must have listed every model that the source has numbers for."""

from __future__ import annotations

import re

from harness.grounding import find_entity
from harness.records.paper import Entity, EntityKind
from harness.records.verdict import Attacker, Effect, Finding, Reason
from harness.redteam.cells import CELL, about, claim_tables, label_fits
from harness.redteam.interface import Attack, Case, Runs

_NOUNS: dict[EntityKind, str] = {
    "models": r"(?:language\s+)?models?|encoders?|backbones?|networks?",
    "datasets": r"data\s?-?sets?|corpus|corpora|benchmarks?|collections?|test\s+sets?",
    "metrics": r"metrics?|measures?",
    "arms": r"methods?|baselines?|variants?|competitors?|arms?|treatments?",
    "settings": r"settings?|conditions?|stud(?:y|ies)|experiments?",
    "languages": r"languages?",
}
_ALL = (
    r"\b(?:every|all|each|both)\s+(?:one\s+)?(?:of\s+)?(?:the\s+|these\s+|its\s+)?(?:other\s+)?"
    r"(?:(?P<count>\d+)\s+|\w+ed\s+)?"
)
_NARROWED = (
    r"(?!\s+(?:that|which|whose|trained|tested|with|without|except|but|other\s+than|larger|smaller|"
    r"in\s+(?:the|Tables?|Sections?)|of)\b)"
)
"""Words that say which of them: then the list is the author's, and the words are for a reader."""


def _judge(case: Case, runs: Runs) -> Finding:
    said = [kind for kind in _NOUNS if _says_all(case, kind)]
    short = {kind: left_out for kind in said if (left_out := _left_out(case, kind))}
    if not said:
        return ATTACK.not_applicable("the statement does not speak of all entities of a kind")
    if short:
        kind, left_out = next(iter(short.items()))
        return ATTACK.broken(
            Effect.VOIDS,
            7.5,
            f"the statement speaks of all {kind}; the source also has numbers for {left_out[0].name}, which the "
            "subject leaves out",
            reason=Reason.SOURCE_UNRESOLVED,
            evidence=tuple(
                {"kind": name, "left_out": entity.name} for name, items in short.items() for entity in items
            ),
        )
    return ATTACK.held(f"the subject has all {' and '.join(said)} that the source has numbers for")


def _says_all(case: Case, kind: EntityKind) -> bool:
    """Whether the statement speaks of all entities of a kind, and not of as many as the subject lists."""
    narrowed = "" if kind == "languages" else _NARROWED
    listed = len(about(case.claim, case.loaded.source, kind))
    return any(
        (match["count"] or ("2" if match.group().casefold().startswith("both") else "")) != str(listed)
        for match in re.finditer(
            rf"{_ALL}(?:{_NOUNS[kind]})\b{narrowed}", case.claim.statement, re.IGNORECASE
        )
    )


def _left_out(case: Case, kind: EntityKind) -> list[Entity]:
    """Studied entities that the claim's tables have numbers for, and that a list in the subject does not have.

    Where the subject has no list the claim is about all of them, and the replication attacker asks whether they
    count.
    """
    arms = case.claim.subject.arms
    if not (getattr(case.claim.subject, kind) if kind != "arms" else arms and arms.controls):
        return []
    listed = about(case.claim, case.loaded.source, kind)
    return [entity for entity in _printed(case, kind) if entity not in listed]


def _printed(case: Case, kind: EntityKind) -> list[Entity]:
    """Studied entities of a kind among the labels of the claim's tables, in rows that fit the rest of the subject."""
    source = case.loaded.source
    found: dict[str, Entity] = {}
    for table in claim_tables(case.claim, source):
        roles = table.roles
        columns = [*roles.groups, *(name for name in (roles.unit, roles.arm) if name is not None)]
        for row in source.tables[table.name].rows:
            if roles.kind is not None and row[roles.kind] != CELL:
                continue
            for column in columns:
                entity = find_entity(source.base.facts, kind, row[column])
                others = [row[name] for name in columns if name not in (column, roles.arm)]
                if (
                    entity is not None
                    and entity.role == "studied"
                    and all(label_fits(label, case.claim, source) for label in others)
                ):
                    found[entity.name] = entity
    return [found[name] for name in sorted(found)]


ATTACK = Attack(
    name="citation/kinds-covered",
    attacker=Attacker.CITATION_AUDITOR,
    threat="the statement speaks of all models, data sets or methods, the evidence is about some",
    origin="overgeneralisation in abstracts; wrong-subset cheats",
    judge=_judge,
)
