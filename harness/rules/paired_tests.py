"""The tests behind a paired rule: groups of differences, their p-values, and what each group answers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction

from harness.records.rules import Answer, Paired
from harness.stats.multiple import bonferroni, holm
from harness.stats.paired import Alternative, Moments, t_p_value
from harness.stats.permutation import LARGEST_EXACT, sign_flip_exact, sign_flip_monte_carlo
from harness.stats.rounding import significant
from harness.stats.signed_rank import smallest_wilcoxon_p, wilcoxon_p_value

ADJUST: dict[str, Callable[[Sequence[float]], list[float]]] = {
    "holm": holm,
    "bonferroni": bonferroni,
    "none": list,
}
"""Method to the function that adjusts p-values."""


@dataclass(frozen=True)
class Group:
    """The paired differences of one group, turned so that positive is better."""

    name: str
    """Labels of the group in words."""
    differences: tuple[Fraction, ...]
    """In the order of the units' labels."""
    sample: Moments
    """Their moments."""


@dataclass(frozen=True)
class Tested:
    """p-values of one group for one margin; None where the test is undefined."""

    met: float | None
    """p of the test that excludes what the rule denies."""
    refuted: float | None
    """p of the test that excludes what the rule says."""
    met_adjusted: float | None
    """``met`` corrected as the rule says."""
    refuted_adjusted: float | None
    """``refuted`` corrected by Holm."""
    answer: Answer
    """Answer of this group alone."""


def _tail(rule: Paired, group: Group, shift: Fraction, alternative: Alternative) -> float | None:
    """One-sided p of the rule's test, or None where it is undefined."""
    if rule.test == "t":
        return t_p_value(group.sample, shift, alternative)
    if rule.test == "wilcoxon":
        return wilcoxon_p_value(group.differences, shift, alternative)
    if len(group.differences) <= LARGEST_EXACT:
        return float(sign_flip_exact(group.differences, shift, alternative))
    return float(
        sign_flip_monte_carlo(group.differences, shift, alternative, seed=rule.seed, resamples=rule.resamples)
    )


def _p_values(rule: Paired, group: Group, margin: Fraction) -> tuple[float | None, float | None]:
    """p for MET and p for REFUTED, at 12 significant digits, which is also what is compared with alpha."""
    if rule.rule == "equivalence":
        # Equivalent when both one-sided tests say so (Schuirmann 1987); excluded when the difference is shown
        # to lie beyond either margin, which has two chances to err, hence the factor 2.
        above, below = _tail(rule, group, -margin, "greater"), _tail(rule, group, margin, "less")
        under, over = _tail(rule, group, -margin, "less"), _tail(rule, group, margin, "greater")
        if above is None or below is None or under is None or over is None:
            return None, None
        return _rounded(max(above, below)), _rounded(min(1.0, 2 * min(under, over)))
    shift = margin if rule.rule == "superiority" else -margin
    met, refuted = _tail(rule, group, shift, "greater"), _tail(rule, group, shift, "less")
    return _rounded(met), _rounded(refuted)


def _rounded(p: float | None) -> float | None:
    return None if p is None else significant(p)


def tested_groups(rule: Paired, groups: Sequence[Group], margin: Fraction, alpha: float) -> list[Tested]:
    """Every group's p-values and answer. A group whose test is undefined counts as p = 1 when correcting."""
    pairs = [_p_values(rule, group, margin) for group in groups]
    met_all = ADJUST[rule.multiplicity.method]([1.0 if met is None else met for met, _ in pairs])
    refuted_all = holm([1.0 if refuted is None else refuted for _, refuted in pairs])
    tested = []
    for (met, refuted), met_p, refuted_p in zip(pairs, met_all, refuted_all, strict=True):
        met_adjusted = None if met is None else significant(met_p)
        refuted_adjusted = None if refuted is None else significant(refuted_p)
        answer = Answer.UNDECIDED
        if met_adjusted is not None and met_adjusted <= alpha:
            answer = Answer.MET
        elif refuted_adjusted is not None and refuted_adjusted <= alpha:
            answer = Answer.REFUTED
        tested.append(Tested(met, refuted, met_adjusted, refuted_adjusted, answer))
    return tested


def overall(tested: Sequence[Tested]) -> Answer:
    """REFUTED when some group is, MET when every group is, else UNDECIDED."""
    answers = {result.answer for result in tested}
    if Answer.REFUTED in answers:
        return Answer.REFUTED
    return Answer.MET if answers == {Answer.MET} else Answer.UNDECIDED


def smallest_reachable(rule: Paired, groups: Sequence[Group]) -> list[float] | None:
    """Smallest p each group can reach whatever its data; None for t, which has no smallest one."""
    if rule.test == "t":
        return None
    sizes = [len(group.differences) for group in groups]
    if rule.test == "wilcoxon":
        return [significant(smallest_wilcoxon_p(n)) for n in sizes]
    return [significant(0.5**n if n <= LARGEST_EXACT else 1 / (rule.resamples + 1)) for n in sizes]
