"""Looks at a script's processes as the script's own user, where root may not look into those of others.

A container's root often lacks CAP_SYS_PTRACE. The kernel lets a process read another one of the same user, and
user numbers belong to threads: the library function would change all of them, the system call changes one.
"""

from __future__ import annotations

import contextlib
import ctypes
import functools
import os
import platform
from collections.abc import Iterator
from pathlib import Path

CAP_SYS_PTRACE = 19
SETRESUID, SETRESGID = (147, 149) if platform.machine() == "aarch64" else (117, 119)

_libc = ctypes.CDLL(None, use_errno=True)


@functools.cache
def may_look_into_others() -> bool:
    """Whether this process can read the memory of every user's processes, or needs it only for its own user's."""
    if os.geteuid() != 0:
        return True
    lines = Path("/proc/self/status").read_text().splitlines()
    effective = next(line for line in lines if line.startswith("CapEff:"))
    return bool(int(effective.split()[1], 16) >> CAP_SYS_PTRACE & 1)


@contextlib.contextmanager
def looking_as(uid: int | None) -> Iterator[None]:
    """Let this thread be user ``uid`` for a look; None changes nothing. Raises ``OSError`` when it may not."""
    if uid is None:
        yield
        return
    # The group first and last: changing it needs the rights that the change of user takes away meanwhile.
    _become(SETRESGID, uid)
    try:
        _become(SETRESUID, uid)
        try:
            yield
        finally:
            _become(SETRESUID, 0)
    finally:
        _become(SETRESGID, 0)


def _become(call: int, number: int) -> None:
    if _libc.syscall(call, number, number, 0) != 0:
        error = ctypes.get_errno()
        raise OSError(error, os.strerror(error))
