"""Every measurement of a column the same: a mean or a quantile is that number, in its own unit or another.

Expected beforehand, by internality: a mean, a median or a quantile of numbers that are all alike is one of them; so is
that of a sum or a difference of columns. A smaller number that is no change of unit was divided by something.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterator
from fractions import Fraction
from itertools import product
from typing import Any

from harness.data_files import DataFile, Slot
from harness.grounding import number_in
from harness.records.run import Transform, Variation
from harness.records.units import Unit
from harness.records.verdict import Attacker, Effect, Finding, Reason
from harness.redteam.data_inputs import changes_something, counts_records, data_files, number_parts
from harness.redteam.interface import Attack, Case, Runs, RunView, numbers_of, unit_of
from harness.redteam.levels import says_level
from harness.redteam.measurements import measured_columns, says_mean

_RUN, _ALONE = "typical", "alone"
_MOST_COLUMNS = 6
_MOST_LABELS = 30
_RELATIVE = Fraction(1, 1000)
_TIMES = (1, 60, 3600, 86_400)
_CHANGES = {
    Unit.SECONDS: {Fraction(times) * Fraction(10) ** power for times in _TIMES for power in (-9, -6, -3, 0)}
    | {Fraction(times, other) for times in _TIMES for other in _TIMES},
    Unit.BYTES: {Fraction(base) ** power for base in (1000, 1024) for power in range(-4, 5)}
    | {Fraction(base) ** power / 8 for base in (1000, 1024) for power in range(5)},
    Unit.FRACTION: {Fraction(1), Fraction(1, 100)},
    Unit.PERCENT: {Fraction(1), Fraction(100)},
    Unit.RANKS: {Fraction(1)},
}
"""Units of whose measures all usual changes of unit are known, and the factors of these changes."""


def _typical(slots: list[Slot]) -> str:
    """A number of the column that is neither small nor large, as it is written there."""
    texts = sorted((str(slot.value) for slot in slots if number_in(str(slot.value)) is not None), key=_number)
    return texts[len(texts) // 2] if texts else ""


def _number(text: str) -> Fraction:
    number = number_in(text)
    return Fraction(0) if number is None else number


def _constants(case: Case) -> dict[tuple[str, str], str]:
    """File and column of every measurement to a number that stands in it."""
    files = data_files(case)
    found = {place: _typical(files[place[0]].columns()[place[1]]) for place in measured_columns(case)}
    plain = all(found.values()) and len(found) <= _MOST_COLUMNS
    return found if plain and all(count == 1 for count in Counter(found.values()).values()) else {}


def _parts(case: Case) -> list[str]:
    return [
        part
        for part in number_parts(case)
        if unit_of(part, case.claim) in _CHANGES and not counts_records(part, case)
    ]


def _variation(case: Case, name: str, constants: dict[tuple[str, str], str]) -> Variation:
    return Variation(
        name=ATTACK.run_name(name),
        seed=case.claim.reproduction.seeds[0],
        transforms=tuple(
            Transform(do="set", inputs=(file,), column=column, number=text, rows=_filled(case, file, column))
            for (file, column), text in constants.items()
        ),
    )


def _filled(case: Case, name: str, column: str) -> tuple[int, ...]:
    """Places of the records that have a number there; none where all have, which means all."""
    file = data_files(case)[name]
    own = {slot.row for slot in file.columns()[column]}
    rows = file.rows()
    return () if len(own) == len(rows) else tuple(place for place, row in enumerate(rows) if row in own)


def _plan(case: Case) -> tuple[Variation, ...]:
    if not case.measured or not says_mean(case) or not says_level(case):
        return ()
    constants = _constants(case)
    if not _parts(case) and not _gaps(case, constants):
        return ()
    variation = _variation(case, _RUN, constants)
    return (variation,) if changes_something(case, variation.transforms) else ()


def _follow_up(case: Case, runs: Runs) -> tuple[Variation, ...]:
    """One column alone after the other, to see which of them counts."""
    if not _plan(case) or not list(_strange(case, runs[ATTACK.run_name(_RUN)], _constants(case))):
        return ()
    return tuple(
        _variation(case, f"{_ALONE}/{file}/{column}", {(file, column): text})
        for (file, column), text in _constants(case).items()
    )


def _gaps(case: Case, constants: dict[tuple[str, str], str]) -> bool:
    """Whether some column of measurements has cells without a value."""
    files = data_files(case)
    return any(len(files[name].columns()[column]) < len(files[name].rows()) for name, column in constants)


def _strange(
    case: Case, run: RunView, constants: dict[tuple[str, str], str]
) -> Iterator[tuple[str, Fraction]]:
    """Numbers that moved and are no sum of the constants in any unit."""
    if run.observations is None:
        return
    values = [_number(text) for text in constants.values()]
    sums = [
        abs(sum((sign * value for sign, value in zip(signs, values, strict=True)), Fraction(0)))
        for signs in product((-1, 0, 1), repeat=len(values))
        if any(signs)
    ]
    for part in _parts(case):
        unit = unit_of(part, case.claim)
        allowed = [size * change for size in sums for change in _CHANGES[unit or Unit.RANKS]]
        for number in numbers_of(run, part) if run.parts[part] != case.main.parts[part] else ():
            size = abs(number)
            if size and all(abs(size - value) > _RELATIVE * value for value in allowed):
                yield part, number


def _divided(case: Case, run: RunView, constants: dict[tuple[str, str], str]) -> tuple[str, str, str] | None:
    """A part, what is reported for it, and the number of a column that it is only a share of.

    The share is that of the records with a number among all: those without one were counted, too.
    """
    if run.observations is None:
        return None
    for (name, column), text in constants.items():
        size, shares = _number(text), _shares(data_files(case)[name], column)
        for part in number_parts(case):
            for number in numbers_of(run, part) if size else ():
                if any(abs(abs(number / size) - share) <= Fraction(1, 10**9) for share in shares):
                    return part, f"{float(number):.6g}", text
    return None


def _shares(file: DataFile, column: str) -> set[Fraction]:
    """Shares of records with a number in the column, in the file and for every label, but for all and none."""
    filled = {slot.row for slot in file.columns()[column]}
    pools = [set(file.rows())]
    for slots in file.label_columns().values():
        by_label: dict[str, set[Hashable]] = {}
        for slot in slots:
            by_label.setdefault(str(slot.value), set()).add(slot.row)
        pools += by_label.values() if len(by_label) <= _MOST_LABELS else []
    return {Fraction(len(pool & filled), len(pool)) for pool in pools} - {Fraction(0), Fraction(1)}


def _judge(case: Case, runs: Runs) -> Finding:
    planned = _plan(case)
    if not planned:
        return ATTACK.not_applicable(
            "the statement calls nothing a mean or a quantile in a unit that is judged"
        )
    run, further = runs[planned[0].name], _follow_up(case, runs)
    if run.observations is None:
        return ATTACK.not_applicable(f"the script reports nothing on columns of one number ({run.said})")
    names = tuple(item.name for item in (*planned, *further))
    if _gaps(case, _constants(case)) and (divided := _divided(case, run, _constants(case))):
        part, number, text = divided
        return ATTACK.broken(
            Effect.VOIDS,
            8.5,
            f"of measurements that are all {text} the script reports {part} = {number}: it divides by the records "
            "without a measurement, too, which the statement does not say",
            reason=Reason.VACUOUS_EVIDENCE,
            evidence=({"part": part, "reported": number, "of": text},),
            runs=names,
        )
    strange = list(_strange(case, run, _constants(case)))
    counting = [
        _number(item.transforms[0].number or "")
        for item in further
        if any(
            runs[item.name].content is not None and runs[item.name].parts[part] != case.main.parts[part]
            for part, _n in strange
        )
    ]
    # A number above may be a sum over the records of a unit; one below is no mean of anything.
    wrong: list[dict[str, Any]] = [
        {"part": part, "reported": f"{float(number):.6g}", "of": f"{float(counting[0]):.6g}"}
        for part, number in strange
        if len(counting) == 1 and abs(number) < counting[0]
    ]
    if wrong:
        return ATTACK.broken(
            Effect.VOIDS,
            8.5,
            f"of measurements that are all {wrong[0]['of']} the script reports {wrong[0]['part']} = "
            f"{wrong[0]['reported']}, which is no mean of them in any unit",
            reason=Reason.VACUOUS_EVIDENCE,
            evidence=tuple(wrong[:20]),
            runs=names,
        )
    return ATTACK.held("of measurements that are all alike the script reports one of them", runs=names)


ATTACK = Attack(
    name="replication/file-constant",
    attacker=Attacker.REPLICATION_ATTACKER,
    threat="the script divides what it measured, or takes it in a wrong unit",
    origin="metamorphic testing; internality of means and quantiles",
    plan=_plan,
    follow_up=_follow_up,
    judge=_judge,
)
