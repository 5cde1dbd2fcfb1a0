"""One run from its start to its end, whatever holds its processes together."""

from __future__ import annotations

import select
import signal
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Protocol

from harness.records.run import BackendHost, DeniedAttempt, Isolation, Limits, RunOutcome, Usage
from harness.sandbox.answering import Answering
from harness.sandbox.collect import Collected, collect
from harness.sandbox.handshake import NotStartedError, go, prepare
from harness.sandbox.interface import Execution, Job
from harness.sandbox.listener import Listener
from harness.sandbox.opened import OpenedFiles
from harness.sandbox.orders import Orders
from harness.sandbox.policy import View
from harness.sandbox.staging import Staged
from harness.sandbox.streams import KeptStream
from harness.sandbox.watchdog import Breach, Watchdog


class Tree(Protocol):
    """The processes of one run, and how to end them all."""

    root: int
    """Process that every process of the run descends from, as the harness sees it; 0 until it exists."""
    control: socket.socket
    """Socket to the program that starts the script."""
    stdout_fd: int
    """Reading end of the script's standard output."""
    stderr_fd: int
    """Reading end of the script's error output."""
    ended_fd: int
    """Readable when the script has ended."""

    def kill(self) -> None:
        """Kill every process and wait until none is left. Raises ``NotDeadError``."""
        ...

    def exit_status(self) -> int | None:
        """Exit status of the script (128 + signal), or None when it never started or was killed."""
        ...


@dataclass(frozen=True)
class Ending:
    """How a run ended, before anything was collected."""

    outcome: RunOutcome
    """COMPLETED when nothing but the output is left to look at."""
    detail: str = ""
    """One sentence, or empty."""
    exit_code: int | None = None
    """Exit status, or None."""


@dataclass(frozen=True)
class Seen:
    """What the harness saw while the script ran."""

    status: int | None
    """Exit status, or None when the script was killed."""
    breach: Breach | None
    """Why the harness ended the run, if it did."""
    watchdog: Watchdog
    """Peaks of what the run used."""
    ended: float
    """When the script ended, on the monotonic clock, in seconds."""
    stdout: KeptStream
    """Standard output."""
    stderr: KeptStream
    """Error output."""
    denied: tuple[DeniedAttempt, ...]
    """What was tried and denied."""


def supervise(tree: Tree, job: Job, staged: Staged, orders: Orders, view: View, user: int) -> Seen:
    """Start the script in a tree that stands, watch it to its end, and kill what is left of the tree.

    ``user`` is the number of the script's user as this machine sees it.
    Raises ``NotStartedError`` when the script has not run, and ``NotDeadError``.
    """
    out = KeptStream(tree.stdout_fd, job.limits.stream_bytes)
    err = KeptStream(tree.stderr_fd, job.limits.stream_bytes)
    answering: Answering | None = None
    try:
        try:
            listener = prepare(tree.control, orders)
        except NotStartedError as error:
            err.read_rest()
            raise NotStartedError(first_line(err.kept) or str(error)) from error
        if listener is not None:
            answering = Answering(Listener(listener), replace(view, root=tree.root), orders, user)
        watchdog = Watchdog(tree.root, job.limits, staged.writable)
        go(tree.control)
        breach = _watch(tree, watchdog, (out, err), answering, job.cancelled)
        ended = time.monotonic()
        tree.kill()
        for stream in (out, err):
            stream.read_rest()
        denied = answering.attempts if answering is not None else ()
        status = tree.exit_status()
        if status is None and breach is None:
            raise OSError("it ended without saying how the script ended")
        return Seen(status, breach, watchdog, ended, out, err, denied)
    finally:
        if answering is not None:
            answering.close()


def _watch(
    tree: Tree,
    watchdog: Watchdog,
    streams: tuple[KeptStream, KeptStream],
    answering: Answering | None,
    cancelled: Callable[[], bool],
) -> Breach | None:
    """Drain, answer and look until the script has ended, has passed a limit, or is no longer wanted."""
    poll = select.poll()
    poll.register(tree.ended_fd, select.POLLIN)
    actions: dict[int, Callable[[], object]] = {stream.fd: stream.read_once for stream in streams}
    if answering is not None:
        actions[answering.fd] = answering.serve
    for fd in actions:
        poll.register(fd, select.POLLIN)
    while True:
        for fd, events in poll.poll(1 + watchdog.wait_seconds() * 1000):
            if fd == tree.ended_fd:
                watchdog.last_look()
                return None
            if events & select.POLLIN:
                actions[fd]()
            else:
                poll.unregister(fd)  # every writer is gone, or every process under the filter
        if cancelled():
            return Breach(RunOutcome.NOT_RUN, "The run was interrupted.")
        breach = watchdog.check()
        if breach is not None:
            return breach


