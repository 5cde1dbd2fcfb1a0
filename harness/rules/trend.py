"""``trend``: a value rises, or falls, with a dose, within every block on the whole."""

from __future__ import annotations

from fractions import Fraction

from harness.records.observations import Observations
from harness.records.rules import Answer, Comparison, RuleOutcome, Trend
from harness.rules.outcomes import number
from harness.rules.reading import UnreadableError, in_range, read_table
from harness.stats.rounding import significant
from harness.stats.trend import (
    Block,
    detectable_tau,
    few_pairs,
    kendall_s,
    smallest_trend_p,
    tau_b,
    trend_exact,
    trend_is_exact,
    trend_monte_carlo,
    trend_normal,
)


def decide(rule: Trend, observations: Observations) -> RuleOutcome:
    """MET when the test for the claimed direction reaches alpha, REFUTED when the opposite one does, each
    one-sided; they cannot both for alpha below one half. p-values are compared at 12 significant digits."""
    alpha = float(in_range("alpha", rule.alpha, "0", "0.5"))
    power = float(in_range("power", rule.power, "0", "1"))
    blocks = _blocks(rule, observations)
    smallest, method = float(smallest_trend_p(blocks)), "exact"
    p_values: tuple[Fraction | float, Fraction | float]
    if trend_is_exact(blocks):
        p_values = trend_exact(blocks)
    elif few_pairs(blocks):
        p_values = trend_monte_carlo(blocks, seed=rule.seed, resamples=rule.resamples)
        smallest, method = max(smallest, 1 / (rule.resamples + 1)), f"{rule.resamples} shuffles"
    else:
        p_values, method = trend_normal(blocks), "normal approximation"
    met, refuted = (significant(float(p)) for p in p_values)
    if rule.direction == "decreasing":
        met, refuted = refuted, met
    answer = Answer.MET if met <= alpha else Answer.REFUTED if refuted <= alpha else Answer.UNDECIDED
    tau, seen = tau_b(blocks), detectable_tau(blocks, alpha, power)
    optional = {"tau_b": (tau, 12), "minimum_detectable_tau": (seen, 6)}
    numbers: dict[str, float | str | int] = {
        "n": sum(len(block.doses) for block in blocks),
        "blocks": len(blocks),
        "s": sum(kendall_s(block) for block in blocks),
        "p_met": met,
        "p_refuted": refuted,
        "smallest_reachable_p": number(smallest),
    }
    numbers |= {
        name: number(value, digits) for name, (value, digits) in optional.items() if value is not None
    }
    size = f"{numbers['n']} rows in {len(blocks)} block{'' if len(blocks) == 1 else 's'}"
    strength = "no pair can be ordered" if tau is None else f"Kendall's tau-b is {tau:.6g}"
    return RuleOutcome(
        rule=rule.rule,
        answer=answer,
        summary=f"{rule.value_column} {rule.direction} with {rule.dose_column}: {strength} over {size}; one-sided p "
        f"{met:.6g}, of the opposite trend {refuted:.6g} ({method}, alpha {rule.alpha}).",
        settles=_settles(rule, size, smallest, alpha, seen) if answer is Answer.UNDECIDED else "",
        comparisons=(Comparison(name="trend", answer=answer, numbers=numbers),),
        assumptions=(
            "Without a trend every order of the values within a block is equally likely.",
            "The smallest detectable tau is that of a normal approximation without ties in the values.",
        ),
    )


def _blocks(rule: Trend, observations: Observations) -> list[Block]:
    table = read_table(observations, rule.table)
    if rule.count is not None and len(table.rows) != rule.count:
        raise UnreadableError(
            f"Table {rule.table!r} has {len(table.rows)} rows, the rule is about {rule.count}."
        )
    found: dict[tuple[str, ...], list[tuple[Fraction, Fraction]]] = {}
    for row in table.rows:
        pair = table.number(row, rule.dose_column), table.number(row, rule.value_column)
        found.setdefault(table.key(row, rule.blocks), []).append(pair)
    blocks = []
    for _, pairs in sorted(found.items()):
        # By dose and value, so that a seeded shuffle does not depend on the other columns.
        doses, values = zip(*sorted(pairs), strict=True)
        blocks.append(Block(doses, values))
    return blocks


def _settles(rule: Trend, size: str, smallest: float, alpha: float, seen: float | None) -> str:
    text = "More rows, or more different doses."
    if seen is not None:
        text += f" With power {rule.power} the {size} show a true tau of at least {seen:.6g}."
    if smallest > alpha:
        text += (
            f" The smallest p that these doses can reach is {smallest:.6g}, above alpha {rule.alpha}: no data "
            "could have met the rule."
        )
    return text
