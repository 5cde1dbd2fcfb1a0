"""What /proc says about the processes of one sandbox, seen from outside its namespaces."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

PAGE = os.sysconf("SC_PAGE_SIZE")
TICKS = os.sysconf("SC_CLK_TCK")
PROC = Path("/proc")


@dataclass(frozen=True)
class TreeState:
    """One look at a process tree."""

    tasks: int
    """Processes and threads, the sandbox's own first process left out."""
    resident_bytes: int
    """Sum of the resident set sizes, in bytes: what is shared counts for each, so the tree holds no more than this."""
    cpu_seconds: float
    """User and system time of all processes that live or were reaped, in seconds."""
    longest_cpu_seconds: float
    """Largest user and system time of one process, in seconds."""


def look(init: int) -> tuple[list[int], TreeState]:
    """The process ids below ``init``, and their state. A process that is gone meanwhile counts as nothing."""
    pids = descendants(init)
    # The first process is small, but where it has the script's user, the script can make it hold memory.
    tasks, memory, longest = 0, _resident(init), 0.0
    total = _cpu(init)[1]
    for pid in pids:
        tasks += _threads(pid)
        memory += _resident(pid)
        own, reaped = _cpu(pid)
        total += own + reaped
        longest = max(longest, own)
    return pids, TreeState(tasks, memory, total, longest)


def proportional_bytes(pids: Iterable[int]) -> int:
    """Sum of the proportional set sizes, in bytes: what is shared counts once.

    The kernel walks through all pages for it, which takes ten milliseconds for a process that has loaded much.
    """
    return sum(_proportional(pid) for pid in pids)


def descendants(init: int) -> list[int]:
    """All process ids below ``init``; orphans are found too, because ``init`` adopts them."""
    found: list[int] = []
    pending = [init]
    while pending:
        pid = pending.pop()
        for child in _children(pid):
            found.append(child)
            pending.append(child)
    return found


def tasks_of(uid: int) -> int:
    """Processes and threads of a user on this machine, as RLIMIT_NPROC counts them."""
    count = 0
    for path in PROC.iterdir():
        if not path.name.isdigit():
            continue
        try:
            if path.stat().st_uid == uid:
                count += _threads(int(path.name))
        except OSError:
            continue
    return count


def unlinked_files(pids: list[int], devices: set[int]) -> int:
    """Bytes of files on ``devices`` that are open but have no name, so no walk over folders can see them."""
    seen: dict[tuple[int, int], int] = {}
    for pid in pids:
        try:
            descriptors = list((PROC / f"{pid}/fd").iterdir())
        except OSError:
            continue
        for descriptor in descriptors:
            try:
                status = descriptor.stat()
            except OSError:
                continue
            if stat.S_ISREG(status.st_mode) and status.st_nlink == 0 and status.st_dev in devices:
                seen[status.st_dev, status.st_ino] = status.st_blocks * 512
    return sum(seen.values())


def _children(pid: int) -> list[int]:
    children: list[int] = []
    try:
        threads = [path.name for path in (PROC / f"{pid}/task").iterdir()]
    except OSError:
        return children
    for thread in threads:
        children += [int(child) for child in _text(f"{pid}/task/{thread}/children").split()]
    return children


def _threads(pid: int) -> int:
    fields = _stat(pid)
    return int(fields[17]) if fields else 0


def _cpu(pid: int) -> tuple[float, float]:
    """Seconds of the process itself, and of its children that it has waited for."""
    fields = _stat(pid)
    if not fields:
        return 0.0, 0.0
    user, system, child_user, child_system = (int(value) for value in fields[11:15])
    return (user + system) / TICKS, (child_user + child_system) / TICKS


def _stat(pid: int) -> list[str]:
    """Fields of /proc/<pid>/stat from the third (state) on; the second may hold anything, even brackets."""
    return _text(f"{pid}/stat").rpartition(")")[2].split()


def _resident(pid: int) -> int:
    fields = _text(f"{pid}/statm").split()
    return int(fields[1]) * PAGE if fields else 0


def _proportional(pid: int) -> int:
    for line in _text(f"{pid}/smaps_rollup").splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) * 1024
    return 0


def _text(name: str) -> str:
    try:
        return (PROC / name).read_text(errors="replace")
    except OSError:
        return ""
