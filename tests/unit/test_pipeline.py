"""One claim, and many, from record to published manifest, with a sandbox in memory."""

from __future__ import annotations

import dataclasses
import itertools
import json
from pathlib import Path
from typing import Any

import pytest
from doubles import (
    CLAIM,
    CLAIM_ID,
    PAPER_ID,
    Call,
    ScriptedSandbox,
    World,
    always,
    changed,
    honest,
    load_one,
    make_world,
    reported,
    write_claims,
)

from harness import pipeline, redteam, runner
from harness.audit import audit
from harness.canonical import document_bytes, sha256
from harness.errors import CannotRun, InputError, IsolationUnavailable
from harness.loading import LoadedClaim, load_claims
from harness.pipeline import Cancelled, verify_claim
from harness.records.manifest import Manifest
from harness.records.run import RunOutcome
from harness.records.verdict import Attacker, Reason, Status
from harness.redteam import ATTACKS
from harness.redteam.interface import Attack, Case
from harness.runner import Interrupted, chosen, publish, run_claims
from harness.sandbox.interface import Execution, Job
from harness.store import TEMPORARY, Store

FAILURES = [outcome for outcome in RunOutcome if outcome is not RunOutcome.COMPLETED]


def status_of(manifest: Manifest) -> tuple[Status, Reason]:
    return manifest.verdict.status, manifest.verdict.reason_code


def ignore(loaded: LoadedClaim, manifest: Manifest) -> None:
    """Progress that nobody watches."""


def partial_files(root: Path) -> list[Path]:
    return [path for path in root.rglob("*") if path.name.startswith(TEMPORARY)]


def test_honest_script_verifies(claims: Path, world: World) -> None:
    manifest = verify_claim(load_claims(claims)[0], world)
    assert status_of(manifest) == (Status.VERIFIED, Reason.RULE_MET)
    assert [gate.status for gate in manifest.gates] == ["passed"] * 5
    assert {finding.attack for finding in manifest.findings} == {attack.name for attack in ATTACKS}
    assert {control.role for control in manifest.controls} == {"spoiled-twin", "known-true", "known-false"}
    assert manifest.runs[0].variation.name == "main"
    assert manifest.runs[0].opened == ("table-01.csv",)
    assert manifest.host.started_at == "2024-02-29T12:30:15.250000Z"
    assert len(manifest.host.runs) == len(manifest.runs)


def test_manifest_on_disk_is_the_one_returned_and_audits(claims: Path, world: World) -> None:
    outcome = run_claims(load_claims(claims), world, jobs=1, done=ignore)
    path = world.store.root / PAPER_ID / CLAIM_ID / "manifest.json"
    assert path.read_bytes() == document_bytes(outcome.manifests[0])
    summary = json.loads((world.store.root / "summary.json").read_text())
    assert summary["counts"] == {"VERIFIED": 1, "FALSIFIED": 0, "UNVERIFIED": 0}
    assert summary["claims"][0]["sha256"] == sha256(path.read_bytes())
    report = audit(world.store.root)
    assert (report.manifests, report.failures, report.notes) == (2, [], [])
    assert not partial_files(world.store.root)


def test_refuted_rule_falsifies(tmp_path: Path) -> None:
    claim = changed(
        CLAIM,
        statement="Old has a higher R@1 than New for BERT in all 3 languages of Table 1.",
        decision__holds="old > new",
        subject__arms={"treatment": "Old", "controls": ["New"]},
        controls=[],
    )
    manifest = verify_claim(load_one(tmp_path / "c", claim), make_world(tmp_path / "a"))
    assert status_of(manifest) == (Status.FALSIFIED, Reason.RULE_REFUTED)
    assert [row["language"] for row in manifest.rule.violations] == ["de", "en", "fr"]  # type: ignore[union-attr]


