"""``sequential``: superiority on evidence that may be looked at, and added to, at any time."""

from __future__ import annotations

import math
from fractions import Fraction

from harness.records.observations import Observations
from harness.records.rules import Answer, Comparison, RuleOutcome, Sequential
from harness.rules.outcomes import number
from harness.rules.reading import UnreadableError, in_range, parameter, read_table
from harness.stats.e_values import anytime_p_values, fewest_observations, log_capital
from harness.stats.rounding import exact_text, significant


def decide(rule: Sequential, observations: Observations) -> RuleOutcome:
    """The side whose evidence reaches 1/alpha first decides, so later rows cannot take an answer back.

    Both reach it at one and the same row only if the rule's alpha is above what either bet could pay; then
    nothing is decided. The p-values are those after the last row, and stay valid at every look.
    """
    alpha = float(in_range("alpha", rule.alpha, "0", "0.5"))
    margin, limit = parameter("margin", rule.margin), parameter("limit", rule.limit)
    if not abs(margin) < limit:
        raise UnreadableError(f"The rule's margin {rule.margin} must be smaller than its limit {rule.limit}.")
    differences = _differences(rule, observations, limit)
    capital = {
        Answer.MET: log_capital(differences, margin, limit),
        Answer.REFUTED: log_capital(differences, margin, limit, sign=-1),
    }
    p_values = {side: [significant(p) for p in anytime_p_values(path)] for side, path in capital.items()}
    n = len(differences)
    first = {
        side: next((i for i, p in enumerate(path, 1) if p <= alpha), n + 1) for side, path in p_values.items()
    }
    answer = Answer.UNDECIDED
    if first[Answer.MET] != first[Answer.REFUTED]:
        answer = min(first, key=lambda side: first[side])
    p_met, p_refuted = p_values[Answer.MET][-1], p_values[Answer.REFUTED][-1]
    numbers: dict[str, float | str | int] = {
        "n": n,
        "mean_difference": number(sum(differences, Fraction(0)) / n),
        "log_e_met": number(capital[Answer.MET][-1]),
        "log_e_refuted": number(capital[Answer.REFUTED][-1]),
        "p_met": p_met,
        "p_refuted": p_refuted,
    }
    if answer is not Answer.UNDECIDED:
        numbers["decided_after"] = first[answer]
    fewest = fewest_observations(margin, limit, alpha)
    when = f"decided after {first[answer]} of" if answer is not Answer.UNDECIDED else "not decided after"
    settles = (
        f"More rows, added after the present ones: the evidence is {math.exp(min(capital[Answer.MET][-1], 700.0)):.6g} "
        f"of the {1 / alpha:.6g} that alpha {rule.alpha} asks for."
    )
    if fewest is None or n < fewest:
        settles += f" No data of fewer than {fewest or 'a thousand million'} rows could have met the rule."
    return RuleOutcome(
        rule=rule.rule,
        answer=answer,
        summary=f"{rule.treatment} over {rule.control} (margin {rule.margin}): {when} {n} rows; anytime-valid p "
        f"{p_met:.6g}, of the opposite {p_refuted:.6g} (alpha {rule.alpha}).",
        settles=settles if answer is Answer.UNDECIDED else "",
        comparisons=(Comparison(name="sequence", answer=answer, numbers=numbers),),
        assumptions=(
            f"Given all earlier rows, the expected difference of every next one is on one side of {rule.margin}.",
            f"No difference can be larger than {rule.limit}.",
            f"The order in {rule.order} was fixed without knowing the values.",
        ),
    )


def _differences(rule: Sequential, observations: Observations, limit: Fraction) -> list[Fraction]:
    table = read_table(observations, rule.table)
    found: dict[Fraction, Fraction] = {}
    for row in table.rows:
        place = table.number(row, rule.order)
        if place in found:
            raise UnreadableError(
                f"Two rows of table {rule.table!r} have the place {exact_text(place)[:40]}."
            )
        difference = table.number(row, rule.treatment) - table.number(row, rule.control)
        if abs(difference) > limit:
            raise UnreadableError(
                f"The difference at place {exact_text(place)[:40]} is beyond the limit {rule.limit}."
            )
        found[place] = difference if rule.better == "higher" else -difference
    return [difference for _, difference in sorted(found.items())]
