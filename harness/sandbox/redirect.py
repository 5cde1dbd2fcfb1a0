"""File calls that the harness carries out for a script that has no mounts of its own.

A script may name its files by the places of the protocol (``/claim``) and makes shared memory in ``/dev/shm``.
Where no mount namespace puts the run's own folders there, the harness does the call in those folders and hands
the result over. It does so with its own rights, so nothing here follows a link or leaves the folder.
"""

from __future__ import annotations

import ctypes
import errno
import fcntl
import os
import stat
import struct
from dataclasses import dataclass

OPENAT2 = 437
"""The same number on x86_64 and aarch64."""
RESOLVE_NO_MAGICLINKS, RESOLVE_NO_SYMLINKS, RESOLVE_BENEATH = 0x02, 0x04, 0x08
HOW = struct.Struct("=QQQ")
WANTED = os.O_ACCMODE | os.O_CREAT | os.O_EXCL | os.O_TRUNC | os.O_APPEND | os.O_DIRECTORY | os.O_NONBLOCK
"""Flags of the script's own that are passed on."""
CHANGING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC

_libc = ctypes.CDLL(None, use_errno=True)


@dataclass(frozen=True)
class Place:
    """A file below a folder of the run."""

    folder: str
    """Folder of the run, on this machine."""
    name: str
    """Path below it, without a leading slash."""


def opened(place: Place, flags: int, mode: int, owner: int | None) -> int:
    """A descriptor of the file. A new file goes to ``owner``. Raises ``OSError`` for the script to see.

    Only regular files and folders are opened: another kind could make the harness wait.
    """
    creating = bool(flags & os.O_CREAT)
    # Without O_NONBLOCK the opening of a pipe would wait for its other end.
    fd = _openat2(place, (flags & WANTED) | os.O_NONBLOCK, (mode & 0o700) if creating else 0)
    kind = os.fstat(fd).st_mode
    if not (stat.S_ISREG(kind) or stat.S_ISDIR(kind)):
        os.close(fd)
        raise OSError(errno.EACCES, os.strerror(errno.EACCES))
    if creating and owner is not None:
        os.fchown(fd, owner, owner)
    if not flags & os.O_NONBLOCK:
        fcntl.fcntl(fd, fcntl.F_SETFL, fcntl.fcntl(fd, fcntl.F_GETFL) & ~os.O_NONBLOCK)
    return fd


def change(call: str, places: list[Place], owner: int | None, *, text: str = "", length: int = 0) -> None:
    """Carry out a call that changes names. Raises ``OSError`` for the script to see.

    ``text`` is the target of a symbolic link, ``length`` what a file is cut to.
    """
    if call == "truncate":
        fd = opened(places[0], os.O_WRONLY, 0, None)
        try:
            os.ftruncate(fd, length)
        finally:
            os.close(fd)
        return
    parents = []
    try:
        for place in places:
            above, _, name = place.name.rpartition("/")
            if name in ("", ".", ".."):
                raise OSError(errno.EBUSY, os.strerror(errno.EBUSY))
            parents.append((name, _openat2(Place(place.folder, above or "."), os.O_PATH | os.O_DIRECTORY, 0)))
        _change(call, parents, owner, text)
    finally:
        for _, fd in parents:
            os.close(fd)


def _change(call: str, parents: list[tuple[str, int]], owner: int | None, text: str) -> None:
    name, folder = parents[0]
    if call in ("mkdir", "mkdirat"):
        os.mkdir(name, 0o700, dir_fd=folder)
        if owner is not None:
            os.chown(name, owner, owner, dir_fd=folder, follow_symlinks=False)
    elif call == "rmdir":
        os.rmdir(name, dir_fd=folder)
    elif call in ("unlink", "unlinkat"):
        os.unlink(name, dir_fd=folder)
    elif call in ("symlink", "symlinkat"):
        os.symlink(text, name, dir_fd=folder)
    elif call in ("link", "linkat"):
        other, into = parents[1]
        os.link(name, other, src_dir_fd=folder, dst_dir_fd=into, follow_symlinks=False)
    elif call in ("rename", "renameat", "renameat2"):
        other, into = parents[1]
        os.rename(name, other, src_dir_fd=folder, dst_dir_fd=into)
    else:
        raise OSError(errno.EPERM, os.strerror(errno.EPERM))


def _openat2(place: Place, flags: int, mode: int) -> int:
    start = os.open(place.folder, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        how = HOW.pack(
            flags | os.O_CLOEXEC, mode, RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS
        )
        name = os.fsencode(place.name or ".")
        fd = int(_libc.syscall(OPENAT2, start, name, how, ctypes.c_size_t(len(how))))
    finally:
        os.close(start)
    if fd < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return fd
