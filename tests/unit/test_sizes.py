"""One record at several sizes: what a profile changes, what it may not, and manifests that stand beside each other."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from doubles import CLAIM, CLAIM_ID, PAPER_ID, always, changed, load_one, make_world, write_claims
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from harness.audit import audit, comparable
from harness.canonical import digest, document_bytes
from harness.cli import app
from harness.errors import InvalidRecord
from harness.evidence import EvidenceFailure, load_pinned
from harness.loading import LoadedClaim, load_claims, sized
from harness.pipeline import verify_claim
from harness.profiles import profile_of, where_written, with_profile
from harness.records.claim import Claim
from harness.records.manifest import Manifest
from harness.records.run import RunOutcome
from harness.records.verdict import Reason, Status
from harness.replaying import find_manifest
from harness.runner import chosen, run_claims
from harness.store import Store

MEDIUM: dict[str, Any] = {"what": "deeper", "parameters": {"depth": 2}, "seeds": [7], "fidelity": "reported"}
SIZED: dict[str, Any] = changed(CLAIM, reproduction__profiles={"medium": MEDIUM})


def problems(root: Path, claim: dict[str, Any]) -> list[tuple[int, str, str]]:
    write_claims(root, claim)
    with pytest.raises(InvalidRecord) as raised:
        load_claims(root)
    return [(item.line, item.field, item.message) for item in raised.value.problems]


def both(claims: Path, artifacts: Path) -> tuple[LoadedClaim, dict[str, Manifest]]:
    """The claim, and its manifests at both sizes, published in one folder."""
    loaded = load_claims(claims)[0]
    world = make_world(artifacts)
    for size in ("embedded", "medium"):
        run_claims([sized(loaded, size)], world, jobs=1, done=lambda _claim, _manifest: None)
    return loaded, {
        name: find_manifest(f"{PAPER_ID}/{name}", artifacts) for name in (CLAIM_ID, f"{CLAIM_ID}@medium")
    }


@given(
    own=st.dictionaries(st.sampled_from("abcd"), st.integers(0, 9)),
    other=st.dictionaries(st.sampled_from("abcd"), st.integers(0, 9)),
    seeds=st.none() | st.lists(st.integers(0, 9), min_size=1, unique=True),
)
def test_a_profile_replaces_what_it_names_and_nothing_else(
    own: dict[str, int], other: dict[str, int], seeds: list[int] | None
) -> None:
    size = {"what": "x", "parameters": other, "seeds": seeds, "fidelity": "exact"}
    record = changed(CLAIM, reproduction__parameters=own, reproduction__profiles={"full": size})
    claim = Claim.model_validate_json(json.dumps(record))
    plain, full = with_profile(claim, None), with_profile(claim, "full")
    assert plain == Claim.model_validate_json(json.dumps(changed(CLAIM, reproduction__parameters=own)))
    assert full.reproduction.parameters == own | other
    assert full.reproduction.seeds == (tuple(seeds) if seeds else plain.reproduction.seeds)
    assert full.reproduction.fidelity == "exact" and full.reproduction.profiles is None
    same = {"parameters", "seeds", "fidelity"}
    for name in set(type(full.reproduction).model_fields) - same:
        assert getattr(full.reproduction, name) == getattr(plain.reproduction, name)
    assert full.model_copy(update={"reproduction": plain.reproduction}) == plain
    for name in own | other:
        within = ("profiles", "full") if name in other else ()
        wanted = ("reproduction", *within, "parameters", name)
        assert where_written(("reproduction", "parameters", name), claim, "full") == wanted


def test_a_record_without_the_profile_is_run_as_it_stands(tmp_path: Path) -> None:
    plain = load_one(tmp_path / "plain")
    assert sized(plain, "medium") == plain
    loaded = load_one(tmp_path / "sized", SIZED)
    assert loaded.claim == plain.claim and loaded.profile is None
    assert sized(loaded, "full") == sized(loaded, "embedded") == loaded
    medium = sized(loaded, "medium")
    assert (medium.profile, medium.name) == ("medium", f"{PAPER_ID}/{CLAIM_ID}@medium")
    assert medium.claim.reproduction.parameters == {"depth": 2}
    assert medium.record == loaded.record and profile_of(medium.record, "medium") == "medium"
    # Going back and forth loses nothing.
    assert sized(medium, "embedded") == loaded
    assert chosen([medium], CLAIM_ID) == [medium]


def test_an_unknown_profile_is_refused_with_its_place(tmp_path: Path) -> None:
    (found,) = problems(tmp_path, changed(CLAIM, reproduction__profiles={"huge": MEDIUM}))
    assert found[0] > 0 and found[1] == "reproduction.profiles.huge" and "'medium' or 'full'" in found[2]


@pytest.mark.parametrize(
    ("size", "field", "words"),
    [
        ({"parameters": {"deepness": 2}}, "parameters.deepness", "not one of the script's parameters"),
        ({"seeds": [7, 7]}, "seeds", ""),
        ({"resources": ["corpus"]}, "resources[0]", "'corpus' is not one of the resources"),
        ({"fidelity": "exact"}, "fidelity", "a reported claim reaches reported"),
        (
            {
                "rehearsal": {
                    "parameters": {"depth": 1},
                    "parts": {"parameter": "depth", "column": "language"},
                }
            },
            "rehearsal",
            "is for experiments",
        ),
        ({"what": None}, "what", "is required"),
        ({"rule": "bound"}, "rule", "unknown key 'rule'"),
    ],
)
def test_what_a_profile_gets_wrong_is_said_where_it_is_written(
    tmp_path: Path, size: dict[str, Any], field: str, words: str
) -> None:
    medium = {key: value for key, value in {**MEDIUM, **size}.items() if value is not None}
    found = problems(tmp_path, changed(CLAIM, reproduction__profiles={"medium": medium}))
    place = f"reproduction.profiles.medium.{field}"
    assert [item for item in found if item[0] > 0 and item[1] == place and words in item[2]], found


def test_a_mistake_of_the_record_is_said_once_though_it_has_profiles(tmp_path: Path) -> None:
    record = changed(SIZED, reproduction__inputs=["table-09"])
    found = [item for item in problems(tmp_path, record) if "table-09" in item[2]]
    assert len(found) == 1 and found[0][1] == "reproduction.inputs[0]"


def test_manifests_of_two_sizes_stand_beside_each_other_and_audit(tmp_path: Path) -> None:
    claims = write_claims(tmp_path / "claims", SIZED)
    loaded, manifests = both(claims, tmp_path / "artifacts")
    small, medium = manifests.values()
    assert (small.claim, medium.claim) == (CLAIM_ID, CLAIM_ID)
    assert (small.pinned.profile, medium.pinned.profile) == (None, "medium")
    # One record, written before either run.
    assert small.pinned.claim == medium.pinned.claim == digest(loaded.record)
    store = Store(tmp_path / "artifacts")
    asked = [json.loads(store.get(item.runs[0].request or "")) for item in (small, medium)]
    assert [(item["parameters"], item["seed"]) for item in asked] == [({"depth": 1}, 0), ({"depth": 2}, 7)]
    summary = json.loads((tmp_path / "artifacts" / "summary.json").read_text())
    assert [item["claim"] for item in summary["claims"]] == [CLAIM_ID, f"{CLAIM_ID}@medium"]

    def replay(again: LoadedClaim) -> Manifest:
        return verify_claim(again, make_world(tmp_path / "again"))

    report = audit(tmp_path / "artifacts", claims=claims, replay=replay)
    assert (report.failures, report.manifests, report.replayed) == ([], 4, 2)
    replayed = verify_claim(load_pinned(medium, store, ""), make_world(tmp_path / "again"))
    assert comparable(replayed.as_json()) == comparable(medium.as_json())


def test_an_auditor_notices_another_profile(tmp_path: Path) -> None:
    claims = write_claims(tmp_path / "claims", SIZED)
    _loaded, manifests = both(claims, tmp_path / "artifacts")
    medium = manifests[f"{CLAIM_ID}@medium"]
    store = Store(tmp_path / "artifacts")
    # A run of the record as it stands, given out as one with the profile.
    small = manifests[CLAIM_ID]
    forged = small.model_copy(update={"pinned": small.pinned.model_copy(update={"profile": "medium"})})
    store.save_manifest(PAPER_ID, forged.folder, document_bytes(forged))
    assert any("request" in item.message or "own" in item.message for item in audit(store.root).failures)
    # A profile that the record does not have.
    none = medium.model_copy(update={"pinned": medium.pinned.model_copy(update={"profile": "full"})})
    with pytest.raises(EvidenceFailure, match="has no profile full"):
        load_pinned(none, store, "")


def test_a_profile_changed_after_the_run_shows(tmp_path: Path) -> None:
    claims = write_claims(tmp_path / "claims", SIZED)
    both(claims, tmp_path / "artifacts")
    later = changed(SIZED, reproduction__profiles={"medium": {**MEDIUM, "parameters": {"depth": 3}}})
    (claims / PAPER_ID / CLAIM_ID / "claim.yaml").write_text(json.dumps(later))
    places = {Path(item.file).parent.name for item in audit(tmp_path / "artifacts", claims=claims).failures}
    assert places == {CLAIM_ID, f"{CLAIM_ID}@medium"}


def test_a_failure_at_one_size_leaves_the_other_as_it_was(tmp_path: Path) -> None:
    loaded = load_one(tmp_path / "claims", SIZED)
    good = verify_claim(loaded, make_world(tmp_path / "artifacts"))
    failing = make_world(tmp_path / "artifacts", always(RunOutcome.SCRIPT_FAILED))
    bad = verify_claim(sized(loaded, "medium"), failing)
    assert (bad.verdict.status, bad.verdict.reason_code) == (Status.UNVERIFIED, Reason.SCRIPT_FAILED)
    assert find_manifest(CLAIM_ID, tmp_path / "artifacts") == good


def test_the_command_refuses_a_size_that_there_is_not(tmp_path: Path) -> None:
    claims = write_claims(tmp_path / "claims")
    result = CliRunner().invoke(app, ["run", str(claims), "--profile", "huge"])
    assert result.exit_code == 2 and "huge" in result.output
