"""The data commands: what is on offer, fetching, taking from a folder, checking; and the way from there to a run."""

from __future__ import annotations

import hashlib
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from collection import FILES, NAME, SIZES, TABLE, data_folder, honest, paper, resource
from doubles import ScriptedSandbox, changed, write_claims
from hypothesis import given, settings
from hypothesis import strategies as st
from publisher import BYTES, Server, digest, offered

from harness import cli
from harness.canonical import sha256
from harness.errors import CannotRun, InputError
from harness.public_data import obtaining
from harness.public_data.obtaining import Offer, check, fetch, offers, take
from harness.public_data.publishers import PUBLICATIONS, Publication
from harness.records.run import Transform
from harness.resources import PinnedFile, inputs_of_run
from harness.transforms import apply_transforms

Command = Callable[..., tuple[int, str, str]]


def ignore(path: str, outcome: str) -> None:
    """Progress that nobody watches."""


def offer(*sources: Publication, files: dict[str, str | None] | None = None) -> Offer:
    return Offer("made", "CC0-1.0", sources, files or {"part/file.bin": digest(BYTES)}, len(BYTES), "paper")


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Command:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("HARNESS_DATA", raising=False)
    monkeypatch.setattr("harness.sandbox.select.find_sandbox", lambda: ScriptedSandbox(honest))

    def call(*arguments: str | Path) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["harness", *map(str, arguments)])
        with pytest.raises(SystemExit) as raised:
            cli.main()
        written = capsys.readouterr()
        assert "Traceback" not in written.err + written.out
        return int(raised.value.code or 0), written.out, written.err

    return call


def test_the_next_address_is_tried_and_the_last_one_speaks(server: Server, tmp_path: Path) -> None:
    gone, good = (
        offered(server, digest(BYTES), "missing/file.bin"),
        offered(server, digest(BYTES)),
    )
    assert fetch(offer(gone, good), tmp_path, ignore) == tmp_path / "made"
    assert (tmp_path / "made/part/file.bin").read_bytes() == BYTES
    with pytest.raises(CannotRun, match="404"):
        fetch(offer(gone, gone), tmp_path / "other", ignore)


def test_wrong_bytes_are_not_asked_for_again_elsewhere(server: Server, tmp_path: Path) -> None:
    wrong = offered(server, "0" * 64)
    with pytest.raises(InputError, match="not the published file"):
        fetch(offer(wrong, wrong), tmp_path, ignore)
    assert len(server.requests) == 1


def test_what_nobody_offers_is_taken_from_a_folder(tmp_path: Path) -> None:
    made = offer(files={"a.bin": digest(b"a"), "deep/b.bin": digest(b"b")})
    with pytest.raises(InputError, match="--from"):
        fetch(made, tmp_path, ignore)
    origin = tmp_path / "origin"
    (origin / "deep").mkdir(parents=True)
    (origin / "a.bin").write_bytes(b"a")
    with pytest.raises(InputError, match=r"deep/b\.bin: missing"):
        take(made, origin, tmp_path / "data", ignore)
    assert not (tmp_path / "data").exists()
    (origin / "deep/b.bin").write_bytes(b"b")
    told: list[tuple[str, str]] = []
    folder = take(made, origin, tmp_path / "data", lambda *what: told.append(what))
    assert told == [("a.bin", "copied"), ("deep/b.bin", "copied")]
    check(made, folder, ignore)
    take(made, folder, tmp_path / "data", ignore)
    (folder / "a.bin").write_bytes(b"A")
    with pytest.raises(InputError, match="not the published file"):
        check(made, folder, ignore)


def test_records_and_library_agree_on_xquad_r() -> None:
    shipped = offers(Path(__file__).parents[3] / "claims")
    library = {file.name: file.sha256 for file in PUBLICATIONS["xquad-r"].files}
    assert shipped["xquad-r"].files == library
    assert shipped["xquad-r"].declared_by == "hybrid-batch-2408.10536"
    addresses = {file.url for source in shipped["xquad-r"].sources for file in source.files}
    assert addresses == {file.url for file in PUBLICATIONS["xquad-r"].files}


def test_two_papers_with_one_name_and_other_files_are_refused(tmp_path: Path) -> None:
    write_claims(tmp_path, SIZES, paper=paper(), table=TABLE)
    other = changed(paper(resource({"en.json": b"[]"})), id="other-2021")
    write_claims(tmp_path, changed(SIZES, id="other"), paper=other, table=TABLE)
    with pytest.raises(InputError, match="pin different files"):
        offers(tmp_path)
    assert offers(tmp_path / "other-2021")[NAME].files == {"en.json": digest(b"[]")}


