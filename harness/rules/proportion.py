"""``proportion``: at least a share of the rows of a table satisfy a relation."""

from __future__ import annotations

from fractions import Fraction

from harness.records.observations import Observations
from harness.records.rules import Answer, Comparison, Proportion, RuleOutcome
from harness.rules.outcomes import row_as_reported
from harness.rules.reading import UnreadableError, in_range, read_table
from harness.rules.relation import split
from harness.stats.intervals import clopper_pearson_lower, clopper_pearson_upper
from harness.stats.rounding import exact, significant


def _share(text: str) -> tuple[Fraction, int | None]:
    """The share, and the number of rows that it is a share of where it is given as counts."""
    if "/" not in text:
        return in_range("share at_least", text, "0", "1", inclusive=True), None
    count, rows = (int(part) for part in text.split("/"))
    if count > rows:
        raise UnreadableError(f"The share {text} is above 1.")
    return Fraction(count, rows), rows


def decide(rule: Proportion, observations: Observations) -> RuleOutcome:
    """Compares the share exactly when the rows are all there is, by exact one-sided bounds when a sample."""
    share, wanted_rows = _share(rule.at_least)
    alpha = float(in_range("alpha", rule.alpha, "0", "0.5"))
    table = read_table(observations, rule.table)
    satisfying, failing = split(table, table.rows, rule.holds)
    k, n = len(satisfying), len(table.rows)
    if wanted_rows is not None and n != wanted_rows:
        raise UnreadableError(f"Table {rule.table!r} has {n} rows; the rule is about {wanted_rows}.")
    numbers: dict[str, int | float | str] = {"k": k, "n": n, "share": significant(k / n)}
    numbers["at_least"] = rule.at_least
    low = high = Fraction(k, n)
    summary = f"{rule.holds} holds in {k} of {n} rows, a share of {k / n:.6g}"
    if rule.population == "sample":
        lower = significant(clopper_pearson_lower(k, n, alpha))
        upper = significant(clopper_pearson_upper(k, n, alpha))
        numbers |= {"lower": lower, "upper": upper}
        low, high = exact(lower), exact(upper)
        summary += f" (one-sided bounds {lower:.6g} and {upper:.6g} at {rule.alpha})"
    if low > share or (low == share and not rule.strict):
        answer = Answer.MET
    elif high < share or (high == share and rule.strict):
        answer = Answer.REFUTED
    else:
        answer = Answer.UNDECIDED
    demanded = f"{'more than' if rule.strict else 'at least'} {rule.at_least}"
    settles = f"More rows: with {n} the bounds lie on both sides of {rule.at_least}."
    return RuleOutcome(
        rule=rule.rule,
        answer=answer,
        summary=f"{summary}; {demanded} is demanded.",
        settles=settles if answer is Answer.UNDECIDED else "",
        comparisons=(Comparison(name="share", answer=answer, numbers=numbers),),
        violations=() if answer is Answer.MET else tuple(row_as_reported(row) for row in failing),
        assumptions=("The rows are independent draws from one population.",)
        if rule.population == "sample"
        else (),
    )
