"""One bwrap process and the process namespace below it: start, hold, kill."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from harness.sandbox.handshake import START_SECONDS, NotStartedError, readable
from harness.sandbox.launching import LAUNCHER

DEATH_SECONDS = 20.0
"""Longest wait for a killed tree to be gone, in seconds. The kernel may have much memory to free."""


class NotDeadError(Exception):
    """A process of a killed tree does not go away, so its files cannot be trusted."""


class Child:
    """A bwrap process. Leaving the context kills the whole tree and waits for its end."""

    def __init__(
        self, arguments: Sequence[str], environment: Mapping[str, str], as_uid: int | None, folder: Path
    ) -> None:
        """Start bwrap, held before it starts anything.

        In ``arguments``, ``STATUS`` and ``BLOCK`` stand for the descriptors on which bwrap reports and waits.
        ``folder`` is the run's own. Raises ``NotStartedError``.
        """
        self.root: int = 0
        """Process id, outside, of the first process in the sandbox; 0 until it exists."""
        self._init_fd = -1
        self._status = b""
        held, self._release_fd = os.pipe()
        self.status_fd, reported = os.pipe()
        self.stdout_fd, out = os.pipe()
        self.stderr_fd, err = os.pipe()
        self.control, inner = socket.socketpair()
        """Socket to the program that starts the script."""
        self.ended_fd = -1
        """Readable when bwrap has ended."""
        theirs = (inner.fileno(), out, err, reported, held)
        try:
            self.ended_fd = LAUNCHER.start(arguments, environment, as_uid, folder, theirs).descriptor
        except OSError as error:
            self._close()
            raise NotStartedError(str(error)) from error
        except BaseException:
            self._close()
            raise
        finally:
            inner.close()
            for fd in (out, err, reported, held):
                os.close(fd)

    def wait_for_root(self) -> None:
        """Wait for the sandbox's first process. Raises ``NotStartedError`` when there is none."""
        while b"\n" not in self._status:
            ready = readable(self.status_fd, START_SECONDS)
            chunk = os.read(self.status_fd, 4096) if ready else b""
            if not chunk:
                raise NotStartedError
            self._status += chunk
        init = int(json.loads(self._status.split(b"\n", 1)[0])["child-pid"])
        try:
            self._init_fd = os.pidfd_open(init)
        except OSError as error:
            raise NotStartedError from error
        self.root = init

    def release(self) -> None:
        """Let bwrap go on with what was held."""
        with contextlib.suppress(BrokenPipeError):
            os.write(self._release_fd, b"1")

    def exit_status(self) -> int | None:
        """Exit status of the script as bwrap reports it (128 + signal), or None when it never started."""
        while chunk := os.read(self.status_fd, 4096):
            self._status += chunk
        for line in self._status.splitlines():
            with contextlib.suppress(ValueError):
                report = json.loads(line)
                if "exit-code" in report:
                    return int(report["exit-code"])
        return None

    def kill(self) -> None:
        """Kill every process of the tree and wait until none is left. Raises ``NotDeadError``.

        The kernel ends a process namespace with its first process and reports that one's end last.
        """
        if self._init_fd >= 0:
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(self._init_fd, signal.SIGKILL)
            if not readable(self._init_fd, DEATH_SECONDS):
                raise NotDeadError
            # bwrap now reports how its child ended; without an init it has nothing to wait for.
            readable(self.ended_fd, DEATH_SECONDS)
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(self.ended_fd, signal.SIGKILL)
        if not readable(self.ended_fd, DEATH_SECONDS):
            raise NotDeadError

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self.kill()
        finally:
            self._close()

    def _close(self) -> None:
        self.control.close()
        for fd in (
            self._release_fd, self.status_fd, self.stdout_fd, self.stderr_fd, self.ended_fd, self._init_fd
        ):  # fmt: skip
            if fd >= 0:
                os.close(fd)


def version_of(bwrap: Path) -> str:
    """Version line of a bwrap program, or empty when it cannot be run."""
    try:
        answer = subprocess.run([bwrap, "--version"], capture_output=True, timeout=10, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return answer.stdout.decode(errors="replace").strip() if answer.returncode == 0 else ""
