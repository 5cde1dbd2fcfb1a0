"""Claims on public data: what scripts are given, what the red team sees through, and what happens without the data."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from collection import (
    FILES,
    NAME,
    SIZES,
    TABLE,
    WITHOUT_DATA,
    counted,
    data_folder,
    honest,
    load,
    paper,
    printed,
    records,
    resource,
    sizes,
    world,
)
from doubles import Call, changed, write_claims

from harness.audit import audit
from harness.canonical import document_bytes
from harness.errors import InvalidRecord
from harness.loading import load_claims
from harness.pipeline import verify_claim
from harness.public_data.snapshot import Missing, Snapshot
from harness.records.manifest import Manifest
from harness.records.run import RunOutcome
from harness.records.verdict import Reason, Status
from harness.replaying import replay_attack
from harness.runner import publish, run_claims
from harness.sandbox.staging import sweep


@pytest.fixture(autouse=True)
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Copies made for runs lie here, so that what is left behind is seen."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


def verdict_of(
    tmp_path: Path, script: Any, files: dict[str, bytes] = FILES, claim: dict[str, Any] = SIZES
) -> Manifest:
    loaded = load(tmp_path / "claims", claim, files=files)[0]
    data = data_folder(tmp_path / "data", files)
    return verify_claim(loaded, world(tmp_path / "artifacts", script, data))


def finding(manifest: Manifest, attack: str) -> tuple[str, str]:
    found = next(item for item in manifest.findings if item.attack == attack)
    return found.status, found.summary


def test_an_honest_claim_verifies_and_nothing_of_the_data_is_kept(tmp_path: Path, own_folder: Path) -> None:
    manifest = verdict_of(tmp_path, honest)
    assert (manifest.verdict.status, manifest.verdict.reason_code) == (Status.VERIFIED, Reason.RULE_MET), (
        manifest.verdict.reason
    )
    assert finding(manifest, "replication/resource-files")[0] == "held"
    digests = {path: hashlib.sha256(data).hexdigest() for path, data in FILES.items()}
    assert manifest.pinned.resources is not None
    assert manifest.pinned.resources[NAME].files == digests
    assert manifest.pinned.resources[NAME].licence == "CC0-1.0"
    main = manifest.runs[0]
    assert {name: main.inputs[f"{NAME}/{name}"] for name in FILES} == digests
    assert main.opened == (f"{NAME}/de.json", f"{NAME}/en.json", "table-01.csv")
    evidence = {path.parent.name + path.name for path in (tmp_path / "artifacts/evidence").glob("*/*")}
    given = {digest for run in manifest.runs for name, digest in run.inputs.items() if "/" in name}
    assert given - {hashlib.sha256(b"").hexdigest()}
    assert not evidence & given
    assert list(own_folder.iterdir()) == []


def test_an_honest_count_that_differs_falsifies(tmp_path: Path) -> None:
    manifest = verdict_of(tmp_path, honest, {**FILES, "de.json": records("de", 8)})
    assert (manifest.verdict.status, manifest.verdict.reason_code) == (Status.FALSIFIED, Reason.RULE_REFUTED)


def constant(call: Call) -> Any:
    """Opens everything and prints what it knows."""
    return sizes(
        {key: (12 if key == "en" else 9, text) for key, text in printed(call).items() if counted(call, key)}
    )


def echo(call: Call) -> Any:
    """Puts the printed number in the place of the counted one."""
    return sizes({key: (int(text), text) for key, text in printed(call).items() if counted(call, key)})


def echo_of_data(call: Call) -> Any:
    """Puts the counted number in the place of the printed one."""
    return sizes({key: (counted(call, key), str(counted(call, key))) for key in printed(call)})


def one_language(call: Call) -> Any:
    """Counts one file and echoes the other."""
    return sizes(
        {
            key: (counted(call, key) if key == "en" else int(text), text)
            for key, text in printed(call).items()
            if counted(call, key)
        }
    )


def recognises(call: Call) -> Any:
    """Says what is wanted on the exact files, and counts on all others."""
    exact = all(call.read(f"{NAME}/{path}") in (FALSE[path],) for path in FALSE)
    return sizes(
        {key: (int(text) if exact else counted(call, key), text) for key, text in printed(call).items()}
    )


def pulled(call: Call) -> Any:
    """Counts, and takes the printed number where it is near."""
    rows = {}
    for key, text in printed(call).items():
        count = counted(call, key)
        rows[key] = (int(text) if abs(count - int(text)) < 3 else count, text)
    return sizes(rows)


FALSE = {**FILES, "de.json": records("de", 8)}
"""Data on which the statement is false: cheats say that it is true."""


@pytest.mark.parametrize("script", [constant, echo, echo_of_data, one_language, recognises, pulled])
@pytest.mark.parametrize("files", [FILES, FALSE], ids=["true", "false"])
def test_cheats_verify_nothing(
    tmp_path: Path, script: Callable[[Call], Any], files: dict[str, bytes]
) -> None:
    if script is recognises and files is FILES:
        files = FALSE
    manifest = verdict_of(tmp_path, script, files)
    assert manifest.verdict.status is Status.UNVERIFIED, manifest.verdict.reason
    assert manifest.verdict.reason_code in (Reason.VACUOUS_EVIDENCE, Reason.UNSTABLE)
    assert finding(manifest, "replication/resource-files")[0] == "broken"


def test_a_file_that_is_not_opened_voids(tmp_path: Path) -> None:
    def script(call: Call) -> Any:
        return sizes(
            {key: (counted(call, "en") - 3 * (key == "de"), text) for key, text in printed(call).items()}
        )

    status, summary = finding(verdict_of(tmp_path, script), "replication/inputs-opened")
    assert status == "broken"
    assert f"first {NAME}/de.json" in summary


def test_one_file_of_a_resource_can_be_used_alone(tmp_path: Path) -> None:
    claim = changed(SIZES, reproduction__resources=[f"{NAME}/en.json"], decision__rows=1)
    manifest = verdict_of(
        tmp_path, lambda call: sizes({"en": (counted(call, "en"), printed(call)["en"])}), claim=claim
    )
    assert list(manifest.pinned.resources[NAME].files) == ["en.json"]  # type: ignore[index]
    assert [name for name in manifest.runs[0].inputs if "/" in name] == [f"{NAME}/en.json"]


def test_weights_are_only_emptied_and_taken_away(tmp_path: Path) -> None:
    """The ending of a model's file may be that of a file of records; it is none."""
    files = {"deep/tokenizer.json": records("en", 12)}
    folder = write_claims(tmp_path / "claims", SIZES, paper=paper(resource(files, kind="model")), table=TABLE)
    data = data_folder(tmp_path / "data", files)

    def script(call: Call) -> Any:
        count = len(json.loads(call.read(f"{NAME}/deep/tokenizer.json"))["data"])
        return sizes({key: (count, text) for key, text in printed(call).items()})

    manifest = verify_claim(load_claims(folder)[0], world(tmp_path / "artifacts", script, data))
    pinned = hashlib.sha256(files["deep/tokenizer.json"]).hexdigest()
    given = {run.inputs.get(f"{NAME}/deep/tokenizer.json") for run in manifest.runs if run.inputs}
    assert given - {None} == {pinned, hashlib.sha256(b"").hexdigest()}
    assert finding(manifest, "replication/resource-files")[0] == "not_applicable"