def test_source_contradiction_falsifies_even_when_the_script_fails(tmp_path: Path) -> None:
    claim = changed(CLAIM, subject__models=["mBERT"], observes__0__measures__models=["mBERT"])
    loaded = load_one(tmp_path / "c", claim)
    manifest = verify_claim(loaded, make_world(tmp_path / "a", always(RunOutcome.SCRIPT_FAILED)))
    assert status_of(manifest) == (Status.FALSIFIED, Reason.SOURCE_CONTRADICTS)
    assert "only cites mBERT" in manifest.verdict.reason


def test_number_of_the_statement_that_the_source_does_not_print_there_falsifies(tmp_path: Path) -> None:
    claim = changed(
        CLAIM,
        grounding__0__says="0.26",
        statement="New has a higher R@1 than Old for BERT in all 3 languages of Table 1, 0.26 on average.",
    )
    manifest = verify_claim(load_one(tmp_path / "c", claim), make_world(tmp_path / "a"))
    assert status_of(manifest) == (Status.FALSIFIED, Reason.SOURCE_CONTRADICTS)


def test_number_of_the_rule_that_the_source_does_not_print_there_falsifies(tmp_path: Path) -> None:
    mean = {
        "name": "mean",
        "what": "mean R@1 of New",
        "type": "number",
        "unit": "fraction",
        "measures": {"metrics": ["R@1"], "arms": ["New"]},
    }
    claim = changed(
        CLAIM,
        statement="New has a mean R@1 as Table 1 prints it.",
        grounding__0__says="0.26",
        observes=[mean],
        decision={"rule": "equals", "of": {"quantity": "mean"}, "expected": "0.26"},
        controls=[],
    )
    manifest = verify_claim(load_one(tmp_path / "c", claim), make_world(tmp_path / "a"))
    assert status_of(manifest) == (Status.FALSIFIED, Reason.SOURCE_CONTRADICTS)


def test_slip_in_a_locator_that_the_statement_does_not_rest_on_refutes_nothing(tmp_path: Path) -> None:
    claim = changed(CLAIM, grounding__0__says="0.26")
    manifest = verify_claim(load_one(tmp_path / "c", claim), make_world(tmp_path / "a"))
    assert status_of(manifest) == (Status.UNVERIFIED, Reason.SOURCE_UNRESOLVED)
    assert "0.26" in manifest.verdict.reason


def test_unknown_number_of_the_statement_is_unresolved(tmp_path: Path) -> None:
    claim = changed(CLAIM, statement="New gains 77 % R@1 over Old for BERT in all 3 languages of Table 1.")
    manifest = verify_claim(load_one(tmp_path / "c", claim), make_world(tmp_path / "a"))
    assert status_of(manifest) == (Status.UNVERIFIED, Reason.SOURCE_UNRESOLVED)
    assert "77" in manifest.verdict.reason


def test_fidelity_below_what_the_claim_demands(tmp_path: Path) -> None:
    claim = changed(CLAIM, requires__fidelity="exact")
    manifest = verify_claim(load_one(tmp_path / "c", claim), make_world(tmp_path / "a"))
    assert status_of(manifest) == (Status.UNVERIFIED, Reason.FIDELITY_TOO_LOW)


@pytest.mark.parametrize("outcome", FAILURES, ids=str)
def test_every_failed_outcome_keeps_its_name_as_reason(
    outcome: RunOutcome, claims: Path, tmp_path: Path
) -> None:
    world = make_world(tmp_path / "a", always(outcome))
    manifest = verify_claim(load_claims(claims)[0], world)
    assert status_of(manifest) == (Status.UNVERIFIED, Reason(outcome.value))
    assert "made to fail" in manifest.verdict.reason
    assert [run.variation.name for run in manifest.runs] == ["main"]


