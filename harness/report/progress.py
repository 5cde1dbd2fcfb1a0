"""What is running and what is left: one live block on a terminal, one line per claim elsewhere."""

from __future__ import annotations

import threading
import time
from types import TracebackType

from rich.console import Console, Group
from rich.live import Live
from rich.text import Text

from harness.loading import LoadedClaim
from harness.records.manifest import Manifest
from harness.report.text import STYLE


class Progress:
    """Progress of a run, on standard error. Safe to call from several threads."""

    def __init__(self, total: int, *, quiet: bool) -> None:
        self._console = Console(stderr=True, highlight=False, quiet=quiet)
        self._total, self._finished = total, 0
        self._running: dict[str, tuple[str, float]] = {}
        self._lock = threading.Lock()
        self._started = time.monotonic()
        self._live: Live | None = None
        if self._console.is_terminal and not quiet:
            self._live = Live(
                get_renderable=self._block, console=self._console, transient=True, refresh_per_second=8
            )

    def __enter__(self) -> Progress:
        if self._live is not None:
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._live is not None:
            self._live.stop()

    def step(self, claim: str, what: str) -> None:
        """A claim is doing something."""
        with self._lock:
            started = self._running.get(claim, ("", time.monotonic()))[1]
            self._running[claim] = (what, started)

    def done(self, loaded: LoadedClaim, manifest: Manifest) -> None:
        """A claim has its verdict."""
        with self._lock:
            _what, started = self._running.pop(loaded.name, ("", time.monotonic()))
            self._finished += 1
            line = Text(f"[{self._finished}/{self._total}] {loaded.name} ")
            line.append(str(manifest.verdict.status), style=STYLE[manifest.verdict.status])
            line.append(f" {manifest.verdict.reason_code} ({time.monotonic() - started:.1f} s)")
        self._console.print(line, soft_wrap=True)

    def _block(self) -> Group:
        with self._lock:
            rows = [
                Text(f"  {name}: {what}", overflow="ellipsis") for name, (what, _at) in self._running.items()
            ]
            left = self._total - self._finished - len(rows)
            elapsed = time.monotonic() - self._started
            head = f"{self._finished} of {self._total} done, {len(rows)} running, {max(left, 0)} waiting"
            if self._finished:
                remaining = elapsed / self._finished * (self._total - self._finished)
                head += f", about {remaining:.0f} s left"
        return Group(Text(head), *rows)