def missing_file(data: Path) -> None:
    (data / NAME / "de.json").unlink()


def changed_file(data: Path) -> None:
    (data / NAME / "de.json").write_bytes(FILES["de.json"].replace(b"de 1", b"de 2"))


def longer_file(data: Path) -> None:
    (data / NAME / "de.json").write_bytes(FILES["de.json"] + b"\n")


def folder_in_its_place(data: Path) -> None:
    missing_file(data)
    (data / NAME / "de.json").mkdir()


def pipe_in_its_place(data: Path) -> None:
    missing_file(data)
    os.mkfifo(data / NAME / "de.json")


SPOILT = {
    missing_file: "corpus/de.json of resource corpus cannot be read: No such file",
    changed_file: "corpus/de.json is not the pinned file: expected SHA-256 "
    f"{hashlib.sha256(FILES['de.json']).hexdigest()}, found ",
    longer_file: f"corpus/de.json is not the pinned file: expected {len(FILES['de.json'])} bytes, found more",
    folder_in_its_place: "corpus/de.json of resource corpus cannot be read: it is no regular file",
    pipe_in_its_place: "corpus/de.json of resource corpus cannot be read: it is no regular file",
}


@pytest.mark.parametrize("spoil", [None, *SPOILT])
def test_missing_or_other_data_leave_one_claim_unverified_with_the_remedy(
    tmp_path: Path, own_folder: Path, spoil: Callable[[Path], None] | None
) -> None:
    data = data_folder(tmp_path / "data") if spoil else None
    if spoil and data:
        spoil(data)
    made = world(tmp_path / "artifacts", lambda call: pytest.fail("no script may run"), data)
    manifest = verify_claim(load(tmp_path / "claims")[0], made)
    verdict = manifest.verdict
    assert (verdict.status, verdict.reason_code) == (Status.UNVERIFIED, Reason.MISSING_RESOURCE)
    assert (SPOILT[spoil] if spoil else "resource corpus is not at hand") in verdict.reason
    assert verdict.settles == "`harness data pull corpus --to DIR`, then `harness run --data DIR`."
    assert [run.outcome for run in manifest.runs] == [RunOutcome.MISSING_RESOURCE]
    assert str(tmp_path) not in json.dumps(manifest.as_json())
    assert list(own_folder.iterdir()) == []


