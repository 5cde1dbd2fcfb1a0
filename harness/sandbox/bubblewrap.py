"""The bubblewrap backend: namespaces by bwrap, our own system call filter, kernel limits and a watchdog."""

from __future__ import annotations

import contextlib
import hashlib
import os
import platform
import secrets
import select
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from harness.records.run import BackendHost, Isolation, Limits, RunOutcome, Usage
from harness.sandbox import rlimits
from harness.sandbox.child import Child, NotDeadError, NotStartedError, version_of
from harness.sandbox.collect import Collected, collect
from harness.sandbox.command import Mode, command, environment
from harness.sandbox.interface import Execution, Job
from harness.sandbox.opened import OpenedFiles
from harness.sandbox.staging import Staged, remove, stage
from harness.sandbox.streams import KeptStream
from harness.sandbox.watchdog import Breach, Watchdog

KNOWN_GAPS = (
    "Kernel bugs reachable through permitted system calls are not stopped.",
    "Processor time and the time of day can be read, so a script can tell that it is being measured.",
    "Memory and disk limits of the whole tree are sampled and can be passed for about 0.1 s.",
    "Kernel memory for sockets and pipes, and mapped files without a name, are bounded only by the number "
    "of descriptors and processes.",
    "World-readable files below /usr and in the Python environment can be read.",
)

FIRST_RUN_UID = 1 << 30
RUN_UIDS = 1 << 24
"""Each run of a dropped root has a random user number from this range, so that runs cannot meet."""


@dataclass(frozen=True)
class Ending:
    """How a run ended, before anything was collected."""

    outcome: RunOutcome
    """COMPLETED when nothing but the output is left to look at."""
    detail: str = ""
    """One sentence, or empty."""
    exit_code: int | None = None
    """Exit status, or None."""


class BubblewrapSandbox:
    """Runs jobs with one bwrap program in one mode. Holds no state of a run, so threads may share it."""

    def __init__(self, bwrap: Path, mode: Mode) -> None:
        self._bwrap = bwrap
        self._mode = mode

    @property
    def label(self) -> str:
        """Isolation label of every run here."""
        return "L3-namespaces"

    @cached_property
    def backend(self) -> BackendHost:
        """The bwrap program and the kernel."""
        return BackendHost(
            path=str(self._bwrap),
            version=version_of(self._bwrap),
            sha256=hashlib.sha256(self._bwrap.read_bytes()).hexdigest(),
            kernel=platform.release(),
            uid_mode="root-dropped" if os.geteuid() == 0 else "user",
        )

    def run(self, job: Job) -> Execution:
        """Run ``job`` to its end or to a limit, kill the whole tree, and collect what it left.

        Nothing that the script does makes this raise. ``KeyboardInterrupt`` comes through after the tree
        is dead and the folder is gone.
        """
        mode = _mode_of_this_run(self._mode)
        try:
            staged = stage(job, mode.uid, mode.as_uid)
        except ValueError as error:
            return _nothing(RunOutcome.MISSING_RESOURCE, f"The run could not be prepared: {error}.")
        except OSError as error:
            return _nothing(RunOutcome.ISOLATION_UNAVAILABLE, f"The run could not be prepared: {error}.")
        try:
            with OpenedFiles(staged.inputs, job.inputs) as opened:
                return self._supervised(job, staged, mode, opened)
        except (OSError, NotDeadError) as error:
            reason = f"The sandbox failed: {error or 'a killed process did not go away'}."
            return _nothing(RunOutcome.ISOLATION_UNAVAILABLE, reason)
        finally:
            # A folder that cannot be deleted is in the system's temporary folder and harms no result.
            with contextlib.suppress(OSError):
                remove(staged)

    def _supervised(self, job: Job, staged: Staged, mode: Mode, opened: OpenedFiles) -> Execution:
        def arguments(status_fd: int, block_fd: int, seccomp_fd: int) -> list[str]:
            descriptors = {"status_fd": status_fd, "block_fd": block_fd, "seccomp_fd": seccomp_fd}
            own = command(job, staged, mode, self._bwrap, **descriptors)
            return [*rlimits.prefix(job.limits, mode), *own]

        with Child(arguments, environment(job), mode.as_uid) as child:
            out = KeptStream(child.stdout_fd, job.limits.stream_bytes)
            err = KeptStream(child.stderr_fd, job.limits.stream_bytes)
            breach, watchdog = None, None
            with contextlib.suppress(NotStartedError):
                init = child.wait_for_init()
                rlimits.apply(init, job.limits, mode)
                child.release()
                watchdog = Watchdog(init, job.limits, staged.writable)
                breach = _watch(child, watchdog, (out, err), job.cancelled)
            ended = time.monotonic()
            child.kill()
            for stream in (out, err):
                stream.read_rest()
            status = child.exit_status()
        if watchdog is None or (status is None and breach is None):
            return _nothing(RunOutcome.ISOLATION_UNAVAILABLE, _not_started(err.kept))
        breach = breach or watchdog.check_disk(tree_is_dead=True)
        ending = _ending(breach, status or 0, err.kept, watchdog, job.limits)
        found = Collected()
        if ending.outcome is RunOutcome.COMPLETED:
            found = collect(staged.work, job.limits.output_bytes)
            if found.observations is None:
                detail = f"The output file /claim/run/observations.json {found.observations_problem}."
                ending = replace(ending, outcome=RunOutcome.INVALID_OUTPUT, detail=detail)
        return Execution(
            outcome=ending.outcome,
            detail=ending.detail,
            exit_code=ending.exit_code,
            observations=found.observations,
            attachments=found.attachments,
            rejected=tuple(found.rejected),
            opened=opened.names(),
            stdout=out.kept,
            stderr=err.kept,
            dropped_stream_bytes=out.dropped + err.dropped,
            usage=Usage(
                wall_seconds=ended - watchdog.started,
                cpu_seconds=watchdog.cpu_seconds,
                peak_memory_bytes=watchdog.peak_memory_bytes,
                peak_processes=watchdog.peak_processes,
                peak_disk_bytes=watchdog.peak_disk_bytes,
            ),
            isolation=Isolation(
                label="L3-namespaces",
                network="none",
                known_gaps=KNOWN_GAPS,
                limits=rlimits.account(job.limits, mode),
            ),
            backend=self.backend,
        )


