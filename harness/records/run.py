"""One sandboxed execution: what was asked for, under which limits, and what happened."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from harness.records.base import JsonScalar, Record, Sha256, Text


class Limits(Record):
    """Resource limits of one script run. Reaching one stops the whole process tree."""

    wall_seconds: Annotated[float, Field(gt=0, le=86_400)] = 60.0
    """Real time from start to end of the process tree, in seconds."""
    cpu_seconds: Annotated[int, Field(ge=1, le=86_400)] = 60
    """Processor time of any one process, in seconds."""
    memory_bytes: Annotated[int, Field(ge=16 * 2**20, le=2**40)] = 1 * 2**30
    """Memory of the whole process tree (sum of proportional set sizes), in bytes."""
    processes: Annotated[int, Field(ge=1, le=4096)] = 64
    """Processes and threads alive at once in the tree."""
    file_bytes: Annotated[int, Field(ge=1024, le=2**40)] = 256 * 2**20
    """Size of the largest file a process may write, in bytes."""
    disk_bytes: Annotated[int, Field(ge=1024, le=2**40)] = 512 * 2**20
    """Bytes the run may leave on disk in its work folder, all files together."""
    output_bytes: Annotated[int, Field(ge=256, le=2**30)] = 16 * 2**20
    """Size of the observations file, in bytes; larger is invalid output."""
    stream_bytes: Annotated[int, Field(ge=256, le=2**24)] = 64 * 2**10
    """Bytes kept of each of standard output and standard error; the rest is drained and counted."""


class RunOutcome(StrEnum):
    """How a run ended. Everything but COMPLETED is our or the script's failure, never evidence."""

    COMPLETED = "COMPLETED"
    """The script exited 0 within its limits and left a readable regular output file."""
    NOT_RUN = "NOT_RUN"
    """The script said that it measured nothing, and why; or nothing was started."""
    SCRIPT_FAILED = "SCRIPT_FAILED"
    """Non-zero exit status or a signal of its own."""
    TIMED_OUT = "TIMED_OUT"
    """Wall-clock limit reached."""
    LIMIT_EXCEEDED = "LIMIT_EXCEEDED"
    """Memory, processor, process, file or disk limit reached."""
    POLICY_VIOLATION = "POLICY_VIOLATION"
    """The script tried something that the sandbox forbids. It was denied, and what was tried is listed."""
    INVALID_OUTPUT = "INVALID_OUTPUT"
    """No output file, or one that is not a regular file, too large, or breaks the protocol."""
    MISSING_RESOURCE = "MISSING_RESOURCE"
    """An input, interpreter or tool that the run needs is not there, or a resource is not the pinned one."""
    ISOLATION_UNAVAILABLE = "ISOLATION_UNAVAILABLE"
    """The sandbox could not be set up, or died."""
    INTERNAL_ERROR = "INTERNAL_ERROR"
    """The harness itself failed."""


class Enforcement(StrEnum):
    """Who enforces a limit."""

    KERNEL = "kernel"
    SAMPLED = "sampled"
    NONE = "none"


class EnforcedLimit(Record):
    """One limit as it was really enforced."""

    name: str
    """Field name in Limits, or a limit that is the same for every run: open_files, locked_bytes, core_bytes."""
    value: float
    """Limit in the unit of that field."""
    mechanism: str
    """What enforces it, such as RLIMIT_CPU or a watchdog with its sampling interval."""
    enforcement: Enforcement
    """kernel, sampled, or none."""


IsolationLabel = Literal["L3-namespaces", "L2-landlock", "L1-rlimits", "L0-refused"]
"""How strongly a run was isolated; L3 and L2 count as sealed, L1 and L0 never do."""

SEALED: tuple[IsolationLabel, ...] = ("L3-namespaces", "L2-landlock")
"""Labels on which a verdict may rest."""


class Isolation(Record):
    """Which isolation a run had. Part of the evidence: a weaker label never counts as sealed."""

    label: IsolationLabel
    """L3 and L2 count as sealed; L1 and L0 never do."""
    network: Literal["none", "host"]
    """none: the script can reach no network. It has an empty network namespace or can make no socket for one."""
    known_gaps: tuple[str, ...]
    """What this backend is known not to block, one sentence each."""
    limits: tuple[EnforcedLimit, ...]
    """Every limit with its mechanism."""

    @property
    def sealed(self) -> bool:
        """Whether a verdict may rest on a run under this isolation."""
        return self.label in SEALED and self.network == "none"


