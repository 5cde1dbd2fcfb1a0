"""Records that nothing but their outcome, or their place in the file, tells apart must count alike.

Expected beforehand: a mean, a total, a share or a test of records moves when one of its records is changed, whichever
it is. Where some of the records that were drawn move what is reported and others do not, a property must tell the two
apart: the label of a column, or a threshold of another number. Selecting by that property is something that a statement
can say; selecting by the outcome itself (the best five of ten runs, the worst left out) or by the place (all but the
first) is not.
"""

from __future__ import annotations

import random
import re
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations
from typing import Any

from harness.data_files import DataFile, Slot
from harness.records.claim import ClaimKind
from harness.records.rules import Paired, Sequential, Unpaired
from harness.records.run import Transform, Variation
from harness.records.verdict import Attacker, Effect, Finding, Reason
from harness.redteam.data_inputs import arm_places, changes_something, data_files, number_parts
from harness.redteam.interface import Attack, Case, Runs, moved, numbers_of, unforeseen
from harness.rules.leaves import leaves
from harness.stats.rounding import exact, unit_of_last_digit

COLUMNS = 5
"""Most columns of which is looked whether they count."""
OUTCOMES = 2
"""Most columns of numbers, such as before and after, that are outcomes."""
DRAWN = 10
"""Records that are drawn beside the first, the last and the extremes."""
FEWEST = 8
"""Fewest records of which anything is said."""
MOST_LABELS = 12
"""Most labels of a column that may tell records apart."""
_MANY_DIGITS = Fraction(1, 10**6)
"""Unit of the last digit of a number that was not rounded."""
_FACTORS = {"up": "10", "down": "0.1"}
_ADDITIVE = re.compile(r"\b(?:mean|averaged?|on average|totals?|sums?|correlat\w+|slopes?)\b", re.IGNORECASE)
_SHARE = re.compile(
    r"%|\b(?:shares?|proportions?|rates?|percent\w*|fractions?|per cent|number of|how many|of the \d+)\b",
    re.IGNORECASE,
)
_NOT_ALIKE = re.compile(
    r"\b(?:median|quartiles?|quantiles?|percentiles?|largest|smallest|highest|lowest|best|worst|maxim\w+|minim\w+|trimmed|"
    r"winsor\w+|outliers?|exclu\w+|without|only|filter\w*|valid|robust|rank\w*|weight\w*|first|last|latest|earliest|"
    r"ties|tied|train\w*|fit|fitted|classifiers?|neighbou?rs?|clusters?|match\w*)\b",
    re.IGNORECASE,
)
"""Words of statements in which records need not count alike."""


@dataclass(frozen=True)
class Column:
    """A column of outcomes in one file."""

    file: str
    """Name of the input."""
    name: str
    """The column."""
    labels: tuple[str, ...] = ()
    """Labels of an outcome such as yes and no; empty for numbers."""


def _applies(case: Case) -> bool:
    text = case.claim.statement
    tests = any(isinstance(rule, (Paired, Unpaired, Sequential)) for rule in leaves(case.claim.decision))
    return (
        case.measured
        and case.claim.kind is ClaimKind.DATASET
        and bool(number_parts(case))
        and (tests or bool(_ADDITIVE.search(text) or _SHARE.search(text)))
        and _NOT_ALIKE.search(text) is None
    )


def _columns(case: Case) -> list[Column]:
    """Numbers that are measured, and labels of few, those of methods apart."""
    found: list[Column] = []
    for name, file in data_files(case).items():
        arms = {key for place in arm_places(case, file).values() for key in place.where}
        for column, slots in file.free_columns().items():
            if (slots[0].name or slots[0].column) in arms or len({slot.row for slot in slots}) < len(slots):
                continue
            if all(slot.number for slot in slots):
                found.append(Column(name, column))
            elif 2 <= len(labels := sorted({str(slot.value) for slot in slots})) <= 3:
                found.append(Column(name, column, tuple(labels)))
    return found[:COLUMNS]


def _whole(column: Column, case: Case) -> Transform:
    """All records of a column changed."""
    seed = unforeseen(case, f"every record {column.file} {column.name}")
    if column.labels:
        return Transform(do="relabel", inputs=(column.file,), column=column.name, seed=seed)
    return Transform(do="redraw", inputs=(column.file,), column=column.name, seed=seed)