def test_script_that_says_it_measured_nothing(claims: Path, tmp_path: Path) -> None:
    def script(call: Call) -> Any:
        return {"protocol": "claim-script-v1", "not_run": "no accelerator here"}

    manifest = verify_claim(load_claims(claims)[0], make_world(tmp_path / "a", script))
    assert status_of(manifest) == (Status.UNVERIFIED, Reason.NOT_RUN)
    assert manifest.verdict.reason == "no accelerator here"


def test_missing_sandbox(claims: Path, world: World) -> None:
    world.sandbox = None
    manifest = verify_claim(load_claims(claims)[0], world)
    assert status_of(manifest) == (Status.UNVERIFIED, Reason.ISOLATION_UNAVAILABLE)


def test_sandbox_that_cannot_isolate(claims: Path, world: World) -> None:
    class Unavailable(ScriptedSandbox):
        def run(self, job: Job) -> Execution:
            raise IsolationUnavailable("namespaces are forbidden here")

    world.sandbox = Unavailable()
    manifest = verify_claim(load_claims(claims)[0], world)
    assert status_of(manifest) == (Status.UNVERIFIED, Reason.ISOLATION_UNAVAILABLE)
    assert manifest.verdict.reason == "run main: namespaces are forbidden here"


@pytest.mark.parametrize("label", ["L1-rlimits", "L0-refused"])
def test_weak_isolation_never_verifies(label: Any, claims: Path, tmp_path: Path) -> None:
    manifest = verify_claim(load_claims(claims)[0], make_world(tmp_path / "a", label=label))
    assert status_of(manifest) == (Status.UNVERIFIED, Reason.ISOLATION_UNAVAILABLE)


def jobs_of(loaded: LoadedClaim, artifacts: Path) -> int:
    """How often the sandbox is used for one claim when nothing fails."""
    sandbox = ScriptedSandbox()
    world = make_world(artifacts)
    world.sandbox = sandbox
    verify_claim(loaded, world)
    return len(sandbox.jobs)


def test_failure_of_ours_in_any_one_run_never_verifies(claims: Path, tmp_path: Path) -> None:
    """Each run in turn fails in one of three ways: the sandbox dies, or gives one of two outcomes of ours."""
    loaded = load_claims(claims)[0]
    ways = (None, RunOutcome.ISOLATION_UNAVAILABLE, RunOutcome.INTERNAL_ERROR)
    for failing in range(jobs_of(loaded, tmp_path / "whole")):
        jobs, way = itertools.count(), ways[failing % len(ways)]

        class Dying(ScriptedSandbox):
            def run(self, job: Job, failing: int = failing, jobs: Any = jobs, way: Any = way) -> Execution:
                done = super().run(job)
                if next(jobs) != failing:
                    return done
                if way is None:
                    raise IsolationUnavailable("died")
                return dataclasses.replace(done, outcome=way, exit_code=None, observations=None)

        world = make_world(tmp_path / str(failing))
        world.sandbox = Dying()
        assert verify_claim(loaded, world).verdict.status is Status.UNVERIFIED


def constant(call: Call) -> Any:
    return reported([["en", "0.61", "0.50"], ["de", "0.52", "0.41"], ["fr", "0.73", "0.65"]])


def opens_and_ignores(call: Call) -> Any:
    call.table("table-01")
    return constant(call)


def refutes_without_looking(call: Call) -> Any:
    return reported([["en", "0.50", "0.61"], ["de", "0.41", "0.52"], ["fr", "0.65", "0.73"]])


def falls_back_when_empty(call: Call) -> Any:
    observed = honest(call)
    return observed if observed["tables"]["pairs"]["rows"] else constant(call)


def invents(call: Call) -> Any:
    observed = honest(call)
    for row in observed["tables"]["pairs"]["rows"]:
        row[1] = "0.9999"
    return observed


def by_seed(call: Call) -> Any:
    if call.request["seed"] == 0:
        return honest(call)
    return reported([[name, old, new] for name, new, old in honest(call)["tables"]["pairs"]["rows"]])


