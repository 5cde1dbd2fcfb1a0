"""``superiority``, ``noninferiority``, ``equivalence``: a paired comparison in every group of a table."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from harness.records.observations import Observations
from harness.records.rules import Answer, Comparison, Paired, RuleOutcome
from harness.rules.outcomes import named, number
from harness.rules.paired_tests import Group, Tested, overall, smallest_reachable, tested_groups
from harness.rules.paired_words import assumptions, settles, summary
from harness.rules.reading import UnreadableError, in_range, parameter, read_table
from harness.stats.paired import detectable_effect, moments, t_bounds

_NOISE = Fraction(1, 10**12)
"""A spread of the differences below this share of the largest value is what floating point leaves behind."""


def decide(rule: Paired, observations: Observations) -> RuleOutcome:
    """Decides the rule as the record's docstring says; numbers for every group in the order of their labels.

    The smallest p this design could reach, and the smallest effect it could see at the stated power, are
    given with every group. The effect is counted from the margin, is based on the t test whatever the rule's
    test is, and with a correction takes alpha / groups, the strictest level of both methods.
    """
    alpha = float(in_range("alpha", rule.alpha, "0", "0.5"))
    power = float(in_range("power", rule.power, "0", "1"))
    if rule.seed < 0:
        raise UnreadableError(f"The rule's seed is {rule.seed}, but must not be negative.")
    groups = _groups(rule, observations)
    tested = tested_groups(rule, groups, _margin(rule, rule.margin), alpha)
    answer = overall(tested)
    smallest = smallest_reachable(rule, groups)
    level = alpha if rule.multiplicity.method == "none" else alpha / len(groups)
    effects = [detectable_effect(group.sample, level, power) for group in groups]
    comparisons = [
        Comparison(
            name=group.name,
            answer=result.answer,
            numbers=_numbers(group, result, alpha, smallest[i] if smallest else None, effects[i]),
        )
        for i, (group, result) in enumerate(zip(groups, tested, strict=True))
    ]
    comparisons += [_other_margin(rule, groups, margin, alpha) for margin in rule.sensitivity]
    left = answer is Answer.UNDECIDED
    return RuleOutcome(
        rule=rule.rule,
        answer=answer,
        summary=summary(rule, groups, tested, answer),
        settles=settles(rule, groups, tested, smallest, effects, alpha) if left else "",
        comparisons=tuple(comparisons),
        assumptions=assumptions(rule),
    )


def _groups(rule: Paired, observations: Observations) -> list[Group]:
    table = read_table(observations, rule.table)
    found: dict[tuple[str, ...], dict[str, Fraction]] = {}
    largest: dict[tuple[str, ...], Fraction] = {}
    for row in table.rows:
        key, unit = table.key(row, rule.groups), table.label(row, rule.unit)
        treatment, control = table.number(row, rule.treatment), table.number(row, rule.control)
        if unit in found.setdefault(key, {}):
            raise UnreadableError(f"Unit {unit} is there twice in {_name(rule, key)}.")
        found[key][unit] = treatment - control if rule.better == "higher" else control - treatment
        largest[key] = max(largest.get(key, Fraction(0)), abs(treatment), abs(control))
    if rule.group_count is not None and len(found) != rule.group_count:
        raise UnreadableError(
            f"Table {rule.table!r} has {len(found)} groups, the rule is about {rule.group_count}."
        )
    groups = []
    for key, units in sorted(found.items()):
        # By unit, so that a seeded permutation test depends on neither the order of rows nor other columns.
        differences = tuple(difference for _, difference in sorted(units.items()))
        groups.append(Group(_name(rule, key), differences, moments(differences, _NOISE * largest[key])))
    return groups


def _name(rule: Paired, key: tuple[str, ...]) -> str:
    return named(rule.groups, key, "all units")


def _margin(rule: Paired, text: str) -> Fraction:
    margin = parameter("margin", text)
    if margin < 0 and rule.rule != "superiority":
        raise UnreadableError(f"The rule's margin is {text}, but must not be negative for {rule.rule}.")
    return margin


def _numbers(
    group: Group, result: Tested, alpha: float, smallest: float | None, effect: Fraction | None
) -> dict[str, float | str | int]:
    """The group's numbers; what is undefined is left out."""
    bounds = t_bounds(group.sample, alpha)
    numbers: dict[str, Fraction | float | None] = {
        "mean_difference": group.sample.mean,
        "sd": group.sample.sd,
        "lower": bounds[0] if bounds else None,
        "upper": bounds[1] if bounds else None,
        "p_met": result.met,
        "p_met_adjusted": result.met_adjusted,
        "p_refuted": result.refuted,
        "p_refuted_adjusted": result.refuted_adjusted,
        "smallest_reachable_p": smallest,
    }
    given = {name: number(value) for name, value in numbers.items() if value is not None}
    if effect is not None:
        # Six digits: a planning figure, and versions of the noncentral t differ after that.
        given["minimum_detectable_effect"] = number(effect, 6)
    return {"n": group.sample.n, **given}


def _other_margin(rule: Paired, groups: Sequence[Group], margin: str, alpha: float) -> Comparison:
    tested = tested_groups(rule, groups, _margin(rule, margin), alpha)
    not_met = [g.name for g, result in zip(groups, tested, strict=True) if result.answer is not Answer.MET]
    return Comparison(
        name=f"margin {margin}",
        answer=overall(tested),
        numbers={"groups": len(groups), "not_met": not_met},
    )
