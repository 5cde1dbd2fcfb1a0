"""A met rule must be able not to be met: some changed run with valid output has to answer otherwise."""

from __future__ import annotations

from harness.records.run import Transform, Variation
from harness.records.verdict import Attacker, Effect, Finding, Reason
from harness.redteam.interface import Attack, Case, Runs
from harness.rules.leaves import statistical_rules

_FACTORS = {"tenth": "0.1", "tenfold": "10"}
"""Far enough that an upper or a lower bound near the numbers fails in one of them."""


def _plan(case: Case) -> tuple[Variation, ...]:
    if case.main.answer != "MET" or not case.claim.reproduction.inputs:
        return ()
    tables = {table.name: table for table in case.loaded.source.base.tables}
    return tuple(
        Variation(
            name=ATTACK.run_name(part),
            seed=case.claim.reproduction.seeds[0],
            transforms=tuple(
                Transform(do="rescale", inputs=(name,), column=tables[name].roles.value, number=factor)
                for name in case.claim.reproduction.inputs
            ),
        )
        for part, factor in _FACTORS.items()
    )


def _judge(case: Case, runs: Runs) -> Finding:
    if case.main.answer != "MET":
        return ATTACK.not_applicable("the rule is not met")
    tried = {
        name: run
        for name, run in runs.items()
        if name.startswith(("attack/", "control/"))
        and (run.record.variation.transforms or run.record.variation.parameters)
        and run.rule is not None
        # Too few rows is no other answer: emptied inputs give that to any rule.
        and not run.rule.incomplete
    }
    # Where chance plays no part a rule that cannot be met can also be refuted; a test may just lose its power.
    wanted = ("REFUTED", "UNDECIDED") if statistical_rules(case.claim.decision) else ("REFUTED",)
    otherwise = sorted(name for name, run in tried.items() if run.answer in wanted)
    if otherwise:
        return ATTACK.held(
            f"the rule is met by the claim's own inputs and not by changed ones ({len(otherwise)} of {len(tried)} "
            "changed runs answer otherwise)",
            runs=tuple(otherwise),
        )
    return ATTACK.broken(
        Effect.VOIDS,
        8.0,
        f"the rule is met whatever the script is given ({len(tried)} changed runs with valid output): "
        "it cannot come out otherwise",
        reason=Reason.VACUOUS_EVIDENCE,
        runs=tuple(sorted(tried)),
    )


ATTACK = Attack(
    name="replication/answer-moves",
    attacker=Attacker.REPLICATION_ATTACKER,
    threat="the rule is a tautology or its tolerance accepts anything",
    origin="mutation testing: a test that no mutant fails tests nothing",
    plan=_plan,
    judge=_judge,
)
