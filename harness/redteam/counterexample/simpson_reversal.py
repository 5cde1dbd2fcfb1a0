"""Simpson's paradox in a reported table: one direction in every subgroup, the other in all rows together.

A mean of paired differences cannot reverse like this, since the whole is a weighted mean of its parts. A difference
between unpaired arms can, and so can a trend.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from harness.records.rules import Trend, Unpaired
from harness.records.verdict import Attacker, Effect, Finding
from harness.redteam.aggregates import pooled, stated_groups, units_of
from harness.redteam.interface import Attack, Case, Runs
from harness.redteam.subsets import Split, splits
from harness.rules.leaves import leaves


def _judge(case: Case, runs: Runs) -> Finding:
    observations = case.main.observations
    rules = [rule for rule in leaves(case.claim.decision) if isinstance(rule, (Unpaired, Trend))]
    if observations is None or not rules:
        return ATTACK.not_applicable("the rule compares no unpaired arms and looks for no trend")
    looked, found = 0, []
    for rule in rules:
        table = observations.tables[rule.table]
        together = pooled(rule, table.records())
        for split in splits(table, units_of(rule)):
            parts = _directions(rule, split)
            if together is None or len(parts) < 2:
                continue
            looked += 1
            if reverses(list(parts.values()), together):
                found.append(_row(rule, split, parts, together))
    if not looked:
        return ATTACK.not_applicable("no split of the reported tables shows a direction in two parts or more")
    if not found:
        return ATTACK.held(
            f"no direction reverses between parts and whole in {looked} splits", runs=("main",)
        )
    first = found[0]
    return ATTACK.broken(
        Effect.WEAKENS,
        6.0,
        f"Simpson's paradox: split by {first['by']}, the effect is {first['parts']} in every one of "
        f"{first['subgroups']} subgroups and {first['whole']} in all rows together; the statement speaks of "
        f"{first['statement']}",
        evidence=tuple(found),
        runs=("main",),
    )


def _directions(rule: Unpaired | Trend, split: Split) -> dict[str, Fraction]:
    """Effect within every part that has one."""
    effects = {name: pooled(rule, rows) for name, rows in split.subsets.items()}
    return {name: effect for name, effect in effects.items() if effect is not None}


def reverses(parts: list[Fraction], whole: Fraction) -> bool:
    """Whether all parts have one direction (some may have none) and the whole has the opposite one."""
    return (all(part >= 0 for part in parts) and any(parts) and whole < 0) or (
        all(part <= 0 for part in parts) and any(parts) and whole > 0
    )


def _row(rule: Unpaired | Trend, split: Split, parts: dict[str, Fraction], whole: Fraction) -> dict[str, Any]:
    by_part = set(split.columns) <= set(stated_groups(rule))
    return {
        "by": " and ".join(split.columns),
        "subgroups": len(parts),
        "parts": _sign(next(part for part in parts.values() if part)),
        "whole": _sign(whole),
        "statement": "each subgroup, which the rule decides" if by_part else "the whole",
        "effects": {name: float(f"{float(effect):.6g}") for name, effect in list(parts.items())[:20]},
        "pooled": float(f"{float(whole):.6g}"),
    }


def _sign(effect: Fraction) -> str:
    return "as stated" if effect > 0 else "the opposite"


ATTACK = Attack(
    name="counterexample/simpson-reversal",
    attacker=Attacker.COUNTEREXAMPLE_HUNTER,
    threat="the direction of the pooled data is that of no subgroup, or the other way round",
    origin="Simpson (1951), The interpretation of interaction in contingency tables",
    judge=_judge,
)
