"""Which input files a run really opened, as the kernel saw it.

An inotify mark lies on the inode, so it also fires for an opening through a bind mount in another mount
namespace, by any process of the tree. Every run gets fresh copies of its inputs, or links to files that no other run
has meanwhile; nobody else opens them.
"""

from __future__ import annotations

import ctypes
import os
import struct
import threading
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import Self

IN_OPEN = 0x00000020
IN_ONESHOT = 0x80000000
"""One event per file is all that is asked, and so the event queue cannot overflow."""

EVENT = struct.Struct("=iIII")

_libc = ctypes.CDLL(None, use_errno=True)


class OpenedFiles:
    """Watches files of one folder for their first opening. Use as a context manager; one thread only.

    Raises ``OSError`` when the kernel refuses a watch, for instance when too many exist already.
    """

    def __init__(self, folder: Path, names: Iterable[str]) -> None:
        self._names: dict[int, str] = {}
        self._opened: set[str] = set()
        self._fd: int = _libc.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC)
        if self._fd < 0:
            raise _last_error("inotify_init1")
        for name in names:
            watch = _libc.inotify_add_watch(self._fd, os.fsencode(folder / name), IN_OPEN | IN_ONESHOT)
            if watch < 0:
                error = _last_error("inotify_add_watch")
                os.close(self._fd)
                raise error
            self._names[watch] = name

    def names(self) -> tuple[str, ...]:
        """Names of the files opened so far, sorted."""
        while events := self._read():
            offset = 0
            while offset < len(events):
                watch, mask, _, length = EVENT.unpack_from(events, offset)
                offset += EVENT.size + length
                if mask & IN_OPEN and watch in self._names:
                    self._opened.add(self._names[watch])
        return tuple(sorted(self._opened))

    def _read(self) -> bytes:
        try:
            return os.read(self._fd, 65536)
        except BlockingIOError:
            return b""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        # The kernel waits about 15 ms for its own bookkeeping here, and nobody needs to wait with it.
        try:
            threading.Thread(target=os.close, args=(self._fd,), name="close inotify").start()
        except RuntimeError:  # no thread to be had
            os.close(self._fd)


def _last_error(call: str) -> OSError:
    number = ctypes.get_errno()
    return OSError(number, f"{call}: {os.strerror(number)}")
