"""Each method's numbers lowered by a tenth: every reported number must follow, and every method must count."""

from __future__ import annotations

from typing import Any

from harness.records.rules import Equals
from harness.records.run import Transform, Variation
from harness.records.verdict import Attacker, Effect, Finding, Reason
from harness.redteam.compared import compared_rows
from harness.redteam.interface import Attack, Case, Runs, moved
from harness.redteam.replication.values_changed import may_stand_still
from harness.redteam.resource_inputs import moves_with_data
from harness.rules.leaves import expected_values, leaves
from harness.stats.rounding import exact_text, unit_of_last_digit


def _nudges(case: Case) -> dict[str, tuple[Transform, ...]]:
    """The treatment's numbers (or all about the subject) one unit of the last printed digit up, and down.

    Only for rules that expect a value: a number that stays put then was rounded or pulled towards it.
    """
    return last_digits_moved(case) if expected_values(case.claim.decision) else {}


def last_digits_moved(case: Case) -> dict[str, tuple[Transform, ...]]:
    """The treatment's numbers in the tables, or all about the subject, one unit of the last printed digit up, and down.

    Empty where the script reads no table about the subject.
    """
    arms, sides = case.claim.subject.arms, compared_rows(case)
    if not sides:
        return {}
    chosen = sides.get(arms.treatment if arms else "", next(iter(sides.values())))
    nudged: dict[str, list[Transform]] = {"up": [], "down": []}
    for transform in chosen:
        rows = case.loaded.source.tables[transform.inputs[0]].rows
        unit = min(unit_of_last_digit(row[str(transform.column)]) for row in rows)
        for way, sign in (("up", 1), ("down", -1)):
            shift = {"do": "shift", "number": exact_text(sign * unit)}
            nudged[way].append(transform.model_copy(update=shift))
    return {way: tuple(transforms) for way, transforms in nudged.items() if transforms}


def _plan(case: Case) -> tuple[Variation, ...]:
    if not case.measured:
        return ()
    return tuple(
        Variation(name=ATTACK.run_name(arm), seed=case.claim.reproduction.seeds[0], transforms=transforms)
        for arm, transforms in (*compared_rows(case).items(), *_nudges(case).items())
    )


def _judge(case: Case, runs: Runs) -> Finding:
    if not case.measured:
        return ATTACK.not_applicable("the script reported nothing")
    arms = tuple(compared_rows(case))
    if not arms:
        return ATTACK.not_applicable("the script reads no table of the source about the subject")
    names = tuple(ATTACK.run_name(arm) for arm in arms)
    # With one of several methods in no declared table the others still speak.
    ignored = [arm for arm in arms if not moved(runs[ATTACK.run_name(arm)], case.main)]
    if ignored:
        return ATTACK.broken(
            Effect.VOIDS,
            8.5,
            f"the script reports the same when the numbers of {', '.join(ignored)} fall by a tenth",
            reason=Reason.VACUOUS_EVIDENCE,
            evidence=tuple({"does_not_count": arm} for arm in ignored),
            runs=names,
        )
    completed = [runs[name] for name in names if runs[name].observations is not None]
    stuck: list[dict[str, Any]] = [
        {"never_moves": part}
        for part, value in case.main.parts.items()
        if completed
        and all(run.parts[part] == value for run in completed)
        and not may_stand_still(part, case)
        and not moves_with_data(part, case, runs)
    ]
    if stuck:
        return ATTACK.broken(
            Effect.VOIDS,
            8.5,
            f"{stuck[0]['never_moves']} stays exactly the same when the numbers behind it fall by a tenth: "
            "the script snaps to a value",
            reason=Reason.VACUOUS_EVIDENCE,
            evidence=tuple(stuck),
            runs=names,
        )
    if nudges := tuple(ATTACK.run_name(way) for way in _nudges(case)):
        both = [runs[name] for name in nudges]
        frozen: list[dict[str, Any]] = [
            {"frozen": part}
            for part in sorted(
                {
                    leaf.of.quantity or f"{leaf.of.table}.{leaf.of.column}"
                    for leaf in leaves(case.claim.decision)
                    if isinstance(leaf, Equals)
                }
            )
            if all(run.observations is not None and run.parts[part] == case.main.parts[part] for run in both)
            and not may_stand_still(part, case)
        ]
        if frozen:
            return ATTACK.broken(
                Effect.VOIDS,
                8.5,
                f"{frozen[0]['frozen']} stays exactly the same when the numbers behind it move by their last digit: "
                "it is rounded or pulled towards a value; report it as it is computed",
                reason=Reason.VACUOUS_EVIDENCE,
                evidence=tuple(frozen),
                runs=nudges,
            )
    return ATTACK.held(f"every number reported follows small changes of {', '.join(arms)}", runs=names)


ATTACK = Attack(
    name="replication/small-changes",
    attacker=Attacker.REPLICATION_ATTACKER,
    threat="the script rounds or snaps to the value it wants, or leaves a method out",
    origin="sensitivity analysis",
    plan=_plan,
    judge=_judge,
)