def by_environment(call: Call) -> Any:
    return invents(call) if "TZ" in call.job.environment else honest(call)


def by_position(call: Call) -> Any:
    values = [row["value"] for row in call.table("table-01") if row["kind"] == "cell"]
    return reported(
        [[name, values[2 * index], values[2 * index + 1]] for index, name in enumerate(("en", "de", "fr"))]
    )


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        (constant, Reason.VACUOUS_EVIDENCE),
        (opens_and_ignores, Reason.VACUOUS_EVIDENCE),
        (refutes_without_looking, Reason.VACUOUS_EVIDENCE),
        (falls_back_when_empty, Reason.VACUOUS_EVIDENCE),
        (invents, Reason.VACUOUS_EVIDENCE),
        (by_seed, Reason.UNSTABLE),
        (by_environment, Reason.UNSTABLE),
        (by_position, None),
    ],
    ids=lambda item: getattr(item, "__name__", ""),
)
def test_dishonest_script_is_caught(script: Any, reason: Reason | None, claims: Path, tmp_path: Path) -> None:
    manifest = verify_claim(load_claims(claims)[0], make_world(tmp_path / "a", script))
    assert manifest.verdict.status is Status.UNVERIFIED
    assert reason is None or manifest.verdict.reason_code is reason


def test_misbehaving_control(tmp_path: Path) -> None:
    claim = changed(CLAIM, controls__0__expect="met")
    manifest = verify_claim(load_one(tmp_path / "c", claim), make_world(tmp_path / "a"))
    assert status_of(manifest) == (Status.UNVERIFIED, Reason.NOT_DISCRIMINATING)
    assert "old-doubled" in manifest.verdict.reason


def test_broken_rule_engine_is_noticed_by_the_companions(
    claims: Path, world: World, monkeypatch: Any
) -> None:
    # A gate that calls everything MET must not verify anything.
    from harness.records.rules import Answer, RuleOutcome

    def always_met(rule: Any, observations: Any) -> RuleOutcome:
        return RuleOutcome(rule=rule.rule, answer=Answer.MET, summary="met whatever was observed")

    monkeypatch.setattr("harness.redteam.interface.decide_rule", always_met)
    assert verify_claim(load_claims(claims)[0], world).verdict.status is Status.UNVERIFIED


def test_attack_that_crashes_leaves_an_internal_error(claims: Path, world: World, monkeypatch: Any) -> None:
    def crash(case: Case, runs: Any) -> Any:
        raise ZeroDivisionError("in the attack")

    crashing = dataclasses.replace(ATTACKS[0], judge=crash)
    monkeypatch.setattr(redteam, "ATTACKS", (crashing, *ATTACKS[1:]))
    manifest = verify_claim(load_claims(claims)[0], world)
    assert status_of(manifest) == (Status.UNVERIFIED, Reason.INTERNAL_ERROR)
    assert "ZeroDivisionError: in the attack" in manifest.verdict.reason
    assert next(item.status for item in manifest.findings if item.attack == crashing.name) == "error"


@pytest.mark.parametrize("attacker", list(Attacker), ids=str)
def test_missing_attacker_leaves_an_internal_error(
    attacker: Attacker, claims: Path, world: World, monkeypatch: Any
) -> None:
    left: tuple[Attack, ...] = tuple(item for item in ATTACKS if item.attacker is not attacker)
    monkeypatch.setattr(redteam, "ATTACKS", left)
    manifest = verify_claim(load_claims(claims)[0], world)
    assert status_of(manifest) == (Status.UNVERIFIED, Reason.INTERNAL_ERROR)


def test_record_is_in_the_evidence_before_the_script_starts(claims: Path, world: World) -> None:
    loaded = load_claims(claims)[0]
    pinned = pipeline.assess.__globals__["pin"](loaded)
    missing: list[str] = []

    def script(call: Call) -> Any:
        wanted = (pinned.claim, pinned.paper, pinned.script, *pinned.inputs.values(), *pinned.tables.values())
        missing.extend(digest for digest in wanted if not world.store.evidence_path(digest).is_file())
        return honest(call)

    world.sandbox = ScriptedSandbox(script)
    verify_claim(loaded, world)
    assert missing == []


