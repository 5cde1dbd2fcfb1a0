"""``superiority``, ``noninferiority``, ``equivalence``: a paired comparison in every group of a table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from typing import Literal

from harness.records.observations import Observations
from harness.records.rules import Paired, RuleOutcome
from harness.rules import comparison
from harness.rules.comparison import Elsewhere, Pair, Question
from harness.rules.outcomes import named, number
from harness.rules.reading import UnreadableError, read_table
from harness.stats.bootstrap import MOST_BOOTSTRAP, Bootstrap, bootstrap, bootstrap_bounds, bootstrap_p_value
from harness.stats.clusters import cluster_estimate, cluster_totals, crossed_estimate, totals_by_cluster
from harness.stats.effect_sizes import paired_g, paired_superiority
from harness.stats.paired import Moments, estimate, moments
from harness.stats.permutation import LARGEST_EXACT, SignFlip, sign_flip_exact, sign_flips_monte_carlo
from harness.stats.rounding import significant
from harness.stats.signed_rank import smallest_wilcoxon_p, wilcoxon_p_value
from harness.stats.student import Estimate, bounds, p_value

_NOISE = Fraction(1, 10**12)
"""A spread of the differences below this share of the largest value is what floating point leaves behind."""


@dataclass(frozen=True)
class PairedGroup:
    """The paired differences of one group, turned so that positive is better."""

    name: str
    """Labels of the group in words."""
    differences: tuple[Fraction, ...]
    """In the order of the units' labels; means over seeds where there are several."""
    sample: Moments
    """Their moments."""
    totals: tuple[Fraction, ...]
    """Sum of the differences of every independent cluster; a unit alone is a cluster of one."""
    sizes: tuple[int, ...]
    """Units in every cluster."""
    estimate: Estimate | None
    """Mean difference with the error that clusters and seeds leave it; None without spread."""
    lacks: Literal["", "size", "spread"]
    """Why there is no error."""
    size: str
    """What is independent, in words."""
    drawn: Bootstrap | None
    """Bootstrap of the mean, where the rule's test is one and there is spread."""


def decide(rule: Paired, observations: Observations, elsewhere: Elsewhere) -> RuleOutcome:
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


def p_values(rule: Paired, observations: Observations) -> list[Pair]:
    """What the rule contributes to its family: the p-values of every group, not corrected."""
    groups = _groups(rule, observations)
    return comparison.p_values(rule, groups, partial(_tails, rule), comparison.margin_of(rule, rule.margin))


def _check(rule: Paired) -> None:
    """UnreadableError for what no observations can answer."""
    if rule.seed_column is not None and rule.test != "t":
        raise UnreadableError(
            f"The rule has a seed_column and the test {rule.test}; with seeds as a sample of their own only "
            "t is there."
        )
    if rule.test in ("bca", "bootstrap-t") and rule.resamples > MOST_BOOTSTRAP:
        raise UnreadableError(
            f"The rule asks for {rule.resamples} bootstrap samples, at most {MOST_BOOTSTRAP} are kept."
        )


def _groups(rule: Paired, observations: Observations) -> list[PairedGroup]:
    _check(rule)
    table = read_table(observations, rule.table)
    found: dict[tuple[str, ...], dict[tuple[str, str], Fraction]] = {}
    clusters: dict[tuple[str, ...], dict[str, str]] = {}
    largest: dict[tuple[str, ...], Fraction] = {}
    for row in table.rows:
        key, unit = table.key(row, rule.groups), table.label(row, rule.unit)
        seed = "" if rule.seed_column is None else table.label(row, rule.seed_column)
        treatment, control = table.number(row, rule.treatment), table.number(row, rule.control)
        if (unit, seed) in found.setdefault(key, {}):
            raise UnreadableError(f"Unit {unit} is there twice in {_name(rule, key)}.")
        found[key][unit, seed] = treatment - control if rule.better == "higher" else control - treatment
        largest[key] = max(largest.get(key, Fraction(0)), abs(treatment), abs(control))
        label = unit if rule.cluster is None else table.label(row, rule.cluster)
        if clusters.setdefault(key, {}).setdefault(unit, label) != label:
            raise UnreadableError(f"Unit {unit} belongs to two clusters in {_name(rule, key)}.")
    if rule.group_count is not None and len(found) != rule.group_count:
        raise UnreadableError(
            f"Table {rule.table!r} has {len(found)} groups, the rule is about {rule.group_count}."
        )
    return [
        _group(rule, _name(rule, key), values, clusters[key], _NOISE * largest[key])
        for key, values in sorted(found.items())
    ]


def _group(
    rule: Paired,
    name: str,
    values: dict[tuple[str, str], Fraction],
    cluster_of: dict[str, str],
    noise: Fraction,
) -> PairedGroup:
    seeds = sorted({seed for _, seed in values})
    # By unit, so that a seeded permutation test depends on neither the order of rows nor other columns.
    by_unit: dict[str, Fraction] = {}
    for unit in sorted(cluster_of):
        if missing := [seed for seed in seeds if (unit, seed) not in values]:
            raise UnreadableError(f"Unit {unit} has no row for {rule.seed_column} {missing[0]} in {name}.")
        by_unit[unit] = sum((values[unit, seed] for seed in seeds), Fraction(0)) / len(seeds)
    differences = tuple(by_unit.values())
    sample = moments(differences, noise)
    totals, sizes = totals_by_cluster(by_unit, cluster_of)
    between = moments([total / size for total, size in zip(totals, sizes, strict=True)], noise)
    found = None
    if between.has_spread:
        found = estimate(sample) if rule.cluster is None else cluster_estimate(totals, sizes)
    lacks: Literal["", "size", "spread"] = "" if found else "size" if between.n == 1 else "spread"
    if rule.seed_column is not None and found is not None:
        means = [sum((values[unit, seed] for unit in by_unit), Fraction(0)) / len(by_unit) for seed in seeds]
        found = crossed_estimate(found, means)
        lacks = "" if found else "size"
    drawn = None
    if found is not None and rule.test in ("bca", "bootstrap-t"):
        drawn = bootstrap(totals, sizes, form=rule.test, seed=rule.seed, resamples=rule.resamples)
    count = len(totals)
    size = f"{count} {'unit' if rule.cluster is None else 'cluster'}{'' if count == 1 else 's'}"
    return PairedGroup(name, differences, sample, tuple(totals), tuple(sizes), found, lacks, size, drawn)


