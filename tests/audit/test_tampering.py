"""An auditor holds a folder and trusts nobody: whatever is changed in it, the audit says so and names the file.

The folder holds a verified, a falsified and an unverified claim. They are taken from ``tests/gauntlet``.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import random
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from harness.assessment import assess
from harness.audit import AuditReport, audit, comparable
from harness.canonical import canonical_bytes, document_bytes, sha256
from harness.cli import main
from harness.evidence import EvidenceFailure, read_recorded
from harness.loading import LoadedClaim, load_claims
from harness.pipeline import World, verify_claim
from harness.records.manifest import Manifest
from harness.records.run import RunRecord
from harness.runner import publish, run_claims
from harness.sandbox.select import find_sandbox
from harness.store import Store

pytestmark = pytest.mark.sandbox

REPOSITORY = Path(__file__).parents[2]
CLAIMS = REPOSITORY / "tests" / "gauntlet" / "claims" / "tiny-paper"
PAPER = CLAIMS.name
VERIFIED, FALSIFIED, UNVERIFIED = "formal-constant-honest", "subject-beside-statement-honest", "nan-output"
CHOSEN = (VERIFIED, FALSIFIED, UNVERIFIED)
FLIPS = 210


def harness(*arguments: str | Path) -> tuple[int, str]:
    """Exit code and standard output of one command."""
    out = io.StringIO()
    before = sys.argv
    sys.argv = ["harness", *map(str, arguments)]
    try:
        with contextlib.redirect_stdout(out), pytest.raises(SystemExit) as end:
            main()
    finally:
        sys.argv = before
    assert isinstance(end.value.code, int)
    return end.value.code, out.getvalue()


def make_world(root: Path) -> World:
    return World(find_sandbox(), Store(root), lambda: datetime.now(UTC), threading.Event())


@pytest.fixture(scope="module")
def claims(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The three claims with their paper."""
    folder = tmp_path_factory.mktemp("audited") / "claims" / PAPER
    folder.mkdir(parents=True)
    shutil.copy(CLAIMS / "paper.yaml", folder)
    for name in ("tables", "documents", *CHOSEN):
        shutil.copytree(CLAIMS / name, folder / name)
    return folder.parent


@pytest.fixture(scope="module")
def untouched(claims: Path) -> Path:
    """Artifacts of one run. Tests that change something work on a copy, or put it back."""
    root = claims.parent / "artifacts"
    code, _out = harness("run", claims, "--out", root, "--json")
    assert code == 1
    return root


@pytest.fixture
def artifacts(untouched: Path, tmp_path: Path) -> Path:
    """A copy to spoil."""
    return shutil.copytree(untouched, tmp_path / "artifacts")


@pytest.fixture
def light(artifacts: Path) -> Path:
    """The copy without the manifests of the claim with the most runs, for tests that audit very often."""
    shutil.rmtree(artifacts / PAPER / FALSIFIED)
    publish(Store(artifacts))
    return artifacts


def fails_at(report: AuditReport, path: Path) -> bool:
    return any(failure.file == str(path) for failure in report.failures)


def files_in(root: Path) -> list[Path]:
    """Every file that holds something."""
    return sorted(path for path in root.rglob("*") if path.is_file() and path.stat().st_size)


def evidence_in(root: Path) -> list[Path]:
    return files_in(root / "evidence")


def manifest_path(root: Path, claim: str) -> Path:
    return root / PAPER / claim / "manifest.json"


def load(root: Path, claim: str) -> dict[str, Any]:
    return json.loads(manifest_path(root, claim).read_bytes())


def reseal(root: Path, claim: str, data: bytes) -> None:
    """Put a forged manifest in the place of the true one, with every digest in the folder made to fit."""
    shutil.rmtree(root / PAPER / claim)
    Store(root).save_manifest(PAPER, claim, data)
    publish(Store(root))