def test_script_never_sees_record_or_rule(claims: Path, world: World) -> None:
    verify_claim(load_claims(claims)[0], world)
    assert isinstance(world.sandbox, ScriptedSandbox)
    for job in world.sandbox.jobs:
        seen = job.request + b"".join(job.inputs.values())
        assert b"new > old" not in seen
        assert b"claim-v1" not in seen
        assert set(json.loads(job.request)) == {"protocol", "parameters", "seed", "inputs", "output"}


def test_control_characters_in_streams_are_spelled_out(claims: Path, world: World) -> None:
    class Loud(ScriptedSandbox):
        def run(self, job: Job) -> Execution:
            return dataclasses.replace(super().run(job), stdout=b"\x1b]0;title\x07done\n\xff")

    world.sandbox = Loud()
    manifest = verify_claim(load_claims(claims)[0], world)
    digest = manifest.host.runs[0].stdout
    assert digest is not None
    assert world.store.get(digest) == "\\u001b]0;title\\u0007done\n\ufffd".encode()


def test_cancelled_before_the_start(claims: Path, world: World) -> None:
    world.cancelled.set()
    with pytest.raises(Cancelled):
        verify_claim(load_claims(claims)[0], world)
    assert world.store.manifests() == []


def test_cancelled_in_the_middle_leaves_nothing_half_written(claims: Path, world: World) -> None:
    runs = iter(range(100))

    def script(call: Call) -> Any:
        if next(runs) == 4:
            world.cancelled.set()
        return honest(call)

    world.sandbox = ScriptedSandbox(script)
    with pytest.raises(Cancelled):
        verify_claim(load_claims(claims)[0], world)
    assert world.store.manifests() == []
    assert not partial_files(world.store.root)
    assert isinstance(world.sandbox, ScriptedSandbox)
    assert len(world.sandbox.jobs) == 5


def three_claims(root: Path) -> list[LoadedClaim]:
    return load_claims(write_claims(root, *(changed(CLAIM, id=name) for name in ("a", "b", "c"))))


def test_one_claim_that_crashes_the_harness_does_not_take_the_others(
    tmp_path: Path, world: World, monkeypatch: Any
) -> None:
    def fragile(loaded: LoadedClaim, world: World) -> Manifest:
        if loaded.claim.id == "b":
            raise RuntimeError("a mistake of ours")
        return verify_claim(loaded, world)

    monkeypatch.setattr(runner, "verify_claim", fragile)
    outcome = run_claims(three_claims(tmp_path / "c"), world, jobs=2, done=ignore)
    assert [manifest.claim for manifest in outcome.manifests] == ["a", "c"]
    assert outcome.failed == {f"{PAPER_ID}/b": "RuntimeError: a mistake of ours"}
    assert audit(world.store.root).holds


def test_full_disk_stops_the_run_with_a_sentence(tmp_path: Path, world: World, monkeypatch: Any) -> None:
    def full(self: Store, data: bytes) -> str:
        raise CannotRun("no space left")

    monkeypatch.setattr(Store, "put", full)
    with pytest.raises(CannotRun, match="no space left"):
        run_claims(three_claims(tmp_path / "c"), world, jobs=2, done=ignore)


def test_interrupt_publishes_what_is_finished(tmp_path: Path, world: World) -> None:
    def stop(loaded: LoadedClaim, manifest: Manifest) -> None:
        if loaded.claim.id == "a":
            raise KeyboardInterrupt

    with pytest.raises(Interrupted):
        run_claims(three_claims(tmp_path / "c"), world, jobs=1, done=stop)
    assert world.cancelled.is_set()
    assert (world.store.root / PAPER_ID / "a" / "manifest.json").is_file()
    assert audit(world.store.root).holds
    assert not partial_files(world.store.root)


