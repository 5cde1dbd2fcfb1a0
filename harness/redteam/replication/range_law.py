"""Inputs with two different numbers alone: every level must lie between them, wherever it is computed from.

Expected beforehand: means, weighted means, medians, quantiles and extremes of numbers lie within their range.
"""

from __future__ import annotations

import hashlib
from fractions import Fraction
from typing import Any

from harness.records.run import Transform, Variation
from harness.records.units import Unit
from harness.records.verdict import Attacker, Effect, Finding, Reason
from harness.redteam.interface import Attack, Case, Runs, numbers_of, unit_of
from harness.redteam.levels import level_parts
from harness.redteam.replication.units_covered import subject_units
from harness.stats.rounding import exact

LOW, HIGH = "0.4000", "0.6000"
"""So near that an addition does not leave the range of fractions, and an output beyond it is no output."""
TOLERANCE = Fraction(1, 1000)
_MOSTLY = {"mostly-high": (HIGH, LOW), "mostly-low": (LOW, HIGH)}
"""Run to the number of most rows and that of the others: an addition shows at the top, a deduction below."""


def _others(case: Case, table: str, column: str) -> tuple[str, ...]:
    """A few labels of a column, by digest, of cells about the subject: the fewer, the nearer a mean to the end."""
    units = [unit for unit, names in subject_units(case).items() if table in names]
    labels = units or {row[column] for row in case.loaded.source.tables[table].rows}
    ordered = sorted(labels, key=lambda label: hashlib.sha256(f"{table}/{label}".encode()).hexdigest())
    return tuple(ordered[: max(1, len(ordered) // 5)])


def _parts(case: Case) -> list[str]:
    """Levels in the unit of the cells: what is a percentage may stand in the table as a fraction."""
    return sorted(part for part in level_parts(case) if unit_of(part, case.claim) is not Unit.PERCENT)


def _plan(case: Case) -> tuple[Variation, ...]:
    if not case.measured or not _parts(case):
        return ()
    tables = {table.name: table for table in case.loaded.source.base.tables}
    seed = case.claim.reproduction.seeds[0]
    planned = []
    for way, (most, others) in _MOSTLY.items():
        transforms: list[Transform] = []
        for name in case.claim.reproduction.inputs:
            roles = tables[name].roles
            base = Transform(do="set", inputs=(name,), column=roles.value, number=most)
            transforms.append(base)
            if column := roles.unit or roles.arm:
                where = {column: _others(case, name, column)}
                transforms.append(base.model_copy(update={"where": where, "number": others}))
        if transforms:
            planned.append(Variation(name=ATTACK.run_name(way), seed=seed, transforms=tuple(transforms)))
    return tuple(planned)


def _judge(case: Case, runs: Runs) -> Finding:
    names = tuple(name for way in _MOSTLY if (name := ATTACK.run_name(way)) in runs)
    if not names:
        return ATTACK.not_applicable("the rule uses nothing that can only be a level of a measure")
    low, high = exact(LOW) - TOLERANCE, exact(HIGH) + TOLERANCE
    outside: list[dict[str, Any]] = []
    checked = 0
    for name in names:
        for part in _parts(case) if runs[name].observations is not None else ():
            for number in numbers_of(runs[name], part):
                checked += 1
                if not low <= number <= high:
                    outside.append({"run": name, "part": part, "reported": f"{float(number):.6g}"})
    if outside:
        return ATTACK.broken(
            Effect.VOIDS,
            8.5,
            f"on tables that hold nothing but {LOW} and {HIGH} the script reports {outside[0]['part']} = "
            f"{outside[0]['reported']}: it adds something that is no level",
            reason=Reason.VACUOUS_EVIDENCE,
            evidence=tuple(outside[:20]),
            runs=names,
        )
    if not checked:
        return ATTACK.not_applicable("the script reports nothing on tables of two numbers")
    return ATTACK.held(f"on tables of two numbers all {checked} levels reported lie between them", runs=names)


ATTACK = Attack(
    name="replication/range-law",
    attacker=Attacker.REPLICATION_ATTACKER,
    threat="the script adds a correction that vanishes where all numbers are alike",
    origin="metamorphic testing; internality of means",
    plan=_plan,
    judge=_judge,
)
