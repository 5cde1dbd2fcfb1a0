"""The elementary rules in a rule: what ``all_of`` and ``any_of`` are made of."""

from __future__ import annotations

from harness.records.reported_rules import PercentChange, PValue, SameValue, SampleSummary, SumOfCells
from harness.records.rules import (
    AllOf,
    AnyOf,
    Bound,
    Equals,
    ForAll,
    Granularity,
    MeanOfCells,
    Paired,
    Proportion,
    Rank,
    Rerun,
    Rule,
    Sequential,
    Trend,
    Unpaired,
)

Statistical = Paired | Unpaired | Trend | Rerun | Sequential
"""A rule that tests, so that its answer can be UNDECIDED for want of data."""
OfRows = Granularity | SameValue | PercentChange | PValue | SampleSummary
"""A ``consistency`` rule about several printed numbers of one row."""
Consistency = OfRows | MeanOfCells | SumOfCells
"""A rule about the last printed digit of every number."""
Leaf = Equals | Bound | ForAll | Proportion | Rank | Statistical | Consistency
"""A rule that is not made of others."""


def leaves(rule: Rule) -> tuple[Leaf, ...]:
    """Elementary rules in the order of the record; the rule itself if it is one."""
    if isinstance(rule, (AllOf, AnyOf)):
        return tuple(leaf for part in rule.parts for leaf in leaves(part))
    return (rule,)


def paired_rules(rule: Rule) -> tuple[Paired, ...]:
    """The paired comparisons in a rule."""
    return tuple(leaf for leaf in leaves(rule) if isinstance(leaf, Paired))


def statistical_rules(rule: Rule) -> tuple[Statistical, ...]:
    """The statistical tests in a rule."""
    return tuple(leaf for leaf in leaves(rule) if isinstance(leaf, Statistical))


def expected_values(rule: Rule) -> tuple[str, ...]:
    """Values that a rule expects, exactly or as one more run, as text."""
    return tuple(leaf.expected for leaf in leaves(rule) if isinstance(leaf, (Equals, Rerun)))


def has_choice(rule: Rule) -> bool:
    """Whether an ``any_of`` stands anywhere in a rule."""
    if isinstance(rule, AllOf):
        return any(has_choice(part) for part in rule.parts)
    return isinstance(rule, AnyOf)
