"""From recorded runs to a manifest: gates, findings, controls, verdict. Pure; runner and auditor call the same."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from harness.attack_scores import average, red_team_line, scores
from harness.canonical import digest, sha256
from harness.controls import judge_controls, plan_companions, plan_twins
from harness.grounding import mismatches, unresolved
from harness.judge import OURS, decide
from harness.loading import LoadedClaim
from harness.observing import count_values
from harness.own_runs import own_runs
from harness.quoting import unresolved_quotes
from harness.records.claim import Claim
from harness.records.manifest import (
    DEFINITIONS,
    MANIFEST_SCHEMA,
    VERDICT_SCHEMA,
    GateRecord,
    GateVerdict,
    Host,
    LeftOut,
    Manifest,
    Pinned,
    PinnedResource,
    PinnedText,
)
from harness.records.rules import Answer
from harness.records.run import SEALED, RunOutcome, RunRecord, Variation
from harness.records.verdict import ControlResult, Effect, Finding, Reason, Status, Verdict, VerdictFacts
from harness.redteam import challenge, follow_up, plan
from harness.redteam.interface import Case, RunView
from harness.rehearsing import rehearsals, spared
from harness.resources import lacked_resource, remedy, resources_used

MAIN = "main"
BUDGET = "the attack budget was used up"
TOO_LOW = "the fidelity of the run is too low to decide the claim"
ENFORCEMENT = "harness run emits it, harness audit derives it again from the recorded evidence"

_GATE_OF: dict[Reason, tuple[int, str]] = {
    Reason.MISSING_RESOURCE: (0, "INTAKE"),
    Reason.SOURCE_UNRESOLVED: (1, "GROUNDING"),
    Reason.SOURCE_CONTRADICTS: (3, "RED-TEAM"),
    Reason.COUNTEREXAMPLE: (3, "RED-TEAM"),
    Reason.VACUOUS_EVIDENCE: (3, "RED-TEAM"),
    Reason.UNSTABLE: (3, "RED-TEAM"),
    Reason.NOT_DISCRIMINATING: (3, "RED-TEAM"),
    Reason.RULE_MET: (4, "EMISSION"),
    Reason.PROOF_CHECKED: (4, "EMISSION"),
}


def main_variation(loaded: LoadedClaim) -> Variation:
    """The claim's own run."""
    return Variation(name=MAIN, seed=loaded.claim.reproduction.seeds[0])


def rehearsal_variations(case: Case) -> tuple[Variation, ...]:
    """The run at the size of attack runs, where the record has one and the claim's own run gave something. Pure."""
    return rehearsals(case.claim) if case.measured else ()


def is_attack(variation: Variation) -> bool:
    """Whether a run is an attack's; everything else is the claim's own run or a control."""
    return variation.name.startswith("attack/")


def follow_ups(case: Case, runs: Mapping[str, RunView]) -> tuple[Variation, ...]:
    """Runs that attacks want after those of ``further_variations``. Pure."""
    return follow_up(case, runs) if case.measured else ()


def further_variations(case: Case) -> tuple[Variation, ...]:
    """Every run beyond the claim's own and its rehearsal that is known from the start: attacks, spoiled twins,
    companions. Of a run that is spared attacks those are left out, and there is nothing else. Pure."""
    if not case.measured:
        return ()
    if spared(case.claim):
        return plan(case)
    twins = plan_twins(case.claim)
    companions = tuple(variation for variation, _kind, _truth in plan_companions(case.claim))
    return (*plan(case), *twins, *companions)


def left_out_because(claim: Claim) -> str:
    """Why attack runs on a claim are left out, if they are."""
    return TOO_LOW if spared(claim) else BUDGET


def _first(runs: Mapping[str, RunView], outcomes: Collection[RunOutcome]) -> RunView | None:
    return next((run for run in runs.values() if run.record.outcome in outcomes), None)


def views(
    loaded: LoadedClaim, records: Mapping[str, RunRecord], observations: Mapping[str, bytes]
) -> dict[str, RunView]:
    """Recorded runs as judges see them; ``observations`` maps a run's name to the bytes it wrote."""
    own = own_runs(loaded.claim)
    return {
        name: RunView(record, observations.get(name), own[name].claim if name in own else loaded.claim)
        for name, record in records.items()
    }


