"""Folders of runs: made fresh, held by a lock, and deleted even when their harness was killed."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pytest

from harness.records.run import Limits
from harness.sandbox.interface import Job
from harness.sandbox.staging import PREFIX, STALE_SECONDS, Staged, remove, stage, sweep

JOB = Job("t.py", b"", {"a.csv": b"1\n"}, b"{}", Limits())


@pytest.fixture(autouse=True)
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A temporary folder of this test's own."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def staged() -> Staged:
    return stage(JOB, os.getuid(), None)


def age(folder: Path) -> None:
    moment = folder.stat().st_mtime - STALE_SECONDS - 1
    os.utime(folder, (moment, moment))


def test_a_folder_in_use_is_not_swept(own_folder: Path) -> None:
    run = staged()
    age(run.root)
    sweep()
    assert run.root.exists()
    remove(run)
    assert list(own_folder.iterdir()) == []


def test_a_left_folder_is_swept_once_it_is_old(own_folder: Path) -> None:
    run = staged()
    os.close(run.lock)  # as the kernel does when a harness is killed
    sweep()
    assert run.root.exists()
    age(run.root)
    sweep()
    assert list(own_folder.iterdir()) == []


def test_what_is_no_folder_of_a_run_is_left_alone(own_folder: Path) -> None:
    (own_folder / "other").mkdir()
    (own_folder / f"{PREFIX}file").write_text("")
    (own_folder / f"{PREFIX}link").symlink_to("other")
    for path in own_folder.iterdir():
        moment = path.lstat().st_mtime - STALE_SECONDS - 1
        os.utime(path, (moment, moment), follow_symlinks=False)
    sweep()
    assert len(list(own_folder.iterdir())) == 3


@pytest.mark.parametrize("name", ["", ".", "..", "/a", "a/", "a/../b", "a\0"])
def test_a_name_that_is_a_path_leaves_nothing_behind(own_folder: Path, name: str) -> None:
    with pytest.raises(ValueError, match="base name"):
        stage(Job("t.py", b"", {name: b""}, b"{}", Limits()), os.getuid(), None)
    assert list(own_folder.iterdir()) == []


def test_files_are_linked_fresh_each_time_and_stay_when_the_run_is_gone(own_folder: Path) -> None:
    kept = own_folder / "kept.json"
    kept.write_bytes(b"[1]")
    os.utime(kept, (1, 1))
    kept.chmod(0o600)
    job = Job("t.py", b"", {"set/changed.json": b"[]"}, b"{}", Limits(), files={"set/deep/kept.json": kept})
    run = stage(job, os.getuid(), None)
    seen = run.inputs / "set/deep/kept.json"
    assert (run.inputs / "set/changed.json").read_bytes() == b"[]"
    assert seen.samefile(kept)
    assert seen.stat().st_mode & 0o777 == 0o444
    assert seen.stat().st_atime > 1, "a script could tell from it whether an earlier run had read the file"
    assert {path.stat().st_mode & 0o777 for path in (seen.parent, seen.parent.parent)} == {0o555}
    remove(run)
    assert [path.name for path in own_folder.iterdir()] == ["kept.json"]
    assert kept.read_bytes() == b"[1]"


def test_files_are_copied_where_they_cannot_be_linked(
    own_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(self: Path, target: Path) -> None:
        raise OSError(18, "Invalid cross-device link")

    kept = own_folder / "kept.bin"
    kept.write_bytes(b"bytes")
    monkeypatch.setattr(Path, "hardlink_to", refuse)
    run = stage(Job("t.py", b"", {}, b"{}", Limits(), files={"set/kept.bin": kept}), os.getuid(), None)
    assert (run.inputs / "set/kept.bin").read_bytes() == b"bytes"
    assert not (run.inputs / "set/kept.bin").samefile(kept)
    remove(run)
