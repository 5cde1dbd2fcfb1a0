"""Artifacts are written whole or not at all, and one run at a time."""

from __future__ import annotations

import os
import threading
from pathlib import Path
from typing import Any

import pytest

from harness.canonical import sha256
from harness.errors import CannotRun, InputError
from harness.store import TEMPORARY, Store


def files(root: Path) -> dict[str, bytes]:
    return {str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*") if path.is_file()}


def refuse(*args: Any, **more: Any) -> Any:
    raise OSError(28, "No space left on device")


def test_layout(tmp_path: Path) -> None:
    store = Store(tmp_path)
    digest = store.put(b"evidence")
    store.save_manifest("paper", "claim", b"{}\n")
    store.save_paper("paper", b"[1]")
    store.save_summary(b"[2]")
    assert files(tmp_path) == {
        f"evidence/{digest[:2]}/{digest[2:]}": b"evidence",
        "paper/claim/manifest.json": b"{}\n",
        f"paper/claim/runs/{sha256(b'{}' + bytes([10]))}.json": b"{}\n",
        "paper/paper.json": b"[1]",
        "summary.json": b"[2]",
    }
    assert store.get(digest) == b"evidence"
    assert digest == sha256(b"evidence")


def test_evidence_is_written_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = Store(tmp_path)
    digest = store.put(b"x")
    before = store.evidence_path(digest).stat()
    monkeypatch.setattr(Path, "replace", refuse)
    assert store.put(b"x") == digest
    assert store.evidence_path(digest).stat() == before


def test_older_manifests_are_kept(tmp_path: Path) -> None:
    store = Store(tmp_path)
    for data in (b"1", b"2", b"1"):
        store.save_manifest("p", "c", data)
    assert (tmp_path / "p/c/manifest.json").read_bytes() == b"1"
    assert sorted(path.read_bytes() for path in (tmp_path / "p/c/runs").iterdir()) == [b"1", b"2"]


@pytest.mark.parametrize(
    "failing", ["os.replace", "os.fsync", "pathlib.Path.replace", "pathlib.Path.chmod", "os.fdopen"]
)
def test_failed_write_leaves_the_old_file_and_nothing_else(
    failing: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = Store(tmp_path)
    store.save_summary(b"old")
    before = files(tmp_path)
    with monkeypatch.context() as patch:
        patch.setattr(failing, refuse)
        with pytest.raises(CannotRun, match=r"summary\.json: cannot be written: No space left"):
            store.save_summary(b"new")
    assert files(tmp_path) == before


def test_interrupted_write_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(descriptor: int) -> None:
        raise KeyboardInterrupt

    store = Store(tmp_path)
    store.save_summary(b"old")
    monkeypatch.setattr(os, "fsync", interrupt)
    with pytest.raises(KeyboardInterrupt):
        store.save_summary(b"new")
    assert files(tmp_path) == {"summary.json": b"old"}


def test_folder_that_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match="is not a folder"), Store(tmp_path / "file").locked():
        pass
    with pytest.raises(InputError, match="is not a folder"), Store(tmp_path / "file" / "below").locked():
        pass


def test_lock_keeps_a_second_run_out_and_is_given_back(tmp_path: Path) -> None:
    with (
        Store(tmp_path).locked(),
        pytest.raises(CannotRun, match="another run is writing here"),
        Store(tmp_path).locked(),
    ):
        pass
    with Store(tmp_path).locked():
        pass


def test_lock_is_given_back_after_an_error(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError), Store(tmp_path).locked():
        raise RuntimeError
    with Store(tmp_path).locked():
        pass


def test_refused_run_leaves_the_lock_in_place(tmp_path: Path) -> None:
    with Store(tmp_path).locked():
        for _attempt in range(2):
            with pytest.raises(CannotRun), Store(tmp_path).locked():
                pass


def test_many_writers_of_the_same_evidence(tmp_path: Path) -> None:
    store, data = Store(tmp_path), [bytes([number % 5]) * 1000 for number in range(40)]
    threads = [threading.Thread(target=store.put, args=(item,)) for item in data]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(files(tmp_path).values()) == sorted(set(data))
    assert not any(TEMPORARY in name for name in files(tmp_path))


def test_missing_evidence(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        Store(tmp_path).get("0" * 64)
