"""Claims whose own run is long are attacked on a smaller one, and the two are tied together."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from doubles import CLAIM, Call, ScriptFailure, changed, load_one, make_world, write_claims

from harness.audit import audit
from harness.canonical import document_bytes
from harness.errors import InvalidRecord
from harness.evidence import EvidenceFailure, read_recorded
from harness.loading import load_claims
from harness.pipeline import verify_claim
from harness.records.manifest import LeftOut, Manifest
from harness.records.observations import PROTOCOL
from harness.records.run import RunOutcome
from harness.records.verdict import Effect, Finding, Reason, Status
from harness.redteam import ATTACKS
from harness.redteam.interface import no_further_runs, no_runs
from harness.runner import publish

ATTACK = "replication/rehearsal"
EXPERIMENT: dict[str, Any] = changed(
    CLAIM,
    statement="New has a higher R@1 than Old.",
    kind="experiment",
    grounding=[{"section": "1", "says": "New was compared with Old."}],
    subject={"metrics": ["R@1"], "arms": {"treatment": "New", "controls": ["Old"]}},
    reproduction={
        "parameters": {"trainings": [0, 1, 2, 3, 4], "size": 100, "swapped": False, "pictures": True},
        "rehearsal": {
            "parameters": {"trainings": [0, 1, 2], "size": 20, "pictures": False},
            "parts": {"parameter": "trainings", "column": "training"},
            "beside": {"pictures": False},
        },
        "seeds": [0, 1],
        "fidelity": "analog",
    },
    observes=[
        {
            "name": "gains",
            "what": "R@1 of both methods by training and topic",
            "type": "table",
            "columns": {
                "training": {"type": "label"},
                "topic": {"type": "label"},
                "new": {"type": "number", "unit": "fraction"},
                "old": {"type": "number", "unit": "fraction"},
            },
            "measures": {"metrics": ["R@1"], "arms": ["New", "Old"]},
        }
    ],
    decision={
        "rule": "superiority",
        "table": "gains",
        "unit": "topic",
        "seed_column": "training",
        "treatment": "new",
        "control": "old",
        "better": "higher",
        "multiplicity": {"family": "all", "method": "none"},
    },
    controls=[
        {"name": "swapped", "expect": "not-met", "parameters": {"swapped": True}, "why": "Old then leads."}
    ],
    requires={"fidelity": "analog"},
)


def noise(*words: Any) -> float:
    """A number below one hundredth that only its words decide, as a training's outcome is decided by its seed."""
    return hashlib.sha256(repr(words).encode()).digest()[0] / 25600


def trained(call: Call, *, lead: float = 0.1) -> dict[str, Any]:
    """Four topics in each training; New leads, the same in a small run and in a large one."""
    asked, seed = call.request["parameters"], call.request["seed"]
    rows = []
    for training in asked["trainings"]:
        for topic in ("a", "b", "c", "d"):
            old = 0.5 + noise(seed, training, topic, "old", asked["size"])
            new = 0.5 + lead + noise(seed, training, topic, "new", asked["size"])
            rows.append([str(training), topic, *((old, new) if asked["swapped"] else (new, old))])
    return table(rows)


def table(rows: list[list[Any]]) -> dict[str, Any]:
    columns = [{"name": name, "unit": None} for name in ("training", "topic")]
    columns += [{"name": name, "unit": "fraction"} for name in ("new", "old")]
    return {"protocol": PROTOCOL, "quantities": {}, "tables": {"gains": {"columns": columns, "rows": rows}}}


def in_full(call: Call) -> bool:
    return bool(call.request["parameters"]["size"] == 100)


def verified(tmp_path: Path, script: Any, **places: Any) -> Manifest:
    loaded = load_one(tmp_path / "claims", changed(EXPERIMENT, **places))
    return verify_claim(loaded, make_world(tmp_path / "artifacts", script))


def finding(manifest: Manifest, name: str = ATTACK) -> Finding:
    return next(item for item in manifest.findings if item.attack == name)


def asked(manifest: Manifest, beginning: str) -> list[dict[str, Any]]:
    return [
        dict(run.variation.parameters) for run in manifest.runs if run.variation.name.startswith(beginning)
    ]


