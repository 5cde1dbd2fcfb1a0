"""Limits that the kernel keeps per process, and the account of how each limit is kept."""

from __future__ import annotations

import platform
import resource

from harness.records.run import EnforcedLimit, Enforcement, Limits
from harness.sandbox.command import Mode

OPEN_FILES = 1024
"""Descriptors per process."""
LOCKED_BYTES = 64 * 1024
"""Bytes of locked memory per process."""
NAMES = {
    resource.RLIMIT_CORE: "core",
    resource.RLIMIT_CPU: "cpu",
    resource.RLIMIT_FSIZE: "fsize",
    resource.RLIMIT_DATA: "data",
    resource.RLIMIT_NOFILE: "nofile",
    resource.RLIMIT_MEMLOCK: "memlock",
    resource.RLIMIT_MSGQUEUE: "msgqueue",
    resource.RLIMIT_NPROC: "nproc",
}
"""What the program ``prlimit`` calls each of them."""
SPARE = 1
"""The kernel stops one step above the limit, so that the watchdog sees a limit passed and can say so."""


def processes_counted(mode: Mode) -> bool:
    """Whether RLIMIT_NPROC counts this run alone.

    It counts by user. A dropped root has a user number for each run; a user namespace has a count of its
    own since Linux 5.14; before that it would count everything the user runs anywhere.
    """
    if mode.root_mounts or mode.as_uid is not None:
        return mode.uid != FALLBACK_UID
    release = platform.release().split(".")
    return (int(release[0]), int(release[1].split("-")[0])) >= (5, 14)


FALLBACK_UID = 65534
"""``nobody``, for machines where no other unprivileged user number exists; others may use it too."""


def apply(pid: int, limits: Limits, mode: Mode) -> None:
    """Set the limits on a process that has not started the script yet; its children inherit them.

    Raises ``OSError`` when the kernel refuses one.
    """
    if mode.as_uid is None:
        for which, pair in wanted(limits, _own_processes(mode)).items():
            resource.prlimit(pid, which, pair)


def prefix(limits: Limits, mode: Mode) -> list[str]:
    """Command line before bwrap's own that sets the limits, where :func:`apply` may not.

    Even root may not touch the limits of another user's process in a container, so there the process
    sets its own before it becomes bwrap. Empty in every other mode.
    """
    if mode.as_uid is None:
        return []
    pairs = wanted(limits, _own_processes(mode)).items()
    return ["prlimit", *(f"--{NAMES[which]}={soft}:{hard}" for which, (soft, hard) in pairs), "--"]


def _own_processes(mode: Mode) -> int | None:
    """Processes of bwrap that RLIMIT_NPROC counts with the script's, or None where it counts others too."""
    if not processes_counted(mode):
        return None
    return 0 if mode.root_mounts else 1 if mode.as_uid is None else 2


def wanted(limits: Limits, own_processes: int | None) -> dict[int, tuple[int, int]]:
    """Soft and hard value of every limit, no higher than what this process itself lives under.

    ``own_processes`` is how many processes that are not the script's count as its; None leaves the number
    of processes to the watchdog.
    """
    values = {
        resource.RLIMIT_CORE: (0, 0),
        # The hard limit comes one second later and cannot be caught.
        resource.RLIMIT_CPU: (limits.cpu_seconds, limits.cpu_seconds + 1),
        resource.RLIMIT_FSIZE: (limits.file_bytes + SPARE,) * 2,
        resource.RLIMIT_DATA: (limits.memory_bytes,) * 2,
        resource.RLIMIT_NOFILE: (OPEN_FILES,) * 2,
        resource.RLIMIT_MEMLOCK: (LOCKED_BYTES,) * 2,
        resource.RLIMIT_MSGQUEUE: (0, 0),
    }
    if own_processes is not None:
        values[resource.RLIMIT_NPROC] = (limits.processes + SPARE + own_processes,) * 2
    return {which: _capped(which, pair) for which, pair in values.items()}


def _capped(which: int, pair: tuple[int, int]) -> tuple[int, int]:
    _, most = resource.getrlimit(which)
    if most == resource.RLIM_INFINITY:
        return pair
    return min(pair[0], most), min(pair[1], most)


def account(limits: Limits, *, counted: bool, killed: str) -> tuple[EnforcedLimit, ...]:
    """Every limit with what keeps it. What the harness keeps itself is called sampled, the weaker word.

    ``counted`` says whether the kernel counts the run's processes, ``killed`` what SIGKILL is sent to.
    """
    watchdog = "watchdog, every 50 ms or a little more"
    kernel, sampled = Enforcement.KERNEL, Enforcement.SAMPLED
    rows: list[tuple[str, str, Enforcement]] = [
        ("wall_seconds", f"monotonic clock of the harness, then SIGKILL to {killed}", sampled),
        ("cpu_seconds", "RLIMIT_CPU, per process", kernel),
        ("memory_bytes", f"{watchdog}, proportional set size of the tree; RLIMIT_DATA per process", sampled),
        (
            "processes",
            f"RLIMIT_NPROC one above the limit; {watchdog}" if counted else watchdog,
            kernel if counted else sampled,
        ),
        ("file_bytes", "RLIMIT_FSIZE one byte above the limit", kernel),
        ("disk_bytes", f"{watchdog}, allocated bytes of all writable folders", sampled),
        ("output_bytes", "size check before the file is read, after the tree is dead", sampled),
        ("stream_bytes", "the harness drains both streams and keeps the first bytes", sampled),
    ]
    fixed = (
        ("open_files", OPEN_FILES, "RLIMIT_NOFILE, per process"),
        ("locked_bytes", LOCKED_BYTES, "RLIMIT_MEMLOCK, per process"),
        ("core_bytes", 0, "RLIMIT_CORE, per process"),
    )
    asked = [
        EnforcedLimit(name=name, value=float(getattr(limits, name)), mechanism=how, enforcement=who)
        for name, how, who in rows
    ]
    return (
        *asked,
        *(EnforcedLimit(name=n, value=float(v), mechanism=how, enforcement=kernel) for n, v, how in fixed),
    )
