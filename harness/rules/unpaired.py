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
from harness.rules.comparison import Elsewhere, Pair, Question
from harness.rules.outcomes import named, number
from harness.rules.reading import UnreadableError, read_table
from harness.stats.bootstrap import MOST_BOOTSTRAP, Bootstrap, bootstrap_bounds, bootstrap_p_value
from harness.stats.clusters import totals_by_cluster
from harness.stats.effect_sizes import probability_of_superiority, two_sample_g
from harness.stats.paired import Moments, moments
from harness.stats.rounding import significant
from harness.stats.student import Estimate, bounds, p_value
from harness.stats.two_arms import Arm, arms_bootstrap, arms_estimate
from harness.stats.two_samples import (
    LARGEST_COUNTED,
    arrangements,
    label_permutation_exact,
    label_permutations_monte_carlo,
    mann_whitney_p_value,
    smallest_mann_whitney_p,
)

_NOISE = Fraction(1, 10**12)
"""A spread below this share of the largest value is what floating point leaves behind."""


@dataclass(frozen=True)
class UnpairedGroup:
    """The values of both arms in one group, turned so that higher is better."""

    name: str
    """Labels of the group in words."""
    treatment: tuple[Fraction, ...]
    """In the order of the units' labels; means over seeds where there are several."""
    control: tuple[Fraction, ...]
    """As for the treatment."""
    arms: tuple[Arm, Arm]
    """Treatment and control by cluster."""
    samples: tuple[Moments, Moments]
    """Moments of treatment and control."""
    estimate: Estimate | None
    """Difference of the means with the error that clusters and seeds leave it; None without spread."""
    lacks: Literal["", "size", "spread"]
    """Why there is no error."""
    size: str
    """What is independent, in words."""
    drawn: Bootstrap | None
    """Bootstrap of the difference, where the rule's test is one and there is spread."""


def decide(rule: Unpaired, observations: Observations, elsewhere: Elsewhere) -> RuleOutcome:
    """Decides the rule as the record's docstring and ``comparison.decide`` say."""
    groups = _groups(rule, observations)
    smallest = _smallest_reachable(rule, groups)
    return comparison.decide(
        rule,
        groups,
        partial(_tails, rule),
        smallest,
        partial(_numbers, rule),
        _assumptions(rule),
        elsewhere,
    )


def p_values(rule: Unpaired, observations: Observations) -> list[Pair]:
    """What the rule contributes to its family: the p-values of every group, not corrected."""
    groups = _groups(rule, observations)
    return comparison.p_values(rule, groups, partial(_tails, rule), comparison.margin_of(rule, rule.margin))


def _check(rule: Unpaired) -> None:
    """UnreadableError for what no observations can answer."""
    if rule.treatment == rule.control:
        raise UnreadableError("The rule compares an arm with itself.")
    if rule.seed_column is not None and rule.test != "welch":
        raise UnreadableError(
            f"The rule has a seed_column and the test {rule.test}; with seeds as a sample of their own only "
            "welch is there."
        )
    if rule.test in ("bca", "bootstrap-t") and rule.resamples > MOST_BOOTSTRAP:
        raise UnreadableError(
            f"The rule asks for {rule.resamples} bootstrap samples, at most {MOST_BOOTSTRAP} are kept."
        )


@dataclass
class _Rows:
    """What the table says about one arm of one group."""

    values: dict[tuple[str, str], Fraction]
    """By unit and seed."""
    cluster_of: dict[str, str]
    """By unit."""


def _groups(rule: Unpaired, observations: Observations) -> list[UnpairedGroup]:
    _check(rule)
    table = read_table(observations, rule.table)
    found: dict[tuple[str, ...], dict[str, _Rows]] = {}
    for row in table.rows:
        key, arm = table.key(row, rule.groups), table.label(row, rule.arm_column)
        unit, value = table.label(row, rule.unit), table.number(row, rule.value_column)
        if arm not in (rule.treatment, rule.control):
            continue
        seed = "" if rule.seed_column is None else table.label(row, rule.seed_column)
        rows = found.setdefault(key, {}).setdefault(arm, _Rows({}, {}))
        if (unit, seed) in rows.values:
            raise UnreadableError(f"Unit {unit} is there twice for {arm} in {_name(rule, key)}.")
        rows.values[unit, seed] = value if rule.better == "higher" else -value
        label = unit if rule.cluster is None else table.label(row, rule.cluster)
        if rows.cluster_of.setdefault(unit, label) != label:
            raise UnreadableError(f"Unit {unit} belongs to two clusters in {_name(rule, key)}.")
    if not found:
        raise UnreadableError(f"Table {rule.table!r} has no row of {rule.treatment} or {rule.control}.")
    if rule.group_count is not None and len(found) != rule.group_count:
        raise UnreadableError(
            f"Table {rule.table!r} has {len(found)} groups, the rule is about {rule.group_count}."
        )
    return [_group(rule, _name(rule, key), arms) for key, arms in sorted(found.items())]


