"""The one place where a verdict is made: a pure function of recorded facts, shared by runner and auditor.

The steps of ``decide``, in order; the first that applies gives the verdict:

 1. The harness failed (no isolation, an error of ours, an attack that crashed, no attack at all): UNVERIFIED.
 2. An input is missing or is not the pinned one: UNVERIFIED.
 3. The source says otherwise than the claim says it does: FALSIFIED. This needs no run.
 4. The script did not measure anything (not run, failed, limits, policy, output): UNVERIFIED.
 5. The grounding does not resolve: UNVERIFIED.
 6. An attack voided the evidence, or runs of an attack were left out: UNVERIFIED, whatever the rule answered. Where
    runs were left out and the fidelity is too low, the latter is said: no attack could help such a run.
 7. A control misbehaved, or there is none of some role, or nothing could be attacked: UNVERIFIED.
 8. The fidelity reached is below the one required: UNVERIFIED.
 9. The rule is refuted, or a counterexample was replayed: FALSIFIED.
10. The rule is undecided: UNVERIFIED.
11. The rule is met, and everything above held: VERIFIED.

So nothing can raise a verdict to VERIFIED but a met rule under attacks that held, and void evidence speaks in neither
direction: a script that prints a refutation without looking at its inputs falsifies nothing.
"""

from __future__ import annotations

from harness.attack_scores import red_team_line
from harness.records.claim import FIDELITY_ORDER
from harness.records.rules import Answer
from harness.records.run import RunOutcome
from harness.records.verdict import Attacker, Effect, Finding, Reason, Status, Verdict, VerdictFacts

OURS = (RunOutcome.ISOLATION_UNAVAILABLE, RunOutcome.INTERNAL_ERROR)
"""Outcomes that are failures of the harness or its machine."""
_ROLES = ("spoiled-twin", "known-true", "known-false")
_REMEDY = {
    RunOutcome.NOT_RUN: "A run in which the script measures what the rule is about.",
    RunOutcome.SCRIPT_FAILED: "A script that ends with exit status 0; its standard error is in the evidence.",
    RunOutcome.TIMED_OUT: "A faster script, or a higher wall-clock limit in the record.",
    RunOutcome.LIMIT_EXCEEDED: "A script that needs less, or a higher limit in the record.",
    RunOutcome.POLICY_VIOLATION: "A script that uses only its declared inputs and its work folder.",
    RunOutcome.INVALID_OUTPUT: "A script whose output has the names, types and units the record declares.",
    RunOutcome.MISSING_RESOURCE: "The missing resource.",
    RunOutcome.ISOLATION_UNAVAILABLE: "A machine on which `harness doctor` finds a sandbox.",
    RunOutcome.INTERNAL_ERROR: "A mended harness: this is our failure and says nothing about the claim.",
}


