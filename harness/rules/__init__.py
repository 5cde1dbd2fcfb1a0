"""Decides a rule on observations. Pure, so runner and auditor call the same function on the same record."""

from __future__ import annotations

from collections.abc import Iterator
from typing import assert_never

from harness.records.observations import Observations
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
    RuleOutcome,
    Sequential,
    Trend,
    Unpaired,
)
from harness.rules import (
    bound,
    combine,
    consistency,
    equals,
    forall,
    paired,
    proportion,
    rank,
    reported_numbers,
    rerun,
    sequential,
    trend,
    unpaired,
)
from harness.rules.expression import ExpressionError
from harness.rules.families import Families
from harness.rules.leaves import Leaf, leaves
from harness.rules.outcomes import undecided
from harness.rules.reading import UnreadableError
from harness.rules.uses import references

__all__ = ["decide", "references"]


def decide(rule: Rule, observations: Observations) -> RuleOutcome:
    """What the rule answers on the observations, whatever these contain.

    Observations that cannot be read, or that do not cover what the rule is about, give an incomplete
    UNDECIDED with one sentence saying what is missing; they never raise and never decide.
    """
    parts = leaves(rule)
    families = Families(parts, observations)
    outcomes = [_leaf(index, part, observations, families) for index, part in enumerate(parts)]
    return _combined(rule, iter(outcomes))


def _combined(rule: Rule, outcomes: Iterator[RuleOutcome]) -> RuleOutcome:
    """Puts the outcomes of the elementary rules together, in the order of the record."""
    if isinstance(rule, AllOf):
        return combine.all_of([_combined(part, outcomes) for part in rule.parts])
    if isinstance(rule, AnyOf):
        return combine.any_of([_combined(part, outcomes) for part in rule.parts])
    return next(outcomes)


def _leaf(index: int, rule: Leaf, observations: Observations, families: Families) -> RuleOutcome:
    try:
        return _decide(index, rule, observations, families)
    except (UnreadableError, ExpressionError) as problem:
        return undecided(
            rule.rule,
            str(problem),
            settles="Observations that cover everything the rule is about.",
            incomplete=True,
        )


def _decide(index: int, rule: Leaf, observations: Observations, families: Families) -> RuleOutcome:
    """The explicit table of rules; the type checker refuses a rule that is missing here."""
    match rule:
        case Equals():
            return equals.decide(rule, observations)
        case Bound():
            return bound.decide(rule, observations)
        case ForAll():
            return forall.decide(rule, observations)
        case Proportion():
            return proportion.decide(rule, observations)
        case Rank():
            return rank.decide(rule, observations)
        case Paired():
            return paired.decide(rule, observations, families.elsewhere(index))
        case Unpaired():
            return unpaired.decide(rule, observations, families.elsewhere(index))
        case Trend():
            return trend.decide(rule, observations)
        case Rerun():
            return rerun.decide(rule, observations)
        case Sequential():
            return sequential.decide(rule, observations)
        case Granularity():
            return consistency.decide_granularity(rule, observations)
        case MeanOfCells():
            return consistency.decide_mean_of_cells(rule, observations)
        case SumOfCells():
            return reported_numbers.decide_sum_of_cells(rule, observations)
        case SameValue():
            return reported_numbers.decide_same_value(rule, observations)
        case PercentChange():
            return reported_numbers.decide_percent_change(rule, observations)
        case PValue():
            return reported_numbers.decide_p_value(rule, observations)
        case SampleSummary():
            return reported_numbers.decide_sample_summary(rule, observations)
        case _:
            assert_never(rule)
