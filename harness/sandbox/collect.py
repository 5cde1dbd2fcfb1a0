"""Takes the results out of a work folder that a hostile script filled.

Call it only after the whole process tree is dead, so that nothing changes between the look and the read.
"""

from __future__ import annotations

import contextlib
import os
import stat
from dataclasses import dataclass, field
from pathlib import Path

OBSERVATIONS = "observations.json"
ATTACHMENTS = "attachments"
MOST_ATTACHMENTS = 256
"""Attachments taken at most, first in name order."""
ATTACHMENT_SHARE = 4
"""All attachments together may have this many times the size of the observations limit."""

KINDS = {
    stat.S_IFDIR: "a folder",
    stat.S_IFLNK: "a symbolic link",
    stat.S_IFIFO: "a FIFO",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}


@dataclass
class Collected:
    """What a run left and what was refused."""

    observations: bytes | None = None
    """Content of the observations file, or None."""
    observations_problem: str = ""
    """Why there are no observations; empty when there are."""
    attachments: dict[str, bytes] = field(default_factory=dict)
    """Base name to content."""
    rejected: list[str] = field(default_factory=list)
    """One sentence fragment per refused file: its name and the reason."""


def collect(work: Path, output_bytes: int) -> Collected:
    """Read the observations (at most ``output_bytes`` bytes) and the attachments from ``work``.

    Every file is opened relative to its folder, without following links and without blocking, and must
    be a regular file with one name and no setuid or setgid bit.
    """
    found = Collected()
    folder = os.open(work, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        content, problem = _read(folder, OBSERVATIONS, output_bytes)
        found.observations, found.observations_problem = content, problem
        if problem and problem != "is missing":
            found.rejected.append(f"{OBSERVATIONS}: {problem}")
        _collect_attachments(folder, output_bytes, found)
    finally:
        os.close(folder)
    return found


def _collect_attachments(work_fd: int, output_bytes: int, found: Collected) -> None:
    try:
        mode = os.lstat(ATTACHMENTS, dir_fd=work_fd).st_mode
    except FileNotFoundError:
        return
    if not stat.S_ISDIR(mode):
        found.rejected.append(f"{ATTACHMENTS}: is {_kind(mode)}, not a folder")
        return
    try:
        folder = os.open(
            ATTACHMENTS, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=work_fd
        )
    except OSError as error:
        found.rejected.append(f"{ATTACHMENTS}: cannot be read ({error.strerror})")
        return
    try:
        _read_attachments(folder, output_bytes, found)
    finally:
        os.close(folder)


def _read_attachments(folder: int, output_bytes: int, found: Collected) -> None:
    names = sorted(os.listdir(folder))
    room = ATTACHMENT_SHARE * output_bytes
    for name in names[:MOST_ATTACHMENTS]:
        shown = f"{ATTACHMENTS}/{_visible(name)}"
        if _visible(name) != name:
            found.rejected.append(f"{shown}: has a name with unprintable characters")
            continue
        content, problem = _read(folder, name, min(room, output_bytes))
        if content is None:
            found.rejected.append(f"{shown}: {problem}")
            continue
        room -= len(content)
        found.attachments[name] = content
    if len(names) > MOST_ATTACHMENTS:
        left = len(names) - MOST_ATTACHMENTS
        found.rejected.append(f"{ATTACHMENTS}: {left} more files than the {MOST_ATTACHMENTS} that are taken")


def _read(folder: int, name: str, most: int) -> tuple[bytes | None, str]:
    """Content of a well-behaved file and an empty text, or None and the reason."""
    try:
        fd = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=folder)
    except FileNotFoundError:
        return None, "is missing"
    except OSError as error:
        return None, _why_unopened(folder, name, error)
    try:
        problem = _problem_of(os.fstat(fd), most)
        if problem:
            return None, problem
        with os.fdopen(fd, "rb", closefd=False) as file:
            return file.read(most), ""
    finally:
        os.close(fd)


def _problem_of(status: os.stat_result, most: int) -> str:
    """Why a file with this status is not taken; empty when it is."""
    if not stat.S_ISREG(status.st_mode):
        return f"is {_kind(status.st_mode)}, not a regular file"
    if status.st_nlink != 1:
        return f"is a hard link with {status.st_nlink} names"
    if status.st_mode & (stat.S_ISUID | stat.S_ISGID):
        return "has a setuid or setgid bit"
    if status.st_size > most:
        return f"has {status.st_size} bytes; at most {most} are taken"
    return ""


def _why_unopened(folder: int, name: str, error: OSError) -> str:
    with contextlib.suppress(OSError):
        mode = os.lstat(name, dir_fd=folder).st_mode
        if not stat.S_ISREG(mode):
            return f"is {_kind(mode)}, not a regular file"
    return f"cannot be read ({error.strerror})"


def _kind(mode: int) -> str:
    return KINDS.get(stat.S_IFMT(mode), "a special file")


def _visible(name: str) -> str:
    """The name with everything that a terminal might act on written as an escape."""
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in name)
