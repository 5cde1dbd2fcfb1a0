"""``unpaired_superiority``, ``unpaired_noninferiority``, ``unpaired_equivalence``: two independent samples."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from typing import Literal

from harness.records.observations import Observations
from harness.records.rules import RuleOutcome, Unpaired
from harness.rules import comparison
from harness.rules.comparison import Question
from harness.rules.outcomes import named, number
from harness.rules.reading import UnreadableError, read_table
from harness.stats.effect_sizes import probability_of_superiority, two_sample_g
from harness.stats.paired import Moments, moments
from harness.stats.rounding import significant
from harness.stats.student import Estimate, bounds, p_value
from harness.stats.two_samples import (
    LARGEST_COUNTED,
    arrangements,
    label_permutation_exact,
    label_permutations_monte_carlo,
    mann_whitney_p_value,
    smallest_mann_whitney_p,
    welch,
)

_NOISE = Fraction(1, 10**12)
"""A spread below this share of the largest value is what floating point leaves behind."""


@dataclass(frozen=True)
class UnpairedGroup:
    """The values of both arms in one group, turned so that higher is better."""

    name: str
    """Labels of the group in words."""
    treatment: tuple[Fraction, ...]
    """In the order of the units' labels."""
    control: tuple[Fraction, ...]
    """In the order of the units' labels."""
    samples: tuple[Moments, Moments]
    """Moments of treatment and control."""
    estimate: Estimate | None
    """Difference of the means with Welch's error; None without spread."""
    lacks: Literal["", "size", "spread"]
    """Why there is no error."""
    size: str
    """How many values, in words."""


def decide(rule: Unpaired, observations: Observations) -> RuleOutcome:
    """Decides the rule as the record's docstring and ``comparison.decide`` say."""
    if rule.treatment == rule.control:
        raise UnreadableError("The rule compares an arm with itself.")
    groups = _groups(rule, observations)
    smallest = _smallest_reachable(rule, groups)
    return comparison.decide(
        rule, groups, partial(_tails, rule), smallest, partial(_numbers, rule), _assumptions(rule)
    )


def _groups(rule: Unpaired, observations: Observations) -> list[UnpairedGroup]:
    table = read_table(observations, rule.table)
    found: dict[tuple[str, ...], dict[str, dict[str, Fraction]]] = {}
    for row in table.rows:
        key, arm = table.key(row, rule.groups), table.label(row, rule.arm_column)
        unit, value = table.label(row, rule.unit), table.number(row, rule.value_column)
        if arm not in (rule.treatment, rule.control):
            continue
        units = found.setdefault(key, {}).setdefault(arm, {})
        if unit in units:
            raise UnreadableError(f"Unit {unit} is there twice for {arm} in {_name(rule, key)}.")
        units[unit] = value if rule.better == "higher" else -value
    if not found:
        raise UnreadableError(f"Table {rule.table!r} has no row of {rule.treatment} or {rule.control}.")
    if rule.group_count is not None and len(found) != rule.group_count:
        raise UnreadableError(
            f"Table {rule.table!r} has {len(found)} groups, the rule is about {rule.group_count}."
        )
    return [_group(rule, _name(rule, key), arms) for key, arms in sorted(found.items())]


def _group(rule: Unpaired, name: str, arms: dict[str, dict[str, Fraction]]) -> UnpairedGroup:
    for arm in (rule.treatment, rule.control):
        if arm not in arms:
            raise UnreadableError(f"There is no row of {arm} in {name}.")
    treatment, control = (
        tuple(value for _, value in sorted(arms[arm].items())) for arm in (rule.treatment, rule.control)
    )
    noise = _NOISE * max(abs(value) for value in (*treatment, *control))
    samples = moments(treatment, noise), moments(control, noise)
    found = welch(*samples)
    lacks: Literal["", "size", "spread"] = "" if found else "spread"
    if min(len(treatment), len(control)) == 1:
        lacks = "size"
    size = f"{len(treatment)} and {len(control)} values"
    return UnpairedGroup(name, treatment, control, samples, found, lacks, size)


