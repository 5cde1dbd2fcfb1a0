"""Files of the source's public data changed: numbers must follow, each file must count, other bytes must not matter.

Nobody but whoever runs the claim has the files, so the changes are planned without their values: records left out or
given twice, every column shuffled, numbers made smaller, and the same values written in other bytes.
"""

from __future__ import annotations

from harness.records.rules import Answer
from harness.records.run import Variation
from harness.records.verdict import Attacker, Effect, Finding, Reason
from harness.redteam.interface import Attack, Case, Runs, RunView, moved, unit_of
from harness.redteam.replication.small_changes import last_digits_moved
from harness.redteam.replication.values_changed import may_stand_still
from harness.redteam.resource_inputs import (
    ATTACK_NAME,
    REWRITTEN,
    TOGETHER,
    change,
    changeable,
    changed_together,
    completed,
    run_name,
    says_equal,
)

_FIRST, _SECOND = "halved", "noise"
"""How each file changes alone: the second way only where the first shows nothing."""
_TABLES = ("attack/replication/values-changed/permuted", "attack/replication/values-changed/scaled")
"""Runs in which the tables of the source hold other numbers, and the data are the same."""


def _variation(part: str, way: str, names: tuple[str, ...], case: Case) -> Variation:
    return Variation(
        name=run_name(part),
        seed=case.claim.reproduction.seeds[0],
        transforms=(change(way, names, case),),
    )


def _alone(case: Case) -> tuple[str, ...]:
    """Files that change alone: all of several."""
    names = changeable(case)
    return names if len(case.loaded.input_names) > 1 else ()


def _plan(case: Case) -> tuple[Variation, ...]:
    names = changeable(case)
    if not case.measured or not names:
        return ()
    together = tuple(_variation(way, way, names, case) for way in (REWRITTEN, *TOGETHER))
    return (
        *together,
        *_nudged(case),
        *(_variation(f"{name}/{_FIRST}", _FIRST, (name,), case) for name in _alone(case)),
    )


def _nudged(case: Case) -> tuple[Variation, ...]:
    """Tables moved by their last digit, where the rule says that two columns are equal."""
    ways = last_digits_moved(case) if says_equal(case) else {}
    seed = case.claim.reproduction.seeds[0]
    return tuple(
        Variation(name=run_name(f"tables/{way}"), seed=seed, transforms=transforms)
        for way, transforms in ways.items()
    )


def _follow_up(case: Case, runs: Runs) -> tuple[Variation, ...]:
    return tuple(
        _variation(f"{name}/{_SECOND}", _SECOND, (name,), case)
        for name in _alone(case)
        if (run := runs.get(run_name(f"{name}/{_FIRST}"))) is not None and _same(run, case)
    )


def _same(run: RunView, case: Case) -> bool:
    return run.observations is not None and not moved(run, case.main)


def _judge(case: Case, runs: Runs) -> Finding:
    if not case.measured or not changeable(case):
        return ATTACK.not_applicable("the script reported nothing from resources that hold records")
    names = tuple(run_name(way) for way in TOGETHER)
    said = ", ".join(f"{way}: {runs[run_name(way)].said}" for way in TOGETHER)
    changed = changed_together(case, runs)
    if not changed:
        return _void(
            7.0, f"the script works on nothing but the exact files of its resources ({said})", names=names
        )
    if not _same(runs[run_name(REWRITTEN)], case):
        return _void(
            8.5,
            "the script reports something else when its resources hold the same values in other bytes: it recognises "
            "their exact files",
            names=(run_name(REWRITTEN),),
            reason=Reason.UNSTABLE,
        )
    if all(not moved(run, case.main) for run in changed):
        return _void(
            9.0,
            "what is reported stays the same when records of its resources are left out, given twice, shuffled or "
            "made smaller: the script does not look at them",
            names=names,
        )
    others = completed(runs, _TABLES) if case.claim.reproduction.inputs else []
    if fixed := _fixed(case, [*changed, *others]):
        return _void(
            9.0,
            f"{', '.join(fixed)} stays the same whatever the resources and the tables hold: the script does not look "
            "at them",
            names=names,
            parts=fixed,
        )
    if case.main.answer is Answer.MET and (followed := _one_side(case, changed, others)):
        return _void(
            8.5,
            f"the rule is still met when only the {followed} hold other numbers: what the script puts beside them "
            "follows them, and is not measured",
            names=names,
        )
    pulled = tuple(
        item.name for item in _nudged(case) if runs[item.name].answer is Answer.MET is case.main.answer
    )
    if pulled:
        return _void(
            8.5,
            "the rule says that numbers are equal, and is still met when the tables differ by their last digit and "
            "the data are the same: one side is pulled towards the other",
            names=pulled,
        )
    unused = [name for name in _alone(case) if _never_counts(name, case, runs)]
    if unused:
        return _void(
            8.0,
            f"{len(unused)} of {len(_alone(case))} files of its resources change nothing whatever they hold, first "
            f"{unused[0]}",
            names=tuple(run_name(f"{name}/{way}") for name in unused for way in (_FIRST, _SECOND)),
            parts=unused,
        )
    return ATTACK.held(
        f"what the script reports moves with the records of its resources ({said}) and not with how they are written",
        runs=names,
    )


def _void(
    severity: float,
    summary: str,
    *,
    names: tuple[str, ...],
    reason: Reason = Reason.VACUOUS_EVIDENCE,
    parts: list[str] | None = None,
) -> Finding:
    return ATTACK.broken(
        Effect.VOIDS,
        severity,
        summary,
        reason=reason,
        evidence=tuple({"never_moves": part} for part in parts or ()),
        runs=names,
    )


def _fixed(case: Case, changed: list[RunView]) -> list[str]:
    """Parts that no change of resources or tables moves, and that should move."""
    return [
        part
        for part, value in case.main.parts.items()
        if all(run.parts[part] == value for run in changed) and not may_stand_still(part, case)
    ]


def _one_side(case: Case, changed: list[RunView], others: list[RunView]) -> str:
    """Whether a rule over numbers of tables and of data is met whatever one of the two holds; which of them.

    Only where some number comes from the tables: else the tables have no part in the rule.
    """
    numbers = [part for part in case.main.parts if unit_of(part, case.claim) is not None]
    if not any(run.parts[part] != case.main.parts[part] for run in others for part in numbers):
        return ""
    for name, runs in (("tables", others), ("resources", changed)):
        if all(run.answer is Answer.MET for run in runs):
            return name
    return ""


def _never_counts(name: str, case: Case, runs: Runs) -> bool:
    """Whether neither change of one file alone moves anything, and both gave a result."""
    if not _same(runs[run_name(f"{name}/{_FIRST}")], case):
        return False
    return _same(runs[run_name(f"{name}/{_SECOND}")], case)


ATTACK = Attack(
    name=ATTACK_NAME,
    attacker=Attacker.REPLICATION_ATTACKER,
    threat="the script opens the public data and answers from elsewhere",
    origin="metamorphic testing; resource theatre; detection of the harness by digests",
    plan=_plan,
    follow_up=_follow_up,
    judge=_judge,
)