def pin(loaded: LoadedClaim) -> Pinned:
    """Digests of everything that is fixed before the run."""
    source = loaded.source
    return Pinned(
        claim=digest(loaded.record),
        profile=loaded.profile,
        paper=digest(source.paper),
        base=digest(source.base),
        script=sha256(loaded.script),
        inputs={name: sha256(data) for name, data in sorted(loaded.inputs.items())},
        tables={name: sha256(data) for name, data in sorted(source.table_bytes.items())},
        documents={
            name: PinnedText(
                document=sha256(document.data),
                text=sha256(document.extracted.text.encode()),
                parser=document.extracted.parser,
                version=document.extracted.version,
                form=document.extracted.form,
            )
            for name, document in sorted(source.documents.items())
        }
        or None,
        resources={
            resource.name: PinnedResource(
                revision=resource.revision,
                licence=resource.licence,
                files={
                    file.path: file.sha256
                    for file in loaded.resources.values()
                    if file.resource == resource.name
                },
            )
            for resource in resources_used(loaded.claim, source.base)
        }
        or None,
        imports=loaded.imports,
    )


def assess(
    case: Case, runs: Mapping[str, RunView], host: Host, left_out: tuple[LeftOut, ...] = ()
) -> Manifest:
    """The manifest of one claim, from its recorded runs and those left out. ``host`` is copied and decides nothing."""
    loaded, claim, main = case.loaded, case.claim, case.main
    findings = challenge(case, runs, [item.variation for item in left_out])
    controls = judge_controls(case, runs) if case.measured and not spared(claim) else ()
    problems = (*unresolved(claim, loaded.source), *unresolved_quotes(claim, loaded.source))
    # A run of ours that died is no run that an attack withstood, and a script that tried what is forbidden is not
    # to be believed in its other runs: either speaks for the whole claim. What a script does after we changed its
    # text is not its own doing.
    unedited = {name: run for name, run in runs.items() if run.record.variation.edit is None}
    dead = _first(runs, OURS) or _first(unedited, (RunOutcome.POLICY_VIOLATION,))
    facts = VerdictFacts(
        intake_problems=_intake_problems(case),
        grounding_problems=problems,
        sealed=all(run.record.isolation in SEALED for run in runs.values()),
        outcome=dead.record.outcome if dead else main.outcome,
        outcome_detail=f"run {dead.record.variation.name}: {dead.record.detail}" if dead else main.parsed[2],
        remedy=remedy(claim, loaded.source.base) if lacked_resource(main.record) else "",
        answer=main.answer,
        rule_summary=main.rule.summary if main.rule else "",
        rule_settles=main.rule.settles if main.rule else "",
        rule_incomplete=bool(main.rule and main.rule.incomplete),
        observed_values=count_values(main.observations) if main.observations else 0,
        findings=findings,
        controls=controls,
        fidelity=claim.reproduction.fidelity,
        required=claim.requires.fidelity,
    )
    verdict = decide(facts)
    return Manifest(
        schema_=MANIFEST_SCHEMA,
        schema_version="1",
        paper=loaded.source.paper.id,
        claim=claim.id,
        statement=claim.statement,
        kind=claim.kind,
        fidelity=claim.reproduction.fidelity,
        required_fidelity=claim.requires.fidelity,
        pinned=pin(loaded),
        suggestions=loaded.suggestions,
        gates=_gates(case, facts, findings, controls, verdict),
        runs=tuple(run.record for run in runs.values()),
        left_out=left_out,
        plugins=tuple(plugin.used for plugin in case.plugins),
        rule=main.rule,
        findings=findings,
        attack_scores=scores(findings),
        avg_attack_score=average(findings),
        red_team=red_team_line(findings),
        controls=controls,
        verdict=verdict,
        level=_level(facts),
        gate_verdict=_gate_verdict(verdict, facts, host),
        host=host,
    )