def _name(rule: Paired, key: tuple[str, ...]) -> str:
    return named(rule.groups, key, "all units")


def _tails(
    rule: Paired, groups: Sequence[PairedGroup], questions: Sequence[Question]
) -> list[list[float | None]]:
    """One-sided p of the rule's test for every group and question; see ``comparison.Tails``."""
    if rule.test != "sign-flip":
        return [[_tail(rule, group, question) for question in questions] for group in groups]
    asked = [
        SignFlip(tuple(cluster_totals(group.totals, group.sizes, shift)), Fraction(0), side)
        for group in groups
        for shift, side in questions
    ]
    large = [question for question in asked if len(question.differences) > LARGEST_EXACT]
    drawn = iter(sign_flips_monte_carlo(large, seed=rule.seed, resamples=rule.resamples))
    found: list[float | None] = [
        float(next(drawn))
        if len(question.differences) > LARGEST_EXACT
        else float(sign_flip_exact(question.differences, question.shift, question.alternative))
        for question in asked
    ]
    width = len(questions)
    return [found[i : i + width] for i in range(0, len(found), width)]


def _tail(rule: Paired, group: PairedGroup, question: Question) -> float | None:
    shift, side = question
    if rule.test == "wilcoxon":
        means = [total / size for total, size in zip(group.totals, group.sizes, strict=True)]
        return wilcoxon_p_value(means, shift, side)
    if rule.test == "t":
        return None if group.estimate is None else p_value(group.estimate, shift, side)
    return None if group.drawn is None else bootstrap_p_value(group.drawn, shift, side)


def _smallest_reachable(rule: Paired, groups: Sequence[PairedGroup]) -> list[float] | None:
    """Smallest p each group can reach whatever its data; None for t, which has no smallest one."""
    if rule.test == "t":
        return None
    drawn = 1 / (rule.resamples + 1)
    sizes = [len(group.totals) for group in groups]
    if rule.test == "wilcoxon":
        return [significant(smallest_wilcoxon_p(n)) for n in sizes]
    if rule.test == "sign-flip":
        return [significant(0.5**n if n <= LARGEST_EXACT else drawn) for n in sizes]
    return [significant(drawn if n > 1 else 1.0) for n in sizes]


def _numbers(rule: Paired, group: PairedGroup, alpha: float) -> dict[str, float | str | int]:
    """The group's numbers; what is undefined is left out."""
    lower: Fraction | None = None
    upper: Fraction | None = None
    if group.drawn is not None:
        lower, upper = bootstrap_bounds(group.drawn, alpha)
    elif group.estimate is not None:
        lower, upper = bounds(group.estimate, alpha)
    given: dict[str, Fraction | float | None] = {
        "mean_difference": group.sample.mean,
        "sd": group.sample.sd,
        "lower": lower,
        "upper": upper,
    }
    numbers: dict[str, float | str | int] = {"n": group.sample.n}
    if rule.cluster is not None:
        numbers["clusters"] = len(group.totals)
    numbers |= {name: number(value) for name, value in given.items() if value is not None}
    if group.estimate is None:
        return numbers
    if rule.cluster is not None or rule.seed_column is not None:
        numbers |= {
            "standard_error": number(group.estimate.error),
            "degrees_of_freedom": number(Fraction(group.estimate.df)),
        }
        return numbers
    effects = {"hedges_g": paired_g(group.sample, alpha)}
    effects["probability_better"] = paired_superiority(group.differences, alpha)
    for name, effect in effects.items():
        if effect is not None:
            # Six digits, as for every number that rests on the noncentral t.
            numbers |= {
                name: number(effect.value, 6),
                f"{name}_lower": number(effect.lower, 6),
                f"{name}_upper": number(effect.upper, 6),
            }
    return numbers


def _assumptions(rule: Paired) -> tuple[str, ...]:
    """What the rule's test takes for granted."""
    units = f"The units named by {rule.unit} are independent of each other within a group."
    if rule.cluster is not None:
        units = f"The clusters named by {rule.cluster} are independent of each other within a group."
    symmetric = "The paired differences are symmetric about their centre."
    shape = {
        "t": "The mean of the paired differences is close to normal.",
        "sign-flip": symmetric,
        "wilcoxon": symmetric,
        "bca": "There are enough units that resampling them stands for drawing new ones; a dozen are few.",
        "bootstrap-t": "There are enough units that resampling them stands for drawing new ones; a dozen are few.",
    }[rule.test]
    if rule.cluster is not None:
        shape = shape.replace("paired differences are", "cluster totals are").replace("units", "clusters")
    seeds = (
        (f"The repetitions named by {rule.seed_column} are independent draws, each shared by all units.",)
        if rule.seed_column is not None
        else ()
    )
    return (units, shape, *seeds)
