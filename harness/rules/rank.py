"""``rank``: within every block of a long table, one arm takes a place."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from harness.records.observations import Observations
from harness.records.rules import Answer, Comparison, Rank, RuleOutcome
from harness.rules.outcomes import as_reported, listed, named
from harness.rules.reading import Row, Table, UnreadableError, read_table


def decide(rule: Rank, observations: Observations) -> RuleOutcome:
    """MET when the arm takes the place in every block, REFUTED when not in some.

    The place is one more than the number of arms with a strictly better value. Every block must hold the same
    arms, at least two, each once: a block without its best competitor would prove nothing.
    """
    table = read_table(observations, rule.table)
    blocks = _blocks(rule, table)
    if rule.count is not None and len(blocks) != rule.count:
        raise UnreadableError(
            f"Table {rule.table!r} has {len(blocks)} blocks, the rule is about {rule.count}."
        )
    violations = []
    for key, arms in blocks.items():
        values = {name: table.number(row, rule.value_column) for name, row in arms.items()}
        place, tied = _place(rule, values)
        if place != rule.place or (tied > 1 and rule.ties == "not-allowed"):
            violations.append(_violation(rule, key, arms, place, tied))
    answer = Answer.REFUTED if violations else Answer.MET
    found = f"{rule.arm} takes place {rule.place} in {len(blocks) - len(violations)} of {len(blocks)} blocks"
    where = listed(named(rule.blocks, tuple(v["block"].values()), "") for v in violations)
    numbers = {"blocks": len(blocks), "violating": len(violations)}
    return RuleOutcome(
        rule=rule.rule,
        answer=answer,
        summary=f"{found}; not in {where}." if violations else f"{found}.",
        comparisons=(Comparison(name="blocks", answer=answer, numbers=numbers),),
        violations=tuple(violations),
    )


def _blocks(rule: Rank, table: Table) -> dict[tuple[str, ...], dict[str, Row]]:
    """Block to arm to row, both in the order of their labels."""
    blocks: dict[tuple[str, ...], dict[str, Row]] = {}
    for row in table.rows:
        key, arm = table.key(row, rule.blocks), table.label(row, rule.arm_column)
        if arm in blocks.setdefault(key, {}):
            raise UnreadableError(f"Block {named(rule.blocks, key, '')} has two rows for arm {arm}.")
        blocks[key][arm] = row
    everyone = {arm for arms in blocks.values() for arm in arms} | {rule.arm}
    for key, arms in sorted(blocks.items()):
        if missing := sorted(everyone - set(arms)):
            raise UnreadableError(f"Block {named(rule.blocks, key, '')} lacks {listed(missing)}.")
    if len(everyone) < 2:
        raise UnreadableError(f"{rule.arm} is the only arm, so no place means anything.")
    return {key: dict(sorted(arms.items())) for key, arms in sorted(blocks.items())}


def _place(rule: Rank, values: dict[str, Fraction]) -> tuple[int, int]:
    """Place of the rule's arm, and the number of arms at its value."""
    own = values[rule.arm]
    better = sum(value > own if rule.best == "highest" else value < own for value in values.values())
    return better + 1, sum(value == own for value in values.values())


def _violation(
    rule: Rank, key: tuple[str, ...], arms: dict[str, Row], place: int, tied: int
) -> dict[str, Any]:
    return {
        "block": dict(zip(rule.blocks, key, strict=True)),
        "place": place,
        "arms_at_this_value": tied,
        "values": {arm: as_reported(row[rule.value_column]) for arm, row in arms.items()},
    }