class BackendHost(Record):
    """The sandbox program and kernel of the machine that ran the script. Differs between hosts."""

    path: str
    """Path of the sandbox program."""
    version: str
    """Its version line."""
    sha256: Sha256
    """Its digest."""
    kernel: str
    """Kernel release."""
    uid_mode: Literal["root-dropped", "user"]
    """root-dropped: started as root and dropped to an unprivileged uid; user: started unprivileged."""


class Usage(Record):
    """What a run used. Differs from run to run; never part of a comparison."""

    wall_seconds: float = 0.0
    """Real time, in seconds."""
    cpu_seconds: float = 0.0
    """User and system time of the tree, in seconds, as far as it was reaped."""
    peak_memory_bytes: int = 0
    """Highest sampled memory of the tree, in bytes."""
    peak_processes: int = 0
    """Highest sampled number of processes and threads."""
    peak_disk_bytes: int = 0
    """Highest sampled size of the work folder, in bytes."""


class Transform(Record):
    """One change to declared input tables. Pure: the auditor recomputes the changed bytes.

    ``do`` chooses the change; the other fields are its parameters, and those that do not belong to it
    must be absent.
    """

    do: Literal[
        "empty", "remove", "swap", "permute", "scale", "shift", "set", "drop", "reorder", "duplicate",
        "redraw", "noise", "exchange", "rescale", "relabel", "nudge", "blank", "thin", "rewrite",
    ]  # fmt: skip
    """empty: keep the header row only · remove: the file is not there · swap: exchange two labels ·
    permute: shuffle a column · scale, shift, set: change the numbers of a column · drop: leave rows out ·
    reorder: shuffle the rows · duplicate: give every selected row twice. On tables and on files of any usual form
    (CSV, TSV, JSON, JSON lines, text), leaving alone columns that name or order the records: redraw: draw every
    number anew from those of its column · noise: shuffle every column by itself, so that none goes with another ·
    rescale: multiply every number · exchange: exchange two columns in about a share of the records · relabel: draw
    every label anew from those of its column · nudge: change a few values of a column as little as can be · blank:
    empty some values · thin: leave out some rows · rewrite: the same values in other bytes, where the form of the file
    admits it. swap, drop and duplicate work on them, too."""
    inputs: tuple[str, ...] = ()
    """Names of the declared inputs to change, without their endings; ``xquad-r`` for all files of a resource and
    ``xquad-r/en.json`` for one. Empty means all of them."""
    column: str | None = None
    """Column to change (swap, permute, scale, shift, set)."""
    where: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    """Rows to change: column name to admitted labels; empty means every row."""
    rows: tuple[int, ...] = ()
    """Places of the records to change in a file of any form, counted from 0 (rescale, relabel, drop); empty means every
    record."""
    labels: tuple[str, str] | None = None
    """The two labels that swap exchanges, the names of the two columns of exchange, or twice the label that most
    become in relabel."""
    within: tuple[str, ...] | None = None
    """Columns within whose combinations permute shuffles; absent: over all rows."""
    number: str | None = None
    """Factor (scale, rescale), summand (shift), new text (set), share that stays (thin), share that is emptied (blank),
    becomes one label (relabel) or is exchanged (exchange; half unless given), how many values of each column (nudge),
    or the way of writing (rewrite: 1 with CR LF or without blanks, 2 without a last line end or with keys turned
    round). A scaled number keeps two digits more than it had, a whole number stays whole; a shifted number keeps its
    digits."""
    seed: int | None = None
    """Seed of permute, reorder, redraw, noise, exchange, relabel, nudge, blank and thin."""


class ScriptEdit(Record):
    """One change to the text of a script. Pure: the auditor makes the changed script from the pinned one."""

    operator: str
    """What kind of change it is, such as ``comparison`` or ``branch``."""
    line: Annotated[int, Field(ge=1)]
    """Line of the script in which it begins, counted from 1."""
    start: Annotated[int, Field(ge=0)]
    """Where it begins, in bytes from the start of the script."""
    before: str
    """Text that stands there."""
    after: str
    """Text that replaces it."""


