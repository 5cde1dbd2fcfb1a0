"""``bound``: one number stands in a relation to a threshold, exactly."""

from __future__ import annotations

import operator

from harness.records.observations import Observations
from harness.records.rules import Answer, Bound, Comparison, RuleOutcome
from harness.rules.outcomes import as_reported
from harness.rules.reading import parameter, read_number
from harness.stats.rounding import exact

_RELATIONS = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}


def decide(rule: Bound, observations: Observations) -> RuleOutcome:
    """MET when the number as reported stands in the relation, REFUTED when not; printed text counts as the
    number it shows."""
    value = read_number(observations, rule.of)
    met = _RELATIONS[rule.op](exact(value), parameter("threshold", rule.threshold))
    answer = Answer.MET if met else Answer.REFUTED
    numbers = {"reported": as_reported(value), "op": rule.op, "threshold": rule.threshold}
    return RuleOutcome(
        rule=rule.rule,
        answer=answer,
        summary=f"The reported {as_reported(value)} is {'' if met else 'not '}{rule.op} {rule.threshold}.",
        comparisons=(Comparison(name="bound", answer=answer, numbers=numbers),),
    )
