"""Numbers of units that a statement gives, and the records of data files that are these units.

"The 80 patients on amlor", "over 240 students", "in all 8 sites together": whoever counts fewer must say so.
"""

from __future__ import annotations

import random
import re
from collections.abc import Hashable, Iterator
from dataclasses import dataclass
from fractions import Fraction

from harness.data_files import DataFile
from harness.redteam.data_inputs import arm_names, arm_places, data_files, plain
from harness.redteam.interface import Case, unforeseen
from harness.redteam.label_splits import is_named, statement_words
from harness.stats.rounding import exact

FEWEST = 4
"""Fewest units of which anything is said."""
MANY = 12
"""Most units that are tried one by one."""
MOST_LABELS = 12
"""Most labels of a column that may say which records a statement is about."""
_COUNTED = re.compile(
    r"(?<![\w.,])(?P<number>\d{1,3}(?:,\d{3})+|\d+)\s+(?P<words>(?:[^\W\d_]+(?:-[^\W\d_]+)*\s+){0,2}?"
    r"(?:[^\W\d_]{2,}s|people|children|men|women|mice|criteria|series|species|data))\b(?!\s*=)",
    re.IGNORECASE,
)
"""A number and the plural that it counts."""
_OF_TIME = re.compile(
    r"(?:years?|months?|weeks?|days?|hours?|minutes?|seconds?|ms|points?|times|percent|degrees?|digits?|decimals?|"
    r"bytes|layers|parameters|words|steps|epochs|folds|ranks|has|is|was)$",
    re.IGNORECASE,
)
"""Plurals that are units of measurement, and verbs that end as plurals do."""


@dataclass(frozen=True)
class StatedUnits:
    """Units of a file whose number the statement gives."""

    file: str
    """Name of the input."""
    number: int
    """How many the statement gives, and the file holds."""
    words: str
    """What the statement calls them."""
    column: str | None
    """Column whose labels name them; None where every record is one."""
    units: dict[str, tuple[int, ...]]
    """Unit to the places of its records in the file, counted from 0; in file order."""


def stated_units(case: Case) -> list[StatedUnits]:
    """Units that the statement counts and the files hold in just that number, at most one reading for each file."""
    found = []
    counted = list(_counted(case.claim.statement))
    for name, file in data_files(case).items():
        readings = [item for number, words in counted for item in _readings(case, name, file, number, words)]
        if readings:
            # The finest units: who leaves out none of them leaves out no group of them.
            found.append(max(readings, key=lambda item: item.number))
    return found


def _counted(statement: str) -> Iterator[tuple[int, str]]:
    for found in _COUNTED.finditer(statement):
        number, words = int(found["number"].replace(",", "")), found["words"]
        if number >= FEWEST and _OF_TIME.search(words) is None:
            yield number, words


def _readings(case: Case, name: str, file: DataFile, number: int, words: str) -> Iterator[StatedUnits]:
    rows = file.rows()
    places = {row: place for place, row in enumerate(rows)}
    by_column: dict[str, dict[Hashable, str]] = {}
    for column, slots in file.columns().items():
        values = {slot.row: str(slot.value) for slot in slots if slot.row is not None}
        if len(values) == len(rows) == len(slots):
            by_column[slots[0].name or column] = values
    for pool in _pools(case, file, rows, by_column):
        if number in (len(pool), len(rows)):
            yield StatedUnits(name, number, words, None, {str(places[row]): (places[row],) for row in pool})
        for column, values in by_column.items():
            units: dict[str, list[int]] = {}
            for row in pool:
                units.setdefault(values[row], []).append(places[row])
            stated = number in (len(units), len(set(values.values())))
            if stated and len(units) != len(pool) and _names(words, column):
                named = {key: tuple(own) for key, own in units.items()}
                yield StatedUnits(name, number, words, column, named)


def _pools(
    case: Case, file: DataFile, rows: list[Hashable], by_column: dict[str, dict[Hashable, str]]
) -> Iterator[list[Hashable]]:
    """Records that the statement may be about: those with the labels that it names, of all or one of its methods."""
    places, words = arm_places(case, file), statement_words(case)
    names = arm_names(case)
    arms = {key for place in places.values() for key in place.where}
    pool = rows
    for column, values in by_column.items():
        labels = dict.fromkeys(values.values())
        if column in arms or not 2 <= len(labels) <= min(MOST_LABELS, len(rows) // 2):
            continue
        own = {label for label in labels if is_named(label, words, case)}
        if own and len(own) < len(labels):
            pool = [row for row in pool if values[row] in own]
    if not arms:
        yield pool
        return
    measured = {arm for item in case.claim.observes for arm in item.measures.arms} & set(names)
    for chosen in (set(names), measured, *({arm} for arm in sorted(measured))):
        spellings = set().union(*(names[arm] for arm in chosen))
        if own_rows := [row for row in pool if all(plain(by_column[key][row]) in spellings for key in arms)]:
            yield own_rows


def _names(words: str, column: str) -> bool:
    """Whether a column has the name of what is counted: site and sites, utt and utterances."""
    head = plain(words.split()[-1])
    return any(
        len(part) > 2 and (head.startswith(part) or part.startswith(head.removesuffix("s")))
        for part in (plain(item) for item in re.split(r"[_\W]+|(?<=[a-z])(?=[A-Z])", column))
    )


def chosen_units(stated: StatedUnits, case: Case) -> list[str]:
    """Units that are tried: all of few; of many the first, the last, those with extreme numbers and some drawn."""
    units = list(stated.units)
    if len(units) <= MANY:
        return units
    extremes = dict.fromkeys((units[0], units[-1]))
    file = data_files(case)[stated.file]
    rows = file.rows()
    for slots in file.columns().values():
        if not all(slot.number for slot in slots):
            continue
        by_row: dict[Hashable, Fraction] = {}
        for slot in slots:
            by_row[slot.row] = by_row.get(slot.row, Fraction(0)) + exact(str(slot.value))
        totals = {
            unit: sum((by_row.get(rows[place], Fraction(0)) for place in places), Fraction(0))
            for unit, places in stated.units.items()
        }
        extremes |= dict.fromkeys((min(units, key=totals.__getitem__), max(units, key=totals.__getitem__)))
    chosen = list(extremes)[: MANY // 2]
    rng = random.Random(unforeseen(case, f"units {stated.file}"))  # noqa: S311 - replayable draws
    rest = [unit for unit in units if unit not in chosen]
    return sorted((*chosen, *rng.sample(rest, min(len(rest), MANY - len(chosen)))), key=units.index)
