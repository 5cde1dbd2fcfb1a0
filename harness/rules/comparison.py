"""What paired and unpaired comparisons share: the questions a margin asks, correction, and the answers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TypeVar

from harness.records.rules import Answer, Comparison, Paired, RuleOutcome, Unpaired
from harness.rules import comparison_words as words
from harness.rules.groups import Group
from harness.rules.outcomes import number
from harness.rules.reading import UnreadableError, in_range, parameter
from harness.stats.multiple import benjamini_hochberg, bonferroni, hochberg, holm
from harness.stats.rounding import significant
from harness.stats.student import Alternative, detectable

ADJUST: dict[str, Callable[[Sequence[float]], list[float]]] = {
    "holm": holm,
    "hochberg": hochberg,
    "bonferroni": bonferroni,
    "benjamini-hochberg": benjamini_hochberg,
    "none": list,
}
"""Method to the function that adjusts p-values."""

Question = tuple[Fraction, Alternative]
"""Shift of the mean difference under the null hypothesis, and the side looked for."""

Pair = tuple[float | None, float | None]
"""p for MET and p for REFUTED of one comparison; None where the test is undefined."""

AnyGroup = TypeVar("AnyGroup", bound=Group)
Tails = Callable[[Sequence[AnyGroup], Sequence[Question]], list[list[float | None]]]
"""For every group the p of every question, None where the test is undefined. All at once, so that a seeded test
can draw its random numbers once for all of them."""


@dataclass(frozen=True)
class Elsewhere:
    """The members of a rule's family that the rule does not make itself."""

    pairs: tuple[Pair, ...] = ()
    """p-values of the other rules of the record."""
    unknown: int = 0
    """Members in other records, which count with p = 1. An adjusted p of every method here grows with each p of
    the family, so this is the worst they can do."""

    @property
    def count(self) -> int:
        """Members in all."""
        return len(self.pairs) + self.unknown


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


def decide(
    rule: Paired | Unpaired,
    groups: Sequence[AnyGroup],
    tails: Tails[AnyGroup],
    smallest: Sequence[float] | None,
    numbers: Callable[[AnyGroup, float], dict[str, float | str | int]],
    assumptions: tuple[str, ...],
    elsewhere: Elsewhere,
) -> RuleOutcome:
    """Decides the rule as the record's docstring says; numbers for every group in the order of their labels.

    ``smallest`` is the smallest p that each group can reach whatever its data, None for a test that has none.
    It and the smallest effect the design could see at the stated power are given with every group. The effect
    is counted from the margin, is based on the t test whatever the rule's test is, and with a correction takes
    alpha / members of the family, the strictest level of every method.
    """
    alpha = float(in_range("alpha", rule.alpha, "0", "0.5"))
    power = float(in_range("power", rule.power, "0", "1"))
    tested = tested_groups(rule, groups, tails, margin_of(rule, rule.margin), alpha, elsewhere)
    answer = overall(tested)
    members = len(groups) + elsewhere.count
    level = alpha if rule.multiplicity.method == "none" else alpha / members
    effects = [
        None if group.estimate is None else detectable(group.estimate, level, power) for group in groups
    ]
    comparisons = []
    for i, (group, result) in enumerate(zip(groups, tested, strict=True)):
        given = numbers(group, alpha)
        p_values = {
            "p_met": result.met,
            "p_met_adjusted": result.met_adjusted,
            "p_refuted": result.refuted,
            "p_refuted_adjusted": result.refuted_adjusted,
            "smallest_reachable_p": smallest[i] if smallest else None,
        }
        given |= {name: number(value) for name, value in p_values.items() if value is not None}
        if (effect := effects[i]) is not None:
            # Six digits: a planning figure, and versions of the noncentral t differ after that.
            given["minimum_detectable_effect"] = number(effect, 6)
        comparisons.append(Comparison(name=group.name, answer=result.answer, numbers=given))
    comparisons += [
        _other_margin(rule, groups, tails, margin, alpha, elsewhere) for margin in rule.sensitivity
    ]
    left = answer is Answer.UNDECIDED
    reach = None
    if smallest is not None:
        # At best the other rules of the record have a p next to nothing.
        best = [*smallest, *[0.0] * len(elsewhere.pairs), *[1.0] * elsewhere.unknown]
        reach = smallest, ADJUST[rule.multiplicity.method](best)[: len(groups)]
    still_open = [i for i, result in enumerate(tested) if result.answer is Answer.UNDECIDED]
    shown = [
        (r.refuted_adjusted if answer is Answer.REFUTED else r.met_adjusted, g.name)
        for g, r in zip(groups, tested, strict=True)
    ]
    return RuleOutcome(
        rule=rule.rule,
        answer=answer,
        summary=words.summary(rule, groups, [r.answer for r in tested], shown, answer, members),
        settles=words.settles(rule, groups, still_open, reach, effects, alpha, members) if left else "",
        comparisons=tuple(comparisons),
        assumptions=(*assumptions, *words.common_assumptions(rule)),
    )


