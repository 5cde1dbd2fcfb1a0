"""A formal statement over a wider domain than the record's own, exhausted by running the script there."""

from __future__ import annotations

from harness.records.claim import ClaimKind
from harness.records.rules import AllOf, ForAll, Rule
from harness.records.run import Variation
from harness.records.verdict import Attacker, Effect, Finding, Reason
from harness.redteam.interface import Attack, Case, Runs
from harness.rules import decide


def _plan(case: Case) -> tuple[Variation, ...]:
    if case.claim.kind is not ClaimKind.FORMAL or not case.measured:
        return ()
    return tuple(
        Variation(
            name=ATTACK.run_name(str(index)),
            seed=case.claim.reproduction.seeds[0],
            parameters=dict(search.parameters),
        )
        for index, search in enumerate(case.claim.search)
    )


def universal(rule: Rule) -> list[ForAll]:
    """The parts of a rule that are about every row, whatever rows the record restricts them to."""
    if isinstance(rule, ForAll):
        return [rule.model_copy(update={"rows": None})]
    if isinstance(rule, AllOf):
        return [leaf for part in rule.parts for leaf in universal(part)]
    return []


def _judge(case: Case, runs: Runs) -> Finding:
    if case.claim.kind is not ClaimKind.FORMAL:
        return ATTACK.not_applicable("the claim is not formal")
    rules = universal(case.claim.decision)
    if not case.measured or not case.claim.search or not rules:
        return ATTACK.not_applicable(
            "the record names no wider domain, or the rule is not about every element"
        )
    names, rows = [], 0
    for index, search in enumerate(case.claim.search):
        name = ATTACK.run_name(str(index))
        names.append(name)
        run = runs[name]
        if run.observations is None:
            return ATTACK.broken(
                Effect.VOIDS,
                6.0,
                f"the script does not reach the wider domain ({search.covers}): {run.said} {run.record.detail}".strip(),
                reason=Reason.UNSTABLE,
                runs=(name,),
            )
        for rule in rules:
            outcome = decide(rule, run.observations)
            table = run.observations.tables[rule.table]
            rows += len(table.rows)
            if outcome.answer != "MET":
                return ATTACK.broken(
                    Effect.REFUTES if outcome.answer == "REFUTED" else Effect.VOIDS,
                    9.5,
                    f"over the wider domain ({search.covers}) {outcome.summary}",
                    reason=None if outcome.answer == "REFUTED" else Reason.UNSTABLE,
                    evidence=outcome.violations[:20],
                    runs=(name,),
                )
    covers = "; ".join(search.covers for search in case.claim.search)
    return ATTACK.held(
        f"no counterexample in {rows} elements; what the record says they cover: {covers}", runs=tuple(names)
    )


ATTACK = Attack(
    name="counterexample/formal-domain",
    attacker=Attacker.COUNTEREXAMPLE_HUNTER,
    threat="the statement fails just outside the cases that were shown",
    origin="bounded exhaustive testing",
    plan=_plan,
    judge=_judge,
)