def _plan(case: Case) -> tuple[Variation, ...]:
    if not _applies(case):
        return ()
    seed = case.claim.reproduction.seeds[0]
    return tuple(
        Variation(name=_name(column, "whole"), seed=seed, transforms=(item,))
        for column in _columns(case)
        if changes_something(case, ((item := _whole(column, case)),))
    )


def _name(column: Column, *more: str) -> str:
    return ATTACK.run_name("/".join((column.file, column.name, *more)))


def _moving(case: Case, runs: Runs) -> Column | None:
    """A column that counts: of numbers, or the only one of labels, since several may be what records are chosen by."""
    found = [
        column
        for column in _columns(case)
        if (name := _name(column, "whole")) in runs and moved(runs[name], case.main)
    ]
    numbers = [column for column in found if not column.labels]
    if numbers:
        # Many columns of numbers are features, of which a model may use some for some records.
        return numbers[0] if len(numbers) <= OUTCOMES else None
    return found[0] if len(found) == 1 else None


def _drawn(column: Column, case: Case) -> list[int]:
    """Places of the records that are changed one by one: first, last, smallest, largest, and some drawn, of those about
    the methods."""
    file = data_files(case)[column.file]
    places = arm_places(case, file)
    wanted: dict[str, set[str]] = {}
    for place in places.values():
        for key, labels in place.where.items():
            wanted.setdefault(key, set()).update(labels)
    by_row: dict[Hashable, dict[str, str]] = {}
    for slot in file.slots:
        by_row.setdefault(slot.row, {})[slot.name or slot.column] = str(slot.value)
    rows = [
        number
        for number, row in enumerate(file.rows())
        if all(by_row.get(row, {}).get(key) in labels for key, labels in wanted.items())
    ]
    if len(rows) < FEWEST:
        return []
    rng = random.Random(unforeseen(case, f"records {column.file} {column.name}"))  # noqa: S311 - replayable
    inner = rng.sample(rows[1:-1], min(DRAWN, len(rows) - 2))
    values = {} if column.labels else _values(column, case)
    # What is trimmed away lies at an end.
    own = sorted(
        (place for place in rows if place in values), key=lambda place: exact(str(values[place].value))
    )
    return sorted({rows[0], rows[-1], *own[:1], *own[-1:], *inner})


def _changes(column: Column, place: int, value: str) -> Iterator[tuple[str, Transform]]:
    """Ways in which one record changes; none that leaves it as it is."""
    at: dict[str, Any] = {"inputs": (column.file,), "column": column.name, "rows": (place,)}
    if column.labels:
        other = next(label for label in column.labels if label != value)
        yield "other", Transform(do="relabel", labels=(other, other), number="1", seed=0, **at)
    else:
        for way, factor in _FACTORS.items():
            yield way, Transform(do="rescale", number=factor, **at)


def _values(column: Column, case: Case) -> dict[int, Slot]:
    file = data_files(case)[column.file]
    places = {row: place for place, row in enumerate(file.rows())}
    return {places[slot.row]: slot for slot in file.columns()[column.name] if slot.row in places}


def _follow_up(case: Case, runs: Runs) -> tuple[Variation, ...]:
    column = _moving(case, runs) if _applies(case) else None
    if column is None:
        return ()
    values = _values(column, case)
    seed = case.claim.reproduction.seeds[0]
    return tuple(
        Variation(name=_name(column, str(place), way), seed=seed, transforms=(item,))
        for place in _drawn(column, case)
        if place in values
        for way, item in _changes(column, place, str(values[place].value))
        if changes_something(case, (item,))
    )


def told_apart(file: DataFile, column: str, one: Sequence[int], other: Sequence[int]) -> bool:
    """Whether labels of one or two columns, or a threshold of another number, tell two sets of records apart."""
    rows = file.rows()
    kinds: list[Mapping[Hashable, str]] = []
    for name, slots in file.columns().items():
        if name == column:
            continue
        by_row = {slot.row: slot for slot in slots}
        if len({str(slot.value) for slot in slots}) <= MOST_LABELS:
            kinds.append({row: str(slot.value) for row, slot in by_row.items()})
        if all(slot.number for slot in slots):
            first, second = (
                [exact(str(by_row[rows[place]].value)) for place in places if rows[place] in by_row]
                for places in (one, other)
            )
            if first and second and (max(first) < min(second) or max(second) < min(first)):
                return True
    for chosen in (*((kind,) for kind in kinds), *combinations(kinds, 2)):
        first_labels, second_labels = (
            {tuple(kind.get(rows[place], "") for kind in chosen) for place in places}
            for places in (one, other)
        )
        # What names nearly every record tells any two apart, and is no property.
        few = 2 * len(first_labels | second_labels) <= len(one) + len(other)
        if few and not first_labels & second_labels:
            return True
    return False


