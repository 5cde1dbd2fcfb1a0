"""Declared inputs that the script never opened, as the kernel saw it."""

from __future__ import annotations

from harness.records.verdict import Attacker, Effect, Finding, Reason
from harness.redteam.interface import Attack, Case, Runs


def _judge(case: Case, runs: Runs) -> Finding:
    names = case.loaded.input_names
    if not names:
        return ATTACK.not_applicable("the script has no declared input")
    if not case.measured:
        return ATTACK.not_applicable("the script reported nothing")
    unopened = sorted(set(names) - set(case.main.record.opened))
    if unopened:
        return ATTACK.broken(
            Effect.VOIDS,
            8.5,
            f"{len(unopened)} of {len(names)} declared inputs were never opened, first {unopened[0]}",
            reason=Reason.VACUOUS_EVIDENCE,
            evidence=tuple({"never_opened": name} for name in unopened),
            runs=("main",),
        )
    return ATTACK.held(f"all {len(names)} declared inputs were opened", runs=("main",))


ATTACK = Attack(
    name="replication/inputs-opened",
    attacker=Attacker.REPLICATION_ATTACKER,
    threat="the declared data are decoration",
    origin="declared-input rules of reproducible pipelines",
    judge=_judge,
)
