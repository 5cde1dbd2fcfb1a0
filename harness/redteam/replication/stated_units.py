"""Every unit that the statement counts must count: leaving one out must change a mean, a share, a correlation.

Expected beforehand: where the statement says "80 patients" and the file holds 80 of them, what is reported without one
of them differs from what is reported with all. A unit without which nothing changes was left out already. It
is looked at again, because a value that equals the mean moves no mean: left out together with another unit, and with
other numbers in its records. A share must be one of so many units as well: 28 of 79 is none of 80.
"""

from __future__ import annotations

import re
from fractions import Fraction

from harness.records.claim import ClaimKind
from harness.records.run import Transform, Variation
from harness.records.units import Unit
from harness.records.verdict import Attacker, Effect, Finding, Reason
from harness.redteam.data_inputs import changes_something, data_files, number_parts
from harness.redteam.interface import Attack, Case, Runs, RunView, moved, numbers_of, unit_of
from harness.redteam.stated_units import StatedUnits, chosen_units, stated_units
from harness.redteam.traced_rows import numeric
from harness.stats.rounding import unit_of_last_digit

PARTNERS = 2
"""Other units together with which a unit that changed nothing is left out again."""
NEARLY_ALL = "0.85"
"""Share of the units from which a denominator is theirs with some left out, and no other one."""
_FACTORS = ("10", "0.1")
_SOME_ONLY = re.compile(
    r"\b(?:medians?|quartiles?|quantiles?|percentiles?|p\d\d|interquartile|largest|smallest|highest|lowest|best|worst|"
    r"maxim\w+|minim\w+|trimmed|winsor\w+|outliers?|exclu\w+|without|except|apart|only|filter\w*|valid|robust|missing|"
    r"evaluable|complete\w*|analys\w+|analyz\w+|included|eligible|per-protocol|respon\w+|finished|remaining|"
    r"first|last|latest|earliest|some|most|majority|at least|at most|more than|fewer than|up to|different|distinct|"
    r"typical\w*|ties|tied|draws|train\w*|fit|fitted|classifiers?|neighbou?rs?|clusters?|match\w*)\b",
    re.IGNORECASE,
)
"""Words of statements in which units need not all count."""
_ADDITIVE = re.compile(
    r"%|\b(?:means?|averag\w+|totals?|sums?|together|altogether|combined|shares?|proportions?|rates?|percent\w*|"
    r"fractions?|per|correlat\w+|regress\w+|slopes?|variance|deviation)\b",
    re.IGNORECASE,
)
"""Words for what depends on every unit; an extreme depends on one or two."""


def _applies(case: Case) -> bool:
    return (
        case.measured
        and case.claim.kind is ClaimKind.DATASET
        and bool(number_parts(case))
        and _SOME_ONLY.search(case.claim.statement) is None
    )


def _left_out(stated: StatedUnits, *units: str) -> tuple[Transform, ...]:
    rows = tuple(sorted(place for unit in units for place in stated.units[unit]))
    return (Transform(do="drop", inputs=(stated.file,), rows=rows),)


def _name(stated: StatedUnits, *units: str) -> str:
    return ATTACK.run_name(f"{stated.file}/{stated.column or 'record'}/{'+'.join(units)}")


def _variation(case: Case, stated: StatedUnits, *units: str) -> Variation:
    return Variation(
        name=_name(stated, *units),
        seed=case.claim.reproduction.seeds[0],
        transforms=_left_out(stated, *units),
    )


def _plan(case: Case) -> tuple[Variation, ...]:
    if not _applies(case):
        return ()
    return tuple(
        _variation(case, stated, unit)
        for stated in stated_units(case)
        for unit in chosen_units(stated, case)
        if changes_something(case, _left_out(stated, unit))
    )


def _changed(stated: StatedUnits, unit: str, factor: str, case: Case) -> Variation | None:
    """The unit's own numbers times a factor; None where it has none."""
    file = data_files(case)[stated.file]
    transforms = tuple(
        Transform(do="rescale", inputs=(stated.file,), column=column, rows=stated.units[unit], number=factor)
        for column, slots in file.columns().items()
        if all(slot.number for slot in slots)
    )
    if not changes_something(case, transforms):
        return None
    name = ATTACK.run_name(f"{stated.file}/{stated.column or 'record'}/{unit}/times {factor}")
    return Variation(name=name, seed=case.claim.reproduction.seeds[0], transforms=transforms)


def _still(stated: StatedUnits, case: Case, runs: Runs) -> list[str]:
    """Units without which the script gave a result, and the same one."""
    return [
        unit
        for unit in chosen_units(stated, case)
        if (run := runs.get(_name(stated, unit))) is not None
        and run.observations is not None
        and not moved(run, case.main)
    ]


def _partners(stated: StatedUnits, case: Case, runs: Runs) -> list[str]:
    """Units without which the result was another."""
    return [
        unit
        for unit in chosen_units(stated, case)
        if (run := runs.get(_name(stated, unit))) is not None and moved(run, case.main)
    ][:PARTNERS]


def _follow_up(case: Case, runs: Runs) -> tuple[Variation, ...]:
    if not _applies(case):
        return ()
    wanted = []
    for stated in stated_units(case):
        partners = _partners(stated, case, runs)
        for unit in _still(stated, case, runs) if len(partners) == PARTNERS else ():
            wanted += [_variation(case, stated, unit, partner) for partner in partners]
            changed = (_changed(stated, unit, factor, case) for factor in _FACTORS)
            wanted += [variation for variation in changed if variation is not None]
    return tuple(wanted)


