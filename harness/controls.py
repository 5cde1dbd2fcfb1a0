"""Controls that run beside every claim: spoiled twins, and companions whose answer is known."""

from __future__ import annotations

from harness.companions import companion_claim, companion_input, kinds
from harness.records.claim import Claim
from harness.records.rules import Answer
from harness.records.run import RunOutcome, Transform, Variation
from harness.records.verdict import ControlResult
from harness.redteam.interface import Case, Runs, RunView
from harness.rehearsing import rehearsed

_EXPECTED = {"met": Answer.MET, "refuted": Answer.REFUTED}
_ROLE = {"not-met": "spoiled-twin", "met": "known-true", "refuted": "known-false"}
EMPTY_TWIN = "empty-twin"


def plan_twins(claim: Claim) -> tuple[Variation, ...]:
    """Runs of the claim's own script on spoiled inputs or parameters: the record's, and the empty twin."""
    seed = claim.reproduction.seeds[0]
    planned = [
        Variation(
            name=f"control/{control.name}",
            seed=seed,
            transforms=control.transforms,
            parameters=dict(control.parameters),
        )
        for control in claim.controls
    ]
    if claim.reproduction.inputs or claim.reproduction.files or claim.reproduction.resources:
        planned.append(
            Variation(name=f"control/{EMPTY_TWIN}", seed=seed, transforms=(Transform(do="empty"),))
        )
    return tuple(rehearsed(claim, variation) for variation in planned)


def plan_companions(claim: Claim) -> tuple[tuple[Variation, str, bool], ...]:
    """Runs of the companions of every kind of rule the claim uses: variation, kind, and whether it is true."""
    return tuple(
        (Variation(name=f"companion/{kind}/{'true' if truth else 'false'}"), kind, truth)
        for kind in kinds(claim.decision)
        for truth in (True, False)
    )


def judge_controls(case: Case, runs: Runs) -> tuple[ControlResult, ...]:
    """Whether every control came out as it had to. Pure."""
    results = []
    for control in case.claim.controls:
        run = runs[f"control/{control.name}"]
        behaved = _not_met(run) if control.expect == "not-met" else run.answer is _EXPECTED[control.expect]
        results.append(
            _result(control.name, _ROLE[control.expect], control.expect, run.said, behaved, control.why)
        )
    if (empty := runs.get(f"control/{EMPTY_TWIN}")) is not None:
        why = "without data nothing is met"
        results.append(_result(EMPTY_TWIN, "spoiled-twin", "not-met", empty.said, _not_met(empty), why))
    for variation, kind, truth in plan_companions(case.claim):
        run = runs[variation.name]
        expected = Answer.MET if truth else Answer.REFUTED
        why = f"a {kind} rule on observations made to {'meet' if truth else 'violate'} it"
        role = "known-true" if truth else "known-false"
        results.append(
            _result(variation.name, role, str(expected).lower(), run.said, run.answer is expected, why)
        )
    return tuple(results)


def _not_met(run: RunView) -> bool:
    """Whether a spoiled twin came to another answer, or its script refused the spoiled inputs.

    A twin that ran out of time or memory shows nothing.
    """
    if run.answer is not None:
        return run.answer is not Answer.MET
    return run.outcome in (RunOutcome.SCRIPT_FAILED, RunOutcome.NOT_RUN, RunOutcome.INVALID_OUTPUT)


def companion_claims(claim: Claim) -> dict[str, tuple[Claim, bytes]]:
    """For each companion run: its record, and the input that it hands on."""
    return {
        variation.name: (companion_claim(kind), companion_input(kind, truth))
        for variation, kind, truth in plan_companions(claim)
    }


def _result(name: str, role: str, expected: str, answer: str, behaved: bool, why: str) -> ControlResult:
    return ControlResult.model_validate(
        {"name": name, "role": role, "expected": expected, "answer": answer, "behaved": behaved, "why": why}
    )