def executed(
    seen: Seen,
    limits: Limits,
    staged: Staged,
    opened: OpenedFiles,
    isolation: Isolation,
    backend: BackendHost,
) -> Execution:
    """What came of a run whose tree is dead."""
    watchdog = seen.watchdog
    breach = seen.breach or watchdog.check_disk(tree_is_dead=True)
    ending = _ending(breach, seen, limits)
    found = Collected()
    if ending.outcome is RunOutcome.COMPLETED:
        found = collect(staged.work, limits.output_bytes)
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
        denied=seen.denied,
        stdout=seen.stdout.kept,
        stderr=seen.stderr.kept,
        dropped_stream_bytes=seen.stdout.dropped + seen.stderr.dropped,
        usage=Usage(
            wall_seconds=seen.ended - watchdog.started,
            cpu_seconds=watchdog.cpu_seconds,
            peak_memory_bytes=watchdog.peak_memory_bytes,
            peak_processes=watchdog.peak_processes,
            peak_disk_bytes=watchdog.peak_disk_bytes,
        ),
        isolation=isolation,
        backend=backend,
    )


def _ending(breach: Breach | None, seen: Seen, limits: Limits) -> Ending:
    """What the attempts, the watchdog and the exit status together say, the gravest first."""
    status = seen.status or 0
    violations = [attempt for attempt in seen.denied if attempt.violation]
    interrupted = breach is not None and breach.outcome is RunOutcome.NOT_RUN
    if violations and not interrupted:
        exit_code = None if breach else status
        return Ending(RunOutcome.POLICY_VIOLATION, _tried(violations, breach), exit_code)
    if breach is not None:
        return Ending(breach.outcome, breach.detail)
    if status == 0:
        return Ending(RunOutcome.COMPLETED, exit_code=0)
    busy = seen.watchdog.longest_cpu_seconds >= limits.cpu_seconds
    if status == 128 + signal.SIGXCPU or (status == 128 + signal.SIGKILL and busy):
        detail = f"A process used more processor time than {limits.cpu_seconds} s (cpu_seconds)."
        return Ending(RunOutcome.LIMIT_EXCEEDED, detail)
    if status == 128 + signal.SIGXFSZ:
        detail = f"The script wrote a file larger than {limits.file_bytes} bytes (file_bytes)."
        return Ending(RunOutcome.LIMIT_EXCEEDED, detail)
    if status == 128 + signal.SIGSYS:
        return Ending(RunOutcome.POLICY_VIOLATION, "The script made a system call that the sandbox forbids.")
    if _was_not_executable(status, seen.stderr.kept):
        detail = "The script could not be started: its interpreter is missing or it is not executable."
        return Ending(RunOutcome.MISSING_RESOURCE, detail)
    if _lacked_memory(seen.stderr.kept):
        detail = (
            f"A process could get no more memory: it may have {limits.memory_bytes} bytes (memory_bytes), "
            "and its error output says that this was too little."
        )
        return Ending(RunOutcome.LIMIT_EXCEEDED, detail)
    return Ending(RunOutcome.SCRIPT_FAILED, _failure(status), status)


def _tried(violations: list[DeniedAttempt], breach: Breach | None) -> str:
    """One sentence on what was tried; the first few by name."""
    named = [f"{a.call} {a.target}".strip() for a in violations[:3]]
    more = f" and {len(violations) - 3} more" if len(violations) > 3 else ""
    ended = f" {breach.detail}" if breach else ""
    return f"The script tried what the sandbox forbids, and was denied: {', '.join(named)}{more}.{ended}"


def _failure(status: int) -> str:
    if status > 128 and status - 128 in signal.valid_signals():
        return f"The script ended with exit status {status}, as after signal {status - 128}."
    return f"The script ended with exit status {status}."


MEMORY_WORDS = (
    b"MemoryError",
    b"Unable to allocate",
    b"bad_alloc",
    b"Cannot allocate memory",
    b"can't allocate memory",
)
"""How Python, numpy, C++, the C library and torch say that there is no memory. Believing them grants nothing."""


def _lacked_memory(stderr: bytes) -> bool:
    return any(word in stderr for word in MEMORY_WORDS)


def _was_not_executable(status: int, stderr: bytes) -> bool:
    """Whether the program before the script says that it could not start it. It can only lower a verdict."""
    return status in (126, 127) and stderr.startswith(b"start:")


def first_line(stream: bytes) -> str:
    """The first line of what a sandbox said that did not come to stand; empty when it said nothing."""
    lines = stream.decode(errors="replace").strip().splitlines()
    return lines[0][:300] if lines else ""
