"""``rerun``: a reported number agrees with new runs of a measurement that is partly chance."""

from __future__ import annotations

from fractions import Fraction

from harness.records.observations import Observations
from harness.records.rules import Answer, Comparison, Rerun, RuleOutcome
from harness.rules.outcomes import number
from harness.rules.reading import UnreadableError, in_range, parameter, read_table
from harness.stats.paired import moments
from harness.stats.prediction import agreement_p_value, prediction_interval
from harness.stats.rounding import exact, printed_interval, significant

_NOISE = Fraction(1, 10**12)
"""A spread of the runs below this share of the largest value is what floating point leaves behind."""


def decide(rule: Rerun, observations: Observations) -> RuleOutcome:
    """Compares all values that print as the reported number with the prediction interval of one more run.

    REFUTED when none of them lies inside. MET when all do and the interval is no wider than the rule allows.
    Runs without spread decide nothing: either there is no chance in them, and ``equals`` is the right rule,
    or too little of it was varied.
    """
    alpha = float(in_range("alpha", rule.alpha, "0", "0.5"))
    widest = parameter("half_width", rule.half_width)
    if widest <= 0:
        raise UnreadableError(f"The rule's half_width is {rule.half_width}, but must be positive.")
    reported = printed_interval(rule.expected)
    runs = _runs(rule, observations)
    largest = max(abs(value) for value in runs)
    sample = moments(runs, _NOISE * largest)
    interval = prediction_interval(sample, alpha)
    numbers: dict[str, float | str | int] = {
        "runs": sample.n,
        "mean": number(sample.mean),
        "expected": rule.expected,
    }
    about = f"{sample.n} runs of {rule.value_column} have mean {_text(sample.mean)}"
    p = agreement_p_value(sample, reported)
    if interval is None or p is None:
        return RuleOutcome(
            rule=rule.rule,
            answer=Answer.UNDECIDED,
            summary=f"{about} and no spread, so nothing says how far a new run may fall from it.",
            settles="Runs that differ in everything that is left to chance; equals is the rule for a measurement "
            "without chance.",
            comparisons=(Comparison(name="rerun", answer=Answer.UNDECIDED, numbers=numbers),),
        )
    low, high = (exact(significant(_float_of(bound))) for bound in interval)
    half = (high - low) / 2
    inside = low <= reported.low and reported.high <= high
    outside = reported.high < low or high < reported.low
    if outside:
        answer, settles = Answer.REFUTED, ""
    elif inside and half <= widest:
        answer, settles = Answer.MET, ""
    else:
        answer = Answer.UNDECIDED
        settles = f"More runs: the half-width {_text(half)} may be at most {rule.half_width}."
        if half <= widest:
            settles = "More runs, or a report with more digits: its rounding interval crosses an end of the interval."
    numbers |= {
        "sd": number(sample.sd or Fraction(0)),
        "lower": number(low),
        "upper": number(high),
        "half_width": number(half),
        "p_agreement": significant(p),
    }
    where = "outside" if outside else "inside" if inside else "across an end of"
    return RuleOutcome(
        rule=rule.rule,
        answer=answer,
        summary=f"{about}; one more run falls in [{_text(low)}, {_text(high)}] with probability "
        f"1 - {rule.alpha}, and the reported {rule.expected} lies {where} it (half-width "
        f"{_text(half)}, {rule.half_width} allowed; two-sided p {p:.6g}).",
        settles=settles,
        comparisons=(Comparison(name="rerun", answer=answer, numbers=numbers),),
        assumptions=(
            "The runs and the reported one are independent draws from one normal distribution.",
            "The report was not chosen among several runs.",
        ),
    )


def _float_of(value: Fraction) -> float:
    """The value as a float; UnreadableError where it is too large for one."""
    try:
        return float(value)
    except OverflowError:
        raise UnreadableError("The runs are too far apart for an interval in floating point.") from None


def _text(value: Fraction) -> str:
    """The value in six digits."""
    return f"{number(value, 6)}"


def _runs(rule: Rerun, observations: Observations) -> list[Fraction]:
    table = read_table(observations, rule.table)
    found: dict[str, Fraction] = {}
    for row in table.rows:
        run = table.label(row, rule.run)
        if run in found:
            raise UnreadableError(f"Run {run} is there twice in table {rule.table!r}.")
        found[run] = table.number(row, rule.value_column)
    if len(found) < rule.runs:
        raise UnreadableError(f"Table {rule.table!r} has {len(found)} runs, the rule needs {rule.runs}.")
    return [value for _, value in sorted(found.items())]