@pytest.fixture(scope="module")
def honest(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Manifest]:
    folder = tmp_path_factory.mktemp("honest")
    return folder, verified(folder, trained)


def test_an_honest_experiment_verifies(honest: tuple[Path, Manifest]) -> None:
    manifest = honest[1]
    assert (manifest.verdict.status, manifest.verdict.reason_code) == (Status.VERIFIED, Reason.RULE_MET)
    assert finding(manifest).status == "held"


def test_attack_runs_and_controls_are_small_and_the_claims_own_run_is_not(
    honest: tuple[Path, Manifest],
) -> None:
    manifest = honest[1]
    small = {"trainings": (0, 1, 2), "size": 20, "pictures": False}
    assert [run.variation.name for run in manifest.runs][:2] == ["main", "rehearsal"]
    assert asked(manifest, "main") == [{}]
    for beginning in ("rehearsal", "attack/replication/repeated", "attack/replication/fresh-environment"):
        assert asked(manifest, beginning) and all(one == small for one in asked(manifest, beginning))
    assert asked(manifest, "control/") == [small | {"swapped": True}]


def test_what_asks_for_the_answer_is_made_at_full_size(honest: tuple[Path, Manifest]) -> None:
    manifest = honest[1]
    assert asked(manifest, "attack/replication/fresh-seeds") == [{"pictures": False}]
    parts = asked(manifest, f"attack/{ATTACK}")
    assert len(parts) == 2
    assert all(set(one) == {"pictures", "trainings"} and len(one["trainings"]) == 1 for one in parts)
    assert parts[0] != parts[1]


def test_an_auditor_derives_the_same(honest: tuple[Path, Manifest]) -> None:
    folder, _manifest = honest
    publish(make_world(folder / "artifacts").store)
    report = audit(folder / "artifacts", claims=folder / "claims")
    assert report.holds, report.failures


def test_an_auditor_misses_a_rehearsal_that_was_left_out(
    honest: tuple[Path, Manifest], tmp_path: Path
) -> None:
    folder, manifest = honest
    import shutil

    shutil.copytree(folder / "artifacts", tmp_path / "artifacts")
    kept = [place for place, run in enumerate(manifest.runs) if run.variation.name != "rehearsal"]
    forged = manifest.model_copy(
        update={
            "runs": tuple(manifest.runs[place] for place in kept),
            "host": manifest.host.model_copy(
                update={"runs": tuple(manifest.host.runs[place] for place in kept)}
            ),
        }
    )
    path = next((tmp_path / "artifacts").rglob("manifest.json"))
    path.write_bytes(document_bytes(forged))
    assert not audit(tmp_path / "artifacts").holds


def test_made_up_numbers_at_full_size_are_found(tmp_path: Path) -> None:
    """Honest where it is attacked, and for single trainings; the long run alone is made up."""

    def cheat(call: Call) -> Any:
        return trained(
            call, lead=0.3 if in_full(call) and len(call.request["parameters"]["trainings"]) > 1 else 0.1
        )

    manifest = verified(tmp_path, cheat)
    broken = finding(manifest)
    assert (broken.status, broken.effect, broken.reason_code) == ("broken", Effect.VOIDS, Reason.UNSTABLE)
    assert manifest.verdict.status is Status.UNVERIFIED


def test_a_part_that_fails_by_itself_voids(tmp_path: Path) -> None:
    def script(call: Call) -> Any:
        if len(call.request["parameters"]["trainings"]) == 1:
            raise ScriptFailure(RunOutcome.SCRIPT_FAILED)
        return trained(call)

    assert finding(verified(tmp_path, script)).effect is Effect.VOIDS


@pytest.mark.parametrize(
    ("full", "small", "effect"),
    [
        (0.1, -0.1, Effect.VOIDS),
        (0.1, 0.0, Effect.VOIDS),
        (-0.1, 0.1, Effect.VOIDS),
        (-0.1, 0.0, Effect.WEAKENS),
        (0.0, 0.1, Effect.WEAKENS),
        (0.0, -0.1, Effect.WEAKENS),
    ],
)
def test_other_answers_at_another_size(tmp_path: Path, full: float, small: float, effect: Effect) -> None:
    """A claim is verified on the strength of attacks only where the attacked run met the rule as well."""
    found = finding(verified(tmp_path, lambda call: trained(call, lead=full if in_full(call) else small)))
    assert (found.status, found.effect) == ("broken", effect)


