"""In data files beside the record, the numbers of every method that the statement names must count."""

from __future__ import annotations

from typing import Any

from harness.records.run import Transform, Variation
from harness.records.verdict import Attacker, Effect, Finding, Reason
from harness.redteam.data_inputs import arm_places, changes_something, data_files
from harness.redteam.interface import Attack, Case, Runs, unforeseen

_FACTOR = "0.5"
_WAYS = ("halved", "redrawn")
"""A measure of ranks does not move when all scores are halved, only when they are drawn anew."""


def _transforms(case: Case) -> dict[str, dict[str, tuple[Transform, ...]]]:
    """Method to the ways in which its numbers change in every file in which it stands."""
    found: dict[str, dict[str, list[Transform]]] = {}
    seed = unforeseen(case, "arm values")
    for name, file in data_files(case).items():
        for arm, place in arm_places(case, file).items():
            at: dict[str, Any] = {"inputs": (name,), "column": place.column, "where": place.where}
            changes = (Transform(do="rescale", number=_FACTOR, **at), Transform(do="redraw", seed=seed, **at))
            for way, change in zip(_WAYS, changes, strict=True):
                found.setdefault(arm, {}).setdefault(way, []).append(change)
    together = {arm: {way: tuple(items) for way, items in ways.items()} for arm, ways in found.items()}
    return {
        arm: ways
        for arm, ways in together.items()
        if all(changes_something(case, items) for items in ways.values())
    }


def _names(arm: str) -> tuple[str, ...]:
    return tuple(ATTACK.run_name(f"{arm}/{way}") for way in _WAYS)


def _plan(case: Case) -> tuple[Variation, ...]:
    if not case.measured:
        return ()
    seed = case.claim.reproduction.seeds[0]
    return tuple(
        Variation(name=name, seed=seed, transforms=ways[way])
        for arm, ways in _transforms(case).items()
        for name, way in zip(_names(arm), _WAYS, strict=True)
    )


def _judge(case: Case, runs: Runs) -> Finding:
    if not case.measured:
        return ATTACK.not_applicable("the script reported nothing")
    arms = tuple(_transforms(case))
    if not arms:
        return ATTACK.not_applicable("no data file beside the record says which numbers are whose")
    names = tuple(name for arm in arms for name in _names(arm))
    ignored = [arm for arm in arms if all(runs[name].content == case.main.content for name in _names(arm))]
    if ignored:
        return ATTACK.broken(
            Effect.VOIDS,
            8.5,
            f"the script reports the same when the numbers of {', '.join(ignored)} are others",
            reason=Reason.VACUOUS_EVIDENCE,
            evidence=tuple({"does_not_count": arm} for arm in ignored),
            runs=names,
        )
    return ATTACK.held(f"the numbers of all {len(arms)} methods in the data files count", runs=names)


ATTACK = Attack(
    name="replication/arm-values",
    attacker=Attacker.REPLICATION_ATTACKER,
    threat="the script compares with another method than the statement names",
    origin="weak-baseline and wrong-subset cheats",
    plan=_plan,
    judge=_judge,
)
