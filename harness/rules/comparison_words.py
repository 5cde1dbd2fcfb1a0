"""What a comparison says in words: the numbers that decided, what is open, and what is taken for granted."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from harness.records.rules import Answer, Paired, Unpaired
from harness.rules.groups import Group
from harness.rules.outcomes import listed, number
from harness.stats.rounding import significant

_PARAMETRIC = ("t", "welch")
_NOUNS = {True: ("pair", "differences"), False: ("value in an arm", "values")}


def summary(
    rule: Paired | Unpaired,
    groups: Sequence[Group],
    answers: Sequence[Answer],
    shown: Sequence[tuple[float | None, str]],
    answer: Answer,
    members: int,
) -> str:
    """One sentence with the numbers that decided, the worst group first. ``shown`` holds the adjusted p that
    counts, and the group's name; ``members`` is the size of the family."""
    counts = {a: sum(result is a for result in answers) for a in Answer}
    what = f"{rule.rule.replace('_', ' ')} of {rule.treatment} over {rule.control} (margin {rule.margin}, {rule.test}, "
    what += f"alpha {rule.alpha}, {rule.multiplicity.method} over {members})"
    sentence = (
        f"{what}: {counts[Answer.MET]} of {len(groups)} groups met, {counts[Answer.REFUTED]} refuted, "
        f"{counts[Answer.UNDECIDED]} undecided"
    )
    defined = [(p, name) for p, name in shown if p is not None]
    if defined and answer is Answer.REFUTED:
        p, name = min(defined)
        sentence += f"; smallest adjusted p of refutation {p:.6g} ({name})"
    elif defined:
        p, name = max(defined)
        sentence += f"; largest adjusted p {p:.6g} ({name})"
    return f"{sentence}.{_undefined(rule, groups)}"


def _undefined(rule: Paired | Unpaired, groups: Sequence[Group]) -> str:
    """Why some numbers are left out."""
    one, many = _NOUNS[isinstance(rule, Paired)]
    if isinstance(rule, Paired) and rule.cluster:
        one, many = "cluster", "cluster means"
    single = [group.name for group in groups if group.lacks == "size"]
    flat = [group.name for group in groups if group.lacks == "spread"]
    lost = "neither interval nor detectable effect" + (" nor t test" if rule.test in _PARAMETRIC else "")
    text = f" A single {one} has no spread, so {lost}, in {listed(single)}." if single else ""
    return text + (f" All {many} are equal, so {lost}, in {listed(flat)}." if flat else "")


def settles(
    rule: Paired | Unpaired,
    groups: Sequence[Group],
    still_open: Sequence[int],
    reach: tuple[Sequence[float], Sequence[float]] | None,
    effects: Sequence[Fraction | None],
    alpha: float,
    members: int,
) -> str:
    """Which groups are open, what could have been seen in them, and whether the design could succeed.

    ``reach`` holds the smallest p of every group, and the same corrected as the rule says.
    """
    text = f"Undecided: {listed(groups[i].name for i in still_open)}."
    seen = [effect for i in still_open if (effect := effects[i]) is not None]
    if seen:
        text += (
            f" With power {rule.power} the design sees true differences at least {number(max(seen), 6)} "
            "beyond the margin in each of them that has a spread; more units would see smaller ones."
        )
    if reach is not None:
        text += _out_of_reach(rule, groups, *reach, alpha, members)
    elif any(groups[i].lacks for i in still_open):
        one = "two clusters" if isinstance(rule, Paired) and rule.cluster else "two pairs"
        one = one if isinstance(rule, Paired) else "two values in each arm"
        what = {"two pairs": "differences", "two clusters": "means"}.get(one, "values")
        text += (
            f" A {rule.test if rule.test != 'welch' else 'Welch t'} test needs at least {one} whose {what} "
        )
        text += "are not all equal."
    return text


def _out_of_reach(
    rule: Paired | Unpaired,
    groups: Sequence[Group],
    smallest: Sequence[float],
    adjusted: Sequence[float],
    alpha: float,
    members: int,
) -> str:
    """The sentence that no data could have met the rule; empty when some could."""
    reachable = significant(max(adjusted))
    if reachable <= alpha:
        return ""
    text = (
        f" The smallest adjusted p that this design can reach is {reachable:.6g}, above alpha "
        f"{rule.alpha}: no data could have met the rule."
    )
    worst = max(range(len(groups)), key=lambda i: smallest[i])
    text += f" With {groups[worst].size} the {rule.test} test gives at best p = {smallest[worst]:.6g}"
    if members > 1 and reachable > smallest[worst]:
        text += (
            f", and {rule.multiplicity.method} multiplies it by up to {members}, the number of comparisons"
        )
    factor = members if reachable > smallest[worst] else 1
    if rule.test in ("sign-flip", "wilcoxon"):
        # Both have 1/2^n as their smallest p for so few units.
        needed = next(n for n in range(1, 200) if factor * 0.5**n <= alpha)
        text += f"; at least {needed} {groups[worst].size.split()[-1].removesuffix('s')}s are needed"
    return f"{text}."


def common_assumptions(rule: Paired | Unpaired) -> tuple[str, ...]:
    """What holds for every comparison, whatever its test."""
    effect = "The smallest detectable effect takes the observed spread for the true one and uses the t test."
    reach = (
        ("Student's t has no smallest reachable p from two pairs on.",)
        if rule.test == "t"
        else ("Welch's t has no smallest reachable p from two values in each arm on.",)
        if rule.test == "welch"
        else ()
    )
    double = ("The p of a refutation of equivalence is doubled, because either side could refute it.",)
    return (effect, *reach, *(double if rule.rule.endswith("equivalence") else ()))
