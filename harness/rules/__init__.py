"""Decides a rule on observations. Pure, so runner and auditor call the same function on the same record."""

from __future__ import annotations

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
from harness.rules.outcomes import undecided
from harness.rules.reading import UnreadableError
from harness.rules.uses import references

__all__ = ["decide", "references"]


def decide(rule: Rule, observations: Observations) -> RuleOutcome:
    """What the rule answers on the observations, whatever these contain.

    Observations that cannot be read, or that do not cover what the rule is about, give an incomplete
    UNDECIDED with one sentence saying what is missing; they never raise and never decide.
    """
    try:
        return _decide(rule, observations)
    except (UnreadableError, ExpressionError) as problem:
        return undecided(
            rule.rule,
            str(problem),
            settles="Observations that cover everything the rule is about.",
            incomplete=True,
        )


def _decide(rule: Rule, observations: Observations) -> RuleOutcome:
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
            return paired.decide(rule, observations)
        case Unpaired():
            return unpaired.decide(rule, observations)
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
        case AllOf():
            return combine.all_of([decide(part, observations) for part in rule.parts])
        case AnyOf():
            return combine.any_of([decide(part, observations) for part in rule.parts])
        case _:
            assert_never(rule)