def _idle(stated: StatedUnits, case: Case, runs: Runs) -> list[str]:
    """Units without which nothing changes, and which change nothing beside another, or by their numbers."""
    partners = _partners(stated, case, runs)
    if len(partners) < PARTNERS:
        return []
    depends_on_all = _ADDITIVE.search(case.claim.statement) is not None
    found = []
    for unit in _still(stated, case, runs):
        beside = [
            (runs.get(_name(stated, unit, partner)), runs[_name(stated, partner)]) for partner in partners
        ]
        changed = [_changed(stated, unit, factor, case) for factor in _FACTORS]
        own = [(runs.get(item.name) if item else None, case.main) for item in changed]
        if not _exempt(stated, unit, case) and ((depends_on_all and _same(beside)) or _same(own)):
            found.append(unit)
    return found


def _exempt(stated: StatedUnits, unit: str, case: Case) -> bool:
    """Whether a unit has a zero, which adds nothing to a total, or an empty cell, with which it may be no unit."""
    file = data_files(case)[stated.file]
    rows = file.rows()
    own = {rows[place] for place in stated.units[unit]}
    return any(slot.blank or numeric(slot.value) == 0 for slot in file.slots if slot.row in own)


def _same(pairs: list[tuple[RunView | None, RunView]]) -> bool:
    """Whether every first run gave a result, and the one of the second."""
    return all(
        run is not None and run.observations is not None and not moved(run, other) for run, other in pairs
    )


def _shows(case: Case, seen: list[RunView]) -> bool:
    """Whether the numbers are not so coarse, or so few, that one unit need not show in them."""
    for part in number_parts(case):
        numbers = numbers_of(case.main, part)
        if unit_of(part, case.claim) is Unit.COUNT and any(
            number <= max((item.number for item in stated_units(case)), default=0) for number in numbers
        ):
            # It may be how many of the units have some property.
            return False
        finest = min(
            (
                Fraction(unit_of_last_digit(format(float(number), "f")))
                for run in (case.main, *seen)
                for number in numbers_of(run, part)
            ),
            default=Fraction(1),
        )
        whole = all(number.denominator == 1 for run in (case.main, *seen) for number in numbers_of(run, part))
        if not whole and finest > Fraction(1, 100_000):
            return False
    return True


def _of_fewer(case: Case, found: list[StatedUnits]) -> tuple[StatedUnits, Fraction] | None:
    """A reported share that is one of nearly all units, and of all of them is none."""
    for part in number_parts(case):
        unit = unit_of(part, case.claim)
        for number in numbers_of(case.main, part) if unit in (Unit.FRACTION, Unit.PERCENT) else ():
            share = number / 100 if unit is Unit.PERCENT else number
            for stated in found:
                near = share.limit_denominator(len(stated.units))
                same = abs(near - share) <= Fraction(1, 10**12)
                fewest = Fraction(NEARLY_ALL) * len(stated.units)
                if same and fewest <= near.denominator < len(stated.units):
                    return stated, near
    return None


def _judge(case: Case, runs: Runs) -> Finding:
    if not _applies(case):
        return ATTACK.not_applicable("the statement is not about every unit of data files alike")
    found = stated_units(case)
    if fewer := _of_fewer(case, found):
        stated, share = fewer
        return ATTACK.broken(
            Effect.VOIDS,
            8.5,
            f"the share that is reported is {share.numerator} of {share.denominator}; the statement counts "
            f"{stated.number} {stated.words}, and no number of {len(stated.units)} gives it",
            reason=Reason.VACUOUS_EVIDENCE,
            evidence=({"file": stated.file, "share": str(share), "units": len(stated.units)},),
            runs=("main",),
        )
    names = tuple(name for name in runs if name.startswith(ATTACK.run_name("")))
    seen = [runs[name] for name in names if runs[name].observations is not None]
    if not found or not seen:
        return ATTACK.not_applicable("the statement gives no number of units that the data files hold")
    if not _shows(case, seen):
        return ATTACK.not_applicable("one unit more or less need not show in the digits that are reported")
    for stated in found:
        idle = _idle(stated, case, runs)
        if idle:
            what = f"{stated.column} {idle[0]}" if stated.column else f"record {int(idle[0]) + 1}"
            return ATTACK.broken(
                Effect.VOIDS,
                8.5,
                f"the statement counts {stated.number} {stated.words}, but {len(idle)} of the "
                f"{len(chosen_units(stated, case))} that were left out one by one had counted for nothing "
                f"({what} of {stated.file})",
                reason=Reason.VACUOUS_EVIDENCE,
                evidence=({"file": stated.file, "column": stated.column, "idle": idle},),
                runs=names,
            )
    told = ", ".join(f"{item.number} {item.words} ({item.file})" for item in found)
    return ATTACK.held(f"each of those tried counts: {told}", runs=names)


ATTACK = Attack(
    name="replication/stated-units",
    attacker=Attacker.REPLICATION_ATTACKER,
    threat="fewer units were counted than the statement says",
    origin="undisclosed exclusions (Simmons et al. 2011); leave-one-out; GRIM (Brown and Heathers 2017)",
    plan=_plan,
    follow_up=_follow_up,
    judge=_judge,
)
