"""The bubblewrap backend: namespaces by bwrap, our own system call filter, kernel limits and a watchdog."""

from __future__ import annotations

import hashlib
import os
import platform
import secrets
from dataclasses import replace
from functools import cached_property
from pathlib import Path

from harness.records.run import BackendHost, Isolation
from harness.sandbox import rlimits
from harness.sandbox.child import Child, version_of
from harness.sandbox.command import Mode, command, environment, visible_places
from harness.sandbox.handshake import NotStartedError
from harness.sandbox.interface import PLACE, Execution, Job
from harness.sandbox.opened import OpenedFiles
from harness.sandbox.orders import Orders
from harness.sandbox.policy import View, private_places
from harness.sandbox.seccomp import Filter
from harness.sandbox.staged_run import run_staged
from harness.sandbox.staging import FIRST_RUN_UID, RUN_UIDS, Staged
from harness.sandbox.streams import KeptStream
from harness.sandbox.supervise import executed, first_line, supervise

KNOWN_GAPS = (
    "Kernel bugs reachable through permitted system calls are not stopped.",
    "Processor time and the time of day can be read, so a script can tell that it is being measured.",
    "Memory and disk limits of the whole tree are sampled and can be passed for about 0.1 s.",
    "Kernel memory for sockets and pipes, and mapped files without a name, are bounded only by the number "
    "of descriptors and processes.",
    "Where the harness is not started as root, a script shares its user's limits on inotify and on descriptors in "
    "flight, and can make runs beside it fail.",
    "World-readable files below /usr and in the Python environment can be read.",
)
SEEN_GAP = "An attempt at a file is always denied, but a script of several threads can hide its name from the record."
UNSEEN_GAP = "Denied attempts are not recorded here: another program already listens to system calls."


class BubblewrapSandbox:
    """Runs jobs with one bwrap program in one mode. Holds no state of a run, so threads may share it."""

    def __init__(self, bwrap: Path, mode: Mode) -> None:
        self._bwrap = bwrap
        self.mode = mode
        """How this machine lets scripts be isolated."""
        self._filter = Filter(listener=mode.listener, namespaces=True)

    @property
    def label(self) -> str:
        """Isolation label of every run here."""
        return "L3-namespaces"

    @property
    def sees_attempts(self) -> bool:
        """Whether the harness hears of denied attempts."""
        return self.mode.listener

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
        mode = _mode_of_this_run(self.mode)
        return run_staged(
            job, mode.uid, mode.as_uid, lambda staged, opened: self._supervised(job, staged, mode, opened)
        )

    def _supervised(self, job: Job, staged: Staged, mode: Mode, opened: OpenedFiles) -> Execution:
        arguments = [*rlimits.prefix(job.limits, mode), *command(staged, mode, self._bwrap)]
        orders = Orders(
            script=f"{PLACE}/script/{job.script_name}",
            filter=self._filter,
            uid=mode.uid if mode.root_mounts else None,
        )
        readable, writable = visible_places()
        view = View(readable, writable, private_places(), namespaces=True)
        with Child(arguments, environment(job), mode.as_uid, staged.root) as child:
            try:
                child.wait_for_root()
            except NotStartedError as error:
                said = KeptStream(child.stderr_fd, job.limits.stream_bytes)
                said.read_rest()
                raise NotStartedError(first_line(said.kept) or "bwrap ended without a word") from error
            rlimits.apply(child.root, job.limits, mode)
            child.release()
            seen = supervise(child, job, staged, orders, view, mode.uid)
        gaps = (*KNOWN_GAPS, SEEN_GAP if mode.listener else UNSEEN_GAP)
        isolation = Isolation(
            label="L3-namespaces",
            network="none",
            known_gaps=gaps,
            limits=rlimits.account(
                job.limits, counted=rlimits.processes_counted(mode), killed="the process namespace"
            ),
        )
        return executed(seen, job.limits, staged, opened, isolation, self.backend)


def _mode_of_this_run(mode: Mode) -> Mode:
    """``mode`` with a user number of its own, where this machine has more than one to give."""
    if os.geteuid() != 0 or mode.uid == rlimits.FALLBACK_UID:
        return mode
    uid = FIRST_RUN_UID + secrets.randbelow(RUN_UIDS)
    return replace(mode, uid=uid, as_uid=None if mode.as_uid is None else uid)
