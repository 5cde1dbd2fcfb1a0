"""What the harness tells the program that starts a script inside the sandbox (``inside/start.py``)."""

from __future__ import annotations

import functools
import importlib.util
import marshal
from dataclasses import dataclass
from pathlib import Path

from harness.sandbox.seccomp import Filter, program

START = Path(__file__).resolve().parent / "inside" / "start.py"
"""The program. Copied for each run, since a mount would tell the script where the harness lies."""


@functools.cache
def start_bytecode() -> bytes:
    """The program as a ``.pyc`` file of this interpreter, which every run would otherwise compile anew."""
    code = compile(START.read_bytes(), "start.py", "exec", dont_inherit=True)
    # No flags, no time and no size: only an import would look at them (PEP 552).
    return importlib.util.MAGIC_NUMBER + bytes(12) + marshal.dumps(code)


@dataclass(frozen=True)
class Landlock:
    """File rights without a mount namespace: what is handled is forbidden but for the rules."""

    handled: tuple[int, ...]
    """Rights on files, on the network, and scopes that are handled, as far as the kernel knows them."""
    rules: tuple[tuple[str, int], ...]
    """Path and rights beneath it."""


@dataclass(frozen=True)
class Orders:
    """How to confine one run and what to start."""

    script: str
    """Path of the script as the program sees it."""
    filter: Filter
    """System call filter to put on."""
    uid: int | None = None
    """User to become first; None where the user is right already."""
    keeper: bool = False
    """Whether the program stays the parent of the run, where no process namespace holds it together."""
    limits: tuple[tuple[int, tuple[int, int]], ...] = ()
    """Kernel limits to set: which, and its soft and hard value."""
    landlock: Landlock | None = None
    """File rights, where there is no mount namespace."""

    def encoded(self) -> bytes:
        """The message, with its length before it. Read by the same interpreter, so ``marshal`` will do."""
        landlock = None
        if self.landlock is not None:
            landlock = {"handled": self.landlock.handled, "rules": self.landlock.rules}
        message = marshal.dumps(
            {
                "script": self.script,
                # -P keeps the script's folder off the module path, whoever starts it.
                "python": self.script.endswith(".py"),
                "filter": program(self.filter),
                "listener": self.filter.listener,
                "uid": self.uid,
                "keeper": self.keeper,
                "limits": self.limits,
                "landlock": landlock,
            }
        )
        return len(message).to_bytes(4, "little") + message
