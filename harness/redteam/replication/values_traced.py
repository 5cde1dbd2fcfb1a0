"""Printed numbers that the script reports must stand in its inputs: nobody prints what nobody printed."""

from __future__ import annotations

from harness.records.claim import ClaimKind
from harness.records.verdict import Attacker, Effect, Finding, Reason
from harness.redteam.interface import Attack, Case, Runs


def _judge(case: Case, runs: Runs) -> Finding:
    observations = case.main.observations
    printed = [
        (item.name, name)
        for item in case.claim.observes
        for name, column in item.columns.items()
        if column.type == "printed"
    ]
    single = [item.name for item in case.claim.observes if item.type == "printed"]
    if observations is None or not (printed or single) or case.claim.kind is not ClaimKind.REPORTED:
        return ATTACK.not_applicable("the script reports no printed numbers of the source")
    source = case.loaded.source
    there = {
        text
        for name in case.claim.reproduction.inputs
        for row in source.tables[name].rows
        for text in row.values()
    }
    reported = [
        (f"{table}.{column}", str(row[column]))
        for table, column in printed
        for row in observations.tables[table].records()
    ]
    reported += [(name, str(observations.quantities[name].value)) for name in single]
    made_up = sorted({(place, text) for place, text in reported if text not in there})
    if made_up:
        return ATTACK.broken(
            Effect.VOIDS,
            9.0,
            f"the script reports {made_up[0][1]} as a printed number ({made_up[0][0]}); no input prints it",
            reason=Reason.VACUOUS_EVIDENCE,
            evidence=tuple({"place": place, "value": text} for place, text in made_up[:50]),
            runs=("main",),
        )
    return ATTACK.held(f"all {len(reported)} printed numbers reported stand in the inputs", runs=("main",))


ATTACK = Attack(
    name="replication/values-traced",
    attacker=Attacker.REPLICATION_ATTACKER,
    threat="the script invents numbers and passes them off as the source's",
    origin="evidence forgery; provenance tracing",
    judge=_judge,
)
