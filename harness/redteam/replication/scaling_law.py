"""All numbers of the inputs scaled: a level scales with them, a relative change stays, nothing else can happen.

Uses the scaled run of the attack on changed values.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from harness.records.units import Unit
from harness.records.verdict import Attacker, Effect, Finding, Reason
from harness.redteam.interface import Attack, Case, Runs, labelled_numbers, unit_of
from harness.redteam.levels import level_parts
from harness.redteam.replication.values_changed import ATTACK as VALUES_CHANGED
from harness.redteam.replication.values_changed import SCALE, read_beside
from harness.stats.rounding import exact, unit_of_last_digit

RELATIVE = Fraction(1, 500)
_UNITS = (
    Unit.FRACTION,
    Unit.RANKS,
    Unit.FRACTION_DIFFERENCE,
    Unit.RANKS_DIFFERENCE,
    Unit.PERCENT_CHANGE,
    Unit.PERCENT,
    Unit.PERCENT_POINTS,
)


def _slack(case: Case) -> Fraction:
    """Error that the printing of scaled cells brings: whole numbers stay whole, others keep two digits more."""
    units = [
        unit_of_last_digit(row[table.roles.value])
        for table in case.loaded.source.base.tables
        if table.name in case.claim.reproduction.inputs
        for row in case.loaded.source.tables[table.name].rows
    ]
    coarsest = max(units, default=Fraction(0))
    return coarsest if coarsest >= 1 else coarsest / 50


def _judge(case: Case, runs: Runs) -> Finding:
    name = VALUES_CHANGED.run_name("scaled")
    if not case.measured or name not in runs or runs[name].observations is None:
        return ATTACK.not_applicable("there is no scaled run with valid output")
    slack, factor = _slack(case), exact(SCALE)
    beside, levels = read_beside(case), level_parts(case)
    wrong: list[dict[str, Any]] = []
    checked = 0
    for part in case.main.parts:
        if unit_of(part, case.claim) not in _UNITS or part in beside:
            continue
        before, after = labelled_numbers(case.main, part), labelled_numbers(runs[name], part)
        if set(before) != set(after):
            # The rows themselves depend on the numbers, such as the best method of each block.
            continue
        for key, number in before.items():
            checked += 1
            allowed = slack + RELATIVE * abs(number)
            # A level of a measure has its unit: only ratios, shares and counts stay where they are.
            expected = (number * factor,) if part in levels else (number * factor, number)
            if all(abs(after[key] - value) > allowed for value in expected):
                wrong.append(
                    {
                        "part": " ".join((part, *key)),
                        "before": f"{float(number):.6g}",
                        "after": f"{float(after[key]):.6g}",
                        "factor": SCALE,
                    }
                )
    if wrong:
        return ATTACK.broken(
            Effect.VOIDS,
            8.5,
            f"with all inputs times {SCALE}, {wrong[0]['part']} goes from {wrong[0]['before']} to "
            f"{wrong[0]['after']}: a level must be scaled, anything else scaled or unchanged",
            reason=Reason.VACUOUS_EVIDENCE,
            evidence=tuple(wrong[:20]),
            runs=(name,),
        )
    if not checked:
        return ATTACK.not_applicable("the rule uses no level and no change of a measure")
    return ATTACK.held(f"all {checked} numbers follow the scale of the inputs", runs=(name,))


ATTACK = Attack(
    name="replication/scaling-law",
    attacker=Attacker.REPLICATION_ATTACKER,
    threat="the script recognises numbers near the record's own and helps them",
    origin="metamorphic testing; homogeneity of means, medians and differences",
    judge=_judge,
)
