"""Data files among a claim's inputs, and where the compared methods stand in them. Read by attacks on data."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

from harness.data_files import DataFile, parse_data
from harness.grounding import find_entity
from harness.records.run import Transform
from harness.records.units import Unit
from harness.redteam.interface import Case, RunView, labelled_numbers, numbers_of, unit_of
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
        name.rsplit(".", 1)[0]: read_only(name, data)
        for name, data in sorted(case.loaded.inputs.items())
        if name.rsplit(".", 1)[0] in names
    }
    return {name: file for name, file in parsed.items() if file is not None}


@lru_cache(maxsize=16)
def read_only(name: str, data: bytes) -> DataFile | None:
    """A parsed file that nobody changes; attacks look at the same files many times."""
    return parse_data(name, data)


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
        found[name] = {plain(text) for text in (name, *((entity.name, *entity.aliases) if entity else ()))}
    return found


def arm_places(case: Case, file: DataFile, *, texts: bool = False) -> dict[str, ArmPlace]:
    """Where each method's numbers stand in a file, or its texts too; methods that do not stand there are left out."""
    found = {}
    for arm, spellings in arm_names(case).items():
        for slots in file.columns().values():
            numbers = texts or any(slot.number for slot in slots)
            if slots[0].name and plain(slots[0].name) in spellings and numbers:
                found[arm] = ArmPlace(slots[0].name, {})
                break
            labels = {slot.value for slot in slots if isinstance(slot.value, str)}
            if own := tuple(sorted(label for label in labels if plain(label) in spellings)):
                found[arm] = ArmPlace(None, {slots[0].name or slots[0].column: own})
                break
    return found


def number_parts(case: Case) -> tuple[str, ...]:
    """Parts of the claim's own run that are numbers."""
    return tuple(part for part in case.main.parts if unit_of(part, case.claim) is not None)


def counts_records(part: str, case: Case) -> bool:
    """Whether a number may be a count of records, or their share: then labels and rows make it, and no values.

    Not so where the files hold numbers under the name of the measure: who reports those has to read them.
    """
    unit = unit_of(part, case.claim)
    if unit not in (Unit.COUNT, Unit.FRACTION, Unit.PERCENT):
        return False
    item = next(item for item in case.claim.observes if item.name == part.partition(".")[0])
    facts = case.loaded.source.base.facts
    names = set()
    for name in item.measures.metrics:
        entity = find_entity(facts, "metrics", name)
        names |= {plain(text) for text in (name, *((entity.name, *entity.aliases) if entity else ()))}
    return not any(
        slots[0].name and plain(slots[0].name) in names and all(slot.number for slot in slots)
        for file in data_files(case).values()
        for slots in file.columns().values()
    )


def reported_for(arm: str, part: str, run: RunView, case: Case) -> tuple[Fraction, ...]:
    """Numbers of a part that a completed run reports for one method alone; empty where they are no one method's.

    Whose they are says a label in their rows, else the name of their column, else what the record says they measure.
    """
    name, _dot, column = part.partition(".")
    names = arm_names(case)
    rows = labelled_numbers(run, part)
    labelled = [
        number for labels, number in rows.items() if any(plain(label) in names[arm] for label in labels)
    ]
    of_others = {plain(label) for labels in rows for label in labels} & set().union(*names.values())
    if labelled or of_others:
        return tuple(sorted(labelled))
    by_column = [other for other, spellings in names.items() if plain(column) in spellings]
    item = next(item for item in case.claim.observes if item.name == name)
    whose = by_column or (list(item.measures.arms) if not column else [])
    return tuple(sorted(numbers_of(run, part))) if whose == [arm] else ()


def same_numbers(run: RunView, main: RunView, part: str) -> bool:
    """Whether a completed run reports the same numbers in a part, whatever their labels."""
    return sorted(numbers_of(run, part)) == sorted(numbers_of(main, part))


def distance(one: RunView, other: RunView, part: str) -> float | None:
    """Largest difference of a part between two completed runs; None where their rows cannot be told apart."""
    first, second = labelled_numbers(one, part), labelled_numbers(other, part)
    if first.keys() != second.keys() or len(first) != len(numbers_of(one, part)):
        return None
    return max((float(abs(first[key] - second[key])) for key in first), default=None)


def plain(text: str) -> str:
    """A name without case and punctuation, so that spellings of it are equal."""
    return re.sub(r"[\W_]+", "", text).casefold()
