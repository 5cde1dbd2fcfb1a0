"""Models, data sets, languages, metrics, settings, arms: did the source study them, or only name them?"""

from __future__ import annotations

import re
from difflib import SequenceMatcher
from typing import Any

from harness.grounding import find_entity, named_in, spelling_pattern
from harness.records.claim import Claim
from harness.records.paper import ENTITY_KINDS, Entity, EntityKind
from harness.records.reported_rules import SampleSummary
from harness.records.rules import Granularity
from harness.records.units import Unit
from harness.records.verdict import Attacker, Effect, Finding, Reason
from harness.redteam.cells import claim_tables
from harness.redteam.interface import Attack, Case, Runs
from harness.redteam.lexicon import KNOWN_NAMES
from harness.rules.leaves import leaves

_VERB: dict[str, str] = {"models": "trains", "datasets": "uses", "metrics": "measures", "settings": "studies"}

_ALIKE = 0.6
"""Share of equal letters from which two names may be spellings of one."""


def _judge(case: Case, runs: Runs) -> Finding:
    facts = case.loaded.source.base.facts
    contradicted: list[dict[str, Any]] = []
    unknown: list[dict[str, Any]] = []
    count = 0
    for kind in ENTITY_KINDS:
        # Scope words are another attack's business.
        if kind == "categories":
            continue
        for name in _names(case, kind):
            count += 1
            entity = find_entity(facts, kind, name)
            studied = [item.name for item in facts.of(kind) if item.role == "studied"]
            row: dict[str, Any] = {"kind": kind, "name": name, "source_studies": studied}
            if entity is not None and entity.role == "studied":
                continue
            if entity is None and _absent(case, kind, name):
                contradicted.append({**row, "source": "has nothing of the name"})
            elif entity is None:
                unknown.append({**row, "source": "is not known to have it"})
            elif name in _declared(case, kind):
                contradicted.append({**row, "source": "only mentions it", "at": str(entity.at)})
            else:
                # In the words only: "mBERT is not part of it" names it too.
                unknown.append({**row, "source": "only mentions it, and the subject does not have it"})
    contradicted += _languages_elsewhere(case)
    if contradicted and contradicted[0]["source"] == "has no such data":
        first = contradicted[0]
        return ATTACK.broken(
            Effect.REFUTES,
            9.0,
            f"the source has no {first['name']} in {_list(first['source_studies'])}",
            evidence=(*contradicted, *unknown),
        )
    if contradicted and contradicted[0]["source"] == "has nothing of the name":
        first = contradicted[0]
        return ATTACK.broken(
            Effect.REFUTES,
            9.0,
            f"the {first['kind']} of the source are {_list(first['source_studies'])}, and the list is complete; "
            f"{first['name']} is not among them",
            evidence=(*contradicted, *unknown),
        )
    if contradicted:
        first = contradicted[0]
        return ATTACK.broken(
            Effect.REFUTES,
            9.5,
            f"the source {_VERB.get(first['kind'], 'studies')} {_list(first['source_studies'])} and only cites "
            f"{first['name']} ({first['at']})",
            evidence=(*contradicted, *unknown),
        )
    if beside := _beside_subject(case):
        return ATTACK.broken(
            Effect.VOIDS,
            7.0,
            f"the statement names {beside[0]['name']}, which is not among the {beside[0]['kind']} of the subject",
            reason=Reason.SOURCE_UNRESOLVED,
            evidence=tuple(beside),
        )
    if unknown:
        return ATTACK.broken(
            Effect.VOIDS,
            6.0,
            f"{unknown[0]['name']}: the source {unknown[0]['source']} among its {unknown[0]['kind']}",
            reason=Reason.SOURCE_UNRESOLVED,
            evidence=tuple(unknown),
        )
    return ATTACK.held(f"the source studies all {count} entities that the claim names")


def _absent(case: Case, kind: EntityKind, name: str) -> bool:
    """Whether the source surely has nothing of a name: statement and subject both name it, and the list is complete.

    A name that resembles one of the list may be another spelling of it, and falsifies nothing. Languages have codes
    and names that do not resemble each other.
    """
    facts = case.loaded.source.base.facts
    if kind not in facts.complete or kind == "languages" or name not in _declared(case, kind):
        return False
    known = [text for entity in facts.of(kind) for text in (entity.name, *entity.aliases)]
    return bool(spelling_pattern(name).search(case.claim.statement)) and not any(
        _alike(name, other) for other in known
    )