def decide(facts: VerdictFacts) -> Verdict:
    """The verdict on one claim. See the steps above."""
    # Step 1
    if facts.outcome in OURS:
        return _unverified(Reason(facts.outcome.value), facts.outcome_detail, _REMEDY[facts.outcome])
    if failed := [finding for finding in facts.findings if finding.status == "error"]:
        return _unverified(
            Reason.INTERNAL_ERROR,
            f"attack {failed[0].attack} failed: {failed[0].summary}",
            _REMEDY[RunOutcome.INTERNAL_ERROR],
        )
    if missing := [attacker for attacker in Attacker if not _spoke(attacker, facts)]:
        return _unverified(
            Reason.INTERNAL_ERROR, f"{missing[0]} ran no attack", "A run in which every attacker speaks."
        )
    # Step 2
    if facts.intake_problems:
        return _unverified(
            Reason.MISSING_RESOURCE, facts.intake_problems[0], "The input that was pinned in the record."
        )
    # Step 3
    if _worst(facts, Effect.REFUTES, Attacker.CITATION_AUDITOR):
        return Verdict(
            status=Status.FALSIFIED,
            reason_code=Reason.SOURCE_CONTRADICTS,
            reason=red_team_line(facts.findings),
            settles="A statement that says what the source says, or a source that says what the statement says.",
        )
    # Step 4
    if facts.outcome is not RunOutcome.COMPLETED:
        return _unverified(
            Reason(facts.outcome.value), facts.outcome_detail or facts.outcome.value, _settles(facts)
        )
    if not facts.sealed:
        return _unverified(
            Reason.ISOLATION_UNAVAILABLE,
            "the script ran without isolation that counts",
            _REMEDY[RunOutcome.ISOLATION_UNAVAILABLE],
        )
    if facts.answer is None or facts.observed_values == 0:
        return _unverified(
            Reason.INVALID_OUTPUT, "the script reported no value", _REMEDY[RunOutcome.INVALID_OUTPUT]
        )
    # Step 5
    if facts.grounding_problems:
        return _unverified(
            Reason.SOURCE_UNRESOLVED,
            facts.grounding_problems[0],
            "Grounding in which every locator and every number of the statement resolves.",
        )
    # Step 6
    if void := _worst(facts, Effect.VOIDS):
        return _unverified(
            void.reason_code or Reason.VACUOUS_EVIDENCE,
            void.summary,
            f"Evidence that withstands the attack {void.attack}; replay it with: {void.replay}",
        )
    too_low = _too_low(facts)
    if missed := [finding for finding in facts.findings if finding.status == "left_out"]:
        # More attacks could not help a run that cannot decide the claim.
        return too_low or _unverified(
            Reason.TIMED_OUT,
            f"the attack budget was used up before {len(missed)} attacks were made, first {missed[0].attack}: "
            f"{missed[0].summary}",
            "A larger budget: `harness run --attack-seconds`.",
        )
    # Step 7
    for role in _ROLES:
        of_role = [control for control in facts.controls if control.role == role]
        if not of_role:
            return _unverified(
                Reason.NOT_DISCRIMINATING,
                f"there is no {role} control",
                "A control in the record with transforms or parameters under which the rule must not be met.",
            )
        if wrong := [control for control in of_role if not control.behaved]:
            return _unverified(
                Reason.NOT_DISCRIMINATING,
                f"control {wrong[0].name} answered {wrong[0].answer}, expected {wrong[0].expected}",
                "A rule and a script that tell spoiled inputs from sound ones.",
            )
    # A claim about a single number leaves the hunter nothing to search; the other two always have something.
    for attacker in (Attacker.CITATION_AUDITOR, Attacker.REPLICATION_ATTACKER):
        if not any(
            item.attacker is attacker and item.status in ("held", "broken") for item in facts.findings
        ):
            return _unverified(
                Reason.NOT_DISCRIMINATING,
                f"{attacker} had nothing to try",
                "A record and a script that leave something to attack.",
            )
    # Step 8
    if too_low is not None:
        return too_low
    # Step 9
    if facts.answer is Answer.REFUTED:
        return Verdict(
            status=Status.FALSIFIED,
            reason_code=Reason.RULE_REFUTED,
            reason=facts.rule_summary,
            settles="Other measurements under the same rule; the refuting ones are attached and replay.",
        )
    if counterexample := _worst(facts, Effect.REFUTES):
        return Verdict(
            status=Status.FALSIFIED,
            reason_code=Reason.COUNTEREXAMPLE,
            reason=red_team_line(facts.findings),
            settles=f"A statement that excludes the counterexample; replay it with: {counterexample.replay}",
        )
    # Step 10
    if facts.answer is Answer.UNDECIDED:
        reason = Reason.INVALID_OUTPUT if facts.rule_incomplete else Reason.UNDERPOWERED
        return _unverified(reason, facts.rule_summary, facts.rule_settles or "More data of the same kind.")
    # Step 11
    return Verdict(
        status=Status.VERIFIED,
        reason_code=Reason.RULE_MET,
        reason=facts.rule_summary,
        settles="Nothing is open; a broken attack, a failed replay or a correction would overturn it.",
    )


def _too_low(facts: VerdictFacts) -> Verdict | None:
    """The verdict on a run of too low a fidelity, with what it found; ``None`` where it is high enough."""
    if FIDELITY_ORDER[facts.fidelity] >= FIDELITY_ORDER[facts.required]:
        return None
    return _unverified(
        Reason.FIDELITY_TOO_LOW,
        f"the run reached fidelity {facts.fidelity}, the claim needs {facts.required}; "
        f"at {facts.fidelity} the rule answers {facts.answer}: {facts.rule_summary}",
        f"A run of fidelity {facts.required} or higher.",
    )


def _settles(facts: VerdictFacts) -> str:
    """What a run that measured nothing lacked."""
    missing = facts.outcome is RunOutcome.MISSING_RESOURCE
    return facts.remedy if missing and facts.remedy else _REMEDY[facts.outcome]


def _unverified(code: Reason, reason: str, settles: str) -> Verdict:
    return Verdict(status=Status.UNVERIFIED, reason_code=code, reason=reason or code.value, settles=settles)


def _spoke(attacker: Attacker, facts: VerdictFacts) -> bool:
    return any(finding.attacker is attacker for finding in facts.findings)


def _worst(facts: VerdictFacts, effect: Effect, attacker: Attacker | None = None) -> Finding | None:
    """The broken finding of an effect with the highest severity; the first by name among equals."""
    broken = [
        finding
        for finding in facts.findings
        if finding.status == "broken"
        and finding.effect is effect
        and (attacker is None or finding.attacker is attacker)
    ]
    return min(broken, key=lambda finding: (-finding.severity, finding.attack), default=None)
