"""Does the answer survive when every printed number moves within its rounding interval?"""

from __future__ import annotations

from fractions import Fraction
from itertools import product
from typing import Any

from harness.records.observations import Observations, ReportedTable
from harness.records.rules import ForAll, Rank
from harness.records.units import Unit
from harness.records.verdict import Attacker, Effect, Finding
from harness.redteam.exact_rows import exact_row
from harness.redteam.interface import Attack, Case, Runs
from harness.rules.expression import ExpressionError, holds, parse
from harness.rules.leaves import leaves
from harness.stats.rounding import exact, printed_interval


def _judge(case: Case, runs: Runs) -> Finding:
    observations = case.main.observations
    if observations is None:
        return ATTACK.not_applicable("the script reported nothing")
    printed = {
        item.name: [
            name
            for name, column in item.columns.items()
            # Counts are exact.
            if column.type == "printed" and column.unit is not Unit.COUNT
        ]
        for item in case.claim.observes
    }
    fragile: list[dict[str, Any]] = []
    tried = 0
    for rule in leaves(case.claim.decision):
        if not isinstance(rule, (ForAll, Rank)):
            continue
        table = observations.tables.get(rule.table)
        if table is None or not printed.get(rule.table):
            continue
        tried += len(table.rows)
        found = (
            _forall(rule, table, printed[rule.table])
            if isinstance(rule, ForAll)
            else _rank(rule, observations)
        )
        fragile += found
    if not tried:
        return ATTACK.not_applicable("the rule orders no printed numbers")
    if not fragile:
        return ATTACK.held(f"no order among {tried} rows hangs on how a number was rounded", runs=("main",))
    return ATTACK.broken(
        Effect.WEAKENS,
        3.0,
        f"{len(fragile)} of {tried} rows could order otherwise within the rounding of the printed numbers",
        evidence=tuple(fragile),
        runs=("main",),
    )


def _forall(rule: ForAll, table: ReportedTable, printed: list[str]) -> list[dict[str, Any]]:
    relation, chosen = parse(rule.holds), None if rule.when is None else parse(rule.when)
    fragile = []
    for row in table.records():
        values = exact_row(table, row)
        # Corners suffice for expressions that are monotone in each column; 2^6 of them at most.
        names = [name for name in printed if isinstance(row[name], str)][:6]
        corners = product(*(_inside(str(row[name])) for name in names))
        try:
            if chosen is not None and not holds(chosen, values):
                continue
            before = holds(relation, values)
            moved = any(
                holds(relation, {**values, **dict(zip(names, corner, strict=True))}) != before
                for corner in corners
            )
        except ExpressionError:
            continue
        if moved:
            fragile.append(dict(row))
    return fragile


def _inside(text: str) -> tuple[Fraction, Fraction]:
    """Ends of the rounding interval, moved in a little: a tie of two rounded numbers is not yet an order."""
    interval = printed_interval(text)
    margin = (interval.high - interval.low) / 1000
    return interval.low + margin, interval.high - margin


def _rank(rule: Rank, observations: Observations) -> list[dict[str, Any]]:
    fragile = []
    blocks: dict[tuple[str, ...], dict[str, str]] = {}
    for row in observations.tables[rule.table].records():
        key = tuple(str(row[name]) for name in rule.blocks)
        blocks.setdefault(key, {})[str(row[rule.arm_column])] = str(row[rule.value_column])
    for key, by_arm in sorted(blocks.items()):
        own = by_arm.get(rule.arm)
        if own is None:
            continue
        mine = printed_interval(own)
        for arm, text in sorted(by_arm.items()):
            other = printed_interval(text)
            if (
                arm != rule.arm
                and exact(text) != exact(own)
                and mine.low < other.high
                and other.low < mine.high
            ):
                fragile.append({"block": " ".join(key), rule.arm: own, arm: text})
    return fragile


ATTACK = Attack(
    name="counterexample/rounding-boundary",
    attacker=Attacker.COUNTEREXAMPLE_HUNTER,
    threat="the order of two printed numbers is an accident of rounding",
    origin="interval reading of printed numbers, as in GRIM (Brown and Heathers 2017)",
    judge=_judge,
)