def _alike(name: str, other: str) -> bool:
    """Whether two names may be spellings of one: nearly the same letters, one within the other, or initials."""
    first, second = (re.sub(r"[\W_]+", "", text).casefold() for text in (name, other))
    if not first or not second or first in second or second in first:
        return True
    initials = [
        "".join(part[0] for part in re.findall(r"[^\W_]+", text)).casefold() for text in (name, other)
    ]
    return (
        first == initials[1]
        or second == initials[0]
        or SequenceMatcher(None, first, second, autojunk=False).ratio() >= _ALIKE
    )


def _beside_subject(case: Case) -> list[dict[str, Any]]:
    """Models, data sets, metrics and methods that the statement names and the subject's list leaves out.

    Where the subject has no list at all, the attacks take the names from the statement.
    """
    facts, claim = case.loaded.source.base.facts, case.claim
    found: list[dict[str, Any]] = []
    kinds: tuple[EntityKind, ...] = ("models", "datasets", "metrics", "arms")
    for kind in kinds:
        declared = [find_entity(facts, kind, name) for name in _declared(case, kind)]
        if not declared:
            continue
        found += [
            {"kind": kind, "name": entity.name}
            for entity in named_in(claim.statement, facts, kind)
            if entity not in declared and not (kind == "metrics" and _is_sample_size(entity, claim))
        ]
    return found


def _is_sample_size(metric: Entity, claim: Claim) -> bool:
    """Whether a count is only what printed numbers are held against: the queries of which each is a share."""
    return metric.unit is Unit.COUNT and any(
        isinstance(leaf, (Granularity, SampleSummary)) for leaf in leaves(claim.decision)
    )


def _declared(case: Case, kind: EntityKind) -> list[str]:
    if kind != "arms":
        return list(getattr(case.claim.subject, kind))
    arms = case.claim.subject.arms
    return [arms.treatment, *arms.controls] if arms else []


def _languages_elsewhere(case: Case) -> list[dict[str, Any]]:
    """Languages of the subject that none of its data sets has in the source."""
    facts, subject = case.loaded.source.base.facts, case.claim.subject
    found = [find_entity(facts, "datasets", name) for name in subject.datasets]
    datasets = [entity for entity in found if entity is not None]
    # A data set whose languages are not recorded may have any.
    if not datasets or not all(entity.languages for entity in datasets):
        return []
    there = {language.casefold() for entity in datasets for language in entity.languages}
    # A table may print sizes of languages for which there are no results.
    source = case.loaded.source
    for table in claim_tables(case.claim, source):
        if table.roles.unit is not None:
            there |= {
                row[table.roles.unit].casefold()
                for row in source.tables[table.name].rows
                if any(
                    find_entity(facts, "datasets", row[column]) in datasets for column in table.roles.groups
                )
            }
    missing = []
    for name in subject.languages:
        language = find_entity(facts, "languages", name)
        spellings = {name, *((language.name, *language.aliases) if language else ())}
        if not there & {spelling.casefold() for spelling in spellings}:
            missing.append(
                {
                    "kind": "languages",
                    "name": name,
                    "source": "has no such data",
                    "source_studies": [entity.name for entity in datasets],
                }
            )
    return missing


def _names(case: Case, kind: EntityKind) -> list[str]:
    """Entities of the subject, and those that only the statement's words name."""
    facts = case.loaded.source.base.facts
    declared = _declared(case, kind)
    known: list[Entity] = [entity for name in declared if (entity := find_entity(facts, kind, name))]
    # A record that says mBERT in its statement and XLM-R in its subject hides what it is about.
    hidden = [
        entity.name
        for entity in named_in(case.claim.statement, facts, kind)
        if entity not in known and entity.role == "mentioned"
    ]
    text = case.claim.statement
    for entity in facts.of(kind):
        for spelling in (entity.name, *entity.aliases):
            text = text.replace(spelling, " ")
    hidden += [
        name for name, pattern in KNOWN_NAMES.get(kind, ()) if pattern.search(text) and name not in declared
    ]
    return [*declared, *hidden]


def _list(names: list[str]) -> str:
    return (
        " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names) or "nothing of the kind"
    )


ATTACK = Attack(
    name="citation/entities",
    attacker=Attacker.CITATION_AUDITOR,
    threat="the claim credits the source with something it only cites",
    origin="the seed case: a synthesis about mBERT, whose source trained XLM-R and LaBSE",
    judge=_judge,
)
