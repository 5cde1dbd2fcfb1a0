"""What a paired rule says in words: the numbers that decided, what is open, and what is taken for granted."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from harness.records.rules import Answer, Paired
from harness.rules.outcomes import listed, number
from harness.rules.paired_tests import ADJUST, Group, Tested
from harness.stats.rounding import significant


def summary(rule: Paired, groups: Sequence[Group], tested: Sequence[Tested], answer: Answer) -> str:
    """One sentence with the numbers that decided, the worst group first."""
    counts = {a: sum(result.answer is a for result in tested) for a in Answer}
    what = f"{rule.rule} of {rule.treatment} over {rule.control} (margin {rule.margin}, {rule.test}, "
    what += f"alpha {rule.alpha}, {rule.multiplicity.method} over {len(groups)})"
    sentence = (
        f"{what}: {counts[Answer.MET]} of {len(groups)} groups met, {counts[Answer.REFUTED]} refuted, "
        f"{counts[Answer.UNDECIDED]} undecided"
    )
    which = "refuted_adjusted" if answer is Answer.REFUTED else "met_adjusted"
    values = [(getattr(r, which), g.name) for g, r in zip(groups, tested, strict=True)]
    defined = [(p, name) for p, name in values if p is not None]
    if defined and answer is Answer.REFUTED:
        p, name = min(defined)
        sentence += f"; smallest adjusted p of refutation {p:.6g} ({name})"
    elif defined:
        p, name = max(defined)
        sentence += f"; largest adjusted p {p:.6g} ({name})"
    return f"{sentence}.{_undefined(rule, groups)}"


def _undefined(rule: Paired, groups: Sequence[Group]) -> str:
    """Why some numbers are left out."""
    single = [group.name for group in groups if group.sample.n == 1]
    flat = [group.name for group in groups if group.sample.n > 1 and not group.sample.has_spread]
    lost = "neither interval nor detectable effect" + (" nor t test" if rule.test == "t" else "")
    text = f" A single pair has no spread, so {lost}, in {listed(single)}." if single else ""
    return text + (f" All differences are equal, so {lost}, in {listed(flat)}." if flat else "")


def settles(
    rule: Paired,
    groups: Sequence[Group],
    tested: Sequence[Tested],
    smallest: Sequence[float] | None,
    effects: Sequence[Fraction | None],
    alpha: float,
) -> str:
    """Which groups are open, what could have been seen in them, and whether the design could succeed."""
    still_open = [i for i, result in enumerate(tested) if result.answer is Answer.UNDECIDED]
    text = f"Undecided: {listed(groups[i].name for i in still_open)}."
    seen = [effect for i in still_open if (effect := effects[i]) is not None]
    if seen:
        text += (
            f" With power {rule.power} the design sees true differences at least {number(max(seen), 6)} "
            "beyond the margin in each of them that has a spread; more units would see smaller ones."
        )
    if smallest is not None:
        reachable = significant(max(ADJUST[rule.multiplicity.method](smallest)))
        if reachable > alpha:
            text += (
                f" The smallest adjusted p that this design can reach is {reachable:.6g}, above alpha "
                f"{rule.alpha}: no data could have met the rule."
            )
    elif any(not groups[i].sample.has_spread for i in still_open):
        text += " A t test needs at least two pairs whose differences are not all equal."
    return text


def assumptions(rule: Paired) -> tuple[str, ...]:
    """What the rule's test takes for granted."""
    units = f"The units named by {rule.unit} are independent of each other within a group."
    shape = {
        "t": "The mean of the paired differences is close to normal.",
        "sign-flip": "The paired differences are symmetric about their centre.",
        "wilcoxon": "The paired differences are symmetric about their centre.",
    }[rule.test]
    effect = "The smallest detectable effect takes the observed spread for the true one and uses the t test."
    reach = ("Student's t has no smallest reachable p from two pairs on.",) if rule.test == "t" else ()
    double = ("The p of a refutation of equivalence is doubled, because either side could refute it.",)
    return (units, shape, effect, *reach, *(double if rule.rule == "equivalence" else ()))