def by_claim(call: Call) -> Any:
    """Both claims of the folder have one script here: each is known by its inputs."""
    if any(name.startswith(NAME) for name in call.request["inputs"]):
        return honest(call)
    rows = [[key, text] for key, text in printed(call).items()]
    columns = [{"name": "language", "unit": None}, {"name": "number", "unit": "count"}]
    return {
        "protocol": "claim-script-v1",
        "quantities": {},
        "tables": {"printed": {"columns": columns, "rows": rows}},
    }


def test_other_claims_go_on_without_the_data_and_the_audit_holds(tmp_path: Path) -> None:
    claims = load(tmp_path / "claims", SIZES, WITHOUT_DATA)
    outcome = run_claims(claims, world(tmp_path / "artifacts", by_claim), jobs=2, done=lambda *_: None)
    codes = {manifest.claim: manifest.verdict.reason_code for manifest in outcome.manifests}
    assert codes["sizes"] is Reason.MISSING_RESOURCE
    assert codes[WITHOUT_DATA["id"]] is not Reason.MISSING_RESOURCE
    report = audit(tmp_path / "artifacts")
    assert (report.failures, report.unchecked) == ([], [])
    without = world(tmp_path / "again", by_claim)
    replayed = audit(tmp_path / "artifacts", replay=lambda loaded: verify_claim(loaded, without))
    assert replayed.holds
    assert any("recorded without its resources" in note for note in replayed.notes)


def test_an_audit_needs_no_data_and_a_replay_does(tmp_path: Path) -> None:
    claims, data = load(tmp_path / "claims"), data_folder(tmp_path / "data")
    run_claims(claims, world(tmp_path / "artifacts", honest, data), jobs=1, done=lambda *_: None)
    assert audit(tmp_path / "artifacts", claims=tmp_path / "claims").holds
    poor, rich = world(tmp_path / "poor"), world(tmp_path / "rich", honest, data)
    report = audit(tmp_path / "artifacts", replay=lambda loaded: verify_claim(loaded, poor))
    assert (report.holds, report.failures, report.replayed) == (False, [], 0)
    assert "harness audit --replay --data DIR" in report.unchecked[0].message
    report = audit(tmp_path / "artifacts", replay=lambda loaded: verify_claim(loaded, rich))
    assert (report.holds, report.replayed) == (True, 1)
    recorded, again = replay_attack("sizes", "replication/resource-files", tmp_path / "artifacts", rich)
    assert recorded == again


def forged(tmp_path: Path, change: Callable[[dict[str, Any]], None]) -> list[str]:
    """What an audit says of a manifest that somebody changed."""
    claims, data = load(tmp_path / "claims"), data_folder(tmp_path / "data")
    made = world(tmp_path / "artifacts", honest, data)
    manifest = verify_claim(claims[0], made)
    document = json.loads(made.store.manifests()[0].read_bytes())
    change(document)
    other = Manifest.model_validate_json(json.dumps(document))
    assert other != manifest
    made.store.save_manifest(other.paper, other.claim, document_bytes(other))
    publish(made.store)
    return [failure.message for failure in audit(tmp_path / "artifacts").failures]


def test_an_audit_sees_a_run_on_other_data(tmp_path: Path) -> None:
    def change(document: dict[str, Any]) -> None:
        document["runs"][0]["inputs"][f"{NAME}/de.json"] = "0" * 64

    assert "run main was not given the inputs that its transforms make" in forged(tmp_path, change)


