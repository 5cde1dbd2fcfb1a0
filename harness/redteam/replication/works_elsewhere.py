"""Well-formed other inputs must give a result: a script that fails on all but its own shows nothing."""

from __future__ import annotations

from harness.records.verdict import Attacker, Effect, Finding, Reason
from harness.redteam.interface import Attack, Case, Runs

WELL_FORMED = ("swap", "permute", "scale", "shift", "reorder")
"""Changes after which a table is still a table of the same kind."""
MOST = 3
"""A script may fail on one in this many."""


def _judge(case: Case, runs: Runs) -> Finding:
    tried = {
        name: run
        for name, run in runs.items()
        if name.startswith("attack/")
        and run.record.variation.transforms
        and all(transform.do in WELL_FORMED for transform in run.record.variation.transforms)
    }
    if not case.measured or not tried:
        return ATTACK.not_applicable("no run on other well-formed inputs was wanted")
    failed = sorted(name for name, run in tried.items() if run.observations is None)
    if len(failed) * MOST > len(tried):
        return ATTACK.broken(
            Effect.VOIDS,
            8.5,
            f"the script gives no result in {len(failed)} of {len(tried)} runs on other well-formed inputs, first "
            f"{failed[0]}: {runs[failed[0]].said}",
            reason=Reason.VACUOUS_EVIDENCE,
            evidence=tuple({"run": name, "said": runs[name].said} for name in failed[:20]),
            runs=tuple(failed),
        )
    return ATTACK.held(
        f"the script gives a result in {len(tried) - len(failed)} of {len(tried)} runs on other inputs"
    )


ATTACK = Attack(
    name="replication/works-elsewhere",
    attacker=Attacker.REPLICATION_ATTACKER,
    threat="the script stops as soon as its inputs are not the ones it knows",
    origin="detection of the harness",
    judge=_judge,
)