def test_an_untouched_folder_holds(untouched: Path) -> None:
    code, out = harness("audit", untouched, "--json")
    report = json.loads(out)
    assert code == 0
    assert (report["holds"], report["failures"], report["notes"]) == (True, [], [])
    assert report["manifests"] == 2 * len(CHOSEN)
    assert report["evidence"] == len(evidence_in(untouched))


def test_the_folder_holds_one_claim_of_each_status(untouched: Path) -> None:
    statuses = [load(untouched, claim)["verdict"]["status"] for claim in CHOSEN]
    assert statuses == ["VERIFIED", "FALSIFIED", "UNVERIFIED"]


# One byte


def positions(root: Path) -> Iterator[tuple[Path, int, int]]:
    """File, position and what to change the byte by: every file at least once, then wherever chance falls."""
    rng = random.Random("one byte")
    files = files_in(root)
    documents = [path for path in files if path.suffix == ".json"]
    for number in range(max(FLIPS, len(files))):
        path = files[number] if number < len(files) else rng.choice(documents)
        yield path, rng.randrange(path.stat().st_size), 1 << rng.randrange(8)


def test_any_single_flipped_bit_is_found_and_its_file_named(light: Path) -> None:
    unnoticed = []
    tried = 0
    for path, position, bit in positions(light):
        good = path.read_bytes()
        path.write_bytes(good[:position] + bytes([good[position] ^ bit]) + good[position + 1 :])
        report = audit(light)
        path.write_bytes(good)
        tried += 1
        if report.holds or not fails_at(report, path):
            unnoticed.append((path.relative_to(light), position, bit))
    assert tried >= 200
    assert unnoticed == []
    assert audit(light).holds


def test_a_flipped_byte_gives_exit_code_5_and_names_the_file(artifacts: Path) -> None:
    path = manifest_path(artifacts, VERIFIED)
    path.write_bytes(path.read_bytes().replace(b"VERIFIED", b"UERIFIED", 1))
    code, out = harness("audit", artifacts)
    assert code == 5
    assert str(path) in out


# Whole files


def kinds(root: Path) -> dict[str, Path]:
    """One file of each kind."""
    manifest = load(root, VERIFIED)
    store = Store(root)
    return {
        "summary": root / "summary.json",
        "paper": root / PAPER / "paper.json",
        "manifest": manifest_path(root, VERIFIED),
        "run": next((root / PAPER / VERIFIED / "runs").iterdir()),
        "claim": store.evidence_path(manifest["pinned"]["claim"]),
        "script": store.evidence_path(manifest["pinned"]["script"]),
        "table": store.evidence_path(manifest["pinned"]["tables"]["table-02"]),
        "request": store.evidence_path(manifest["runs"][0]["request"]),
        "observations": store.evidence_path(manifest["runs"][-1]["observations"]),
    }


KINDS = ("summary", "paper", "manifest", "run", "claim", "script", "table", "request", "observations")


@pytest.mark.parametrize("kind", KINDS)
def test_a_missing_file_is_found(artifacts: Path, kind: str) -> None:
    kinds(artifacts)[kind].unlink()
    assert not audit(artifacts).holds


