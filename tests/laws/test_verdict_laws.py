"""The five laws of verdicts, one class each."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from doubles import (
    CLAIM,
    MOMENT,
    PAPER,
    PAPER_ID,
    TABLE,
    Call,
    always,
    changed,
    honest,
    load_one,
    make_world,
    reported,
    write_claims,
)
from hypothesis import given
from hypothesis import strategies as st
from strategies import (
    FAILED,
    OURS,
    ROLES,
    any_facts,
    controls,
    distinct,
    every_attacker_held,
    findings,
    refuting,
    sound_facts,
    voiding,
)

from harness import assessment, audit, judge, pipeline
from harness.assessment import pin
from harness.audit import audit as run_audit
from harness.audit import comparable
from harness.canonical import sha256
from harness.judge import decide
from harness.loading import LoadedClaim, load_claims
from harness.pipeline import verify_claim
from harness.records.claim import FIDELITY_ORDER, Fidelity
from harness.records.manifest import Manifest
from harness.records.rules import Answer
from harness.records.run import RunOutcome
from harness.records.verdict import Attacker, Effect, Finding, Reason, Status, VerdictFacts
from harness.runner import run_claims

VERIFIED, FALSIFIED, UNVERIFIED = Status.VERIFIED, Status.FALSIFIED, Status.UNVERIFIED


def status_and_reason(facts: VerdictFacts) -> tuple[Status, Reason]:
    verdict = decide(facts)
    return verdict.status, verdict.reason_code


def with_(facts: VerdictFacts, **parts: Any) -> VerdictFacts:
    return facts.model_copy(update=parts)


def plus(facts: VerdictFacts, *more: Finding) -> VerdictFacts:
    return with_(facts, findings=(*facts.findings, *more))


def contradicts(finding: Finding) -> bool:
    return (
        finding.status == "broken"
        and finding.effect is Effect.REFUTES
        and finding.attacker is Attacker.CITATION_AUDITOR
    )


def uncontradicted(facts: VerdictFacts) -> VerdictFacts:
    return with_(facts, findings=tuple(item for item in facts.findings if not contradicts(item)))


@given(sound_facts())
def test_sound_facts_verify(facts: VerdictFacts) -> None:
    """Without this the laws below could hold because nothing is ever verified."""
    assert status_and_reason(facts) == (VERIFIED, Reason.RULE_MET)


class TestFailuresOfOursDecideNothing:
    """Law 1. A failure of ours (crash, timeout, missing file, dead sandbox) never becomes FALSIFIED, and
    never VERIFIED.
    """

    @given(any_facts(), st.sampled_from(FAILED))
    def test_failed_run_never_verifies(self, facts: VerdictFacts, outcome: RunOutcome) -> None:
        assert decide(with_(facts, outcome=outcome)).status is not VERIFIED

    @given(any_facts(), st.sampled_from(FAILED), st.sampled_from([*Answer, None]))
    def test_failed_run_falsifies_only_with_a_source_contradiction(
        self, facts: VerdictFacts, outcome: RunOutcome, answer: Answer | None
    ) -> None:
        failed = with_(uncontradicted(facts), outcome=outcome, answer=answer)
        assert decide(failed).status is UNVERIFIED
        if decide(with_(facts, outcome=outcome)).status is FALSIFIED:
            assert status_and_reason(with_(facts, outcome=outcome))[1] is Reason.SOURCE_CONTRADICTS

    @given(sound_facts(), st.sampled_from(FAILED))
    def test_failed_run_keeps_its_name_as_reason(self, facts: VerdictFacts, outcome: RunOutcome) -> None:
        assert status_and_reason(with_(facts, outcome=outcome)) == (UNVERIFIED, Reason(outcome.value))

    @given(
        sound_facts(), st.sampled_from(sorted(set(FAILED) - set(OURS))), refuting(Attacker.CITATION_AUDITOR)
    )
    def test_source_contradiction_needs_no_run(
        self, facts: VerdictFacts, outcome: RunOutcome, finding: Finding
    ) -> None:
        failed = with_(plus(facts, finding), outcome=outcome, answer=None, observed_values=0, controls=())
        assert status_and_reason(failed) == (FALSIFIED, Reason.SOURCE_CONTRADICTS)

    @given(any_facts(), st.sampled_from(OURS), refuting(Attacker.CITATION_AUDITOR))
    def test_our_own_failure_outweighs_even_a_contradiction(
        self, facts: VerdictFacts, outcome: RunOutcome, finding: Finding
    ) -> None:
        assert status_and_reason(with_(plus(facts, finding), outcome=outcome)) == (
            UNVERIFIED,
            Reason(outcome.value),
        )

    @given(any_facts(), findings(statuses=("error",)), refuting(), st.integers(0, 9))
    def test_crashed_attack_outweighs_everything(
        self, facts: VerdictFacts, crashed: Finding, refuted: Finding, place: int
    ) -> None:
        mixed = [*facts.findings, refuted]
        mixed.insert(place, crashed)
        assert decide(with_(facts, findings=tuple(mixed))).status is UNVERIFIED

    @given(any_facts(), st.sampled_from(Attacker), refuting())
    def test_silent_attacker_outweighs_everything(
        self, facts: VerdictFacts, attacker: Attacker, finding: Finding
    ) -> None:
        left = tuple(item for item in (*facts.findings, finding) if item.attacker is not attacker)
        assert decide(with_(facts, findings=left)).status is UNVERIFIED

    @given(any_facts())
    def test_missing_input_outweighs_everything(self, facts: VerdictFacts) -> None:
        assert (
            decide(with_(facts, intake_problems=("input table-01 is not the pinned one",))).status
            is UNVERIFIED
        )

    @given(sound_facts(), refuting(Attacker.CITATION_AUDITOR))
    def test_missing_input_is_named(self, facts: VerdictFacts, finding: Finding) -> None:
        missing = with_(plus(facts, finding), intake_problems=("gone",))
        assert status_and_reason(missing) == (UNVERIFIED, Reason.MISSING_RESOURCE)

    @given(any_facts(), st.sampled_from(Answer))
    def test_unsealed_run_decides_nothing(self, facts: VerdictFacts, answer: Answer) -> None:
        assert decide(with_(uncontradicted(facts), sealed=False, answer=answer)).status is UNVERIFIED

    @given(any_facts(), st.booleans())
    def test_run_without_values_decides_nothing(self, facts: VerdictFacts, no_answer: bool) -> None:
        nothing = {"answer": None} if no_answer else {"observed_values": 0}
        assert decide(with_(uncontradicted(facts), **nothing)).status is UNVERIFIED

    @given(any_facts())
    def test_every_verdict_says_why_and_what_would_settle_it(self, facts: VerdictFacts) -> None:
        verdict = decide(facts)
        assert verdict.settles
        assert verdict.status is not UNVERIFIED or verdict.reason


class TestNothingRaisesAVerdict:
    """Law 2. Attacks and missing information can only lower a verdict; nothing after the decision rule can raise
    one. An empty set of checks, observations or attacks is a failure, not a pass.
    """

    @given(any_facts(attackers_speak=True), findings())
    def test_another_finding_never_verifies(self, facts: VerdictFacts, finding: Finding) -> None:
        if decide(plus(facts, finding)).status is VERIFIED:
            assert decide(facts).status is VERIFIED

    @given(any_facts(), findings(statuses=("broken", "error")))
    def test_bad_finding_never_verifies_even_where_an_attacker_was_silent(
        self, facts: VerdictFacts, finding: Finding
    ) -> None:
        if decide(plus(facts, finding)).status is VERIFIED:
            assert decide(facts).status is VERIFIED or finding.effect is Effect.WEAKENS

    @given(
        any_facts(),
        st.sampled_from([Answer.REFUTED, Answer.UNDECIDED, None]),
        st.lists(findings(), max_size=4),
    )
    def test_only_a_met_rule_verifies(
        self, facts: VerdictFacts, answer: Answer | None, more: list[Finding]
    ) -> None:
        assert decide(with_(plus(facts, *more), answer=answer)).status is not VERIFIED

    @given(sound_facts(), findings(statuses=("broken", "error"), effects=(Effect.REFUTES, Effect.VOIDS)))
    def test_one_bad_finding_is_enough(self, facts: VerdictFacts, finding: Finding) -> None:
        assert decide(plus(facts, finding)).status is not VERIFIED

    @given(any_facts(), voiding())
    def test_void_evidence_speaks_in_neither_direction(self, facts: VerdictFacts, finding: Finding) -> None:
        status, reason = status_and_reason(plus(facts, finding))
        assert status is not VERIFIED
        assert reason not in (Reason.RULE_REFUTED, Reason.COUNTEREXAMPLE, Reason.RULE_MET)

    @given(sound_facts(), voiding(), st.sampled_from(Answer))
    def test_void_evidence_carries_the_reason_of_the_attack(
        self, facts: VerdictFacts, finding: Finding, answer: Answer
    ) -> None:
        assert status_and_reason(with_(plus(facts, finding), answer=answer)) == (
            UNVERIFIED,
            finding.reason_code,
        )

    @given(any_facts(attackers_speak=True), findings(statuses=("broken",), effects=(Effect.WEAKENS,)))
    def test_weakening_is_shown_and_decides_nothing(self, facts: VerdictFacts, finding: Finding) -> None:
        assert status_and_reason(plus(facts, finding)) == status_and_reason(facts)

    @given(any_facts(), st.sampled_from(["findings", "controls", "observed_values", "answer"]))
    def test_empty_set_is_a_failure(self, facts: VerdictFacts, part: str) -> None:
        empty: dict[str, Any] = {"findings": (), "controls": (), "observed_values": 0, "answer": None}
        assert decide(with_(facts, **{part: empty[part]})).status is not VERIFIED

    @pytest.mark.parametrize("part", ["findings", "controls"])
    def test_empty_set_of_checks_falsifies_nothing_either(self, part: str) -> None:
        facts = VerdictFacts(
            sealed=True,
            outcome=RunOutcome.COMPLETED,
            answer=Answer.REFUTED,
            observed_values=3,
            findings=() if part == "findings" else every_attacker_held(),
            controls=(),
            fidelity=Fidelity.EXACT,
            required=Fidelity.EXACT,
        )
        assert decide(facts).status is UNVERIFIED

    @given(sound_facts())
    def test_attacks_that_all_had_nothing_to_try_verify_nothing(self, facts: VerdictFacts) -> None:
        idle = tuple(
            item.model_copy(update={"status": "not_applicable", "effect": None, "severity": 0.0})
            for item in facts.findings
        )
        assert decide(with_(facts, findings=idle)).status is not VERIFIED

    @given(any_facts(), st.data())
    def test_losing_evidence_that_spoke_for_the_claim_never_verifies(
        self, facts: VerdictFacts, data: Any
    ) -> None:
        keep = data.draw(st.lists(st.booleans(), min_size=20, max_size=20))
        fewer = with_(
            facts,
            findings=tuple(
                f
                for f, kept in zip(facts.findings, keep, strict=False)
                if kept or f.status in ("broken", "error")
            ),
            controls=tuple(c for c, kept in zip(facts.controls, keep, strict=False) if kept or not c.behaved),
        )
        if decide(fewer).status is VERIFIED:
            assert decide(facts).status is VERIFIED

    @given(sound_facts(), st.sampled_from(Attacker))
    def test_every_attacker_must_speak(self, facts: VerdictFacts, attacker: Attacker) -> None:
        left = tuple(item for item in facts.findings if item.attacker is not attacker)
        assert decide(with_(facts, findings=left)).status is UNVERIFIED

    @given(sound_facts(), st.sampled_from(ROLES), st.sampled_from(Answer))
    def test_every_role_of_controls_must_be_filled(
        self, facts: VerdictFacts, role: str, answer: Answer
    ) -> None:
        left = tuple(item for item in facts.controls if item.role != role)
        unfilled = with_(facts, controls=left, answer=answer)
        assert status_and_reason(unfilled) == (UNVERIFIED, Reason.NOT_DISCRIMINATING)

    @given(sound_facts(), controls(behaved=False), st.sampled_from(Answer))
    def test_one_misbehaving_control_is_enough(
        self, facts: VerdictFacts, control: Any, answer: Answer
    ) -> None:
        wrong = with_(facts, controls=(*facts.controls, control), answer=answer)
        assert status_and_reason(wrong) == (UNVERIFIED, Reason.NOT_DISCRIMINATING)

    @given(sound_facts(), st.sampled_from(Fidelity), st.sampled_from(Fidelity), st.sampled_from(Answer))
    def test_fidelity_below_the_demanded_one_decides_nothing(
        self, facts: VerdictFacts, reached: Fidelity, required: Fidelity, answer: Answer
    ) -> None:
        status, reason = status_and_reason(with_(facts, fidelity=reached, required=required, answer=answer))
        if FIDELITY_ORDER[reached] < FIDELITY_ORDER[required]:
            assert (status, reason) == (UNVERIFIED, Reason.FIDELITY_TOO_LOW)
        else:
            assert reason is not Reason.FIDELITY_TOO_LOW

    @given(sound_facts())
    def test_unresolved_grounding_decides_nothing(self, facts: VerdictFacts) -> None:
        for answer in Answer:
            loose = with_(facts, grounding_problems=("selects nothing",), answer=answer)
            assert status_and_reason(loose) == (UNVERIFIED, Reason.SOURCE_UNRESOLVED)

    @given(sound_facts(), refuting())
    def test_refutation_falsifies_a_met_rule(self, facts: VerdictFacts, finding: Finding) -> None:
        by_source = finding.attacker is Attacker.CITATION_AUDITOR
        expected = Reason.SOURCE_CONTRADICTS if by_source else Reason.COUNTEREXAMPLE
        assert status_and_reason(plus(facts, finding)) == (FALSIFIED, expected)


class TestOnePureFunction:
    """Law 3. The verdict is one pure function of recorded facts. The runner and the auditor import the same one."""

    @given(any_facts())
    def test_same_facts_same_verdict(self, facts: VerdictFacts) -> None:
        before = facts.as_json()
        first = decide(facts)
        assert decide(facts) == first
        assert facts.as_json() == before

    @given(any_facts())
    def test_facts_that_went_through_json_give_the_same_verdict(self, facts: VerdictFacts) -> None:
        again = VerdictFacts.model_validate_json(facts.model_dump_json(), strict=True)
        assert decide(again) == decide(facts)

    def test_runner_and_auditor_use_the_same_function_objects(self) -> None:
        assert assessment.decide is judge.decide
        assert audit.assess is pipeline.assess is assessment.assess

    def test_auditor_derives_the_verdict_with_that_function(
        self, claims: Path, world: Any, monkeypatch: Any
    ) -> None:
        run_claims(load_claims(claims), world, jobs=1, done=lambda loaded, manifest: None)
        assert run_audit(world.store.root).holds

        def other(facts: VerdictFacts) -> Any:
            return decide(facts).model_copy(update={"status": UNVERIFIED, "reason_code": Reason.NOT_RUN})

        monkeypatch.setattr(assessment, "decide", other)
        report = run_audit(world.store.root)
        assert any("verdict.status" in failure.message for failure in report.failures)

    def test_auditor_executes_nothing(self, claims: Path, world: Any, monkeypatch: Any) -> None:
        run_claims(load_claims(claims), world, jobs=1, done=lambda loaded, manifest: None)

        def forbidden(*args: Any, **more: Any) -> Any:
            raise AssertionError("the auditor started something")

        for name in (
            "subprocess.Popen",
            "os.system",
            "os.posix_spawn",
            "harness.sandbox.select.find_sandbox",
        ):
            monkeypatch.setattr(name, forbidden)
        assert run_audit(world.store.root).holds

    @pytest.mark.parametrize("part", ["controls", "findings", "runs"])
    def test_auditor_notices_what_was_left_out(self, part: str, claims: Path, world: Any) -> None:
        manifest = verify_claim(load_claims(claims)[0], world)
        shorter = manifest.as_json()
        shorter[part] = shorter[part][:-1]
        from harness.canonical import document_bytes

        world.store.save_manifest(PAPER_ID, manifest.claim, document_bytes(shorter))
        assert not run_audit(world.store.root).holds


CHANGES: dict[str, dict[str, Any]] = {
    "rule": {"decision__holds": "new >= old"},
    "rows of the rule": {"decision__rows": 4},
    "statement": {"statement": "New has a higher R@1 than Old for BERT in all three languages of Table 1."},
    "parameter": {"reproduction__parameters__depth": 2},
    "seeds": {"reproduction__seeds": [1]},
    "limits": {"reproduction__limits": {"wall_seconds": 5}},
    "fidelity demanded": {"requires__fidelity": "dataset"},
    "control": {"controls__0__transforms__0__number": "1.5"},
    "expectation of a control": {"controls__0__expect": "not-met"},
    "unit": {"observes__0__what": "other words"},
    "grounding": {"grounding__0__where__arm": "Old", "grounding__0__says": "0.52"},
}


class TestRecordIsPinned:
    """Law 4. A claim record is complete and pinned by digest before its script runs; changing rule, margin, inputs or
    script afterwards gives another record digest, and the manifest shows it.
    """

    @pytest.mark.parametrize("places", CHANGES.values(), ids=CHANGES)
    def test_changed_record_has_another_digest(self, places: dict[str, Any], tmp_path: Path) -> None:
        before = pin(load_one(tmp_path / "a"))
        after = pin(load_one(tmp_path / "b", changed(CLAIM, **places)))
        assert before.claim != after.claim
        assert before.model_copy(update={"claim": after.claim}) == after

    def test_changed_margin_has_another_digest(self, tmp_path: Path) -> None:
        rule = {
            "rule": "noninferiority",
            "table": "pairs",
            "unit": "language",
            "treatment": "new",
            "control": "old",
            "better": "higher",
            "multiplicity": {"family": "all", "method": "none"},
        }
        digests = {
            pin(load_one(tmp_path / margin, changed(CLAIM, decision={**rule, "margin": margin}))).claim
            for margin in ("0.01", "0.010", "0.02")
        }
        assert len(digests) == 3

    def test_changed_script_has_another_digest(self, tmp_path: Path) -> None:
        before, after = pin(load_one(tmp_path / "a")), pin(load_one(tmp_path / "b", script=b"print(1)\n"))
        assert before.script != after.script
        assert after.script == sha256(b"print(1)\n")

    def test_changed_table_changes_inputs_tables_and_paper(self, tmp_path: Path) -> None:
        before = pin(load_one(tmp_path / "a"))
        after = pin(load_one(tmp_path / "b", table=TABLE.replace("0.65", "0.66")))
        assert before.inputs["table-01.csv"] != after.inputs["table-01.csv"]
        assert before.tables["table-01"] != after.tables["table-01"]
        assert (before.paper != after.paper, before.claim == after.claim) == (True, True)

    def test_changed_paper_has_another_digest(self, tmp_path: Path) -> None:
        before = pin(load_one(tmp_path / "a"))
        after = pin(load_one(tmp_path / "b", paper=changed(PAPER, facts__models__1__role="studied")))
        assert (before.paper != after.paper, before.claim == after.claim) == (True, True)

    def test_manifest_shows_the_digests(self, tmp_path: Path) -> None:
        loaded = load_one(tmp_path / "a")
        world = make_world(tmp_path / "out")
        manifest = verify_claim(loaded, world)
        assert manifest.pinned == pin(loaded)
        assert world.store.get(manifest.pinned.script) == loaded.script
        assert json.loads(world.store.get(manifest.pinned.claim))["decision"]["holds"] == "new > old"

    def test_incomplete_record_never_reaches_a_script(self, tmp_path: Path) -> None:
        from harness.errors import InvalidRecord

        for part in ("statement", "grounding", "observes", "decision", "requires", "reproduction"):
            with pytest.raises(InvalidRecord):
                load_one(tmp_path / part, changed(CLAIM, **{part: None}))


def reversed_keys(value: Any) -> Any:
    """The same JSON value with the keys of every object in the opposite order."""
    if isinstance(value, dict):
        return {key: reversed_keys(value[key]) for key in reversed(list(value))}
    return [reversed_keys(item) for item in value] if isinstance(value, list) else value


def run_one(loaded: LoadedClaim, folder: Path, script: Any = honest) -> Manifest:
    return verify_claim(loaded, make_world(folder, script))


class TestOrderDecidesNothing:
    """Law 5. Reordering claims, files, languages or JSON keys changes no verdict; same record, inputs, seed and
    environment give the same observations and the same manifest apart from times, host and signature.
    """

    @given(any_facts(), st.data())
    def test_order_of_findings_and_controls(self, facts: VerdictFacts, data: Any) -> None:
        unique = {item.attack: item for item in facts.findings}
        facts = with_(facts, findings=tuple(unique.values()))
        shuffled = with_(
            facts,
            findings=tuple(data.draw(st.permutations(facts.findings))),
            controls=tuple(data.draw(st.permutations(facts.controls))),
        )
        assert status_and_reason(shuffled) == status_and_reason(facts)

    @given(distinct(findings(statuses=("held", "broken")), min_size=2, max_size=6), sound_facts(), st.data())
    def test_order_of_findings_changes_not_a_word_of_the_verdict(
        self, found: tuple[Finding, ...], facts: VerdictFacts, data: Any
    ) -> None:
        one = with_(facts, findings=(*every_attacker_held(), *found))
        other = with_(one, findings=tuple(data.draw(st.permutations(one.findings))))
        assert decide(one) == decide(other)

    def test_order_of_json_keys(self, tmp_path: Path) -> None:
        first = load_one(tmp_path / "a")
        second = load_one(tmp_path / "b", reversed_keys(CLAIM), paper=reversed_keys(PAPER))
        assert pin(first) == pin(second)

        def backwards(call: Call) -> Any:
            return reversed_keys(honest(call))

        one, other = run_one(first, tmp_path / "1"), run_one(second, tmp_path / "2", backwards)
        assert one.verdict == other.verdict
        assert one.rule == other.rule

    def test_order_of_table_rows(self, tmp_path: Path) -> None:
        header, *rows = TABLE.splitlines()
        manifests = []
        for number, order in enumerate((rows, rows[::-1], sorted(rows), rows[3:] + rows[:3])):
            loaded = load_one(tmp_path / f"c{number}", table="\n".join([header, *order]) + "\n")
            manifests.append(run_one(loaded, tmp_path / f"o{number}"))
        assert {manifest.verdict.status for manifest in manifests} == {VERIFIED}
        assert len({manifest.verdict.reason for manifest in manifests}) == 1
        assert len({manifest.avg_attack_score for manifest in manifests}) == 1

    def test_order_of_reported_rows_and_columns(self, tmp_path: Path) -> None:
        def turned(call: Call) -> Any:
            table = honest(call)["tables"]["pairs"]
            observed = reported([])
            observed["tables"]["pairs"] = {
                "columns": table["columns"][::-1],
                "rows": [row[::-1] for row in table["rows"][::-1]],
            }
            return observed

        loaded = load_one(tmp_path / "c")
        one, other = run_one(loaded, tmp_path / "1"), run_one(loaded, tmp_path / "2", turned)
        assert one.verdict == other.verdict

    def test_order_of_refuting_rows(self, tmp_path: Path) -> None:
        claim = changed(
            CLAIM,
            statement="Old has a higher R@1 than New for BERT in all 3 languages of Table 1.",
            decision__holds="old > new",
            subject__arms={"treatment": "Old", "controls": ["New"]},
            controls=[],
        )

        def turned(call: Call) -> Any:
            observed = honest(call)
            observed["tables"]["pairs"]["rows"].reverse()
            return observed

        loaded = load_one(tmp_path / "c", claim)
        one, other = run_one(loaded, tmp_path / "1"), run_one(loaded, tmp_path / "2", turned)
        assert one.verdict.status is FALSIFIED
        assert one.verdict == other.verdict
        assert one.rule == other.rule

    def test_order_of_claims_and_workers(self, tmp_path: Path) -> None:
        ids = ("first", "second", "third", "fourth")
        loaded = load_claims(write_claims(tmp_path / "c", *(changed(CLAIM, id=name) for name in ids)))
        loaded[1] = LoadedClaim(
            loaded[1].claim, loaded[1].source, loaded[1].script, loaded[1].inputs, loaded[1].folder
        )
        outcomes = [
            run_claims(order, make_world(tmp_path / f"o{number}"), jobs=3, done=lambda item, manifest: None)
            for number, order in enumerate((loaded, loaded[::-1]))
        ]
        assert outcomes[0].manifests == outcomes[1].manifests
        first, second = ((tmp_path / f"o{number}" / "summary.json").read_bytes() for number in (0, 1))
        assert first == second

    def test_order_of_entities_and_controls_in_the_record(self, tmp_path: Path) -> None:
        more = {**CLAIM["controls"][0], "name": "another", "expect": "not-met"}
        forward = changed(CLAIM, controls=[CLAIM["controls"][0], more])
        backward = changed(CLAIM, controls=[more, CLAIM["controls"][0]])
        one = run_one(load_one(tmp_path / "a", forward), tmp_path / "1")
        other = run_one(load_one(tmp_path / "b", backward), tmp_path / "2")
        assert one.verdict == other.verdict

    def test_same_run_twice_gives_the_same_manifest(self, tmp_path: Path) -> None:
        loaded = load_one(tmp_path / "c")
        later = make_world(tmp_path / "2")
        later.now = lambda: MOMENT + timedelta(days=400)
        one, other = run_one(loaded, tmp_path / "1"), verify_claim(loaded, later)
        assert one != other
        assert comparable(one.as_json()) == comparable(other.as_json())

    def test_failing_script_fails_the_same_way_twice(self, tmp_path: Path) -> None:
        loaded = load_one(tmp_path / "c")
        one, other = (run_one(loaded, tmp_path / name, always(RunOutcome.TIMED_OUT)) for name in "12")
        assert one == other