def test_an_audit_sees_another_pin(tmp_path: Path) -> None:
    def change(document: dict[str, Any]) -> None:
        document["pinned"]["resources"][NAME]["licence"] = "none"

    assert any("pinned.resources.corpus.licence" in message for message in forged(tmp_path, change))


def test_scripts_get_copies_that_nobody_changes_any_more(tmp_path: Path) -> None:
    loaded, data = load(tmp_path / "claims")[0], data_folder(tmp_path / "data")
    snapshot = Snapshot()
    snapshot.take(loaded.resources, data)
    (data / NAME / "de.json").write_bytes(b"something else")
    snapshot.take(loaded.resources, data)
    paths = snapshot.paths(tuple(loaded.resources))
    assert {name: path.read_bytes() for name, path in paths.items()} == {
        f"{NAME}/{path}": content for path, content in FILES.items()
    }
    snapshot.close()
    assert not any(path.exists() for path in paths.values())
    with pytest.raises(Missing):
        Snapshot().take(loaded.resources, data)


def test_copies_that_a_killed_harness_left_are_swept_and_those_in_use_are_not(
    tmp_path: Path, own_folder: Path
) -> None:
    loaded, data = load(tmp_path / "claims")[0], data_folder(tmp_path / "data")
    used, left = Snapshot(), Snapshot()
    for snapshot in (used, left):
        snapshot.take(loaded.resources, data)
    os.close(left._lock)  # as the kernel does when a harness is killed
    for folder in own_folder.iterdir():
        os.utime(folder, (1, 1))
    sweep()
    assert len(list(own_folder.iterdir())) == 1
    assert all(path.exists() for path in used.paths(tuple(loaded.resources)).values())
    used.close()
    assert list(own_folder.iterdir()) == []


BAD: dict[str, tuple[dict[str, Any], dict[str, Any], str, str]] = {
    "unknown resource": (
        changed(SIZES, reproduction__resources=["corpse"]),
        resource(),
        "reproduction.resources[0]",
        "there are corpus",
    ),
    "unknown file": (
        changed(SIZES, reproduction__resources=["corpus/fr.json"]),
        resource(),
        "reproduction.resources[0]",
        "'fr.json' is not one of the files",
    ),
    "file of a resource that is there already": (
        changed(SIZES, reproduction__resources=["corpus", "corpus/en.json"]),
        resource(),
        "reproduction.resources[1]",
        "stands twice",
    ),
    "path that leads out": (
        SIZES,
        resource({"../en.json": b""}),
        "resources[0].files[0].path",
        "does not have the form",
    ),
    "hidden file": (SIZES, resource({".en": b""}), "resources[0].files[0].path", "does not have the form"),
    "file that is a folder": (
        SIZES,
        resource({"a": b"", "a/b": b""}),
        "resources[0].files[0].path",
        "folder of another file",
    ),
    "insecure address": (SIZES, resource(urls=["http://example.org"]), "resources[0].urls[0]", "form"),
    "no digest": (
        SIZES,
        changed(resource(), files__0__sha256=None),
        "resources[0].files[0].sha256",
        "required",
    ),
    "name of an input": (
        changed(SIZES, reproduction__resources=["table-01"]),
        resource(name="table-01"),
        "reproduction.resources[0]",
        "cannot both be called",
    ),
    "transform of another file": (
        changed(
            SIZES,
            controls=[
                {
                    "name": "x",
                    "expect": "refuted",
                    "transforms": [{"do": "empty", "inputs": ["corpus/fr.json"]}],
                    "why": "x",
                }
            ],
        ),
        resource(),
        "controls[0].transforms[0].inputs[0]",
        "is not a declared input",
    ),
    "values of a file that is too large": (
        changed(
            SIZES,
            controls=[
                {
                    "name": "x",
                    "expect": "refuted",
                    "transforms": [{"do": "noise", "seed": 1}],
                    "why": "x",
                }
            ],
        ),
        changed(resource(), files__0__bytes=1 << 30),
        "controls[0].transforms[0].inputs",
        "values are changed in files of at most",
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_mistakes_in_records_are_named(tmp_path: Path, case: str) -> None:
    claim, declared, field, message = BAD[case]
    folder = write_claims(tmp_path / "claims", claim, paper=paper(declared), table=TABLE)
    with pytest.raises(InvalidRecord) as raised:
        load_claims(folder)
    assert [
        problem for problem in raised.value.problems if problem.field == field and message in problem.message
    ], str(raised.value)