def test_no_piece_of_evidence_can_be_spared(artifacts: Path) -> None:
    spared = []
    for path in evidence_in(artifacts):
        good = path.read_bytes()
        path.unlink()
        if audit(artifacts).holds:
            spared.append(path.relative_to(artifacts))
        path.write_bytes(good)
    assert spared == []


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("kept", ["nothing", "half", "all but the last byte"])
def test_a_truncated_file_is_found_and_named(artifacts: Path, kind: str, kept: str) -> None:
    path = kinds(artifacts)[kind]
    data = path.read_bytes()
    path.write_bytes(data[: {"nothing": 0, "half": len(data) // 2, "all but the last byte": -1}[kept]])
    report = audit(artifacts)
    assert not report.holds
    assert fails_at(report, path)


@pytest.mark.parametrize("kind", KINDS)
def test_a_link_in_the_place_of_a_file_is_found_and_named(artifacts: Path, tmp_path: Path, kind: str) -> None:
    """Even one that leads to the right bytes: what a link shows today it need not show tomorrow."""
    path = kinds(artifacts)[kind]
    path.rename(tmp_path / "elsewhere")
    path.symlink_to(tmp_path / "elsewhere")
    report = audit(artifacts)
    assert not report.holds
    assert fails_at(report, path)


@pytest.mark.parametrize("kind", KINDS)
def test_a_renamed_file_is_found(artifacts: Path, kind: str) -> None:
    path = kinds(artifacts)[kind]
    path.rename(path.with_name("0" * 62 if "evidence" in path.parts else "other.json"))
    assert not audit(artifacts).holds


def test_two_swapped_pieces_of_evidence_are_found_and_both_named(artifacts: Path) -> None:
    first, second = kinds(artifacts)["request"], kinds(artifacts)["observations"]
    one, other = first.read_bytes(), second.read_bytes()
    first.write_bytes(other)
    second.write_bytes(one)
    report = audit(artifacts)
    assert fails_at(report, first)
    assert fails_at(report, second)


@pytest.mark.parametrize(
    "place",
    [
        "extra.json",
        "other-paper/paper.json",
        f"{PAPER}/other-claim/manifest.json",
        f"{PAPER}/{VERIFIED}/extra.json",
    ],
)
def test_an_added_document_is_found_and_named(artifacts: Path, place: str) -> None:
    path = artifacts / place
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("{}\n")
    report = audit(artifacts)
    assert not report.holds
    assert fails_at(report, path)


def test_an_added_file_that_is_no_document_is_noted(artifacts: Path) -> None:
    (artifacts / "README.txt").write_text("Read me.\n")
    report = audit(artifacts)
    assert report.holds
    assert any("README.txt" in note for note in report.notes)


def test_the_manifest_of_another_claim_is_found_and_named(artifacts: Path) -> None:
    place = manifest_path(artifacts, FALSIFIED)
    shutil.copyfile(manifest_path(artifacts, VERIFIED), place)
    report = audit(artifacts)
    assert not report.holds
    assert fails_at(report, place)


def test_the_manifest_of_another_claim_is_found_when_every_digest_fits(artifacts: Path) -> None:
    place = artifacts / PAPER / FALSIFIED
    shutil.rmtree(place)
    shutil.copytree(artifacts / PAPER / VERIFIED, place)
    summary = json.loads((artifacts / "summary.json").read_bytes())
    for entry in summary["claims"]:
        if entry["claim"] == FALSIFIED:
            data = (place / "manifest.json").read_bytes()
            entry.update(status="VERIFIED", reason_code="RULE_MET", sha256=sha256(data))
    (artifacts / "summary.json").write_bytes(document_bytes(summary))
    report = audit(artifacts)
    assert fails_at(report, place / "manifest.json")


HOSTILE = {
    "nothing": b"",
    "null": b"null",
    "a list": b"[]",
    "an empty object": b"{}",
    "deep": b"[" * 200_000,
    "no text": b"\xff\xfe\x00",
    "no number": b'{"counts": NaN}',
    "a huge number": b'{"counts": 1e999}',
    "a huge integer": b"9" * 10_000,
    "half a surrogate": b'{"schema": "\\ud800"}',
    "a name twice": b'{"schema": 1, "schema": 2}',
}


@pytest.mark.parametrize("what", HOSTILE)
def test_a_hostile_document_is_a_finding_and_not_a_crash(light: Path, what: str) -> None:
    for path in (kinds(light)[kind] for kind in ("summary", "paper", "manifest", "run")):
        good = path.read_bytes()
        path.write_bytes(HOSTILE[what])
        report = audit(light)
        path.write_bytes(good)
        assert not report.holds
        assert fails_at(report, path)


@pytest.mark.parametrize("what", HOSTILE)
@pytest.mark.parametrize("pinned", ["claim", "paper", "base", "table", "request", "observations"])
def test_hostile_evidence_with_a_fitting_digest_is_a_finding_and_not_a_crash(
    artifacts: Path, what: str, pinned: str
) -> None:
    store = Store(artifacts)
    document = load(artifacts, FALSIFIED)
    digest = store.put(HOSTILE[what])
    if pinned == "table":
        document["pinned"]["tables"]["table-01"] = digest
        document["pinned"]["inputs"]["table-01.csv"] = digest
    elif pinned in ("request", "observations"):
        document["runs"][0][pinned] = digest
    else:
        document["pinned"][pinned] = digest
    shutil.rmtree(artifacts / PAPER / FALSIFIED)
    store.save_manifest(PAPER, FALSIFIED, document_bytes(document))
    report = audit(artifacts)
    about = {manifest_path(artifacts, FALSIFIED), store.evidence_path(digest)}
    assert not report.holds
    assert any(fails_at(report, path) for path in about)


def test_a_pipe_in_the_folder_is_found_and_not_waited_for(artifacts: Path) -> None:
    path = artifacts / PAPER / VERIFIED / "runs" / "pipe.json"
    os.mkfifo(path)
    report = audit(artifacts)
    assert fails_at(report, path)


def test_a_linked_folder_is_found_and_not_followed(artifacts: Path, tmp_path: Path) -> None:
    folder = artifacts / PAPER / VERIFIED
    folder.rename(tmp_path / "elsewhere")
    folder.symlink_to(tmp_path / "elsewhere")
    report = audit(artifacts)
    assert fails_at(report, folder)


# Forgeries in which every digest fits


def as_verified(document: dict[str, Any]) -> None:
    document["verdict"].update(status="VERIFIED", reason_code="RULE_MET")
    document["gate_verdict"].update(status="VERIFIED", label="VERIFIED / RULE_MET", gate="Gate 4 EMISSION")


def without_findings(document: dict[str, Any]) -> None:
    document["findings"] = document["findings"][:1]


def as_held(document: dict[str, Any]) -> None:
    for finding in document["findings"]:
        for key in ("effect", "severity", "reason_code"):
            finding.pop(key, None)
        finding["status"] = "held"


def without_a_run(document: dict[str, Any]) -> None:
    dropped = document["runs"].pop()
    document["host"]["runs"] = [
        run for run in document["host"]["runs"] if run["variation"] != dropped["variation"]["name"]
    ]


def of_lower_demand(document: dict[str, Any]) -> None:
    document["required_fidelity"] = "analog"


def of_another_statement(document: dict[str, Any]) -> None:
    document["statement"] = "The moon is made of cheese."


def with_an_unsealed_run(document: dict[str, Any]) -> None:
    document["runs"][0]["isolation"] = (
        "L2-landlock" if document["runs"][0]["isolation"] != "L2-landlock" else None
    )
    document["runs"][0]["outcome"] = "SCRIPT_FAILED"


def with_another_seed(document: dict[str, Any]) -> None:
    document["runs"][0]["variation"]["seed"] = 1


def with_another_script(document: dict[str, Any]) -> None:
    document["pinned"]["script"] = document["pinned"]["claim"]


def of_a_host_that_made_a_run_less(document: dict[str, Any]) -> None:
    document["host"]["runs"].pop()


def of_a_host_that_made_a_run_more(document: dict[str, Any]) -> None:
    extra = {**document["host"]["runs"][-1], "variation": "attack/replication/never-planned"}
    document["host"]["runs"].append(extra)


def of_a_host_that_made_its_runs_under_other_names(document: dict[str, Any]) -> None:
    document["host"]["runs"][0]["variation"] = "somewhere-else"


def of_a_host_with_stronger_isolation(document: dict[str, Any]) -> None:
    isolation = document["host"]["isolation"]
    isolation["label"] = "L4-micro-vm" if isolation["label"] == "L3-namespaces" else "L3-namespaces"


def of_a_host_without_isolation(document: dict[str, Any]) -> None:
    document["host"].pop("isolation")


def of_runs_that_nobody_isolated(document: dict[str, Any]) -> None:
    for run in document["runs"]:
        run.pop("isolation", None)


def with_a_change_by_no_number(document: dict[str, Any]) -> None:
    changes = [change for run in document["runs"] for change in run["variation"].get("transforms", ())]
    for change in changes:
        if change["do"] in ("scale", "shift"):
            change["number"] = "two"


@pytest.mark.parametrize(
    "forge",
    [
        as_verified,
        without_findings,
        as_held,
        without_a_run,
        of_lower_demand,
        of_another_statement,
        with_an_unsealed_run,
        with_another_seed,
        with_another_script,
        of_a_host_that_made_a_run_less,
        of_a_host_that_made_a_run_more,
        of_a_host_that_made_its_runs_under_other_names,
        of_a_host_with_stronger_isolation,
        of_a_host_without_isolation,
        of_runs_that_nobody_isolated,
        with_a_change_by_no_number,
    ],
)
@pytest.mark.parametrize("claim", [FALSIFIED, UNVERIFIED])
def test_a_forged_manifest_is_derived_again_and_found(
    artifacts: Path, claim: str, forge: Callable[[dict[str, Any]], None]
) -> None:
    document = load(artifacts, claim)
    before = json.dumps(document)
    forge(document)
    if json.dumps(document) == before:
        pytest.skip("this claim has nothing of the kind to forge")
    data = document_bytes(document)
    try:
        reseal(artifacts, claim, data)
    except Exception:
        # Not even the forger's own tools take it; the auditor must not either.
        Store(artifacts).save_manifest(PAPER, claim, data)
    report = audit(artifacts)
    assert not report.holds
    assert fails_at(report, manifest_path(artifacts, claim))


def test_another_script_beside_a_single_run_is_found_by_the_replay(artifacts: Path) -> None:
    """Where attacks made runs of their own, their seeds depend on the script; the claim's own run does not."""
    document = load(artifacts, UNVERIFIED)
    assert len(document["runs"]) == 1
    with_another_script(document)
    document["runs"][0]["script"] = document["pinned"]["script"]
    reseal(artifacts, UNVERIFIED, document_bytes(document))
    code, out = harness("audit", artifacts, "--replay", "--json")
    assert code == 5
    failed = [failure["file"] for failure in json.loads(out)["failures"]]
    assert failed == [str(manifest_path(artifacts, UNVERIFIED))]


def test_a_summary_that_says_more_than_its_manifests_is_found(artifacts: Path) -> None:
    path = artifacts / "summary.json"
    summary = json.loads(path.read_bytes())
    summary["counts"].update(VERIFIED=3, FALSIFIED=0, UNVERIFIED=0)
    path.write_bytes(document_bytes(summary))
    assert fails_at(audit(artifacts), path)


def forged_observations(root: Path, run: RunRecord, factor: float) -> RunRecord:
    """The record of a run with a mean multiplied by ``factor``, and the evidence to go with it."""
    if run.observations is None:
        return run
    document = json.loads(Store(root).get(run.observations))
    if "mean_map" not in document["quantities"]:
        return run
    document["quantities"]["mean_map"]["value"] *= factor
    return run.model_copy(update={"observations": Store(root).put(canonical_bytes(document))})


def recorded(root: Path, claim: str) -> Manifest:
    return Manifest.model_validate_json(manifest_path(root, claim).read_bytes(), strict=True)


FACTOR = 0.612 / 0.551125
"""What makes of the mean that refutes the claim the one that meets it."""


def test_a_changed_observation_does_not_carry_the_old_verdict(artifacts: Path) -> None:
    manifest = recorded(artifacts, FALSIFIED)
    runs = (forged_observations(artifacts, manifest.runs[0], FACTOR), *manifest.runs[1:])
    reseal(artifacts, FALSIFIED, document_bytes(manifest.model_copy(update={"runs": runs})))
    report = audit(artifacts)
    assert not report.holds
    assert fails_at(report, manifest_path(artifacts, FALSIFIED))


def test_another_answer_asks_for_other_runs(artifacts: Path) -> None:
    """Which runs the attacks want depends on what they saw: a forger has to invent those runs, too."""
    manifest = recorded(artifacts, FALSIFIED)
    runs = (forged_observations(artifacts, manifest.runs[0], FACTOR), *manifest.runs[1:])
    with pytest.raises(EvidenceFailure, match="not those that attacks and controls ask for"):
        derived_again(artifacts, manifest.model_copy(update={"runs": runs}))


def derived_again(root: Path, manifest: Manifest) -> Manifest:
    evidence = read_recorded(manifest, Store(root), "forged")
    return assess(evidence.case, evidence.runs, manifest.host)


def test_wholly_invented_observations_pass_the_plain_audit_and_not_the_replay(artifacts: Path) -> None:
    """What no reader of a folder can see: that no script ever wrote these observations. Running it again shows it."""
    manifest = recorded(artifacts, FALSIFIED)
    # A careful forger: everything follows the scale of the inputs, and a table of one number gives that number.
    runs = tuple(
        run if "constant-table" in run.variation.name else forged_observations(artifacts, run, 0.9)
        for run in manifest.runs
    )
    forged = derived_again(artifacts, manifest.model_copy(update={"runs": runs}))
    assert forged.rule is not None
    assert forged.rule != manifest.rule
    reseal(artifacts, FALSIFIED, document_bytes(forged))
    assert [failure.message for failure in audit(artifacts).failures] == []
    code, out = harness("audit", artifacts, "--replay", "--json")
    report = json.loads(out)
    assert code == 5
    assert [failure["file"] for failure in report["failures"]] == [str(manifest_path(artifacts, FALSIFIED))]


def test_a_claim_left_out_with_every_trace_of_it_passes(artifacts: Path) -> None:
    """Nothing in a folder says which claims there were; only a signature or a copy from elsewhere can."""
    shutil.rmtree(artifacts / PAPER / FALSIFIED)
    publish(Store(artifacts))
    report = audit(artifacts)
    assert report.holds
    assert report.manifests == 2 * (len(CHOSEN) - 1)


# Against a claims folder


def test_a_folder_holds_against_the_claims_it_was_made_from(claims: Path, untouched: Path) -> None:
    code, out = harness("audit", untouched, "--claims", claims, "--json")
    assert (code, json.loads(out)["failures"]) == (0, [])


def test_a_claim_left_out_is_found_by_its_claims_folder(claims: Path, artifacts: Path) -> None:
    shutil.rmtree(artifacts / PAPER / FALSIFIED)
    publish(Store(artifacts))
    code, out = harness("audit", artifacts, "--claims", claims, "--json")
    assert code == 5
    [failure] = json.loads(out)["failures"]
    assert failure["file"] == str(manifest_path(artifacts, FALSIFIED))
    assert failure["message"].startswith("is missing; ")
    assert failure["message"].endswith(f"{PAPER}/{FALSIFIED} has the claim")


@pytest.mark.parametrize(
    ("changed", "named"), [("claim.yaml", "claim"), ("reproduce.py", "script")], ids=["record", "script"]
)
def test_a_claim_changed_since_is_found_by_its_claims_folder(
    claims: Path, untouched: Path, tmp_path: Path, changed: str, named: str
) -> None:
    later = shutil.copytree(claims, tmp_path / "claims")
    path = later / PAPER / FALSIFIED / changed
    path.write_text(path.read_text().replace("Averages", "Sums").replace("is 0.612", "is 0.61"))
    code, out = harness("audit", untouched, "--claims", later, "--json")
    assert code == 5
    [failure] = json.loads(out)["failures"]
    assert failure["file"] == str(manifest_path(untouched, FALSIFIED))
    assert failure["message"] == f"is not about {path.parent} as it is there: {named}"


def with_another_table(claims: Path, to: Path) -> Path:
    """The claims with one digit of their first table changed, and its digest with it."""
    later = shutil.copytree(claims, to)
    table, paper = later / PAPER / "tables" / "table-01.csv", later / PAPER / "paper.yaml"
    before = sha256(table.read_bytes())
    table.write_text(table.read_text().replace("zh,Mono,cell,0.512", "zh,Mono,cell,0.513"))
    assert before in paper.read_text()
    paper.write_text(paper.read_text().replace(before, sha256(table.read_bytes())))
    return later


def test_claims_of_one_paper_on_two_versions_of_a_table_are_found(
    claims: Path, artifacts: Path, tmp_path: Path
) -> None:
    later = with_another_table(claims, tmp_path / "claims")
    code, _out = harness("run", later / PAPER / UNVERIFIED, "--out", artifacts, "--json")
    assert code == 3
    report = audit(artifacts)
    assert not report.holds
    assert [failure.message for failure in report.failures] == [
        f"rests on another version of the source than {VERIFIED}"
    ]
    assert fails_at(report, manifest_path(artifacts, UNVERIFIED))


def test_claims_of_one_paper_all_run_on_a_later_version_hold(
    claims: Path, light: Path, tmp_path: Path
) -> None:
    later = with_another_table(claims, tmp_path / "claims")
    for name in (VERIFIED, UNVERIFIED):
        harness("run", later / PAPER / name, "--out", light, "--json")
    report = audit(light)
    assert report.failures == []
    # The earlier runs are still there, and hold as well.
    assert report.manifests == 2 * 3


# Hostile names

HOSTILE_NAMES = {
    "escape": "\x1b[2J\x1b]0;owned\x07",
    "one-byte escape": "\x9b2J",
    "line break": "a\nall hold",
    "right to left": "\u202egnp",
    "no text": os.fsdecode(b"\xff\xfe"),
}


def unprintable_in(text: str) -> set[str]:
    return {character for character in text if not character.isprintable() and character != "\n"}


@pytest.mark.parametrize("ending", [".json", ".txt"])
@pytest.mark.parametrize("what", HOSTILE_NAMES)
def test_a_hostile_file_name_is_shown_spelled_out(light: Path, what: str, ending: str) -> None:
    (light / f"{HOSTILE_NAMES[what]}{ending}").write_text("{}")
    code, out = harness("audit", light)
    assert code == (5 if ending == ".json" else 0)
    assert "belongs to nothing in this folder" in out
    assert unprintable_in(out) == set()
    assert len(out.splitlines()) == 2
    assert f"\\u{ord(HOSTILE_NAMES[what][0]):04x}" in out or what == "line break"


@pytest.mark.parametrize(
    ("what", "ending"),
    [
        *((what, ".txt") for what in HOSTILE_NAMES),
        ("escape", ".json"),
        ("line break", ".json"),
        ("one-byte escape", ".json"),
        ("right to left", ".json"),
        ("no text", ".json"),
    ],
)
def test_a_hostile_file_name_is_spelled_out_in_json_too(light: Path, what: str, ending: str) -> None:
    (light / f"{HOSTILE_NAMES[what]}{ending}").write_text("{}")
    code, out = harness("audit", light, "--json")
    report = json.loads(out)
    assert code == (5 if ending == ".json" else 0)
    assert len(report["failures"]) + len(report["notes"]) == 1
    out.encode()
    assert unprintable_in(out) == set()


def test_an_untouched_folder_holds_under_replay(untouched: Path) -> None:
    code, out = harness("audit", untouched, "--replay", "--json")
    assert code == 0
    assert json.loads(out)["replayed"] == len(CHOSEN)


# What an audit needs

GUARDED = """
import builtins, os, socket, subprocess, sys

HEAVY = ("torch", "transformers", "faiss")
asked = []

class Guard:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in HEAVY:
            asked.append(name)
            raise ImportError(name + " must not be imported here")

def refuse(*arguments, **named):
    raise AssertionError("the audit reached out of the folder")

def start_nothing(*arguments, **named):
    raise PermissionError(1, "no process may be started here")

sys.meta_path.insert(0, Guard())
if sys.argv[1] == "sealed":
    socket.socket = socket.create_connection = refuse
    subprocess.Popen = os.posix_spawn = os.fork = start_nothing
sys.argv = ["harness", *sys.argv[2:]]
from harness.cli import main
try:
    main()
except SystemExit as end:
    code = end.code
assert not asked, asked
assert not set(HEAVY) & set(sys.modules)
sys.exit(code)
"""


def guarded(how: str, *arguments: str | Path, path: str | None = None) -> subprocess.CompletedProcess[str]:
    """A command in a process of its own, in which torch and its like cannot be imported."""
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
    if path is not None:
        environment["PATH"] = path
    return subprocess.run(
        [sys.executable, "-c", GUARDED, how, *map(str, arguments)],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_checking_running_and_auditing_import_no_heavy_package(claims: Path, tmp_path: Path) -> None:
    check = guarded("open", "check", claims)
    assert check.returncode == 0, check.stderr
    run = guarded("open", "run", claims / PAPER / VERIFIED, "--out", tmp_path / "artifacts")
    assert run.returncode == 0, run.stderr
    replay = guarded("open", "audit", tmp_path / "artifacts", "--replay")
    assert replay.returncode == 0, replay.stderr


def test_an_audit_needs_no_sandbox_no_network_and_no_other_program(untouched: Path) -> None:
    result = guarded("sealed", "audit", untouched, path="")
    assert result.returncode == 0, result.stderr
    assert "all hold" in result.stdout
    # What it does with more, where it can, is read the source's documents again; without, it says so.
    assert "no process may be started here" in result.stdout


def test_an_audit_changes_nothing(artifacts: Path) -> None:
    before = {path: (path.stat().st_mtime_ns, path.read_bytes()) for path in files_in(artifacts)}
    assert audit(artifacts).holds
    assert {path: (path.stat().st_mtime_ns, path.read_bytes()) for path in files_in(artifacts)} == before


# Two runs


def without_digests(root: Path) -> dict[str, Any]:
    """The summary without the digests of documents that hold times."""
    summary = json.loads((root / "summary.json").read_bytes())
    for entry in summary["claims"]:
        del entry["sha256"]
    del summary["papers"]
    return summary


def test_results_depend_neither_on_the_number_of_jobs_nor_on_the_order_of_claims(
    claims: Path, untouched: Path, tmp_path: Path
) -> None:
    again: list[LoadedClaim] = load_claims(claims)[::-1]
    world = make_world(tmp_path / "artifacts")
    run_claims(again, world, jobs=1, done=lambda _claim, _manifest: None)
    assert without_digests(tmp_path / "artifacts") == without_digests(untouched)
    for claim in CHOSEN:
        assert comparable(load(tmp_path / "artifacts", claim)) == comparable(load(untouched, claim))
    names = {path.name for path in evidence_in(untouched)}
    assert {path.name for path in evidence_in(tmp_path / "artifacts")} == names


def test_two_runs_differ_in_nothing_but_host_and_time(claims: Path, tmp_path: Path) -> None:
    [loaded] = load_claims(claims / PAPER / VERIFIED)
    world = make_world(tmp_path / "artifacts")
    first, second = verify_claim(loaded, world), verify_claim(loaded, world)
    assert first != second
    assert comparable(first.as_json()) == comparable(second.as_json())
    publish(world.store)
    report = audit(tmp_path / "artifacts")
    assert report.holds
    assert report.manifests == 3
