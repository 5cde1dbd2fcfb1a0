"""Data files among a claim's inputs, and where the compared methods stand in them. Read by attacks on data."""

from __future__ import annotations

import re
from dataclasses import dataclass

from harness.data_files import DataFile, parse_data
from harness.grounding import find_entity
from harness.records.run import Transform
from harness.redteam.interface import Case
from harness.transforms import apply_transforms


@dataclass(frozen=True)
class ArmPlace:
    """Where the numbers of one method stand in one file."""

    column: str | None
    """Name of the column that holds its numbers, where the file has one for each method."""
    where: dict[str, tuple[str, ...]]
    """Label column and label of its records, where the file has one record for each method."""


def data_files(case: Case) -> dict[str, DataFile]:
    """Input files beside the record by name, those whose form is known."""
    names = {file.name for file in case.claim.reproduction.files}
    parsed = {
        name.rsplit(".", 1)[0]: parse_data(name, data)
        for name, data in sorted(case.loaded.inputs.items())
        if name.rsplit(".", 1)[0] in names
    }
    return {name: file for name, file in parsed.items() if file is not None}


def changes_something(case: Case, transforms: tuple[Transform, ...]) -> bool:
    """Whether the script would be given anything else than its own inputs."""
    return bool(transforms) and apply_transforms(case.loaded.inputs, transforms) != case.loaded.inputs


def arm_names(case: Case) -> dict[str, set[str]]:
    """Every method of the subject to its spellings, without case and punctuation; treatment first."""
    arms = case.claim.subject.arms
    if arms is None:
        return {}
    facts = case.loaded.source.base.facts
    found = {}
    for name in (arms.treatment, *arms.controls):
        entity = find_entity(facts, "arms", name)
        found[name] = {_plain(text) for text in (name, *((entity.name, *entity.aliases) if entity else ()))}
    return found


def arm_places(case: Case, file: DataFile) -> dict[str, ArmPlace]:
    """Where each method's numbers stand in a file; methods that do not stand there are left out."""
    found = {}
    for arm, spellings in arm_names(case).items():
        for slots in file.columns().values():
            if slots[0].name and _plain(slots[0].name) in spellings and any(slot.number for slot in slots):
                found[arm] = ArmPlace(slots[0].name, {})
                break
            labels = {slot.value for slot in slots if isinstance(slot.value, str)}
            if own := tuple(sorted(label for label in labels if _plain(label) in spellings)):
                found[arm] = ArmPlace(None, {slots[0].name or slots[0].column: own})
                break
    return found


def _plain(text: str) -> str:
    return re.sub(r"[\W_]+", "", text).casefold()
