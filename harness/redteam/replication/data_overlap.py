"""Records that an experiment is evaluated on must not be among those it learns from."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from harness.data_files import DataFile, Slot
from harness.records.claim import ClaimKind
from harness.records.verdict import Attacker, Effect, Finding, Reason
from harness.redteam.data_inputs import data_files
from harness.redteam.interface import Attack, Case, Runs

TOO_MUCH = Fraction(1, 10)
"""Share of the smaller part from which equal records are no accident."""
_LEARNED = ("train", "training")
_HELD_OUT = ("test", "eval", "evaluation", "heldout", "held-out", "validation", "valid", "dev")
Part = list[tuple[tuple[str, str], ...]]


def _parts(case: Case) -> dict[str, Part]:
    """Records of every file, and of every label of a column that splits a file, without their names."""
    found: dict[str, Part] = {}
    for name, file in data_files(case).items():
        split = _split(file)
        for record in _records(file):
            label = next((str(slot.value) for slot in record if slot.column == split), "")
            values = tuple(
                sorted(
                    (slot.column, str(slot.value))
                    for slot in record
                    if slot.number and not slot.name.casefold().endswith("id") and slot.column != split
                )
            )
            found.setdefault(f"{name} {label}".strip(), []).append(values)
    return found


def _records(file: DataFile) -> list[list[Slot]]:
    found: dict[Any, list[Slot]] = {}
    for slot in file.slots:
        found.setdefault(slot.record, []).append(slot)
    return list(found.values())


def _split(file: DataFile) -> str | None:
    """The column that tells records to learn from from those held out."""
    for column, slots in file.columns().items():
        labels = {str(slot.value).casefold() for slot in slots}
        if labels & set(_LEARNED) and labels & set(_HELD_OUT):
            return column
    return None


def _judge(case: Case, runs: Runs) -> Finding:
    if case.claim.kind is not ClaimKind.EXPERIMENT:
        return ATTACK.not_applicable("the claim is no experiment")
    parts = _parts(case)
    compared = 0
    for name, own in parts.items():
        for other, theirs in parts.items():
            if name >= other or {_form(item) for item in own} != {_form(item) for item in theirs}:
                continue
            # Records of a single number are equal by chance.
            small, large = sorted(
                ([item for item in part if len(item) > 1] for part in (own, theirs)), key=len
            )
            if not small:
                continue
            compared += 1
            there = set(large)
            same = sum(item in there for item in small)
            if same >= TOO_MUCH * len(small):
                return ATTACK.broken(
                    Effect.VOIDS,
                    8.0,
                    f"{same} of {len(small)} records stand both in {name} and in {other}: what is tested was "
                    "learned by heart",
                    reason=Reason.VACUOUS_EVIDENCE,
                    evidence=({"records": same, "first": name, "second": other},),
                )
    if not compared:
        return ATTACK.not_applicable("there are no two sets of records of one form")
    return ATTACK.held(f"no records stand in two of the {len(parts)} sets")


def _form(item: tuple[tuple[str, str], ...]) -> tuple[str, ...]:
    return tuple(column for column, _value in item)


ATTACK = Attack(
    name="replication/data-overlap",
    attacker=Attacker.REPLICATION_ATTACKER,
    threat="test data stand among the training data",
    origin="leakage between training and test sets (Kapoor and Narayanan 2023)",
    judge=_judge,
)