def _group(rule: Unpaired, name: str, arms: dict[str, _Rows]) -> UnpairedGroup:
    for arm in (rule.treatment, rule.control):
        if arm not in arms:
            raise UnreadableError(f"There is no row of {arm} in {name}.")
    rows = arms[rule.treatment], arms[rule.control]
    if rule.cluster is not None and (
        shared := sorted({*rows[0].cluster_of.values()} & {*rows[1].cluster_of.values()})
    ):
        raise UnreadableError(
            f"Cluster {shared[0]} has values in both arms in {name}; a paired rule compares these."
        )
    noise = _NOISE * max(abs(value) for arm in rows for value in arm.values.values())
    (treatment, x), (control, y) = (_arm(rule, name, arm) for arm in rows)
    samples = moments(treatment, noise), moments(control, noise)
    found = None
    if any(_has_spread(arm, noise) for arm in (x, y)):
        found = arms_estimate(x, y)
    lacks: Literal["", "size", "spread"] = "" if found else "spread"
    if min(len(x.totals), len(y.totals)) == 1 or 1 in (len(x.seeds), len(y.seeds)):
        lacks = "size"
    drawn = None
    if found is not None and rule.test in ("bca", "bootstrap-t"):
        drawn = arms_bootstrap(x, y, form=rule.test, seed=rule.seed, resamples=rule.resamples)
    noun = "values" if rule.cluster is None else "clusters"
    size = f"{len(x.totals)} and {len(y.totals)} {noun}"
    return UnpairedGroup(name, treatment, control, (x, y), samples, found, lacks, size, drawn)


def _has_spread(arm: Arm, noise: Fraction) -> bool:
    """Whether clusters or seeds differ by more than floating point leaves behind."""
    return moments(arm.cluster_means, noise).has_spread or (
        bool(arm.seeds) and moments(arm.seeds, noise).has_spread
    )


def _arm(rule: Unpaired, name: str, rows: _Rows) -> tuple[tuple[Fraction, ...], Arm]:
    """Values by unit, in the order of their labels, and the arm by cluster."""
    seeds = sorted({seed for _, seed in rows.values})
    by_unit: dict[str, Fraction] = {}
    for unit in sorted(rows.cluster_of):
        if missing := [seed for seed in seeds if (unit, seed) not in rows.values]:
            raise UnreadableError(f"Unit {unit} has no row for {rule.seed_column} {missing[0]} in {name}.")
        by_unit[unit] = sum((rows.values[unit, seed] for seed in seeds), Fraction(0)) / len(seeds)
    totals, sizes = totals_by_cluster(by_unit, rows.cluster_of)
    means: tuple[Fraction, ...] = ()
    if rule.seed_column is not None:
        means = tuple(
            sum((rows.values[unit, seed] for unit in by_unit), Fraction(0)) / len(by_unit) for seed in seeds
        )
    return tuple(by_unit.values()), Arm(tuple(totals), tuple(sizes), means)


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
    return arrangements(len(group.arms[0].totals), len(group.arms[1].totals)) <= LARGEST_COUNTED


def _drawn(rule: Unpaired, group: UnpairedGroup, questions: Sequence[Question]) -> list[float | None]:
    found = label_permutations_monte_carlo(
        group.arms[0].cluster_means,
        group.arms[1].cluster_means,
        questions,
        seed=rule.seed,
        resamples=rule.resamples,
    )
    return [float(p) for p in found]


def _tail(rule: Unpaired, group: UnpairedGroup, question: Question) -> float | None:
    shift, side = question
    if rule.test == "welch":
        return None if group.estimate is None else p_value(group.estimate, shift, side)
    if rule.test in ("bca", "bootstrap-t"):
        return None if group.drawn is None else bootstrap_p_value(group.drawn, shift, side)
    x, y = (arm.cluster_means for arm in group.arms)
    if rule.test == "mann-whitney":
        return mann_whitney_p_value(x, y, shift, side)
    return float(label_permutation_exact(x, y, shift, side))


def _smallest_reachable(rule: Unpaired, groups: Sequence[UnpairedGroup]) -> list[float] | None:
    """Smallest p each group can reach whatever its data; None for Welch's t, which has no smallest one."""
    if rule.test == "welch":
        return None
    sizes = [(len(group.arms[0].totals), len(group.arms[1].totals)) for group in groups]
    if rule.test in ("bca", "bootstrap-t"):
        return [significant(1 / (rule.resamples + 1) if min(size) > 1 else 1.0) for size in sizes]
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
        "mean_difference": group.arms[0].mean - group.arms[1].mean,
        "mean_treatment": turn * treatment.mean,
        "mean_control": turn * control.mean,
        "sd_treatment": treatment.sd,
        "sd_control": control.sd,
    }
    if group.estimate is not None:
        given["lower"], given["upper"] = (
            bounds(group.estimate, alpha) if group.drawn is None else bootstrap_bounds(group.drawn, alpha)
        )
        given["degrees_of_freedom"] = Fraction(group.estimate.df)
    numbers: dict[str, float | str | int] = {"n_treatment": treatment.n, "n_control": control.n}
    if rule.cluster is not None:
        numbers |= {
            "clusters_treatment": len(group.arms[0].totals),
            "clusters_control": len(group.arms[1].totals),
        }
    numbers |= {name: number(value) for name, value in given.items() if value is not None}
    if rule.cluster is not None or rule.seed_column is not None:
        if group.estimate is not None:
            numbers["standard_error"] = number(group.estimate.error)
        return numbers
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
    few = "There are enough values in each arm that resampling them stands for drawing new ones."
    shape = {
        "welch": "The mean of each arm is close to normal.",
        "permutation": "The two arms have the same distribution but for their means.",
        "mann-whitney": "The two arms have the same distribution but for their location.",
        "bca": few,
        "bootstrap-t": few,
    }[rule.test]
    units = f"All values, named by {rule.unit}, are independent of each other, within and between the arms."
    if rule.cluster is not None:
        units = f"The clusters named by {rule.cluster} are independent of each other, within and between the arms."
        shape = shape.replace("values", "clusters")
        if rule.test in ("permutation", "mann-whitney"):
            shape = shape.replace("The two arms have", "The cluster means of the two arms have")
    seeds = (
        (f"The repetitions named by {rule.seed_column} are independent draws, within and between the arms.",)
        if rule.seed_column is not None
        else ()
    )
    return (units, shape, *seeds)