def question_kind(rule: Paired | Unpaired) -> str:
    """superiority, noninferiority or equivalence."""
    return rule.rule.removeprefix("unpaired_")


def margin_of(rule: Paired | Unpaired, text: str) -> Fraction:
    """The margin; UnreadableError when it is negative where that means nothing."""
    margin = parameter("margin", text)
    if margin < 0 and question_kind(rule) != "superiority":
        raise UnreadableError(f"The rule's margin is {text}, but must not be negative for {rule.rule}.")
    return margin


def p_values(
    rule: Paired | Unpaired, groups: Sequence[AnyGroup], tails: Tails[AnyGroup], margin: Fraction
) -> list[Pair]:
    """p for MET and p for REFUTED of every group, at 12 significant digits, which is also what is compared
    with alpha."""
    if question_kind(rule) != "equivalence":
        shift = margin if question_kind(rule) == "superiority" else -margin
        found = tails(groups, [(shift, "greater"), (shift, "less")])
        return [(_rounded(met), _rounded(refuted)) for met, refuted in found]
    # Equivalent when both one-sided tests say so (Schuirmann 1987); excluded when the difference is shown to lie
    # beyond either margin, which has two chances to err, hence the factor 2.
    pairs: list[Pair] = []
    asked: list[Question] = [(-margin, "greater"), (margin, "less"), (-margin, "less"), (margin, "greater")]
    for above, below, under, over in tails(groups, asked):
        if above is None or below is None or under is None or over is None:
            pairs.append((None, None))
        else:
            pairs.append((_rounded(max(above, below)), _rounded(min(1.0, 2 * min(under, over)))))
    return pairs


def _rounded(p: float | None) -> float | None:
    return None if p is None else significant(p)


def tested_groups(
    rule: Paired | Unpaired,
    groups: Sequence[AnyGroup],
    tails: Tails[AnyGroup],
    margin: Fraction,
    alpha: float,
    elsewhere: Elsewhere,
) -> list[Tested]:
    """Every group's p-values and answer. A group whose test is undefined counts as p = 1 when correcting."""
    pairs = p_values(rule, groups, tails, margin)
    family: list[Pair] = [*pairs, *elsewhere.pairs, *[(None, None)] * elsewhere.unknown]
    met_all = ADJUST[rule.multiplicity.method]([1.0 if met is None else met for met, _ in family])
    refuted_all = holm([1.0 if refuted is None else refuted for _, refuted in family])
    tested = []
    for (met, refuted), met_p, refuted_p in zip(pairs, met_all, refuted_all, strict=False):  # own ones first
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


def _other_margin(
    rule: Paired | Unpaired,
    groups: Sequence[AnyGroup],
    tails: Tails[AnyGroup],
    margin: str,
    alpha: float,
    elsewhere: Elsewhere,
) -> Comparison:
    tested = tested_groups(rule, groups, tails, margin_of(rule, margin), alpha, elsewhere)
    not_met = [g.name for g, result in zip(groups, tested, strict=True) if result.answer is not Answer.MET]
    return Comparison(
        name=f"margin {margin}",
        answer=overall(tested),
        numbers={"groups": len(groups), "not_met": not_met},
    )
