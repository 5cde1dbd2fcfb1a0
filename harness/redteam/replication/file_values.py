"""What the rule uses must move when the numbers in the data files beside the record are others."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from harness.data_files import Slot
from harness.records.claim import ClaimKind
from harness.records.run import Transform, Variation
from harness.records.units import Unit
from harness.records.verdict import Attacker, Effect, Finding, Reason
from harness.redteam.data_inputs import (
    arm_places,
    changes_something,
    counts_records,
    data_files,
    number_parts,
    same_numbers,
)
from harness.redteam.interface import Attack, Case, Runs, RunView, unforeseen, unit_of
from harness.redteam.replication.values_changed import may_stand_still
from harness.redteam.resource_inputs import TABLE_VALUES, moved_by

_WAYS = ("redrawn", "deflated", "inflated", "noise")
_ALONE = ("deflated", "noise")
_BLANK = "0.1"
"""Share of the texts that are taken away."""
_FACTOR = {"deflated": "0.3", "inflated": "3"}


def _transform(way: str, names: tuple[str, ...], case: Case) -> Transform:
    if way in _FACTOR:
        return Transform(do="rescale", inputs=names, number=_FACTOR[way])
    seed = unforeseen(case, f"file values {way}")
    return Transform(do="redraw" if way == "redrawn" else "noise", inputs=names, seed=seed)


def _together(case: Case) -> dict[str, tuple[Transform, ...]]:
    """Ways in which all files change together, those that change anything."""
    names = tuple(data_files(case))
    found: dict[str, tuple[Transform, ...]] = {}
    if names:
        found = {way: (_transform(way, names, case),) for way in _WAYS}
    found["texts"] = tuple(
        Transform(
            do="blank",
            inputs=(name,),
            column=column,
            number=_BLANK,
            seed=unforeseen(case, f"{name} {column}"),
        )
        for name, file in data_files(case).items()
        for column, slots in file.label_columns().items()
        if _of_texts(slots)
    )
    return {way: items for way, items in found.items() if changes_something(case, items)}


def _of_texts(slots: Sequence[Slot]) -> bool:
    """Whether a column holds sentences: words that differ from record to record."""
    different = {slot.value for slot in slots}
    spaced = sum(" " in str(slot.value).strip() for slot in slots)
    return 2 * len(different) > len(slots) and 2 * spaced > len(slots)


def _records_changed(case: Case, *, counts: bool) -> dict[str, tuple[Transform, ...]]:
    """Ways in which records change and no measured number: what moves a count of records, or a share of them.

    A share does not follow how many records there are of each method, so those labels stay for it.
    """
    labels: list[Transform] = []
    for name, file in data_files(case).items():
        arms = {key for place in arm_places(case, file).values() for key in place.where}
        labels += [
            Transform(
                do="relabel", inputs=(name,), column=column, seed=unforeseen(case, f"relabel {name} {column}")
            )
            for column, slots in file.label_columns().items()
            if counts or (slots[0].name or slots[0].column) not in arms
        ]
    # Where one label is nearly all there is, a share near any bound passes it.
    skewed = tuple(label.model_copy(update={"number": "0.8"}) for label in labels)
    found = {"relabelled": tuple(labels), "skewed": skewed}
    if counts:
        names, seed = tuple(data_files(case)), unforeseen(case, "fewer records")
        found |= {
            "thinned": (Transform(do="thin", inputs=names, number="0.5", seed=seed),),
            "few": (Transform(do="thin", inputs=names, number="0.02", seed=seed),),
            "doubled": tuple(Transform(do="duplicate", inputs=(name,)) for name in names),
            "blanked": (Transform(do="blank", inputs=names, number="0.1", seed=seed),),
        }
    return {way: items for way, items in found.items() if changes_something(case, items)}


def _never_moving(case: Case, runs: Runs) -> list[str]:
    """Numbers of the rule that are the same in every completed run with other values."""
    ways = _together(case)
    completed = _completed(runs, ways)
    if "texts" in ways and not _completed(runs, ("texts",)):
        # Other numbers leave sentences as they are, so nothing was tried on those.
        return []
    return [
        part
        for part, value in case.main.parts.items()
        if completed
        and all(run.parts[part] == value for run in completed)
        and not may_stand_still(part, case)
    ]


def _completed(runs: Runs, ways: Iterable[str]) -> list[RunView]:
    found = [runs[ATTACK.run_name(way)] for way in ways if ATTACK.run_name(way) in runs]
    return [run for run in found if run.observations is not None]


def _counting(case: Case, runs: Runs) -> dict[str, tuple[Transform, ...]]:
    """Further runs, for numbers that no value moved and that may count records."""
    numbers = set(number_parts(case))
    still = [part for part in _never_moving(case, runs) if part in numbers and counts_records(part, case)]
    if not still:
        return {}
    return _records_changed(case, counts=any(unit_of(part, case.claim) is Unit.COUNT for part in still))


def _follow_up(case: Case, runs: Runs) -> tuple[Variation, ...]:
    if not case.measured or not _together(case):
        return ()
    seed = case.claim.reproduction.seeds[0]
    return tuple(
        Variation(name=ATTACK.run_name(way), seed=seed, transforms=items)
        for way, items in _counting(case, runs).items()
    )


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
        wanted |= {f"{name}/{way}": (item,) for way, item in ways.items()}
    seed = case.claim.reproduction.seeds[0]
    return tuple(
        Variation(name=ATTACK.run_name(part), seed=seed, transforms=items) for part, items in wanted.items()
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
    counting = _counting(case, runs)
    recounted = _completed(runs, counting)
    pinned = [
        part
        for part in _never_moving(case, runs)
        if (not counts_records(part, case) or all(same_numbers(run, case.main, part) for run in recounted))
        # What stands beside the data in a table of the source is no number of theirs.
        and not (case.claim.kind is ClaimKind.DATASET and moved_by(TABLE_VALUES, part, case, runs))
    ]
    if pinned:
        return ATTACK.broken(
            Effect.VOIDS,
            9.0,
            f"{', '.join(pinned)} stays the same when the values in the data files are drawn anew, scaled or "
            "shuffled"
            + (", records relabelled or left out" if counting else "")
            + ": the script does not look at them",
            reason=Reason.VACUOUS_EVIDENCE,
            evidence=tuple({"never_moves": part} for part in pinned),
            runs=names,
        )
    unused = [
        name
        for name, ways in _alone(case).items()
        if all(runs[ATTACK.run_name(f"{name}/{way}")].content == case.main.content for way in ways)
        # A file of labels is used where they are counted, which only changed records show.
        and not (counting and data_files(case)[name].label_columns())
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
    follow_up=_follow_up,
    judge=_judge,
)
