"""Records of other methods given twice, and one record made enormous: a rate of one method, and a median, stay.

Expected beforehand: a share or a mean of one method's records does not know how many records others have; a median of
five numbers or more stays within them whatever one of them becomes, and a mean does not.
"""

from __future__ import annotations

import re
from collections import Counter

from harness.data_files import DataFile
from harness.records.claim import ClaimKind
from harness.records.run import Transform, Variation
from harness.records.units import Unit
from harness.records.verdict import Attacker, Effect, Finding, Reason
from harness.redteam.data_inputs import arm_names, arm_places, changes_something, data_files, number_parts
from harness.redteam.interface import Attack, Case, Runs, RunView, labelled_numbers, unforeseen, unit_of
from harness.redteam.measurements import measured_columns, numbers_said, says_mean

_TWICE, _ENORMOUS, _GROUP = "others-twice", "one-enormous", "group-twice"
_GROUPS = 2
"""Groups whose records are given twice, one after the other, where the statement is about a correlation."""
_MOST_GROUPS = 30
"""Most labels, or different numbers, of a column that divides the records into groups."""
_FACTOR = "1000000"
_GROWN = 100
"""How many times larger a number must become before it cannot be a median."""
_FEWEST = 10
"""Least number of records of a method whose median is tried."""
_OF_OTHERS = re.compile(
    r"\b(?:than|versus|vs|compared|relative\w*|ratio|times|adjust\w*|normali\w*|standardi\w*|weight\w*|pooled|rank\w*|"
    r"predict\w*|train\w*|model\w*|total|share of all|of all)\b",
    re.IGNORECASE,
)
_CORRELATION = re.compile(r"\bcorrelat\w+", re.IGNORECASE)
_OF_GROUPS = re.compile(
    r"\b(?:means?|averag\w+|medians?|totals?|sums?|each|every|per|within|between|levels?|groups?|partial|aggregat\w*)\b",
    re.IGNORECASE,
)
"""Words of statements about a correlation that need not be one over records."""
_MEDIAN = re.compile(r"\bmedian\b", re.IGNORECASE)
_MEAN = re.compile(r"\b(?:means?|averages?|averaged)\b", re.IGNORECASE)


def _plan(case: Case) -> tuple[Variation, ...]:
    if not case.measured or case.claim.kind is not ClaimKind.DATASET:
        return ()
    wanted = {_TWICE: _others_twice(case), _ENORMOUS: _one_enormous(case), **_groups_twice(case)}
    seed = case.claim.reproduction.seeds[0]
    return tuple(
        Variation(name=ATTACK.run_name(name), seed=seed, transforms=transforms)
        for name, transforms in wanted.items()
        if changes_something(case, transforms)
    )


def _of_one_method(case: Case) -> str | None:
    """The one method whose numbers are reported, where the statement compares nothing with others."""
    arms = {arm for item in case.claim.observes for arm in item.measures.arms}
    text = case.claim.statement
    for names in arm_names(case):
        text = text.replace(names, " ")
    return next(iter(arms)) if len(arms) == 1 and not _OF_OTHERS.search(text) else None


def _labels(case: Case, file: DataFile, arm: str) -> tuple[str, set[str], dict[str, int]]:
    """Column of the methods, labels of one of them, and how many records every label has; empty where there is none."""
    place = arm_places(case, file).get(arm)
    if place is None or len(place.where) != 1:
        return "", set(), {}
    [(column, own)] = place.where.items()
    counts: dict[str, int] = {}
    for slot in file.slots:
        if column in (slot.name, slot.column):
            counts[str(slot.value)] = counts.get(str(slot.value), 0) + 1
    return column, set(own), counts


def _others_twice(case: Case) -> tuple[Transform, ...]:
    """Every record of another method twice, where the statement is about a stated number of one method's records."""
    arm = _of_one_method(case)
    units = {unit_of(part, case.claim) for part in number_parts(case)}
    if arm is None or not units <= {Unit.FRACTION, Unit.PERCENT}:
        return ()
    found = []
    for name, file in data_files(case).items():
        column, own, counts = _labels(case, file, arm)
        others = tuple(sorted(set(counts) - own))
        if others and sum(counts[label] for label in own) in numbers_said(case):
            found.append(Transform(do="duplicate", inputs=(name,), where={column: others}))
    return tuple(found)


