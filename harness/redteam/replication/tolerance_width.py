"""Tolerances and margins so wide that they accept anything."""

from __future__ import annotations

import re
from fractions import Fraction
from typing import Any

from harness.records.rules import Equals, Paired, Rerun, Unpaired
from harness.records.verdict import Attacker, Effect, Finding, Reason
from harness.redteam.interface import Attack, Case, Runs, unit_of
from harness.redteam.levels import LEVEL_UNITS
from harness.rules.leaves import leaves
from harness.stats.rounding import exact, unit_of_last_digit

TOO_WIDE = Fraction(1, 10)
"""Share of the value itself from which a tolerance or margin tells nothing."""
STATED_TOO_WIDE = Fraction(1, 2)
"""The same for a margin of differences that the statement itself says: everyone can see it, but to keep less than half
of an effect is no non-inferiority."""
_NUMBER = re.compile(r"[0-9]*\.?[0-9]+")


def _accepts_anything(rule: Paired | Unpaired, column: str, controls: list[Fraction], case: Case) -> bool:
    """Whether a margin is large beside what it is allowed to take away."""
    stated = rule.margin in _NUMBER.findall(case.claim.statement)
    # A tenth of a level is much; what has no unit of a level may be a difference already.
    level = unit_of(f"{rule.table}.{column}", case.claim) in LEVEL_UNITS
    share = STATED_TOO_WIDE if stated and not level else TOO_WIDE
    return exact(rule.margin) >= share * sum(controls, Fraction(0)) / len(controls)


def _judge(case: Case, runs: Runs) -> Finding:
    wide: list[dict[str, Any]] = []
    loose: list[dict[str, Any]] = []
    looked = 0
    for rule in leaves(case.claim.decision):
        if isinstance(rule, Equals) and rule.tolerance not in ("exact", "printed"):
            looked += 1
            width, value = abs(exact(rule.tolerance)), abs(exact(rule.expected))
            row = {"rule": "equals", "expected": rule.expected, "tolerance": rule.tolerance}
            if width >= TOO_WIDE * value:
                wide.append(row)
            elif width > unit_of_last_digit(rule.expected) / 2:
                stated = rule.tolerance in _NUMBER.findall(case.claim.statement)
                (loose if stated else wide).append(row)
        elif isinstance(rule, Paired) and rule.rule != "superiority" and case.main.observations is not None:
            looked += 1
            table = case.main.observations.tables[rule.table]
            controls = [abs(exact(row[rule.control])) for row in table.records()]
            if controls and _accepts_anything(rule, rule.control, controls, case):
                wide.append({"rule": rule.rule, "margin": rule.margin})
        elif (
            isinstance(rule, Unpaired)
            and not rule.rule.endswith("superiority")
            and case.main.observations is not None
        ):
            looked += 1
            rows = case.main.observations.tables[rule.table].records()
            controls = [
                abs(exact(row[rule.value_column])) for row in rows if row[rule.arm_column] == rule.control
            ]
            if controls and _accepts_anything(rule, rule.value_column, controls, case):
                wide.append({"rule": rule.rule, "margin": rule.margin})
        elif isinstance(rule, Rerun):
            looked += 1
            if exact(rule.half_width) >= TOO_WIDE * abs(exact(rule.expected)):
                wide.append({"rule": rule.rule, "expected": rule.expected, "half_width": rule.half_width})
    if wide:
        return ATTACK.broken(
            Effect.VOIDS,
            7.0,
            f"a tolerance or margin is a tenth or more of the value it judges, or wider than the printed precision "
            f"without the statement saying so: {_words(wide[0])}",
            reason=Reason.NOT_DISCRIMINATING,
            evidence=tuple(wide),
        )
    if loose:
        return ATTACK.broken(
            Effect.WEAKENS,
            3.0,
            f"a tolerance is wider than the printed precision: {_words(loose[0])}",
            evidence=tuple(loose),
        )
    if not looked:
        return ATTACK.not_applicable("the rule has no tolerance or margin of its own")
    return ATTACK.held(f"none of {looked} tolerances and margins is wide against what it judges")


def _words(row: dict[str, Any]) -> str:
    return ", ".join(f"{key} {value}" for key, value in row.items())


ATTACK = Attack(
    name="replication/tolerance-width",
    attacker=Attacker.REPLICATION_ATTACKER,
    threat="the tolerance is wider than the effect",
    origin="tolerance abuse",
    judge=_judge,
)
