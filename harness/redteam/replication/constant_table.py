"""All numbers of the inputs set to one: every mean, median or cell must be that one, every difference zero."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from harness.records.run import Transform, Variation
from harness.records.units import Unit
from harness.records.verdict import Attacker, Effect, Finding, Reason
from harness.redteam.interface import Attack, Case, Runs, numbers_of, unit_of
from harness.redteam.levels import level_parts, printed_part
from harness.redteam.replication.values_changed import read_beside
from harness.redteam.resource_inputs import moves_with_data
from harness.stats.rounding import exact

CONSTANT = "0.5000"
"""In the range of fractions, ranks and counts alike."""
TOLERANCE = Fraction(1, 1000)
_LEVELS = (Unit.FRACTION, Unit.RANKS)
_CHANGES = (Unit.PERCENT_CHANGE, Unit.PERCENT_POINTS, Unit.FRACTION_DIFFERENCE, Unit.RANKS_DIFFERENCE)
_RUN = "half"


def _plan(case: Case) -> tuple[Variation, ...]:
    if not case.measured or not case.claim.reproduction.inputs:
        return ()
    tables = {table.name: table for table in case.loaded.source.base.tables}
    transforms = tuple(
        Transform(do="set", inputs=(name,), column=tables[name].roles.value, number=CONSTANT)
        for name in case.claim.reproduction.inputs
    )
    seed = case.claim.reproduction.seeds[0]
    return (Variation(name=ATTACK.run_name(_RUN), seed=seed, transforms=transforms),)


def _judge(case: Case, runs: Runs) -> Finding:
    if not case.measured or not case.claim.reproduction.inputs:
        return ATTACK.not_applicable("the script reads no table of the source, or reported nothing")
    run = runs[ATTACK.run_name(_RUN)]
    if run.observations is None:
        # A table of counts set to a half is no table of counts any more: an honest script may refuse it.
        return ATTACK.not_applicable(f"the script reports nothing on a table of one number ({run.said})")
    beside, levels = read_beside(case), level_parts(case)
    wrong: list[dict[str, Any]] = []
    checked = 0
    for part in run.parts:
        if part in beside or moves_with_data(part, case, runs):
            continue  # read elsewhere: in other columns of the table, or in the data
        unit = unit_of(part, case.claim)
        if unit not in (*_LEVELS, *_CHANGES):
            continue
        allowed = {Fraction(0)}
        # A printed change is handed on as it stands.
        if unit in _LEVELS or printed_part(part, case.claim):
            allowed.add(exact(CONSTANT))
        # A share of rows is a fraction too, and is none or all on a table of one number.
        if unit in _LEVELS and part not in levels:
            allowed.add(Fraction(1))
        for number in numbers_of(run, part):
            checked += 1
            if all(abs(number - value) > TOLERANCE for value in allowed):
                wrong.append({"part": part, "reported": f"{float(number):.6g}", "cells": CONSTANT})
    if wrong:
        return ATTACK.broken(
            Effect.VOIDS,
            9.0,
            f"on tables that hold nothing but {CONSTANT} the script reports {wrong[0]['part']} = "
            f"{wrong[0]['reported']}: it adds something of its own",
            reason=Reason.VACUOUS_EVIDENCE,
            evidence=tuple(wrong[:20]),
            runs=(run.record.variation.name,),
        )
    if not checked:
        return ATTACK.not_applicable("the rule uses no level and no change of a measure")
    return ATTACK.held(
        f"on tables of one number all {checked} numbers reported are that number, or no change",
        runs=(run.record.variation.name,),
    )


ATTACK = Attack(
    name="replication/constant-table",
    attacker=Attacker.REPLICATION_ATTACKER,
    threat="the script adds or multiplies a correction that nobody printed",
    origin="metamorphic testing",
    plan=_plan,
    judge=_judge,
)