def test_number_of_jobs_changes_no_manifest(tmp_path: Path) -> None:
    loaded = three_claims(tmp_path / "c")
    for jobs in (1, 3):
        run_claims(loaded, make_world(tmp_path / f"a{jobs}"), jobs=jobs, done=ignore)
    one, three = tmp_path / "a1", tmp_path / "a3"

    def texts(folder: Path, pattern: str) -> dict[str, str]:
        return {str(path.relative_to(folder)): path.read_text() for path in folder.rglob(pattern)}

    # Manifests first: they say what differs, where names of evidence only say that something does.
    assert texts(one, "*.json") == texts(three, "*.json")
    files = sorted(path.relative_to(one) for path in one.rglob("*") if path.is_file())
    assert files == sorted(path.relative_to(three) for path in three.rglob("*") if path.is_file())
    assert all((one / path).read_bytes() == (three / path).read_bytes() for path in files)


def test_second_run_keeps_other_claims_in_the_summary(tmp_path: Path, world: World) -> None:
    a, b, c = three_claims(tmp_path / "c")
    run_claims([a, b], world, jobs=1, done=ignore)
    run_claims([c], world, jobs=1, done=ignore)
    summary = json.loads((world.store.root / "summary.json").read_text())
    assert [entry["claim"] for entry in summary["claims"]] == ["a", "b", "c"]


@pytest.mark.parametrize("damage", [b"{}", b"not json", b""])
def test_foreign_manifest_in_the_folder_is_refused_before_anything_runs(
    damage: bytes, tmp_path: Path, world: World
) -> None:
    a, b, _c = three_claims(tmp_path / "c")
    run_claims([a], world, jobs=1, done=ignore)
    (world.store.root / PAPER_ID / "a" / "manifest.json").write_bytes(damage)
    world.sandbox = fresh = ScriptedSandbox()
    with pytest.raises(InputError, match=r"manifest\.json"):
        run_claims([b], world, jobs=1, done=ignore)
    assert fresh.jobs == []


def test_publishing_twice_changes_nothing(claims: Path, world: World) -> None:
    run_claims(load_claims(claims), world, jobs=1, done=ignore)
    before = (world.store.root / "summary.json").read_bytes()
    publish(world.store)
    assert (world.store.root / "summary.json").read_bytes() == before


def test_chosen_by_pattern(tmp_path: Path) -> None:
    loaded = three_claims(tmp_path / "c")
    assert [item.claim.id for item in chosen(loaded, None)] == ["a", "b", "c"]
    assert [item.claim.id for item in chosen(loaded, "[ab]")] == ["a", "b"]
    assert [item.claim.id for item in chosen(loaded, f"{PAPER_ID}/c")] == ["c"]
    with pytest.raises(InputError, match=f"--only x: matches none of {PAPER_ID}/a"):
        chosen(loaded, "x")


@pytest.mark.parametrize("value", [93.0, 0.5, -4.0, 7, "93.0", True, [1, 2.0, "x"]])
def test_a_parameter_of_any_sort_gives_a_run_that_audits(tmp_path: Path, value: Any) -> None:
    """Canonical JSON writes 93.0 as 93, and reads a tuple back as a list; neither is another record."""
    control = {
        "name": "other-depth",
        "expect": "met",
        "parameters": {"depth": value},
        "why": "It is not used.",
    }
    claim = changed(CLAIM, reproduction__parameters={"depth": value}, controls=[*CLAIM["controls"], control])
    loaded = load_one(tmp_path / "claims", claim)
    world = make_world(tmp_path / "artifacts")
    run_claims([loaded], world, jobs=1, done=ignore)
    assert audit(world.store.root, claims=tmp_path / "claims").failures == []
