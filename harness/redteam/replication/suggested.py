"""Changes of the inputs that somebody suggested: what the script reports must move with them."""

from __future__ import annotations

from harness.records.run import Variation
from harness.records.suggestion import PerturbationSuggestion
from harness.records.verdict import Attacker, Effect, Finding
from harness.redteam.interface import Attack, Case, Runs, moved
from harness.transforms import apply_transforms

_LAWFUL = frozenset({"scale", "shift", "set", "permute", "swap", "drop"})
"""Changes after which numbers about the subject may be expected to move; reordering must move nothing."""


def _suggested(case: Case) -> list[tuple[str, PerturbationSuggestion]]:
    """Run name and suggestion, where the change is one that may be expected to move something."""
    if not case.measured:
        return []
    perturbations = [item for item in case.loaded.suggested if isinstance(item, PerturbationSuggestion)]
    return [
        (ATTACK.run_name(str(index)), item)
        for index, item in enumerate(perturbations)
        if all(transform.do in _LAWFUL for transform in item.transforms)
        and apply_transforms(case.loaded.inputs, item.transforms) != case.loaded.inputs
    ]


def _plan(case: Case) -> tuple[Variation, ...]:
    seed = case.claim.reproduction.seeds[0]
    return tuple(
        Variation(name=name, seed=seed, transforms=item.transforms) for name, item in _suggested(case)
    )


def _judge(case: Case, runs: Runs) -> Finding:
    suggested = _suggested(case)
    if not suggested:
        return ATTACK.not_applicable("nobody suggested a change of the inputs that does anything")
    names = tuple(name for name, _item in suggested)
    still = [
        {"suggestion": item.why, "changes": [transform.as_json() for transform in item.transforms]}
        for name, item in suggested
        if runs[name].observations is not None and not moved(runs[name], case.main)
    ]
    if still:
        return ATTACK.broken(
            Effect.WEAKENS,
            4.0,
            f"{len(still)} of {len(suggested)} suggested changes of the inputs change nothing that the script reports",
            evidence=tuple(still),
            runs=names,
        )
    return ATTACK.held(f"all {len(suggested)} suggested changes of the inputs show", runs=names)


ATTACK = Attack(
    name="replication/suggested",
    attacker=Attacker.REPLICATION_ATTACKER,
    threat="a reader of the record sees a change of the inputs that the evidence would not notice",
    origin="suggestions of a reviewer, human or model; programs decide",
    plan=_plan,
    judge=_judge,
)
