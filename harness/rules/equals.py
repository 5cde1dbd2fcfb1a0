"""``equals``: one number equals the expected one, exactly or within what printing or a tolerance allows."""

from __future__ import annotations

from harness.records.observations import Observations
from harness.records.rules import Answer, Comparison, Equals, RuleOutcome
from harness.rules.outcomes import as_reported
from harness.rules.reading import UnreadableError, parameter, read_number
from harness.stats.rounding import Interval, exact, exact_text, interval_of, printed_interval


def decide(rule: Equals, observations: Observations) -> RuleOutcome:
    """MET when all values the reported number stands for are allowed, REFUTED when none is, else UNDECIDED.

    With ``tolerance: exact`` printed text stands for exactly the number it shows, because an interval could
    never lie inside a single point. Otherwise text stands for its rounding interval, and touching the allowed
    interval in one end point is no agreement.
    """
    value = read_number(observations, rule.of)
    allowed = _allowed(rule)
    exactly = rule.tolerance == "exact"
    reported = Interval(exact(value), exact(value)) if exactly else interval_of(value)
    if allowed.contains(reported):
        answer, verb = Answer.MET, "lies within"
    elif reported.low >= allowed.high or reported.high <= allowed.low:
        answer, verb = Answer.REFUTED, "lies outside"
    else:
        answer, verb = Answer.UNDECIDED, "is printed too coarsely to say whether it lies within"
    limits = f"[{exact_text(allowed.low)}, {exact_text(allowed.high)}]"
    numbers = {
        "reported": as_reported(value),
        "expected": rule.expected,
        "lower": exact_text(allowed.low),
        "upper": exact_text(allowed.high),
    }
    return RuleOutcome(
        rule=rule.rule,
        answer=answer,
        summary=f"The reported {as_reported(value)} {verb} {limits}, which is {rule.expected} with tolerance "
        f"{rule.tolerance}.",
        settles="A report with more digits." if answer is Answer.UNDECIDED else "",
        comparisons=(Comparison(name="equals", answer=answer, numbers=numbers),),
    )


def _allowed(rule: Equals) -> Interval:
    centre = parameter("expected value", rule.expected)
    if rule.tolerance == "printed":
        return printed_interval(rule.expected)
    half = parameter("tolerance", "0" if rule.tolerance == "exact" else rule.tolerance)
    if half < 0:
        raise UnreadableError(f"The rule's tolerance is {rule.tolerance}, but must not be negative.")
    return Interval(centre - half, centre + half)
