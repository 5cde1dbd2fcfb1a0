"""How far an aggregate over some rows lies on the side that a rule claims. Estimates only: parts are small."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from harness.records.observations import ReportedTable, Value
from harness.records.rules import Paired, Proportion, Rule, Trend, Unpaired
from harness.redteam.exact_rows import exact_row
from harness.redteam.subsets import Rows
from harness.rules.expression import holds, parse
from harness.rules.leaves import leaves
from harness.stats.rounding import exact
from harness.stats.trend import Block, kendall_s

Aggregate = Proportion | Paired | Unpaired | Trend
"""A rule about a mean, a share or a tendency over rows."""


def aggregates(rule: Rule) -> tuple[Aggregate, ...]:
    """The rules about means, shares and tendencies in a rule."""
    return tuple(leaf for leaf in leaves(rule) if isinstance(leaf, (Proportion, Paired, Unpaired, Trend)))


def units_of(rule: Aggregate) -> tuple[str, ...]:
    """Label columns that tell single values apart, by which a table is not split."""
    match rule:
        case Paired():
            return tuple(name for name in (rule.unit, rule.seed_column) if name is not None)
        case Unpaired():
            return rule.unit, rule.arm_column
    return ()


def stated_groups(rule: Aggregate) -> tuple[str, ...]:
    """Label columns over whose labels the rule is universal, or within which it looks."""
    match rule:
        case Paired() | Unpaired():
            return rule.groups
        case Trend():
            return rule.blocks
    return ()


def surplus(rule: Aggregate, table: ReportedTable, rows: Rows) -> Fraction | None:
    """By how much the estimate over the rows lies beyond what the rule demands; negative: it falls short.

    In the unit of the values; for a trend the number of pairs in order minus those in the opposite one. None
    where the rows give no estimate, such as for one arm alone.
    """
    match rule:
        case Proportion():
            relation = parse(rule.holds)
            satisfied = sum(holds(relation, exact_row(table, row)) for row in rows)
            return Fraction(satisfied, len(rows)) - Fraction(rule.at_least.replace(",", ""))
        case Trend():
            return _trend(rule, rows)
    gain = mean_gain(rule, rows)
    if gain is None:
        return None
    margin, kind = exact(rule.margin), rule.rule.removeprefix("unpaired_")
    if kind == "equivalence":
        return margin - abs(gain)
    return gain - margin if kind == "superiority" else gain + margin


def mean_gain(rule: Paired | Unpaired, rows: Rows) -> Fraction | None:
    """Mean difference of the arms over the rows, turned so that positive is better; None for one arm alone."""
    sign = 1 if rule.better == "higher" else -1
    if isinstance(rule, Paired):
        return sign * _mean([exact(row[rule.treatment]) - exact(row[rule.control]) for row in rows])
    arms = {
        arm: [exact(row[rule.value_column]) for row in rows if row[rule.arm_column] == arm]
        for arm in (rule.treatment, rule.control)
    }
    if not all(arms.values()):
        return None
    return sign * (_mean(arms[rule.treatment]) - _mean(arms[rule.control]))


def _trend(rule: Trend, rows: Rows, blocks: Sequence[str] | None = None) -> Fraction | None:
    found: dict[tuple[Value, ...], list[tuple[Fraction, Fraction]]] = {}
    for row in rows:
        key = tuple(row[name] for name in (rule.blocks if blocks is None else blocks))
        found.setdefault(key, []).append((exact(row[rule.dose_column]), exact(row[rule.value_column])))
    if all(len(pairs) < 2 for pairs in found.values()):
        return None
    total = sum(kendall_s(Block(*zip(*pairs, strict=True))) for pairs in found.values())
    return Fraction(total if rule.direction == "increasing" else -total)


def pooled(rule: Unpaired | Trend, rows: Rows) -> Fraction | None:
    """Direction of the estimate over all rows together, whatever groups or blocks the rule keeps apart."""
    return mean_gain(rule, rows) if isinstance(rule, Unpaired) else _trend(rule, rows, ())


def _mean(values: Sequence[Fraction]) -> Fraction:
    return sum(values, Fraction(0)) / len(values)
