"""What every sandbox does, in which units, and how it fails."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from harness.records.run import BackendHost, DeniedAttempt, Isolation, Limits, RunOutcome, Usage

PLACE = "/claim"
"""Folder inside the sandbox that holds everything of a run; named so that no Python environment lies below it."""


MOST_ATTEMPTS = 64
"""Denied attempts kept of one run; more add nothing to a verdict."""


@dataclass(frozen=True)
class Job:
    """One script to run once.

    Inside the sandbox the script finds: ``/claim/script/<script_name>`` (read-only), ``/claim/inputs/<name>``
    (read-only), ``/claim/request.json`` (read-only, named by CLAIM_REQUEST), ``/claim/helper`` (read-only, on
    PYTHONPATH) and ``/claim/run`` (its only lasting writable folder, empty, current directory, HOME and TMPDIR). It
    must write ``/claim/run/observations.json``; regular files in ``/claim/run/attachments/`` are collected too.
    A sandbox without a mount namespace has the same tree at another place, and says so in the request.
    """

    script_name: str
    """Base name of the script. ``*.py`` is started with this Python interpreter, anything else is executed."""
    script: bytes
    """The script's bytes."""
    inputs: Mapping[str, bytes]
    """Name of each input file, a base name or ``<resource>/<path>``, to its bytes. An input that stands neither here
    nor in ``files`` is not there for the script."""
    request: bytes
    """The request file's bytes."""
    limits: Limits
    """Limits of the whole process tree."""
    files: Mapping[str, Path] = field(default_factory=dict)
    """Name of each further input file to a regular file of the harness's own, which no other job is given meanwhile.
    It is linked and not copied where it can be, so that large files cost nothing."""
    environment: Mapping[str, str] = field(default_factory=dict)
    """Variables added to the clean default environment."""
    imports: Mapping[str, bytes] = field(default_factory=dict)
    """Files put beside the helper, by path below it; read-only for the script."""
    cancelled: Callable[[], bool] = lambda: False
    """Asked at least every few looks of the watchdog; once true the tree is killed and the outcome is NOT_RUN."""


@dataclass(frozen=True)
class Execution:
    """What came of one job. Collected only after the whole process tree was dead."""

    outcome: RunOutcome
    """COMPLETED, SCRIPT_FAILED, TIMED_OUT, LIMIT_EXCEEDED, POLICY_VIOLATION, INVALID_OUTPUT,
    MISSING_RESOURCE or ISOLATION_UNAVAILABLE. COMPLETED means exit status 0 and a readable regular output
    file of at most ``limits.output_bytes``; its content is not looked at here."""
    detail: str
    """One sentence on the outcome, naming the limit and its value where one was reached; may be empty."""
    exit_code: int | None
    """Exit status, or None when killed or never started."""
    observations: bytes | None
    """The observations file, or None."""
    attachments: Mapping[str, bytes]
    """Base name to bytes of collected attachments."""
    rejected: tuple[str, ...]
    """Files that were not collected, each with the reason (symbolic link, FIFO, too large ...)."""
    opened: tuple[str, ...]
    """Names of inputs that were opened during the run, sorted; seen by the kernel, so the script cannot hide
    or invent an opening."""
    denied: tuple[DeniedAttempt, ...]
    """What the script tried and was denied, each attempt once, in order of call and target. At most
    ``MOST_ATTEMPTS`` violations and as many others. A violation among them makes the outcome
    POLICY_VIOLATION, whatever else happened."""
    stdout: bytes
    """First ``limits.stream_bytes`` bytes of standard output, as written."""
    stderr: bytes
    """First ``limits.stream_bytes`` bytes of standard error, as written."""
    dropped_stream_bytes: int
    """Bytes of both streams that were drained but not kept."""
    usage: Usage
    """What the run used."""
    isolation: Isolation | None
    """Isolation the run had; None when nothing was started."""
    backend: BackendHost | None
    """Program and kernel; None when nothing was started."""


def nothing(outcome: RunOutcome, detail: str) -> Execution:
    """The execution of a job that never began."""
    return Execution(
        outcome=outcome,
        detail=detail,
        exit_code=None,
        observations=None,
        attachments={},
        rejected=(),
        opened=(),
        denied=(),
        stdout=b"",
        stderr=b"",
        dropped_stream_bytes=0,
        usage=Usage(),
        isolation=None,
        backend=None,
    )


class Sandbox(Protocol):
    """Runs one job in isolation. Safe to call from several threads at once.

    ``run`` never raises for anything a script does, however hostile; it raises
    ``harness.errors.IsolationUnavailable`` only when this machine cannot isolate at all, and lets
    ``KeyboardInterrupt`` through after the process tree is dead.
    """

    @property
    def label(self) -> str:
        """Isolation label that a run gets here, such as ``L3-namespaces``."""
        ...

    @property
    def sees_attempts(self) -> bool:
        """Whether denied attempts are recorded here."""
        ...

    def run(self, job: Job) -> Execution:
        """Run ``job`` to its end or to a limit, kill the whole tree, and collect what it left."""
        ...