class Variation(Record):
    """One run that is wanted: the claim's own, or the same script with something changed."""

    name: str
    """Unique within a claim: ``main``, ``attack/<attack>/<n>``, ``control/<name>``."""
    seed: int = 0
    """Seed handed to the script."""
    parameters: dict[str, JsonScalar | tuple[JsonScalar, ...]] = Field(default_factory=dict)
    """Parameters that replace those of the record; names not given keep their value."""
    transforms: tuple[Transform, ...] = ()
    """Changes to the inputs, applied in order."""
    environment: dict[str, str] = Field(default_factory=dict)
    """Environment variables that replace the clean defaults (PYTHONHASHSEED, TZ, LC_ALL ...)."""
    edit: ScriptEdit | None = None
    """Change to the script's own text; None for the script as it is pinned."""
    repeat: Annotated[int, Field(ge=0)] = 0
    """Number of the repetition. Runs of one claim that differ in nothing but their name are executed once and recorded
    for each; a run with another number here is executed anew."""


class DeniedAttempt(Record):
    """Something out of reach that a script tried, as the kernel told the harness."""

    call: str
    """Name of the system call."""
    target: str
    """What it was aimed at: a path, an address, a process, a socket family; empty where the call says it all."""
    violation: bool
    """Whether it is held against the script. False for attempts that well-known libraries make without harm."""


class RunRecord(Record):
    """What happened in one run, without anything that differs between hosts."""

    variation: Variation
    """What was asked for."""
    outcome: RunOutcome
    """How it ended."""
    detail: str = ""
    """One sentence on the outcome; empty for a completed run."""
    exit_code: int | None = None
    """Exit status; None when the script was killed or never started."""
    request: Sha256 | None = None
    """Digest of the request file in the evidence store."""
    script: Sha256 | None = None
    """Digest of the script that ran: the pinned one, or what the variation's edit makes of it."""
    inputs: dict[str, Sha256] = Field(default_factory=dict)
    """Digest of each input as the script saw it (after the transforms). Files of resources stand under
    ``<resource>/<path>``; none of them where the run could not begin for want of one."""
    opened: tuple[str, ...] = ()
    """Declared inputs that were really opened, in name order, seen by the kernel and not by the script."""
    observations: Sha256 | None = None
    """Digest of the observations file exactly as the script wrote it."""
    attachments: dict[str, Sha256] = Field(default_factory=dict)
    """Files that the claim's own run attached, by name; those of other runs are not kept."""
    rejected: tuple[str, ...] = ()
    """Left-over files that were not collected, and why."""
    denied: tuple[DeniedAttempt, ...] = ()
    """Attempts at something out of reach that are held against the script, each once, in order of call and target."""
    isolation: IsolationLabel | None = None
    """Isolation the run had; None when nothing was started."""

    @model_validator(mode="after")
    def _denied_is_a_violation(self) -> Self:
        if self.denied and self.outcome is not RunOutcome.POLICY_VIOLATION:
            raise ValueError(f"denied attempts make the outcome POLICY_VIOLATION, not {self.outcome}")
        if not all(attempt.violation for attempt in self.denied):
            raise ValueError("denied lists an attempt that is not held against the script")
        return self


class RunHost(Record):
    """The part of a run that differs between hosts and times."""

    variation: str
    """Name of the variation."""
    started_at: Text | None = None
    """UTC time of the start, RFC 3339; None when nothing was started."""
    usage: Usage = Usage()
    """What it used."""
    stdout: Sha256 | None = None
    """Digest of the kept standard output, control characters made visible."""
    stderr: Sha256 | None = None
    """Digest of the kept standard error, control characters made visible."""
    dropped_stream_bytes: int = 0
    """Bytes of both streams that were drained and not kept."""
    denied: tuple[DeniedAttempt, ...] = ()
    """Attempts that were denied and are not held against the script."""
    backend: BackendHost | None = None
    """Sandbox program and kernel."""
    same_as: str | None = None
    """Earlier run of the same script on the same inputs whose execution is recorded here, too; None for a run of its
    own."""
