"""One bwrap process and the process namespace below it: start, hold, release, kill."""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from harness.sandbox.seccomp import program

START_SECONDS = 20.0
"""Longest wait for bwrap to set the namespaces up, in seconds."""
DEATH_SECONDS = 20.0
"""Longest wait for a killed tree to be gone, in seconds. The kernel may have much memory to free."""


class NotStartedError(Exception):
    """bwrap ended before the script began. The text is what it said."""


class NotDeadError(Exception):
    """A process of a killed tree does not go away, so its files cannot be trusted."""


class Child:
    """A bwrap process. Leaving the context kills the whole tree and waits for its end.

    The thread that creates it must also wait for it: the kernel ends the tree with that very thread.
    """

    def __init__(
        self,
        arguments: Callable[[int, int, int], Sequence[str]],
        environment: dict[str, str],
        as_uid: int | None,
    ) -> None:
        """Start bwrap with ``arguments(status_fd, block_fd, seccomp_fd)``, held before the script."""
        self.init: int = 0
        """Process id, outside, of the first process in the sandbox; 0 until it exists."""
        self._init_fd = -1
        self._status = b""
        seccomp, filter_end = os.pipe()
        os.write(filter_end, program())
        os.close(filter_end)
        held, self._release_fd = os.pipe()
        self.status_fd, reported = os.pipe()
        identity: dict[str, Any] = {}
        if as_uid is not None:
            identity = {"user": as_uid, "group": as_uid, "extra_groups": []}
        try:
            self.process = subprocess.Popen(
                arguments(reported, held, seccomp),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env=environment,
                cwd="/",
                pass_fds=(reported, held, seccomp),
                # A group of its own: Ctrl-C reaches the harness alone, which then kills the tree.
                start_new_session=True,
                **identity,
            )
        except BaseException:
            os.close(self._release_fd)
            os.close(self.status_fd)
            raise
        finally:
            for fd in (seccomp, held, reported):
                os.close(fd)
        assert self.process.stdin and self.process.stdout and self.process.stderr  # noqa: S101
        self.stdout_fd = self.process.stdout.fileno()
        self.stderr_fd = self.process.stderr.fileno()
        try:
            self.bwrap_fd = os.pidfd_open(self.process.pid)
        except BaseException:
            # Nobody ends a context that was never entered, and closing the pipe alone starts the script.
            self.process.kill()
            self.process.wait()
            os.close(self._release_fd)
            os.close(self.status_fd)
            raise

    def wait_for_init(self) -> int:
        """Wait for the sandbox's first process. Raises ``NotStartedError`` when there is none."""
        while b"\n" not in self._status:
            ready = _readable(self.status_fd, START_SECONDS)
            chunk = os.read(self.status_fd, 4096) if ready else b""
            if not chunk:
                raise NotStartedError
            self._status += chunk
        init = int(json.loads(self._status.split(b"\n", 1)[0])["child-pid"])
        try:
            self._init_fd = os.pidfd_open(init)
        except OSError as error:
            raise NotStartedError from error
        self.init = init
        return init

    def release(self) -> None:
        """Let bwrap go on, wait for the gate before the script, and open it. Raises ``NotStartedError``."""
        with contextlib.suppress(BrokenPipeError):
            os.write(self._release_fd, b"1")
        if not _readable(self.stdout_fd, START_SECONDS) or os.read(self.stdout_fd, 1) != b"\n":
            raise NotStartedError
        assert self.process.stdin is not None  # noqa: S101
        with contextlib.suppress(BrokenPipeError):
            os.write(self.process.stdin.fileno(), b"go\n")

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
            if not _readable(self._init_fd, DEATH_SECONDS):
                raise NotDeadError
            # bwrap now reports how its child ended; without an init it has nothing to wait for.
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(timeout=DEATH_SECONDS)
        self.process.kill()
        self.process.wait()
        if self._init_fd >= 0:
            # bwrap ends before its child, which then belongs to process 1. In a container that may be us.
            with contextlib.suppress(ChildProcessError):
                os.waitid(os.P_PIDFD, self._init_fd, os.WEXITED | os.WNOHANG)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self.kill()
        finally:
            for fd in (self._release_fd, self.status_fd, self.bwrap_fd, self._init_fd):
                if fd >= 0:
                    os.close(fd)
            for stream in (self.process.stdin, self.process.stdout, self.process.stderr):
                if stream is not None:
                    stream.close()


def _readable(fd: int, seconds: float) -> bool:
    """Wait for a descriptor. ``select`` would fail for numbers above 1023, which a busy harness reaches."""
    poll = select.poll()
    poll.register(fd, select.POLLIN)
    return bool(poll.poll(seconds * 1000))


def version_of(bwrap: Path) -> str:
    """Version line of a bwrap program, or empty when it cannot be run."""
    try:
        answer = subprocess.run([bwrap, "--version"], capture_output=True, timeout=10, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return answer.stdout.decode(errors="replace").strip() if answer.returncode == 0 else ""
