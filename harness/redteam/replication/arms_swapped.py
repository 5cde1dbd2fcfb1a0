"""Labels of the arms exchanged in the inputs: a claim that one arm is better must then not verify."""

from __future__ import annotations

from harness.records.rules import AllOf, AnyOf, ForAll, Paired, Rank, Rule, Sequential, Unpaired
from harness.records.run import Transform, Variation
from harness.records.verdict import Attacker, Effect, Finding, Reason
from harness.redteam.interface import Attack, Case, Runs, moved


def swaps(case: Case) -> dict[str, tuple[Transform, ...]]:
    """Control arm to the transforms that exchange it with the treatment in every input that has both."""
    arms = case.claim.subject.arms
    if arms is None:
        return {}
    source = case.loaded.source
    result: dict[str, tuple[Transform, ...]] = {}
    for control in arms.controls:
        transforms = []
        for table in source.base.tables:
            column = table.roles.arm
            if table.name not in case.claim.reproduction.inputs or column is None:
                continue
            labels = {row[column] for row in source.tables[table.name].rows}
            if {arms.treatment, control} <= labels:
                transforms.append(
                    Transform(
                        do="swap", column=column, inputs=(table.name,), labels=(arms.treatment, control)
                    )
                )
        if transforms:
            result[control] = tuple(transforms)
    return result


def directional(rule: Rule) -> bool:
    """Whether a rule says that one arm is strictly better, so that it cannot hold both ways round."""
    if isinstance(rule, Rank):
        return rule.ties == "not-allowed"
    if isinstance(rule, (Paired, Unpaired)):
        return rule.rule.endswith("superiority")
    if isinstance(rule, Sequential):
        return True
    if isinstance(rule, AllOf):
        return any(directional(part) for part in rule.parts)
    if isinstance(rule, AnyOf):
        return all(directional(part) for part in rule.parts)
    return isinstance(rule, ForAll) and rule.when is None and _strict(rule.holds)


def _strict(expression: str) -> bool:
    return (">" in expression or "<" in expression) and not any(
        sign in expression for sign in (">=", "<=", " or ", "not ", "==", "!=")
    )


def _plan(case: Case) -> tuple[Variation, ...]:
    if not case.measured:
        return ()
    return tuple(
        Variation(name=ATTACK.run_name(control), seed=case.claim.reproduction.seeds[0], transforms=transforms)
        for control, transforms in swaps(case).items()
    )


def _judge(case: Case, runs: Runs) -> Finding:
    if not case.measured:
        return ATTACK.not_applicable("the script reported nothing")
    controls = swaps(case)
    if not controls:
        return ATTACK.not_applicable("no input names both the treatment and a control")
    names = tuple(ATTACK.run_name(control) for control in controls)
    said = ", ".join(f"{control}: {runs[ATTACK.run_name(control)].said}" for control in controls)
    blind = [control for control in controls if not moved(runs[ATTACK.run_name(control)], case.main)]
    if len(blind) == len(controls):
        return ATTACK.broken(
            Effect.VOIDS,
            9.0,
            f"with the names of the methods exchanged the script reports nothing else ({said})",
            reason=Reason.VACUOUS_EVIDENCE,
            evidence=({"exchanged_with": blind},),
            runs=names,
        )
    both_ways = [c for c in controls if runs[ATTACK.run_name(c)].answer == "MET"]
    if case.main.answer == "MET" and both_ways and directional(case.claim.decision):
        return ATTACK.broken(
            Effect.VOIDS,
            8.0,
            f"the rule is met with {case.claim.subject.arms and case.claim.subject.arms.treatment} and "
            f"{both_ways[0]} exchanged as well: it does not tell them apart",
            reason=Reason.VACUOUS_EVIDENCE,
            evidence=({"exchanged_with": both_ways},),
            runs=names,
        )
    return ATTACK.held(f"with the names of the methods exchanged the answer is ({said})", runs=names)


ATTACK = Attack(
    name="replication/arms-swapped",
    attacker=Attacker.REPLICATION_ATTACKER,
    threat="the evidence does not depend on which method is which",
    origin="label permutation; metric and baseline swaps",
    plan=_plan,
    judge=_judge,
)
