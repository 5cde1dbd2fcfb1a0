"""What the statement calls a mean must move with every cell, however little the cell moves.

Expected beforehand: one cell of n times 1.01 moves their mean, and every difference and ratio of means. A trimmed
mean, a maximum, or a mean without the cells that did not fit stays where it is.
"""

from __future__ import annotations

import re
from fractions import Fraction
from typing import Any

from harness.records.run import Transform, Variation
from harness.records.units import Unit
from harness.records.verdict import Attacker, Effect, Finding, Reason
from harness.redteam.interface import Attack, Case, Runs, moved, numbers_of, unit_of
from harness.redteam.replication.units_covered import reported_units, subject_units

MOST_RUNS = 60
_FACTOR = "1.01"
_MEAN = re.compile(r"\b(?:mean|averaged?|on average)\b", re.IGNORECASE)
_FINE = Fraction(1, 10_000)
"""A number that is a multiple of this may have been rounded, and then a small change may not show."""


def _cells(case: Case) -> dict[str, dict[str, tuple[Transform, ...]]]:
    """Every method (or nothing, where the tables name none) to the change of its cells, unit by unit."""
    tables = {table.name: table for table in case.loaded.source.base.tables}
    arms = case.claim.subject.arms
    found: dict[str, dict[str, tuple[Transform, ...]]] = {}
    for unit, names in subject_units(case).items():
        for name in names:
            roles = tables[name].roles
            labels = {row[roles.arm] for row in case.loaded.source.tables[name].rows} if roles.arm else set()
            own = [arm for arm in (arms.treatment, *arms.controls) if arm in labels] if arms else []
            for arm in own or [""]:
                where = {str(roles.unit): (unit,), **({str(roles.arm): (arm,)} if arm else {})}
                change = Transform(
                    do="scale", inputs=(name,), column=roles.value, where=where, number=_FACTOR
                )
                by_unit = found.setdefault(arm, {})
                by_unit[unit] = (*by_unit.get(unit, ()), change)
    return found


def _why_not(case: Case) -> str:
    """Why the attack says nothing about a claim; empty where it does."""
    if not case.measured:
        return "the script reported nothing"
    if not _MEAN.search(case.claim.statement):
        return "the statement speaks of no mean"
    units = subject_units(case)
    if not units or reported_units(case, units) is not None:
        return "no number is computed from cells that are not reported themselves"
    parts = [part for part in case.main.parts if unit_of(part, case.claim) is not None]
    if Unit.COUNT in {unit_of(part, case.claim) for part in parts}:
        return "a count need not move with every cell"
    if any((number / _FINE).denominator == 1 for part in parts for number in numbers_of(case.main, part)):
        return "a number may have been rounded, so that a small change would not show"
    if sum(len(changes) for changes in _cells(case).values()) > MOST_RUNS:
        return f"there are more than {MOST_RUNS} cells"
    return ""


def _name(arm: str, unit: str) -> str:
    return ATTACK.run_name("/".join(part for part in (arm, unit) if part))


def _plan(case: Case) -> tuple[Variation, ...]:
    if _why_not(case):
        return ()
    seed = case.claim.reproduction.seeds[0]
    return tuple(
        Variation(name=_name(arm, unit), seed=seed, transforms=changes)
        for arm, by_unit in _cells(case).items()
        for unit, changes in by_unit.items()
    )


def _judge(case: Case, runs: Runs) -> Finding:
    if why := _why_not(case):
        return ATTACK.not_applicable(why)
    ignored: list[dict[str, Any]] = []
    counted = 0
    for arm, by_unit in _cells(case).items():
        still = [unit for unit in by_unit if not moved(runs[_name(arm, unit)], case.main)]
        # With none that counts the number comes from elsewhere, such as a printed mean.
        if len(still) < len(by_unit):
            ignored += [{"method": arm, "does_not_count": unit} for unit in still]
            counted += len(by_unit) - len(still)
    if ignored:
        first = " ".join(str(value) for value in ignored[0].values() if value)
        return ATTACK.broken(
            Effect.VOIDS,
            8.0,
            f"the statement speaks of a mean, and {len(ignored)} of {counted + len(ignored)} cells do not count, "
            f"first {first}",
            reason=Reason.VACUOUS_EVIDENCE,
            evidence=tuple(ignored),
        )
    if not counted:
        return ATTACK.not_applicable("what the script reports does not come from cells by unit")
    return ATTACK.held(f"each of {counted} cells moves what the script reports")


ATTACK = Attack(
    name="replication/every-cell",
    attacker=Attacker.REPLICATION_ATTACKER,
    threat="the cells that did not fit were trimmed away",
    origin="undisclosed exclusions (Simmons et al. 2011); influence of single observations",
    plan=_plan,
    judge=_judge,
)