def test_a_rehearsal_that_fails_verifies_nothing(tmp_path: Path) -> None:
    def script(call: Call) -> Any:
        if not in_full(call):
            raise ScriptFailure(RunOutcome.SCRIPT_FAILED)
        return trained(call)

    manifest = verified(tmp_path, script)
    assert manifest.verdict.status is Status.UNVERIFIED
    assert finding(manifest).effect is Effect.VOIDS


def test_a_script_that_measured_nothing_is_not_rehearsed(tmp_path: Path) -> None:
    manifest = verified(
        tmp_path, lambda call: {"protocol": PROTOCOL, "not_run": "the package torch is missing"}
    )
    assert [run.variation.name for run in manifest.runs] == ["main"]
    assert manifest.verdict.reason_code is Reason.NOT_RUN
    assert "torch" in manifest.verdict.reason


@pytest.mark.parametrize(
    ("places", "field", "words"),
    [
        ({"reproduction__rehearsal__parameters": {"sizes": 1}}, "rehearsal.parameters.sizes", "not one of"),
        ({"reproduction__rehearsal__beside": {"size2": 1}}, "rehearsal.beside.size2", "not one of"),
        ({"reproduction__rehearsal__parts__parameter": "size"}, "rehearsal.parts.parameter", "at least two"),
        ({"reproduction__parameters__trainings": [0]}, "rehearsal.parts.parameter", "at least two"),
        ({"reproduction__rehearsal__parts__column": "new"}, "rehearsal.parts.column", "not a label column"),
        ({"reproduction__rehearsal__parts__column": "seed"}, "rehearsal.parts.column", "not a label column"),
        ({"kind": "formal", "reproduction__fidelity": "exact"}, "rehearsal", "for experiments"),
    ],
)
def test_mistakes_are_named(tmp_path: Path, places: dict[str, Any], field: str, words: str) -> None:
    with pytest.raises(InvalidRecord) as caught:
        load_claims(write_claims(tmp_path, changed(EXPERIMENT, **places)))
    assert any(
        problem.field.endswith(field) and words in problem.message for problem in caught.value.problems
    ), json.dumps([str(problem) for problem in caught.value.problems])


def test_attacks_without_runs_see_the_claims_own_run() -> None:
    """What needs no run of its own is judged on what the claim rests on."""
    sizes = {
        attack.name: attack.plan is no_runs and attack.follow_up is no_further_runs for attack in ATTACKS
    }
    assert sizes["replication/other-analyses"] and sizes["counterexample/leave-one-out"]
    assert not sizes["replication/repeated"]
    assert {attack.name for attack in ATTACKS if attack.full_size} == {ATTACK, "replication/fresh-seeds"}


def test_a_run_that_cannot_decide_is_made_alone_and_says_what_it_found(tmp_path: Path) -> None:
    manifest = verified(tmp_path, trained, requires={"fidelity": "dataset"})
    assert (manifest.verdict.status, manifest.verdict.reason_code) == (
        Status.UNVERIFIED,
        Reason.FIDELITY_TOO_LOW,
    )
    assert "the rule answers MET" in manifest.verdict.reason
    assert [run.variation.name for run in manifest.runs] == ["main"]
    assert {item.why for item in manifest.left_out} == {
        "the fidelity of the run is too low to decide the claim"
    }
    publish(make_world(tmp_path / "artifacts").store)
    assert not audit(tmp_path / "artifacts").failures


def test_a_run_that_can_decide_is_not_spared_by_saying_so(
    honest: tuple[Path, Manifest], tmp_path: Path
) -> None:
    """A forger leaves out an attack and gives the reason that belongs to other claims."""
    manifest = honest[1]
    name = "attack/replication/fresh-environment/variables"
    forged = manifest.model_copy(
        update={
            "runs": tuple(run for run in manifest.runs if run.variation.name != name),
            "left_out": (
                LeftOut(variation=name, why="the fidelity of the run is too low to decide the claim"),
            ),
        }
    )
    with pytest.raises(EvidenceFailure, match="a reason that the claim record does not give"):
        read_recorded(forged, make_world(honest[0] / "artifacts").store, "")
