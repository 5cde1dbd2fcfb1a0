"""Limits that the kernel does not keep for a whole tree, looked at every 50 ms or a little more.

A look at a big tree costs more than a look at a small one, so the pause grows with the cost: the watchdog
takes at most a fifth of one processor.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from harness.records.run import Limits, RunOutcome
from harness.sandbox.disk import measure
from harness.sandbox.process_tree import look, proportional_bytes, unlinked_files

SHORTEST_PAUSE = 0.05
"""Seconds between two looks when a look is cheap."""
FIRST_PAUSE = 0.01
"""Seconds before the first look, so that even a short run is seen once."""
GROWN = 1.01
"""Growth of the resident sizes from which the memory is measured anew."""
COST_FACTOR = 4.0
"""The pause is at least this many times what the last look took."""


@dataclass(frozen=True)
class Breach:
    """Why a run must end now."""

    outcome: RunOutcome
    """TIMED_OUT or LIMIT_EXCEEDED."""
    detail: str
    """One sentence naming the limit and its value."""


@dataclass
class Watchdog:
    """Watches one process tree. Not safe for use by several threads."""

    init: int
    """Process id, outside, of the sandbox's first process."""
    limits: Limits
    """Limits to keep."""
    folders: Sequence[Path]
    """Folders the script can write to."""
    started: float = field(default_factory=time.monotonic)
    """Start of the run on the monotonic clock, in seconds."""
    peak_memory_bytes: int = 0
    """Highest memory seen, in bytes."""
    peak_processes: int = 0
    """Most processes and threads seen."""
    peak_disk_bytes: int = 0
    """Highest disk use seen, in bytes."""
    cpu_seconds: float = 0.0
    """Processor time of the tree at the last look, in seconds."""
    longest_cpu_seconds: float = 0.0
    """Processor time of the busiest process ever seen, in seconds."""

    def __post_init__(self) -> None:
        self._pids: list[int] = []
        self._resident_bytes = 0
        self._devices = {folder.stat().st_dev for folder in self.folders}
        self._next = self.started + FIRST_PAUSE

    def wait_seconds(self) -> float:
        """Seconds until the next look or the end of the time limit, never negative."""
        due = min(self._next, self.started + self.limits.wall_seconds)
        return max(0.0, due - time.monotonic())

    def check(self) -> Breach | None:
        """Look if it is time to, and say which limit is passed, if any."""
        now = time.monotonic()
        if now - self.started >= self.limits.wall_seconds:
            return Breach(
                RunOutcome.TIMED_OUT,
                f"The script ran longer than its limit of {self.limits.wall_seconds:g} s (wall_seconds).",
            )
        if now < self._next:
            return None
        breach = self._check_processes() or self.check_disk()
        done = time.monotonic()
        self._next = done + max(SHORTEST_PAUSE, COST_FACTOR * (done - now))
        return breach

    def last_look(self) -> None:
        """Take what the sandbox's first process still tells about processor time, once the script ended."""
        self.cpu_seconds = max(self.cpu_seconds, look(self.init)[1].cpu_seconds)

    def _check_processes(self) -> Breach | None:
        self._pids, state = look(self.init)
        self.peak_processes = max(self.peak_processes, state.tasks)
        self.cpu_seconds = max(self.cpu_seconds, state.cpu_seconds)
        self.longest_cpu_seconds = max(self.longest_cpu_seconds, state.longest_cpu_seconds)
        memory = self._memory(state.resident_bytes)
        if memory > self.limits.memory_bytes:
            return _exceeded(
                "memory_bytes",
                f"used {memory} bytes of memory",
                f"{self.limits.memory_bytes} bytes",
            )
        if state.tasks > self.limits.processes:
            return _exceeded(
                "processes",
                f"had {state.tasks} processes and threads alive at once",
                f"{self.limits.processes}",
            )
        return None

    def _memory(self, resident_bytes: int) -> int:
        """Memory of the tree, in bytes; 0 where it has not grown and is below the limit for certain.

        A tree holds no more than its processes have resident, which is cheap to know.
        """
        grown = resident_bytes > GROWN * self._resident_bytes
        if not grown and GROWN * resident_bytes <= self.limits.memory_bytes:
            return 0
        self._resident_bytes = max(self._resident_bytes, resident_bytes)
        memory = proportional_bytes((self.init, *self._pids))
        self.peak_memory_bytes = max(self.peak_memory_bytes, memory)
        return memory

    def check_disk(self, *, tree_is_dead: bool = False) -> Breach | None:
        """Look at the disk now. After the tree is dead this is the exact final state."""
        use = measure(self.folders)
        total = use.total_bytes + (0 if tree_is_dead else unlinked_files(self._pids, self._devices))
        self.peak_disk_bytes = max(self.peak_disk_bytes, total)
        limit = f"{self.limits.disk_bytes} bytes"
        if use.unwatchable:
            return _exceeded("disk_bytes", f"made {use.unwatchable}, so that its size cannot be known", limit)
        if use.largest_file_bytes > self.limits.file_bytes:
            return _exceeded(
                "file_bytes", "wrote a file larger than allowed", f"{self.limits.file_bytes} bytes"
            )
        if total > self.limits.disk_bytes:
            return _exceeded("disk_bytes", f"had {total} bytes on disk", limit)
        return None


def _exceeded(name: str, what: str, limit: str) -> Breach:
    return Breach(RunOutcome.LIMIT_EXCEEDED, f"The script {what}; the limit is {limit} ({name}).")