def _name(rule: Unpaired, key: tuple[str, ...]) -> str:
    return named(rule.groups, key, "all values")


def _tails(
    rule: Unpaired, groups: Sequence[UnpairedGroup], questions: Sequence[Question]
) -> list[list[float | None]]:
    """One-sided p of the rule's test for every group and question; see ``comparison.Tails``."""
    return [
        _drawn(rule, group, questions)
        if rule.test == "permutation" and not _enumerable(group)
        else [_tail(rule, group, question) for question in questions]
        for group in groups
    ]


def _enumerable(group: UnpairedGroup) -> bool:
    return arrangements(len(group.treatment), len(group.control)) <= LARGEST_COUNTED


def _drawn(rule: Unpaired, group: UnpairedGroup, questions: Sequence[Question]) -> list[float | None]:
    found = label_permutations_monte_carlo(
        group.treatment, group.control, questions, seed=rule.seed, resamples=rule.resamples
    )
    return [float(p) for p in found]


def _tail(rule: Unpaired, group: UnpairedGroup, question: Question) -> float | None:
    shift, side = question
    if rule.test == "welch":
        return None if group.estimate is None else p_value(group.estimate, shift, side)
    if rule.test == "mann-whitney":
        return mann_whitney_p_value(group.treatment, group.control, shift, side)
    return float(label_permutation_exact(group.treatment, group.control, shift, side))


def _smallest_reachable(rule: Unpaired, groups: Sequence[UnpairedGroup]) -> list[float] | None:
    """Smallest p each group can reach whatever its data; None for Welch's t, which has no smallest one."""
    if rule.test == "welch":
        return None
    sizes = [(len(group.treatment), len(group.control)) for group in groups]
    if rule.test == "mann-whitney":
        return [significant(smallest_mann_whitney_p(m, n)) for m, n in sizes]
    counts = [arrangements(m, n) for m, n in sizes]
    return [
        significant(1 / count if count <= LARGEST_COUNTED else 1 / (rule.resamples + 1)) for count in counts
    ]


def _numbers(rule: Unpaired, group: UnpairedGroup, alpha: float) -> dict[str, float | str | int]:
    """The group's numbers; what is undefined is left out."""
    treatment, control = group.samples
    turn = 1 if rule.better == "higher" else -1
    given: dict[str, Fraction | None] = {
        "mean_difference": treatment.mean - control.mean,
        "mean_treatment": turn * treatment.mean,
        "mean_control": turn * control.mean,
        "sd_treatment": treatment.sd,
        "sd_control": control.sd,
    }
    if group.estimate is not None:
        given["lower"], given["upper"] = bounds(group.estimate, alpha)
        given["degrees_of_freedom"] = Fraction(group.estimate.df)
    numbers: dict[str, float | str | int] = {"n_treatment": treatment.n, "n_control": control.n}
    numbers |= {name: number(value) for name, value in given.items() if value is not None}
    effects = {
        "hedges_g": two_sample_g(treatment, control, alpha) if group.estimate else None,
        "probability_better": probability_of_superiority(group.treatment, group.control, alpha),
    }
    for name, effect in effects.items():
        if effect is not None:
            # Six digits: these rest on the noncentral t and on a normal approximation.
            numbers |= {
                name: number(effect.value, 6),
                f"{name}_lower": number(effect.lower, 6),
                f"{name}_upper": number(effect.upper, 6),
            }
    return numbers


def _assumptions(rule: Unpaired) -> tuple[str, ...]:
    """What the rule's test takes for granted."""
    shape = {
        "welch": "The mean of each arm is close to normal.",
        "permutation": "The two arms have the same distribution but for their means.",
        "mann-whitney": "The two arms have the same distribution but for their location.",
    }[rule.test]
    return (
        f"All values, named by {rule.unit}, are independent of each other, within and between the arms.",
        shape,
    )
