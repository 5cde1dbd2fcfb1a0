"""Is what the script measures what the statement is about?"""

from __future__ import annotations

from typing import Any

from harness.records.claim import Observable
from harness.records.verdict import Attacker, Effect, Finding, Reason
from harness.redteam.interface import Attack, Case, Runs
from harness.rules import references


def _judge(case: Case, runs: Runs) -> Finding:
    claim = case.claim
    used = {name for name, _column in references(claim.decision)}
    observed = [item for item in claim.observes if item.name in used]
    subject = claim.subject
    wanted: dict[str, tuple[str, ...]] = {
        "metrics": subject.metrics,
        "models": subject.models,
        "datasets": subject.datasets,
        "arms": (subject.arms.treatment, *subject.arms.controls) if subject.arms else (),
    }
    missing: list[dict[str, Any]] = []
    for kind, names in wanted.items():
        covered = {name for item in observed for name in getattr(item.measures, kind)}
        missing += [{"kind": kind, "name": name} for name in names if name not in covered]
    if not missing:
        return ATTACK.held(
            "what the rule uses measures every metric, model, data set and method of the statement"
        )
    first = [row for row in missing if row["kind"] == "metrics"] or missing
    return ATTACK.broken(
        Effect.VOIDS,
        9.0,
        f"the statement is about {_list(first)}; the rule looks at {_what(observed)}, which "
        f"{'does not measure it' if len(first) == 1 else 'measures none of them'}",
        reason=Reason.VACUOUS_EVIDENCE,
        evidence=tuple(missing),
    )


def _list(rows: list[dict[str, Any]]) -> str:
    return ", ".join(str(row["name"]) for row in rows)


def _what(observed: list[Observable]) -> str:
    return "; ".join(item.what for item in observed) or "nothing"


ATTACK = Attack(
    name="replication/measures-subject",
    attacker=Attacker.REPLICATION_ATTACKER,
    threat="the script measures something else than the statement says",
    origin="the seed case: a count of language pairs offered as retrieval accuracy",
    judge=_judge,
)