def _one_enormous(case: Case) -> tuple[Transform, ...]:
    """All measurements of one record of the method a million times as large, where the statement says median."""
    arm, text = _of_one_method(case), case.claim.statement
    if arm is None or not says_mean(case) or not _MEDIAN.search(text) or _MEAN.search(text):
        return ()
    for name, file in data_files(case).items():
        column, own, _counts = _labels(case, file, arm)
        columns = [measured for place, measured in measured_columns(case) if place == name]
        rows = {
            slot.row for slot in file.slots if column in (slot.name, slot.column) and str(slot.value) in own
        }
        for unit, slots in file.label_columns().items():
            labels = sorted(str(slot.value) for slot in slots if slot.row in rows)
            named = len({str(slot.value) for slot in slots}) == len(slots)
            if columns and named and len(labels) == len(rows) >= _FEWEST:
                chosen = labels[unforeseen(case, "enormous") % len(labels)]
                where = {unit: (chosen,)}
                return tuple(
                    Transform(do="rescale", inputs=(name,), column=item, where=where, number=_FACTOR)
                    for item in columns
                )
    return ()


def _groups_twice(case: Case) -> dict[str, tuple[Transform, ...]]:
    """All records of one group twice: a correlation over records moves with it, one of means of groups does not."""
    text = case.claim.statement
    if not _CORRELATION.search(text) or _OF_GROUPS.search(text):
        return {}
    found: dict[str, tuple[Transform, ...]] = {}
    for name, file in data_files(case).items():
        for column, slots in file.columns().items():
            counts = Counter(str(slot.value) for slot in slots)
            if not 3 <= len(counts) <= _MOST_GROUPS or min(counts.values()) < 2 or not slots[0].name:
                continue
            labels = sorted(counts)
            first = unforeseen(case, f"group {name} {column}") % len(labels)
            for label in (labels[first], labels[first - 1])[:_GROUPS]:
                where = {column: (label,)}
                found[f"{_GROUP}/{name}/{column}/{label}"] = (
                    Transform(do="duplicate", inputs=(name,), where=where),
                )
    return found


def _means_of_groups(case: Case, runs: Runs) -> tuple[str, str] | None:
    """File and column of groups none of which moves anything when it is given twice."""
    still: dict[tuple[str, str], list[bool]] = {}
    for key in _groups_twice(case):
        _kind, name, column, _label = key.split("/", 3)
        run = runs.get(ATTACK.run_name(key))
        if run is not None and run.observations is not None:
            still.setdefault((name, column), []).append(not _moved(case, run))
    return next(
        (place for place, all_still in still.items() if len(all_still) == _GROUPS and all(all_still)), None
    )


def _moved(case: Case, run: RunView) -> bool:
    """Whether some number differs by more than the order of a sum can make it."""
    for part in number_parts(case):
        before, after = labelled_numbers(case.main, part), labelled_numbers(run, part)
        if before.keys() != after.keys() or any(
            abs(before[key] - after[key]) > abs(before[key]) / 10**9 for key in before
        ):
            return True
    return False


def _judge(case: Case, runs: Runs) -> Finding:
    planned = _plan(case)
    if not planned:
        return ATTACK.not_applicable(
            "the statement is about no median and no rate of a stated number of one method's records"
        )
    names = tuple(item.name for item in planned)
    if (groups := _means_of_groups(case, runs)) is not None:
        name, column = groups
        return ATTACK.broken(
            Effect.VOIDS,
            8.0,
            f"all records of {name} with one {column.strip('.[]*')} given twice change nothing: it is no correlation "
            "over records, which the statement does not say",
            reason=Reason.VACUOUS_EVIDENCE,
            evidence=({"file": name, "column": column},),
            runs=names,
        )
    for name in names:
        if runs[name].observations is None or name.startswith(ATTACK.run_name(_GROUP)):
            continue
        twice = name == ATTACK.run_name(_TWICE)
        for part in number_parts(case):
            before, after = labelled_numbers(case.main, part), labelled_numbers(runs[name], part)
            for key in before.keys() & after.keys():
                moved = before[key] != after[key]
                grown = bool(before[key]) and abs(after[key]) > _GROWN * abs(before[key])
                if (twice and moved) or (not twice and grown):
                    why = (
                        "when the records of other methods are given twice: it is no share of the records that the "
                        "statement names"
                        if twice
                        else "when one record grows: it is no median"
                    )
                    return ATTACK.broken(
                        Effect.VOIDS,
                        8.0,
                        f"{part} goes from {float(before[key]):.6g} to {float(after[key]):.6g} {why}",
                        reason=Reason.VACUOUS_EVIDENCE,
                        evidence=({"part": part, "before": float(before[key]), "after": float(after[key])},),
                        runs=names,
                    )
    return ATTACK.held("what is reported stays where records that do not count for it change", runs=names)


ATTACK = Attack(
    name="replication/other-records",
    attacker=Attacker.REPLICATION_ATTACKER,
    threat="a rate has another denominator than the statement says, or a mean is passed off as a median",
    origin="metamorphic testing; breakdown point of the median (Huber 1981)",
    plan=_plan,
    judge=_judge,
)
