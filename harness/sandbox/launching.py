"""The harness's side of the launcher (``inside/launcher.py``): one for this process, started when it is needed."""

from __future__ import annotations

import contextlib
import marshal
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

PROGRAM = Path(__file__).resolve().parent / "inside" / "launcher.py"
LONGEST_ANSWER = 4096
END_SECONDS = 10.0
"""Longest wait for a launcher that has nothing to do any more to end, in seconds."""


@dataclass(frozen=True)
class Started:
    """A process that the launcher started."""

    pid: int
    """Its number."""
    descriptor: int
    """A process descriptor, readable once it has ended; the caller closes it."""


class Launcher:
    """Starts programs as children of a process that outlives this one. Threads may share it.

    A launcher that has died, for whatever reason, is replaced; what it had started died with it.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._control: socket.socket | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._owner = 0

    def start(
        self,
        arguments: Sequence[str],
        environment: Mapping[str, str],
        uid: int | None,
        folder: Path,
        descriptors: Sequence[int],
    ) -> Started:
        """Start a program. Raises ``OSError`` with the launcher's words when it cannot.

        ``descriptors`` become 0, 1, 2 of the program, and what ``{0}``, ``{1}`` ... in ``arguments`` stand for.
        ``folder`` is deleted if this process dies before the program.
        """
        message = marshal.dumps((list(arguments), dict(environment), uid, str(folder)))
        with self._lock:
            for attempt in (1, 2):
                try:
                    return self._ask(message, descriptors)
                except (ConnectionError, EOFError):
                    self.end()
                    if attempt == 2:
                        raise
        raise AssertionError  # the loop returns or raises

    def _ask(self, message: bytes, descriptors: Sequence[int]) -> Started:
        control = self._connected()
        socket.send_fds(control, [message], list(descriptors))
        answer, fds, _, _ = socket.recv_fds(control, LONGEST_ANSWER, 1, socket.MSG_CMSG_CLOEXEC)
        if not answer:
            raise EOFError
        if answer[:1] == b"p" and fds:
            return Started(int(answer[1:]), fds[0])
        raise OSError(answer[1:].decode(errors="replace"))

    def _connected(self) -> socket.socket:
        # A fork of this process must not talk to its parent's launcher.
        if self._control is None or self._owner != os.getpid():
            self._control, inner = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
            self._control.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 20)
            self._owner = os.getpid()
            with inner:
                self._process = subprocess.Popen(
                    [sys.executable, "-E", "-B", "-s", "-P", str(PROGRAM)],
                    stdin=inner.fileno(),
                    stdout=subprocess.DEVNULL,
                    cwd="/",
                    start_new_session=True,
                )
        return self._control

    def end(self) -> None:
        """Let the launcher end, with everything that it still holds. The next start makes a new one."""
        control, self._control = self._control, None
        process, self._process = self._process, None
        if control is None or process is None or self._owner != os.getpid():
            return
        control.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(END_SECONDS)


LAUNCHER = Launcher()
"""The one of this process."""
