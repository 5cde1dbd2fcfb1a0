"""File calls that the harness does for a script must never leave the run's folder or make the harness wait."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from harness.sandbox.redirect import Place, change, opened


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A run's folder beside a secret."""
    (tmp_path / "secret").write_text("planted")
    inside = tmp_path / "run"
    inside.mkdir()
    return inside


def test_a_file_is_made_written_and_read(folder: Path) -> None:
    place = Place(str(folder), "a")
    fd = opened(place, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o644, None)
    os.write(fd, b"x")
    os.close(fd)
    fd = opened(place, os.O_RDONLY, 0, None)
    assert os.read(fd, 9) == b"x"
    assert not os.get_inheritable(fd)
    os.close(fd)


@pytest.mark.parametrize("name", ["../secret", "link", "folder/../../secret", "up/secret", "/etc/passwd"])
@pytest.mark.parametrize("flags", [os.O_RDONLY, os.O_WRONLY | os.O_CREAT])
def test_nothing_outside_is_opened(folder: Path, name: str, flags: int) -> None:
    (folder / "link").symlink_to("../secret")
    (folder / "up").symlink_to("..")
    (folder / "folder").mkdir()
    with pytest.raises(OSError):
        opened(Place(str(folder), name), flags, 0o600, None)
    assert (folder.parent / "secret").read_text() == "planted"


def test_a_pipe_does_not_make_the_harness_wait(folder: Path) -> None:
    os.mkfifo(folder / "pipe")
    for flags in (os.O_RDONLY, os.O_WRONLY, os.O_RDWR):
        with pytest.raises(OSError):
            opened(Place(str(folder), "pipe"), flags, 0, None)


def test_the_wanted_blocking_is_kept(folder: Path) -> None:
    (folder / "a").write_text("")
    for wanted in (0, os.O_NONBLOCK):
        fd = opened(Place(str(folder), "a"), os.O_RDONLY | wanted, 0, None)
        assert os.get_blocking(fd) is (wanted == 0)
        os.close(fd)


def test_names_are_changed(folder: Path) -> None:
    here = str(folder)
    change("mkdir", [Place(here, "d")], None)
    (folder / "d" / "a").write_text("x")
    change("renameat2", [Place(here, "d/a"), Place(here, "b")], None)
    change("linkat", [Place(here, "b"), Place(here, "c")], None)
    change("unlinkat", [Place(here, "b")], None)
    change("rmdir", [Place(here, "d")], None)
    assert [path.name for path in folder.iterdir()] == ["c"]


@pytest.mark.parametrize("call", ["unlink", "rmdir", "mkdir", "rename", "link"])
@pytest.mark.parametrize("name", ["../secret", "up/secret", "..", "up/.."])
def test_no_name_outside_is_changed(folder: Path, call: str, name: str) -> None:
    (folder / "up").symlink_to("..")
    with pytest.raises(OSError):
        change(call, [Place(str(folder), name), Place(str(folder), "x")], None)
    assert sorted(path.name for path in folder.parent.iterdir()) == ["run", "secret"]


def test_a_link_is_hard_linked_and_not_followed(folder: Path) -> None:
    (folder / "link").symlink_to("../secret")
    change("link", [Place(str(folder), "link"), Place(str(folder), "copy")], None)
    assert (folder / "copy").is_symlink()


def test_no_other_call_is_done(folder: Path) -> None:
    with pytest.raises(PermissionError):
        change("mknod", [Place(str(folder), "x")], None)


def test_links_are_made_and_files_cut(folder: Path) -> None:
    here = str(folder)
    change("symlinkat", [Place(here, "link")], None, text="target")
    assert (folder / "link").readlink() == Path("target")
    (folder / "a").write_text("abc")
    change("truncate", [Place(here, "a")], None, length=1)
    assert (folder / "a").read_text() == "a"
    with pytest.raises(OSError):
        change("truncate", [Place(here, "link")], None, length=0)
