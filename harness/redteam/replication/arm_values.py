"""In data files beside the record, the numbers of every method that the statement names must count."""

from __future__ import annotations

from typing import Any

from harness.grounding import find_entity
from harness.records.run import Transform, Variation
from harness.records.units import Unit
from harness.records.verdict import Attacker, Effect, Finding, Reason
from harness.redteam.data_inputs import (
    arm_places,
    changes_something,
    counts_records,
    data_files,
    number_parts,
    reported_for,
)
from harness.redteam.interface import Attack, Case, Runs, unforeseen, unit_of
from harness.redteam.lexicon import ORDER_MEASURE

_FACTOR = "0.5"
_WAYS = ("halved", "redrawn")
"""A measure of ranks does not move when all scores are halved, only when they are drawn anew."""
_FEWER = "fewer"


def _transforms(case: Case) -> dict[str, dict[str, tuple[Transform, ...]]]:
    """Method to the ways in which its numbers change in every file in which it stands."""
    found: dict[str, dict[str, list[Transform]]] = {}
    seed = unforeseen(case, "arm values")
    for name, file in data_files(case).items():
        for arm, place in arm_places(case, file).items():
            at: dict[str, Any] = {"inputs": (name,), "column": place.column, "where": place.where}
            ways = found.setdefault(arm, {way: [] for way in _WAYS})
            ways["halved"].append(Transform(do="rescale", number=_FACTOR, **at))
            ways["redrawn"].append(Transform(do="redraw", seed=seed, **at))
            if place.where and not _measures_order(case):
                # What is measured may be a label, such as "responded".
                ways["redrawn"].append(Transform(do="relabel", seed=seed, **at))
                if _counts(case):
                    ways.setdefault(_FEWER, []).append(Transform(do="thin", number="0.5", seed=seed, **at))
    together = {arm: {way: tuple(items) for way, items in ways.items()} for arm, ways in found.items()}
    return {
        arm: ways
        for arm, ways in together.items()
        if all(changes_something(case, items) for items in ways.values())
    }


def _measures_order(case: Case) -> bool:
    """Whether the claim is about measures of an order alone, which follow the scores that make it."""
    facts = case.loaded.source.base.facts
    metrics = [find_entity(facts, "metrics", name) for name in case.claim.subject.metrics]
    return bool(metrics) and all(
        metric is not None and any(ORDER_MEASURE.search(name) for name in (metric.name, *metric.aliases))
        for metric in metrics
    )


def _counts(case: Case) -> bool:
    """Whether every number that the rule uses may count records, so that fewer of them must show."""
    parts = number_parts(case)
    return (
        bool(parts)
        and all(unit_of(part, case.claim) is Unit.COUNT for part in parts)
        and all(counts_records(part, case) for part in parts)
    )


def _names(arm: str, case: Case) -> tuple[str, ...]:
    return tuple(ATTACK.run_name(f"{arm}/{way}") for way in _transforms(case)[arm])


def _plan(case: Case) -> tuple[Variation, ...]:
    if not case.measured:
        return ()
    seed = case.claim.reproduction.seeds[0]
    return tuple(
        Variation(name=ATTACK.run_name(f"{arm}/{way}"), seed=seed, transforms=items)
        for arm, ways in _transforms(case).items()
        for way, items in ways.items()
    )


def _judge(case: Case, runs: Runs) -> Finding:
    if not case.measured:
        return ATTACK.not_applicable("the script reported nothing")
    arms = tuple(_transforms(case))
    if not arms:
        return ATTACK.not_applicable("no data file beside the record says which numbers are whose")
    names = tuple(name for arm in arms for name in _names(arm, case))
    ignored = [
        arm for arm in arms if all(runs[name].content == case.main.content for name in _names(arm, case))
    ]
    if ignored:
        return ATTACK.broken(
            Effect.VOIDS,
            8.5,
            f"the script reports the same when the numbers of {', '.join(ignored)} are others",
            reason=Reason.VACUOUS_EVIDENCE,
            evidence=tuple({"does_not_count": arm} for arm in ignored),
            runs=names,
        )
    if exchanged := _under_other_names(case, runs, arms):
        return ATTACK.broken(
            Effect.VOIDS,
            8.5,
            f"what is reported for {exchanged[0]} does not move with its numbers in the data files, and moves with "
            "those of another method",
            reason=Reason.VACUOUS_EVIDENCE,
            evidence=tuple({"exchanged": arm} for arm in exchanged),
            runs=names,
        )
    return ATTACK.held(f"the numbers of all {len(arms)} methods in the data files count", runs=names)


def _under_other_names(case: Case, runs: Runs, arms: tuple[str, ...]) -> list[str]:
    """Methods whose reported numbers follow the data of another method, and never their own.

    No sound script can do that: if anything reported for a method moves at all, its own numbers move it.
    """
    moves = {
        arm: {
            (other, part): any(
                reported_for(other, part, runs[name], case) != reported_for(other, part, case.main, case)
                for name in _names(arm, case)
                if runs[name].observations is not None
            )
            for other in arms
            for part in number_parts(case)
        }
        for arm in arms
    }
    return [
        own
        for own in arms
        for part in number_parts(case)
        if any(runs[name].observations is not None for name in _names(own, case))
        and not moves[own][own, part]
        and any(moves[other][own, part] for other in arms if other != own)
    ]


ATTACK = Attack(
    name="replication/arm-values",
    attacker=Attacker.REPLICATION_ATTACKER,
    threat="the script compares with another method than the statement names",
    origin="weak-baseline and wrong-subset cheats",
    plan=_plan,
    judge=_judge,
)
