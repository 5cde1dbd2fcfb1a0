"""The backend for machines that forbid namespaces: Landlock, the filter with its listener, and a keeper process."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import platform
import secrets
import signal
import socket
import subprocess
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from harness.records.run import BackendHost, Isolation
from harness.sandbox import landlock, rlimits
from harness.sandbox.bubblewrap import KNOWN_GAPS, SEEN_GAP
from harness.sandbox.child import DEATH_SECONDS, NotDeadError
from harness.sandbox.command import ETC, SHARED_MEMORY, environment, start_command
from harness.sandbox.handshake import readable
from harness.sandbox.interface import PLACE, Execution, Job
from harness.sandbox.mounts import SYSTEM, SYSTEM_FILES, environment_paths
from harness.sandbox.opened import OpenedFiles
from harness.sandbox.orders import START, Orders
from harness.sandbox.policy import View, private_places
from harness.sandbox.process_tree import descendants, tasks_of
from harness.sandbox.seccomp import Filter
from harness.sandbox.staged_run import run_staged
from harness.sandbox.staging import FIRST_RUN_UID, RUN_UIDS, Staged
from harness.sandbox.supervise import executed, supervise

DEVICES = ("/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom")

MACHINE = ("/proc/cpuinfo", "/proc/meminfo", "/proc/version", "/sys/devices/system/cpu")
"""What numeric libraries ask of the machine; of /proc nothing else can be shown without showing other processes."""

OWN_GAPS = (
    "There are no namespaces: names, sizes and times of the machine's files can be seen, their content cannot.",
    "The numbers of the machine's processes can be guessed, and its name and network interfaces are not hidden.",
    "A process that outlives both the harness and its keeper, killed at the same moment, is not ended.",
    "Paths below /claim can be opened and not listed by name; /tmp is closed, and nearly all of /proc.",
)
SHARED_USER_GAP = (
    "The script runs as the user of the harness, so the kernel counts that user's other processes with its own, and "
    "its number of processes is sampled."
)
SPARE_TASKS = 128
"""Processes and threads that the user of the harness may start elsewhere meanwhile."""


class KeptTree:
    """The keeper of one run and everything below it. Leaving the context kills the tree."""

    def __init__(self, staged: Staged, variables: Mapping[str, str]) -> None:
        self.control, inner = socket.socketpair()
        """Socket to the keeper."""
        self._words = b""
        try:
            self._process = subprocess.Popen(
                start_command(str(staged.root)),
                stdin=inner.fileno(),
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env=dict(variables),
                cwd=staged.work,
                start_new_session=True,
            )
        except BaseException:
            self.control.close()
            raise
        finally:
            inner.close()
        self.root: int = self._process.pid
        """Process id of the keeper."""
        assert self._process.stdout and self._process.stderr  # noqa: S101
        self.stdout_fd = self._process.stdout.fileno()
        self.stderr_fd = self._process.stderr.fileno()
        self.ended_fd = os.pidfd_open(self.root)

    def kill(self) -> None:
        """Let the keeper end the tree, and wait for it. Raises ``NotDeadError``."""
        with contextlib.suppress(OSError):
            self.control.shutdown(socket.SHUT_WR)
        if not readable(self.ended_fd, DEATH_SECONDS):
            left = descendants(self.root)
            self._process.kill()
            for pid in left:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            raise NotDeadError
        self._process.wait()

    def exit_status(self) -> int | None:
        """Exit status of the script as the keeper told it, or None when it was killed."""
        with contextlib.suppress(OSError):
            while chunk := self.control.recv(4096):
                self._words += chunk
        with contextlib.suppress(ValueError):
            return int(self._words)
        return None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self.kill()
        finally:
            self.control.close()
            os.close(self.ended_fd)
            for stream in (self._process.stdout, self._process.stderr):
                if stream is not None:
                    stream.close()


class LandlockSandbox:
    """Runs jobs without namespaces. Holds no state of a run, so threads may share it."""

    def __init__(self) -> None:
        self._abi = landlock.version()
        self._filter = Filter(listener=True, namespaces=False)

    @property
    def label(self) -> str:
        """Isolation label of every run here."""
        return "L2-landlock"

    @property
    def sees_attempts(self) -> bool:
        """Always: without a listener this backend could not keep its promises, and does not start."""
        return True

    @cached_property
    def backend(self) -> BackendHost:
        """The starting program, which confines itself, and the kernel."""
        return BackendHost(
            path="harness/sandbox/inside/start.py",
            version=f"Landlock ABI {self._abi}",
            sha256=hashlib.sha256(START.read_bytes()).hexdigest(),
            kernel=platform.release(),
            uid_mode="root-dropped" if os.geteuid() == 0 else "user",
        )

    def run(self, job: Job) -> Execution:
        """Run ``job`` to its end or to a limit, kill the whole tree, and collect what it left.

        Nothing that the script does makes this raise. ``KeyboardInterrupt`` comes through after the tree
        is dead and the folder is gone.
        """
        uid = FIRST_RUN_UID + secrets.randbelow(RUN_UIDS) if os.geteuid() == 0 else None
        own = uid if uid is not None else os.getuid()
        return run_staged(job, own, uid, lambda staged, opened: self._supervised(job, staged, uid, opened))

    def _supervised(self, job: Job, staged: Staged, uid: int | None, opened: OpenedFiles) -> Execution:
        _translate_request(staged)
        own = [staged.root / name for name in ("script", "start", "inputs", "helper", "request.json")]
        system = [Path(name) for name in (*SYSTEM, *SYSTEM_FILES, *MACHINE)]
        visible = [*system, *environment_paths(), *own]
        # A user of the machine has other processes too, which the kernel counts with the script's.
        others = tasks_of(os.getuid()) + SPARE_TASKS if uid is None else 0
        limits = rlimits.wanted(job.limits, others)
        orders = Orders(
            script=str(staged.root / "script" / job.script_name),
            filter=self._filter,
            uid=uid,
            keeper=True,
            limits=tuple(limits.items()),
            landlock=landlock.orders(self._abi, visible, staged.writable, map(Path, DEVICES)),
        )
        view = View(
            readable=tuple(map(str, visible)),
            writable=tuple(map(str, staged.writable)),
            private=private_places(),
            namespaces=False,
            moved=((PLACE, str(staged.root)), (SHARED_MEMORY, str(staged.root / "shm"))),
            moved_files=tuple((f"/etc/{name}", str(staged.root / "etc")) for name in ETC),
        )
        with KeptTree(staged, environment(job, str(staged.root))) as tree:
            seen = supervise(tree, job, staged, orders, view, os.getuid() if uid is None else uid)
        gaps = (*KNOWN_GAPS, SEEN_GAP, *OWN_GAPS, *([] if uid is not None else [SHARED_USER_GAP]))
        isolation = Isolation(
            label="L2-landlock",
            network="none",
            known_gaps=gaps,
            limits=rlimits.account(
                job.limits, counted=uid is not None, killed="every process below the keeper"
            ),
        )
        return executed(seen, job.limits, staged, opened, isolation, self.backend)


def _translate_request(staged: Staged) -> None:
    """Let the request name the run's folder where it really is, and the machine's name be found without asking.

    What the record pins stays as it was.
    """
    hosts = staged.root / "etc" / "hosts"
    hosts.chmod(0o600)
    hosts.write_text(f"{hosts.read_text()}127.0.0.1 {os.uname().nodename}\n")
    hosts.chmod(0o444)
    path = staged.root / "request.json"
    try:
        request = json.loads(path.read_bytes())
    except ValueError:
        return
    path.chmod(0o600)
    path.write_text(json.dumps(_moved(request, str(staged.root))))
    path.chmod(0o444)


def _moved(value: Any, root: str) -> Any:
    if isinstance(value, dict):
        return {key: _moved(item, root) for key, item in value.items()}
    if isinstance(value, list):
        return [_moved(item, root) for item in value]
    if isinstance(value, str) and (value == PLACE or value.startswith(f"{PLACE}/")):
        return root + value[len(PLACE) :]
    return value