def _intake_problems(case: Case) -> tuple[str, ...]:
    """Inputs that the claim's own run was not given as they were pinned."""
    pinned = {name: sha256(data) for name, data in case.loaded.inputs.items()}
    pinned |= {name: file.sha256 for name, file in case.loaded.resources.items()}
    given = case.main.record.inputs
    return tuple(
        f"input {name} was not what the record pins"
        for name in sorted(pinned)
        if case.main.record.request is not None and given.get(name) != pinned[name]
    )


def _gates(
    case: Case,
    facts: VerdictFacts,
    findings: tuple[Finding, ...],
    controls: tuple[ControlResult, ...],
    verdict: Verdict,
) -> tuple[GateRecord, ...]:
    def gate(
        number: int, name: str, passed: bool | None, summary: str, wrong: tuple[str, ...] = ()
    ) -> GateRecord:
        status = "not_reached" if passed is None else "passed" if passed else "failed"
        return GateRecord.model_validate(
            {"number": number, "name": name, "status": status, "summary": summary, "problems": wrong}
        )

    wrong_numbers = tuple(
        f"{item.place}: the record says {', '.join(item.says)}, the source prints {', '.join(item.stands)}"
        for item in mismatches(case.claim, case.loaded.source)
    )
    contradicted = tuple(
        item.summary for item in findings if item.status == "broken" and item.attack == "citation/entities"
    )
    grounding = (*facts.grounding_problems, *wrong_numbers, *contradicted)
    decisive = [item for item in findings if item.status == "broken" and item.effect is not Effect.WEAKENS]
    misbehaved = tuple(f"control {item.name} answered {item.answer}" for item in controls if not item.behaved)
    missed = [item for item in findings if item.status == "left_out"]
    attacked = (*(f"{item.attack}: {item.summary}" for item in (*decisive, *missed)), *misbehaved)
    held = sum(item.status == "held" for item in findings)
    measured = facts.outcome is RunOutcome.COMPLETED and facts.answer is not None
    return (
        gate(
            0,
            "INTAKE",
            not facts.intake_problems,
            f"record pinned as {digest(case.loaded.record)[:16]}, "
            f"{len(case.loaded.input_names)} inputs match their digests"
            if not facts.intake_problems
            else "an input is not the pinned one",
            facts.intake_problems,
        ),
        gate(
            1,
            "GROUNDING",
            not grounding,
            f"{len(case.claim.grounding)} locators resolve" if not grounding else grounding[0],
            grounding,
        ),
        gate(
            2,
            "VERIFICATION",
            facts.answer is Answer.MET,
            f"{facts.answer}: {facts.rule_summary}"
            if measured
            else f"{facts.outcome}: {facts.outcome_detail}",
            () if facts.answer is Answer.MET else (facts.rule_summary or facts.outcome_detail,),
        ),
        gate(
            3,
            "RED-TEAM",
            None if not measured and not decisive else not attacked,
            f"{held} attacks held, {sum(item.status == 'broken' for item in findings)} broke something, "
            f"{sum(item.behaved for item in controls)} of {len(controls)} controls behaved",
            attacked,
        ),
        gate(4, "EMISSION", True, f"{verdict.status} / {verdict.reason_code}"),
    )


def _level(facts: VerdictFacts) -> int:
    """Verification level of one claim: 1 record, 2 grounded, 4 inputs inspected, 5 executed sealed."""
    if facts.grounding_problems:
        return 1
    if facts.intake_problems or facts.outcome is not RunOutcome.COMPLETED or facts.answer is None:
        return 2
    return 5 if facts.sealed else 4


def _gate_verdict(verdict: Verdict, facts: VerdictFacts, host: Host) -> GateVerdict:
    number, name = _GATE_OF.get(verdict.reason_code, (2, "VERIFICATION"))
    if verdict.reason_code is Reason.TIMED_OUT and facts.outcome is RunOutcome.COMPLETED:
        number, name = 3, "RED-TEAM"
    return GateVerdict(
        schema_=VERDICT_SCHEMA,
        schema_version="1",
        contract_version="gate-verdict-v1",
        status=verdict.status,
        label=f"{verdict.status} / {verdict.reason_code}",
        definition=DEFINITIONS[Status(verdict.status)],
        reason=verdict.reason,
        evaluated_at=host.finished_at,
        gate=f"Gate {number} {name}",
        enforcement=ENFORCEMENT,
    )
