"""On data in which nothing goes with anything, an effect must vanish.

Expected beforehand: a one-sided test at level alpha is met on noise with probability alpha. For alpha 0.05 the
chance that an honest script is met in five or more of twelve independent noise runs is 2e-4.
"""

from __future__ import annotations

from fractions import Fraction

from harness.grounding import find_entity
from harness.records.claim import ClaimKind
from harness.records.rules import Answer, Bound, Paired, Rule, Sequential, Trend, Unpaired
from harness.records.run import Transform, Variation
from harness.records.units import Unit
from harness.records.verdict import Attacker, Effect, Finding, Reason
from harness.redteam.cells import CELL
from harness.redteam.data_inputs import arm_places, changes_something, data_files
from harness.redteam.interface import Attack, Case, Runs, unforeseen, unit_of
from harness.rules import references
from harness.rules.leaves import has_choice, leaves
from harness.stats.rounding import exact

DRAWS = 12
"""Noise runs."""
TOO_OFTEN = 5
"""Runs that answer MET from which it is no accident."""
FEWEST = 6
"""Runs with a result from which an effect that is gone says something."""
MOST_ALPHA = Fraction(1, 20)


def _transforms(case: Case, draw: int) -> tuple[Transform, ...]:
    """Every input without what the statement says is there; empty where that cannot be had."""
    seed = unforeseen(case, f"noise {draw}")
    comparing = case.claim.subject.arms is not None and case.claim.kind is not ClaimKind.EXPERIMENT
    found: list[Transform] = []
    for table in case.loaded.source.base.tables:
        if table.name in case.claim.reproduction.inputs:
            roles = table.roles
            if comparing and roles.arm is None:
                return ()
            found.append(
                Transform(
                    do="permute",
                    inputs=(table.name,),
                    column=roles.value,
                    where={roles.kind: (CELL,)} if roles.kind else {},
                    within=roles.groups if roles.arm else None,
                    seed=seed,
                )
            )
    placed = bool(found)
    for name, file in data_files(case).items():
        found.append(Transform(do="noise", inputs=(name,), seed=seed))
        places = list(arm_places(case, file).values())
        columns = [place.column for place in places if place.column is not None]
        placed |= len(places) == len(arms(case)) > 0
        if len(columns) > 1:
            found += [
                Transform(do="exchange", inputs=(name,), labels=(columns[0], other), seed=seed)
                for other in columns[1:]
            ]
    return tuple(found) if placed or not comparing else ()


def arms(case: Case) -> tuple[str, ...]:
    """The methods compared; none where the statement compares none."""
    own = case.claim.subject.arms
    return (own.treatment, *own.controls) if own else ()


def _why_not(case: Case) -> str:
    """Why noise says nothing about the claim; empty where it does."""
    if case.main.answer is not Answer.MET:
        return "the rule is not met"
    if has_choice(case.claim.decision):
        return "the rule can be met in several ways"
    rules = leaves(case.claim.decision)
    if not any(_directional(rule) for rule in rules) and not _learns(case):
        return "the rule claims no effect that noise would take away"
    if case.claim.subject.arms is None and any(
        isinstance(rule, (Paired, Unpaired, Sequential)) for rule in rules
    ):
        return "the statement names no methods whose numbers could be exchanged"
    if not changes_something(case, _transforms(case, 0)):
        return "no input from which the effect could be taken away"
    return ""


def _directional(rule: Rule) -> bool:
    """A one-sided test of an effect above nothing."""
    if isinstance(rule, (Paired, Unpaired)):
        zero_or_more = rule.rule.endswith("superiority") and exact(rule.margin) >= 0
        return zero_or_more and exact(rule.alpha) <= MOST_ALPHA
    if isinstance(rule, Sequential):
        return exact(rule.margin) >= 0 and exact(rule.alpha) <= MOST_ALPHA
    return isinstance(rule, Trend) and exact(rule.alpha) <= MOST_ALPHA


def _learns(case: Case) -> bool:
    """An experiment that claims at least so much of a measure of which more is better: what a model learned."""
    facts = case.loaded.source.base.facts
    metrics = [find_entity(facts, "metrics", name) for name in case.claim.subject.metrics]
    return (
        case.claim.kind is ClaimKind.EXPERIMENT
        and bool(metrics)
        and all(metric is not None and metric.better == "higher" for metric in metrics)
        and all(
            isinstance(rule, Bound) and rule.op in (">", ">=") and _share(rule, case)
            for rule in leaves(case.claim.decision)
        )
    )


def _share(rule: Rule, case: Case) -> bool:
    parts = {name if column is None else f"{name}.{column}" for name, column in references(rule)}
    return all(unit_of(part, case.claim) in (Unit.FRACTION, Unit.PERCENT, None) for part in parts)


def _plan(case: Case) -> tuple[Variation, ...]:
    if not case.measured or _why_not(case):
        return ()
    seed = case.claim.reproduction.seeds[0]
    return tuple(
        Variation(name=ATTACK.run_name(str(draw)), seed=seed, transforms=_transforms(case, draw))
        for draw in range(DRAWS)
    )


def _judge(case: Case, runs: Runs) -> Finding:
    if not case.measured:
        return ATTACK.not_applicable("the script reported nothing")
    if why := _why_not(case):
        return ATTACK.not_applicable(why)
    names = tuple(ATTACK.run_name(str(draw)) for draw in range(DRAWS))
    met = [name for name in names if runs[name].answer is Answer.MET]
    if len(met) >= TOO_OFTEN:
        return ATTACK.broken(
            Effect.VOIDS,
            8.5,
            f"the rule is met in {len(met)} of {DRAWS} runs on noise with the numbers of the inputs, where there is "
            "nothing to find",
            reason=Reason.VACUOUS_EVIDENCE,
            runs=tuple(met),
        )
    said = ", ".join(runs[name].said for name in names)
    # A run that failed has not shown that the effect is gone.
    if sum(runs[name].rule is not None for name in names) < FEWEST:
        return ATTACK.not_applicable(f"too few of the runs on noise gave a result ({said})")
    return ATTACK.held(f"on noise with the numbers of the inputs the effect is gone ({said})", runs=names)


ATTACK = Attack(
    name="replication/noise",
    attacker=Attacker.REPLICATION_ATTACKER,
    threat="the script finds the effect in any data: it searches until a test is met, handicaps the other method, or "
    "has seen the answers",
    origin="negative controls; label permutation (Ojala and Garriga 2010); p-hacking (Simmons et al. 2011)",
    plan=_plan,
    judge=_judge,
)
