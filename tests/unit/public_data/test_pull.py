"""Fetching from a server on this machine: resumed, checked, refused."""

from __future__ import annotations

from pathlib import Path

import pytest
from publisher import BYTES, Server, digest, offered

from harness.errors import CannotRun, InputError
from harness.public_data.publishers import PUBLICATIONS, Publication, RemoteFile, publication
from harness.public_data.pull import check_folder, pull, read_sums


def test_pull_fetches_checks_and_keeps(server: Server, tmp_path: Path) -> None:
    told: list[tuple[str, str]] = []
    for _ in range(2):
        pull(offered(server, digest(BYTES)), tmp_path, notice=lambda *what: told.append(what))
    assert (tmp_path / "part/file.bin").read_bytes() == BYTES
    assert told == [("part/file.bin", "fetched"), ("part/file.bin", "kept")]
    assert len(server.requests) == 1
    assert read_sums(tmp_path) == {"part/file.bin": digest(BYTES)}


@pytest.mark.parametrize("ranges", [True, False])
def test_pull_goes_on_where_it_was_cut_off(server: Server, tmp_path: Path, ranges: bool) -> None:
    server.cut, server.ranges = 1000, ranges
    with pytest.raises(CannotRun, match="try again"):
        pull(offered(server, digest(BYTES)), tmp_path)
    assert not (tmp_path / "part/file.bin").exists()
    server.cut = None
    told: list[str] = []
    pull(offered(server, digest(BYTES)), tmp_path, notice=lambda name, outcome: told.append(outcome))
    assert (tmp_path / "part/file.bin").read_bytes() == BYTES
    assert server.requests == [None, "bytes=1000-"]
    assert told == ["resumed" if ranges else "fetched"]


def test_a_part_that_was_complete_already_is_taken(server: Server, tmp_path: Path) -> None:
    (tmp_path / "part").mkdir()
    (tmp_path / "part/file.bin.part").write_bytes(BYTES)
    pull(offered(server, digest(BYTES)), tmp_path)
    assert (tmp_path / "part/file.bin").read_bytes() == BYTES


def test_wrong_bytes_are_refused_and_not_kept(server: Server, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="not the published file"):
        pull(offered(server, "0" * 64), tmp_path)
    assert list((tmp_path / "part").iterdir()) == []


def test_a_file_without_a_pinned_digest_is_held_to_what_came_first(server: Server, tmp_path: Path) -> None:
    made = offered(server, None)
    pull(made, tmp_path)
    check_folder(made, tmp_path)
    (tmp_path / "part/file.bin").write_bytes(b"changed")
    with pytest.raises(InputError, match="not the published file"):
        check_folder(made, tmp_path)
    with pytest.raises(InputError, match="not the published file"):
        pull(made, tmp_path)


def test_what_is_not_there_and_what_is_not_https_is_said(server: Server, tmp_path: Path) -> None:
    with pytest.raises(CannotRun, match="404"):
        pull(offered(server, None, "missing"), tmp_path)
    with pytest.raises(InputError, match="only https"):
        pull(Publication("made", "", "", (RemoteFile("x", "file:///etc/passwd", None),)), tmp_path)
    with pytest.raises(InputError, match="missing"):
        check_folder(publication("xquad-r"), tmp_path)


def test_publications_are_https_and_xquad_r_is_pinned() -> None:
    for known in PUBLICATIONS.values():
        assert all(file.url.startswith("https://") for file in known.files)
        assert len({file.name for file in known.files}) == len(known.files)
    assert all(len(file.sha256 or "") == 64 for file in publication("xquad-r").files)
    assert len(publication("xquad-r").files) == 11
    with pytest.raises(InputError, match="xquad-r"):
        publication("squad")
