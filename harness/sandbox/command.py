"""From a job to the command line that starts it: pure, apart from what this machine is."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from harness.sandbox.interface import PLACE, Job
from harness.sandbox.mounts import SYSTEM, current_folder, environment_paths, library_path, read_only_mounts
from harness.sandbox.staging import Staged

ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS")
PASSED_THROUGH = ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE")
"""They choose how a library computes, so the host's choice must reach the script; they hold no secret."""

FIXED = (
    "PATH", "PYTHONPATH", "PYTHONHOME", "PYTHONSTARTUP", "HOME", "TMPDIR", "BASH_ENV", "ENV", "CLAIM_REQUEST",
)  # fmt: skip
"""Names that a job cannot set, beside everything that begins with ``LD_`` or ``GLIBC_``."""
VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")

STATUS, BLOCK = "{0}", "{1}"
"""Stand for the descriptors on which bwrap reports and waits, until the launcher knows their numbers."""

# Places inside the sandbox, each a folder of the run's own; nothing of the host's is used.
SCRATCH = "/tmp"  # noqa: S108
SHARED_MEMORY = "/dev/shm"  # noqa: S108
ETC = ("passwd", "group", "nsswitch.conf", "hosts")
"""Files of /etc that a run has its own of."""


@dataclass(frozen=True)
class Mode:
    """How this machine lets a script be isolated."""

    root_mounts: bool
    """Root mounts and then drops to an ordinary user; otherwise a user namespace of its own."""
    uid: int
    """User that the script runs as, as the machine sees it."""
    proc: bool
    """Whether a private /proc may be mounted. Without it the script has none; the host's is never shown."""
    as_uid: int | None = None
    """User that bwrap itself is started as, when that is not the user of this process."""
    listener: bool = True
    """Whether the harness hears of denied calls. A listener further out, such as a container's, forbids ours."""


def environment(job: Job, place: str = PLACE) -> dict[str, str]:
    """The clean environment plus the job's variables, but for names that would change what code runs.

    ``place`` is the folder that holds everything of the run, as the script names it.
    """
    variables = {
        "PATH": f"{Path(sys.executable).parent}:/usr/local/bin:/usr/bin:/bin",
        "HOME": f"{place}/run",
        "TMPDIR": f"{place}/run",
        "USER": "script",
        "LOGNAME": "script",
        "LANG": "C.UTF-8",
        "LC_ALL": "C.UTF-8",
        "TZ": "UTC",
        "PYTHONHASHSEED": "0",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONPATH": f"{place}/helper",
        "CLAIM_REQUEST": f"{place}/request.json",
        **dict.fromkeys(ONE_THREAD, "1"),
        **{name: os.environ[name] for name in PASSED_THROUGH if name in os.environ},
    }
    if library := library_path():
        variables["LD_LIBRARY_PATH"] = library
    return {**variables, **_admitted(job.environment)}


def _admitted(variables: Mapping[str, str]) -> dict[str, str]:
    return {
        name: value
        for name, value in variables.items()
        if VARIABLE.fullmatch(name)
        and "\0" not in value
        and name not in FIXED
        and not name.startswith(("LD_", "GLIBC_"))
    }


def command(staged: Staged, mode: Mode, bwrap: Path) -> list[str]:
    """The argument list that sets up namespaces and mounts for ``staged`` and starts the starting program.

    No mount destination lies below a writable mount, so a planted link can never lead one astray.
    """
    return [
        str(bwrap),
        *_namespaces(mode),
        *_cached_mounts(str(current_folder())),
        *_own_mounts(staged, mode),
        *("--chdir", f"{PLACE}/run"),
        *("--json-status-fd", STATUS),
        *("--block-fd", BLOCK),
        "--",
        *start_command(PLACE),
    ]


def visible_places() -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What a script can read, beside what it can write to, in namespaces of its own."""
    return _cached_places(str(current_folder()))


@cache
def _cached_places(_working_folder: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    writable = [f"{PLACE}/run", SHARED_MEMORY]
    if not _environment_below_scratch():
        writable.append(SCRATCH)
    return (*SYSTEM, *map(str, environment_paths()), PLACE), tuple(writable)


def _environment_below_scratch() -> bool:
    return any(Path(SCRATCH) in path.parents for path in environment_paths())


def start_command(place: str) -> list[str]:
    """How the starting program is started; its interpreter becomes the script's own.

    -P keeps the script's folder off the module path: nothing but the environment and the helper is on it.
    """
    return [sys.executable, "-B", "-s", "-P", f"{place}/start/start.pyc"]


def _namespaces(mode: Mode) -> list[str]:
    shared = ["--die-with-parent", "--new-session", "--hostname", "sandbox"]
    shared += ["--unshare-pid", "--unshare-net", "--unshare-ipc", "--unshare-uts", "--unshare-cgroup-try"]
    if not mode.root_mounts:
        return [*shared, "--unshare-user", "--cap-drop", "ALL"]
    # Root needs these two to become someone else; the kernel takes them away with the change.
    return [*shared, "--cap-drop", "ALL", "--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID"]


@cache
def _cached_mounts(_working_folder: str) -> tuple[str, ...]:
    """The read-only part, which depends on nothing but the environment and the working folder."""
    return tuple(read_only_mounts())


def _own_mounts(staged: Staged, mode: Mode) -> list[str]:
    root = str(staged.root)
    arguments = ["--proc", "/proc", "--remount-ro", "/proc"] if mode.proc else []
    arguments += ["--dev", "/dev", "--bind", f"{root}/shm", SHARED_MEMORY, "--remount-ro", "/dev"]
    for name in ETC:
        arguments += ["--ro-bind", f"{root}/etc/{name}", f"/etc/{name}"]
    # Made before the mounts below it: bwrap would give it the permissions of a private folder.
    arguments += ["--perms", "0755", "--dir", PLACE]
    for name in ("script", "start", "inputs", "helper", "request.json"):
        arguments += ["--ro-bind", f"{root}/{name}", f"{PLACE}/{name}"]
    if SCRATCH in visible_places()[1]:
        # Otherwise /tmp stays read-only: no mount destination may lie below a writable mount.
        arguments += ["--bind", str(staged.root / "tmp"), SCRATCH]
    return [*arguments, "--bind", f"{root}/run", f"{PLACE}/run", "--remount-ro", "/"]