def _mode_of_this_run(mode: Mode) -> Mode:
    """``mode`` with a user number of its own, where this machine has more than one to give."""
    if os.geteuid() != 0 or mode.uid == rlimits.FALLBACK_UID:
        return mode
    uid = FIRST_RUN_UID + secrets.randbelow(RUN_UIDS)
    return replace(mode, uid=uid, as_uid=None if mode.as_uid is None else uid)


def _watch(
    child: Child,
    watchdog: Watchdog,
    streams: tuple[KeptStream, KeptStream],
    cancelled: Callable[[], bool],
) -> Breach | None:
    """Drain and look until the script has ended, has passed a limit, or is no longer wanted."""
    poll = select.poll()
    poll.register(child.bwrap_fd, select.POLLIN)
    by_fd = {stream.fd: stream for stream in streams}
    for fd in by_fd:
        poll.register(fd, select.POLLIN)
    while True:
        for fd, _ in poll.poll(1 + watchdog.wait_seconds() * 1000):
            if fd == child.bwrap_fd:
                watchdog.last_look()
                return None
            by_fd[fd].read_once()
            if by_fd[fd].ended:
                poll.unregister(fd)
        if cancelled():
            return Breach(RunOutcome.NOT_RUN, "The run was interrupted.")
        breach = watchdog.check()
        if breach is not None:
            return breach


def _ending(breach: Breach | None, status: int, stderr: bytes, watchdog: Watchdog, limits: Limits) -> Ending:
    """What the exit status and the watchdog together say."""
    if breach is not None:
        return Ending(breach.outcome, breach.detail)
    if status == 0:
        return Ending(RunOutcome.COMPLETED, exit_code=0)
    busy = watchdog.longest_cpu_seconds >= limits.cpu_seconds
    if status == 128 + signal.SIGXCPU or (status == 128 + signal.SIGKILL and busy):
        detail = f"A process used more processor time than {limits.cpu_seconds} s (cpu_seconds)."
        return Ending(RunOutcome.LIMIT_EXCEEDED, detail)
    if status == 128 + signal.SIGXFSZ:
        detail = f"The script wrote a file larger than {limits.file_bytes} bytes (file_bytes)."
        return Ending(RunOutcome.LIMIT_EXCEEDED, detail)
    if status == 128 + signal.SIGSYS:
        return Ending(RunOutcome.POLICY_VIOLATION, "The script made a system call that the sandbox forbids.")
    if _was_not_executable(status, stderr):
        detail = "The script could not be started: its interpreter is missing or it is not executable."
        return Ending(RunOutcome.MISSING_RESOURCE, detail)
    return Ending(RunOutcome.SCRIPT_FAILED, _failure(status, stderr, limits), status)


def _failure(status: int, stderr: bytes, limits: Limits) -> str:
    if status > 128 and status - 128 in signal.valid_signals():
        detail = f"The script ended with exit status {status}, as after signal {status - 128}."
    else:
        detail = f"The script ended with exit status {status}."
    if b"MemoryError" in stderr or b"Unable to allocate" in stderr:
        detail += (
            f" Its error output speaks of memory; one process may have {limits.memory_bytes} bytes"
            " (memory_bytes)."
        )
    return detail


def _was_not_executable(status: int, stderr: bytes) -> bool:
    """Whether the program before the script says that it could not start it. It can only lower a verdict."""
    return status in (126, 127) and stderr.startswith((b"gate:", b"setpriv: failed to execute"))


def _not_started(stderr: bytes) -> str:
    said = stderr.decode(errors="replace").strip().splitlines()
    return f"The sandbox could not be set up: {said[0][:300] if said else 'bwrap ended without a word'}."


def _nothing(outcome: RunOutcome, detail: str) -> Execution:
    return Execution(
        outcome=outcome,
        detail=detail,
        exit_code=None,
        observations=None,
        attachments={},
        rejected=(),
        opened=(),
        stdout=b"",
        stderr=b"",
        dropped_stream_bytes=0,
        usage=Usage(),
        isolation=None,
        backend=None,
    )
