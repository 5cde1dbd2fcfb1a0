"""The attack budget: what is left out is written down, lowers the verdict, and is the same to the auditor."""

from __future__ import annotations

import itertools
import json
from pathlib import Path

import pytest
from doubles import always, honest, load_one, make_world, reported

from harness.audit import audit
from harness.evidence import EvidenceFailure, read_recorded
from harness.pipeline import verify_claim
from harness.records.manifest import Manifest
from harness.records.run import RunOutcome
from harness.records.verdict import Reason, Status
from harness.runner import publish
from harness.store import Store


def budgeted(tmp_path: Path, seconds: float | None, script: object = honest) -> Manifest:
    """One claim under a budget, by a clock on which every attack run takes a second."""
    loaded = load_one(tmp_path / "claims")
    world = make_world(tmp_path / "artifacts", script)  # type: ignore[arg-type]
    ticks = itertools.count()
    world.seconds = lambda: float(next(ticks))
    world.attack_seconds = seconds
    return verify_claim(loaded, world)


def attack_runs(manifest: Manifest) -> list[str]:
    return [run.variation.name for run in manifest.runs if run.variation.name.startswith("attack/")]


@pytest.mark.parametrize("seconds", [0, 1, 5, 20])
def test_used_up_budget_leaves_out_the_rest_and_verifies_nothing(tmp_path: Path, seconds: int) -> None:
    manifest = budgeted(tmp_path, seconds)
    assert len(attack_runs(manifest)) == seconds
    assert manifest.left_out
    assert not {item.variation for item in manifest.left_out} & {run.variation.name for run in manifest.runs}
    assert (manifest.verdict.status, manifest.verdict.reason_code) == (Status.UNVERIFIED, Reason.TIMED_OUT)
    assert "attack budget" in manifest.verdict.reason
    assert "--attack-seconds" in manifest.verdict.settles
    assert manifest.gate_verdict.gate == "Gate 3 RED-TEAM"
    assert all(control.behaved for control in manifest.controls)
    publish(Store(tmp_path / "artifacts"))
    assert audit(tmp_path / "artifacts").failures == []


def test_enough_budget_leaves_nothing_out(tmp_path: Path) -> None:
    whole = budgeted(tmp_path / "a", None)
    enough = budgeted(tmp_path / "b", len(attack_runs(whole)))
    assert enough.left_out == ()
    assert enough.verdict == whole.verdict
    assert enough.verdict.status is Status.VERIFIED


def test_short_budget_buys_the_most_telling_attacks_first(tmp_path: Path) -> None:
    first = [name.split("/")[2] for name in attack_runs(budgeted(tmp_path, 6))]
    assert first == ["repeated"] * 2 + ["inputs-spoiled"] * 2 + ["values-changed"] * 2


def test_what_was_refuted_is_not_falsified_while_attacks_are_left_out(tmp_path: Path) -> None:
    def refuting(call: object) -> object:
        return reported([["en", "0.50", "0.61"], ["de", "0.41", "0.52"], ["fr", "0.65", "0.73"]])

    manifest = budgeted(tmp_path, 0, refuting)
    assert manifest.rule is not None and manifest.rule.answer == "REFUTED"
    assert manifest.verdict.status is Status.UNVERIFIED


def test_script_that_fails_is_still_said_to_fail(tmp_path: Path) -> None:
    manifest = budgeted(tmp_path, 0, always(RunOutcome.SCRIPT_FAILED))
    assert manifest.verdict.reason_code is Reason.SCRIPT_FAILED


@pytest.mark.parametrize("forgery", ["forgotten", "control", "main", "invented", "twice"])
def test_auditor_accepts_no_other_list_of_what_was_left_out(tmp_path: Path, forgery: str) -> None:
    manifest = budgeted(tmp_path, 5)
    document = json.loads(json.dumps(manifest.as_json()))
    left = document["left_out"]
    if forgery == "forgotten":
        document["left_out"] = []
    elif forgery == "twice":
        document["left_out"] = [*left, left[0]]
    else:
        control = next(run for run in manifest.runs if run.variation.name.startswith("control/"))
        name = {"control": control.variation.name, "main": "main", "invented": "attack/replication/x/1"}
        document["left_out"] = [*left, {**left[0], "variation": name[forgery]}]
    if forgery == "control":
        document["runs"] = [run for run in document["runs"] if run["variation"]["name"] != name["control"]]
    with pytest.raises(EvidenceFailure):
        read_recorded(Manifest.model_validate(document), Store(tmp_path / "artifacts"), "manifest")


def test_controls_run_without_any_budget(tmp_path: Path) -> None:
    manifest = budgeted(tmp_path, 0)
    assert attack_runs(manifest) == []
    assert {control.role for control in manifest.controls} == {"spoiled-twin", "known-true", "known-false"}
