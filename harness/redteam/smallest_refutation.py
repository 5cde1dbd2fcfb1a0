"""Of many violating rows the two that suffice: the worst one, and the one nearest to the boundary."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from harness.records.observations import Observations
from harness.records.rules import ForAll, Rank, Rule, RuleOutcome
from harness.redteam.exact_rows import exact_row
from harness.rules.expression import parse
from harness.rules.leaves import leaves
from harness.rules.slack import slack
from harness.stats.rounding import exact, exact_text

Violation = dict[str, Any]


def extremes(
    rule: Rule, outcomes: Sequence[RuleOutcome], observations: Observations
) -> tuple[tuple[Violation, Fraction], tuple[Violation, Fraction]] | None:
    """The worst violation and the nearest miss, each with its distance; of the rule that has most violations.

    None where no rule has two violations with a distance: then there is nothing to choose between.
    """
    found: list[list[tuple[Violation, Fraction]]] = []
    rules = [leaf for leaf in leaves(rule) if isinstance(leaf, (ForAll, Rank))]
    for outcome in outcomes:
        for leaf in rules:
            measured = [
                (row, away)
                for row in outcome.violations
                if leaf.rule == outcome.rule and (away := _distance(leaf, row, observations)) is not None
            ]
            if len(measured) == len(outcome.violations) > 1:
                found.append(measured)
    if not found:
        return None
    longest = max(found, key=len)
    return max(longest, key=lambda item: item[1]), min(longest, key=lambda item: item[1])


def _distance(rule: ForAll | Rank, row: Violation, observations: Observations) -> Fraction | None:
    """How far a violating row is from being none; not negative, 0 for a tie. None for a row of another rule."""
    if isinstance(rule, Rank):
        return _behind(rule, row)
    table = observations.tables[rule.table]
    if set(row) != {column.name for column in table.columns} or not _is_row(row):
        return None
    distance = slack(parse(rule.holds), exact_row(table, row))
    return None if distance is None or distance > 0 else -distance


def _is_row(row: Violation) -> bool:
    return all(isinstance(value, (int, float, str)) for value in row.values())


def _behind(rule: Rank, row: Violation) -> Fraction | None:
    """For a first place: by how much the best of the others is ahead of the arm."""
    values = row.get("values")
    if not isinstance(values, dict) or rule.arm not in values or rule.place != 1:
        return None
    others = [exact(value) for arm, value in values.items() if arm != rule.arm]
    own = exact(values[rule.arm])
    return max(others) - own if rule.best == "highest" else own - min(others)


def in_words(worst: tuple[Violation, Fraction], nearest: tuple[Violation, Fraction], short: Any) -> str:
    """The two rows in one phrase; ``short`` words a row."""
    return (
        f"the worst is {short(worst[0])} (by {exact_text(worst[1])[:40]}), "
        f"the nearest to holding {short(nearest[0])} (by {exact_text(nearest[1])[:40]})"
    )