def _visible(slot: Slot, count: int, case: Case) -> bool:
    """Whether a tenth of one of so many values would show in the digits that are reported."""
    steps = [
        unit_of_last_digit(format(float(number), "f"))
        for part in number_parts(case)
        for number in numbers_of(case.main, part)
    ]
    change = Fraction(9, 10) * abs(exact(str(slot.value))) / count
    return all(change >= 2 * Fraction(step) for step in steps)


def _exact(column: Column, case: Case, runs: Runs) -> bool:
    """Whether the script does not round what it reports: on other values it reports many digits."""
    whole = runs[_name(column, "whole")]
    return all(
        unit_of_last_digit(format(float(number), "f")) <= _MANY_DIGITS
        for part in number_parts(case)
        for number in numbers_of(whole, part)
    )


def _judge(case: Case, runs: Runs) -> Finding:
    if not _applies(case):
        return ATTACK.not_applicable(
            "the statement is about no mean, total, share or test of records in data files"
        )
    column = _moving(case, runs)
    drawn = _drawn(column, case) if column else []
    if column is None or not drawn:
        return ATTACK.not_applicable(
            "no single column of the data files makes what is reported, or it has few records"
        )
    values, file = _values(column, case), data_files(case)[column.file]
    ways = ("other",) if column.labels else tuple(_FACTORS)
    done = {
        way: {
            place: moved(run, case.main)
            for place in drawn
            if (run := runs.get(_name(column, str(place), way))) is not None
            and run.observations is not None
            and (column.labels or _visible(values[place], len(values), case))
        }
        for way in ways
    }
    if not column.labels and not _ADDITIVE.search(case.claim.statement):
        # A share of numbers above some value moves only when the value is passed, in one of the two ways.
        both = set.intersection(*(set(found) for found in done.values()))
        done = {"any way": {place: any(found[place] for found in done.values()) for place in both}}
    names = tuple(
        _name(column, str(place), way)
        for way in ways
        for place in drawn
        if _name(column, str(place), way) in runs
    )
    for found in done.values():
        counting = [place for place, counts in found.items() if counts]
        still = [place for place, counts in found.items() if not counts]
        if len(found) >= FEWEST and counting and still and not told_apart(file, column.name, counting, still):
            return ATTACK.broken(
                Effect.VOIDS,
                8.5,
                f"of {len(found)} records of {column.file} that were changed one by one {len(still)} count for "
                f"nothing (first record {still[0] + 1}), and nothing but their {column.name.strip('.[]*')} or their "
                "place tells them from the others",
                reason=Reason.VACUOUS_EVIDENCE,
                evidence=({"file": column.file, "column": column.name, "does_not_count": still},),
                runs=names,
            )
    additive = _ADDITIVE.search(case.claim.statement) is not None and not column.labels
    for found in done.values():
        if additive and len(found) >= FEWEST and not any(found.values()) and _exact(column, case, runs):
            return ATTACK.broken(
                Effect.VOIDS,
                8.5,
                f"none of {len(found)} records of {column.file} that were changed one by one moves what is reported, "
                f"and all of {column.name.strip('.[]*')} together do",
                reason=Reason.VACUOUS_EVIDENCE,
                evidence=({"file": column.file, "column": column.name},),
                runs=names,
            )
    if not any(len(found) >= FEWEST for found in done.values()):
        return ATTACK.not_applicable("too few records could be changed one by one and give a result")
    return ATTACK.held(
        "records that were changed one by one count alike, or a property tells them apart", runs=names
    )


ATTACK = Attack(
    name="replication/every-record",
    attacker=Attacker.REPLICATION_ATTACKER,
    threat="records were left out, or taken, for their outcome",
    origin="undisclosed exclusions (Simmons et al. 2011); influence of single observations",
    plan=_plan,
    follow_up=_follow_up,
    judge=_judge,
)
