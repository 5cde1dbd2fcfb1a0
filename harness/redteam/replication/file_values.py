"""What the rule uses must move when the numbers in the data files beside the record are others."""

from __future__ import annotations

from harness.records.run import Transform, Variation
from harness.records.verdict import Attacker, Effect, Finding, Reason
from harness.redteam.data_inputs import changes_something, data_files
from harness.redteam.interface import Attack, Case, Runs, unforeseen
from harness.redteam.replication.values_changed import may_stand_still

_WAYS = ("redrawn", "deflated", "inflated", "noise")
_ALONE = ("deflated", "noise")
_FACTOR = {"deflated": "0.3", "inflated": "3"}


def _transform(way: str, names: tuple[str, ...], case: Case) -> Transform:
    if way in _FACTOR:
        return Transform(do="rescale", inputs=names, number=_FACTOR[way])
    seed = unforeseen(case, f"file values {way}")
    return Transform(do="redraw" if way == "redrawn" else "noise", inputs=names, seed=seed)


def _together(case: Case) -> dict[str, Transform]:
    """Ways in which all files change together, those that change anything."""
    names = tuple(data_files(case))
    found = {way: _transform(way, names, case) for way in _WAYS} if names else {}
    return {way: item for way, item in found.items() if changes_something(case, (item,))}


def _alone(case: Case) -> dict[str, dict[str, Transform]]:
    """Each of several files to the ways in which it changes alone."""
    if len(case.loaded.inputs) < 2:
        return {}
    found = {name: {way: _transform(way, (name,), case) for way in _ALONE} for name in data_files(case)}
    changing = {
        name: {way: item for way, item in ways.items() if changes_something(case, (item,))}
        for name, ways in found.items()
    }
    return {name: ways for name, ways in changing.items() if ways}


def _plan(case: Case) -> tuple[Variation, ...]:
    if not case.measured:
        return ()
    wanted = dict(_together(case))
    for name, ways in _alone(case).items():
        wanted |= {f"{name}/{way}": item for way, item in ways.items()}
    seed = case.claim.reproduction.seeds[0]
    return tuple(
        Variation(name=ATTACK.run_name(part), seed=seed, transforms=(item,)) for part, item in wanted.items()
    )


def _judge(case: Case, runs: Runs) -> Finding:
    if not case.measured:
        return ATTACK.not_applicable("the script reported nothing")
    together = _together(case)
    if not together:
        return ATTACK.not_applicable("no data file beside the record holds values that can be changed")
    names = tuple(ATTACK.run_name(way) for way in together)
    said = ", ".join(f"{way}: {runs[ATTACK.run_name(way)].said}" for way in together)
    completed = [runs[name] for name in names if runs[name].observations is not None]
    if not completed:
        return ATTACK.broken(
            Effect.VOIDS,
            7.0,
            f"the script works on nothing but the exact data files of the record ({said})",
            reason=Reason.VACUOUS_EVIDENCE,
            runs=names,
        )
    pinned = [
        part
        for part, value in case.main.parts.items()
        if all(run.parts[part] == value for run in completed) and not may_stand_still(part, case)
    ]
    if pinned:
        return ATTACK.broken(
            Effect.VOIDS,
            9.0,
            f"{', '.join(pinned)} stays the same when the values in the data files are drawn anew, scaled or "
            "shuffled: the script does not look at them",
            reason=Reason.VACUOUS_EVIDENCE,
            evidence=tuple({"never_moves": part} for part in pinned),
            runs=names,
        )
    unused = [
        name
        for name, ways in _alone(case).items()
        if all(runs[ATTACK.run_name(f"{name}/{way}")].content == case.main.content for way in ways)
    ]
    if unused:
        return ATTACK.broken(
            Effect.VOIDS,
            8.0,
            f"the data file {unused[0]} changes nothing whatever values it holds",
            reason=Reason.VACUOUS_EVIDENCE,
            evidence=tuple({"unused": name} for name in unused),
            runs=tuple(ATTACK.run_name(f"{name}/{way}") for name in unused for way in _alone(case)[name]),
        )
    return ATTACK.held(
        f"what the script reports moves with the values in its data files ({said})", runs=names
    )


ATTACK = Attack(
    name="replication/file-values",
    attacker=Attacker.REPLICATION_ATTACKER,
    threat="the script reads its data files and answers from elsewhere",
    origin="metamorphic testing; permutation and bootstrap of the data",
    plan=_plan,
    judge=_judge,
)