def test_list_check_and_pull_on_the_command_line(command: Command, tmp_path: Path) -> None:
    write_claims(tmp_path / "claims", SIZES, paper=paper(), table=TABLE)
    code, out, _ = command("data", "list", "--json")
    listed = {item["name"]: item for item in json.loads(out)["data"]}
    assert code == 0
    assert listed[NAME] == {
        "name": NAME,
        "licence": "CC0-1.0",
        "files": 2,
        "pinned": 2,
        "bytes": sum(map(len, FILES.values())),
        "declared_by": "tiny-2020",
    }
    assert listed["mlqa-r"]["pinned"] == 0
    assert f"{NAME}: 2 files, 2 pinned" in command("data", "list")[1]
    origin = data_folder(tmp_path / "origin")
    code, out, _ = command("data", "pull", NAME, "--to", "data", "--from", origin / NAME, "--json")
    assert (code, json.loads(out)["files"][0]) == (0, {"path": "en.json", "outcome": "copied"})
    assert command("data", "check", NAME, "data")[0] == 0
    Path("data", NAME, "de.json").write_bytes(b"{}")
    code, _, err = command("data", "check", NAME, "data", "--json")
    assert code == 2
    assert f"not {hashlib.sha256(FILES['de.json']).hexdigest()}" in err
    code, _, err = command("data", "pull", "nothing", "--to", "data")
    assert (code, "there are" in err and NAME in err) == (2, True)
    assert command("data", "list", "--claims", "nowhere")[0] == 2


def test_pull_from_the_publisher_on_the_command_line(
    command: Command, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(obtaining, "PUBLICATIONS", {"made": offered(server, digest(BYTES))})
    server.cut = 1000
    code, _, err = command("data", "pull", "made", "--to", "data")
    assert (code, "try again" in err) == (4, True)
    server.cut = None
    code, out, err = command("data", "pull", "made", "--to", "data", "--json")
    assert (code, json.loads(out)["files"]) == (0, [{"path": "part/file.bin", "outcome": "resumed"}])
    assert Path("data/made/part/file.bin").read_bytes() == BYTES


def test_a_run_takes_data_from_option_or_environment_and_says_what_is_missing(
    command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_claims(tmp_path / "claims", SIZES, paper=paper(), table=TABLE)
    data = data_folder(tmp_path / "data")
    code, out, _ = command("run", "claims")
    assert code == 3
    assert "harness data pull corpus --to DIR" in out
    assert command("run", "claims", "--data", data, "--out", "a")[0] == 0
    assert command("audit", "a")[0] == 0
    assert command("audit", "a", "--replay")[0] == 4
    assert command("audit", "a", "--replay", "--data", data)[0] == 0
    assert (
        command("replay", "sizes", "--attack", "replication/repeated", "--artifacts", "a", "--data", data)[0]
        == 0
    )
    monkeypatch.setenv("HARNESS_DATA", str(data))
    assert command("run", "claims", "--out", "b")[0] == 0
    code, _, err = command("run", "claims", "--data", "nowhere")
    assert (code, "--data nowhere: no such folder" in err) == (2, True)


def changes() -> st.SearchStrategy[Transform]:
    names = st.lists(st.sampled_from([NAME, f"{NAME}/en.json", f"{NAME}/de.json", "table-01"]), max_size=2)
    return st.builds(
        lambda do, inputs, seed: Transform(do=do, inputs=tuple(inputs), seed=seed, number="0.5"),
        st.sampled_from(["empty", "remove", "noise", "thin", "rewrite", "duplicate", "rescale", "redraw"]),
        names,
        st.integers(0, 9),
    )


@settings(deadline=None)
@given(st.lists(changes(), max_size=3))
def test_an_auditor_without_the_data_expects_what_a_run_is_given(transforms: list[Transform]) -> None:
    """Law: what can be derived without the bytes is what the runner derives with them, for every change."""
    bytes_of = {f"{NAME}/{path}": data for path, data in FILES.items()}
    files = {
        name: PinnedFile(NAME, "data", name.partition("/")[2], sha256(data), len(data))
        for name, data in bytes_of.items()
    }
    given_ = {name: sha256(data) for name, data in apply_transforms(bytes_of, tuple(transforms)).items()}
    assert inputs_of_run(files, transforms, given_) == given_
    untouched = [
        name
        for name in files
        if all(item.inputs and {name, NAME}.isdisjoint(item.inputs) for item in transforms)
    ]
    forged = {**given_, **dict.fromkeys(untouched, "0" * 64)}
    assert (inputs_of_run(files, transforms, forged) == forged) == (not untouched)


@pytest.mark.data
def test_the_shipped_resource_is_what_the_folder_of_data_holds() -> None:
    folder = os.environ.get("HARNESS_DATA")
    if not folder:
        pytest.skip("HARNESS_DATA does not name a folder with xquad-r")
    check(offers(Path(__file__).parents[3] / "claims")["xquad-r"], Path(folder) / "xquad-r", ignore)


def test_what_is_pinned_of_a_folder_is_what_a_record_takes(command: Command, tmp_path: Path) -> None:
    folder = data_folder(tmp_path / "data") / NAME
    (folder / ".hidden").write_bytes(b"x")
    (folder / "SHA256SUMS").write_bytes(b"x")
    (folder / "deep").mkdir()
    (folder / "deep/model.bin").write_bytes(b"")
    code, out, _ = command("data", "pin", folder, "--json")
    files = {item["path"]: item for item in json.loads(out)["files"]}
    assert (code, sorted(files)) == (0, ["de.json", "deep/model.bin", "en.json"])
    assert [files["en.json"]] == resource({"en.json": FILES["en.json"]})["files"]
    printed = command("data", "pin", folder)[1]
    assert f"- {{path: deep/model.bin, bytes: 0, sha256: {digest(b'')}}}" in printed
    (folder / "a b.json").write_bytes(b"")
    assert command("data", "pin", folder)[0] == 2
    assert command("data", "pin", tmp_path / "nowhere")[0] == 2
