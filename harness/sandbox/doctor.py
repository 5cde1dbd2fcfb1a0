"""Looks at everything that decides whether scripts can be isolated here, and says what would help."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from harness.sandbox import landlock, seccomp, select
from harness.sandbox.bubblewrap import BubblewrapSandbox
from harness.sandbox.child import version_of
from harness.sandbox.probe import probe


class State(StrEnum):
    """How a check came out."""

    OK = "ok"
    """Nothing to do."""
    NOTE = "note"
    """Runs are sealed all the same; something could be better."""
    FAIL = "FAIL"
    """Scripts do not run because of this, or something was not blocked."""


@dataclass(frozen=True)
class Check:
    """One thing that was looked at."""

    name: str
    """What."""
    state: State
    """How it came out."""
    text: str
    """One sentence; with a remedy where there is something to do."""


def diagnose() -> list[Check]:
    """Every check of this machine, by trying the sandbox with a script that attempts to break out."""
    if refused := select.refusal():
        return [Check("machine", State.FAIL, refused)]
    sandbox, problem = select.search()
    missing = State.NOTE if sandbox is not None else State.FAIL
    checks = [
        Check("operating system", State.OK, f"Linux {platform.release()} on {platform.machine()}."),
        Check("system call filter", State.OK, f"There is a table with {len(seccomp.DENIED)} denied calls."),
        _bubblewrap(missing),
        _landlock(missing),
        *(
            Check(path, missing, f"{remedy[0].upper()}{remedy[1:]}.")
            for path, remedy in select.closed_switches()
        ),
    ]
    if sandbox is None:
        return [*checks, Check("isolation", State.FAIL, problem)]
    checks.append(Check("isolation", State.OK, f"Runs get {sandbox.label}."))
    if sandbox.label != select.STRONGEST:
        checks.append(Check("namespaces", State.NOTE, f"They are forbidden here: {select.CONTAINER_REMEDY}."))
    if isinstance(sandbox, BubblewrapSandbox):
        checks += _compromises(sandbox)
    result = probe(sandbox)
    for finding in result.findings:
        state = State.OK if finding.blocked else State.FAIL
        checks.append(Check(finding.attempt, state, "Blocked." if finding.blocked else "NOT blocked."))
    if result.problem:
        checks.append(Check("probe", State.FAIL, result.problem))
    return checks


def _bubblewrap(missing: State) -> Check:
    programs = select.bwrap_programs()
    if not programs:
        return Check("bubblewrap", missing, select.NO_BWRAP)
    listed = ", ".join(f"{path} ({version_of(path)})" for path in programs)
    return Check("bubblewrap", State.OK, f"Found {listed}.")


def _landlock(missing: State) -> Check:
    version = landlock.version()
    if version < landlock.LOWEST:
        return Check("Landlock", missing, select.NO_LANDLOCK)
    if hidden := select.unreadable_environment():
        return Check("Landlock", missing, select.UNREADABLE.format(hidden))
    return Check("Landlock", State.OK, f"The kernel offers version {version}.")


def _compromises(sandbox: BubblewrapSandbox) -> Iterator[Check]:
    """What the strongest way that works does without."""
    mode = sandbox.mode
    if not mode.listener:
        yield Check(
            "denied attempts",
            State.NOTE,
            "They are not recorded, because another program already listens to system calls: run the harness outside "
            "of it, or without the program that answers system calls for the container.",
        )
    if not mode.proc:
        yield Check(
            "/proc",
            State.NOTE,
            "Scripts get none, because a private one cannot be mounted: a container must not mask its /proc "
            "(for Docker: --security-opt systempaths=unconfined).",
        )
    if os.geteuid() == 0 and not mode.root_mounts:
        yield Check(
            "mounts",
            State.NOTE,
            "Root may not mount here, so bubblewrap runs as an ordinary user: nothing to do.",
        )
