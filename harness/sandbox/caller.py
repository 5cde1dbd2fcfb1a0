"""What a waiting system call means: the memory, folders and neighbours of the thread that makes it.

Everything is read from /proc, with nobody's help in the sandbox. A script of several threads can change its
memory between this reading and the kernel's own, so nothing that is read here may grant anything.
"""

from __future__ import annotations

import os
import re
import socket
import struct
from dataclasses import dataclass

from harness.sandbox.identity import looking_as

LONGEST_PATH = 4096
AT_FDCWD = 0xFFFFFF9C
MOST_LINKS = 40
SOCKADDR_BYTES = 128
MAGIC = re.compile(
    r"(?:/+proc/+(self|thread-self|\d+)(?:/+task/+\d+)?/+(root|cwd|fd/+\d+)|/+dev/+(fd/+\d+))(?=/|$)"
)
"""Links of a process to its root, its current folder and its descriptors: longer names for something else."""


@dataclass(frozen=True)
class Address:
    """Where a socket call goes to."""

    family: int
    """Address family."""
    text: str
    """The address in words: a path, ``@name`` for an abstract one, or ``host port n``."""
    port: int = 0
    """Port of an internet address."""


class Caller:
    """The thread behind one waiting call. What cannot be read is None or empty: never an error."""

    def __init__(self, pid: int, looker: int | None = None) -> None:
        self.pid = pid
        """The thread, as this process sees it."""
        self._looker = looker

    def path(self, folder: int | None, address: int) -> str | None:
        """Absolute path, inside the sandbox, that a call names; links are not followed."""
        name = self._text(address)
        return None if name is None else self.relative(name, folder)

    def relative(self, name: str, folder: int | None = None) -> str | None:
        """Absolute path of ``name``, relative to a folder descriptor or to the caller's current folder."""
        if name.startswith("/"):
            return self._tidy(name)
        low = AT_FDCWD if folder is None else folder & 0xFFFFFFFF
        source = "cwd" if low == AT_FDCWD else f"fd/{low}"
        try:
            with looking_as(self._looker):
                start = os.readlink(f"/proc/{self.pid}/{source}")  # noqa: PTH115
        except OSError:
            return None
        return self._tidy(f"{start}/{name}")

    def _tidy(self, path: str) -> str:
        """``path`` without needless parts; ``..`` after a link means what the kernel makes of it."""
        for _ in range(MOST_LINKS):
            link = MAGIC.match(path)
            rest = path[link.end() :] if link is not None else ""
            if link is None or (not rest and link[2] != "root"):
                break
            if link[1] not in (None, "self", "thread-self", str(self.own_number())):
                break
            try:
                with looking_as(self._looker):
                    target = os.readlink(f"/proc/{self.pid}/{link[2] or link[3]}")  # noqa: PTH115
            except OSError:
                break
            if not target.startswith("/"):
                break
            path = target.rstrip("/") + (rest or "/")
        return self.followed(path) if "/.." in path else "/" + os.path.normpath(path).lstrip("/")

    def parent_followed(self, path: str) -> str:
        """``path`` with the links of its folder followed, for calls that act on the last name itself."""
        folder, _, name = path.rpartition("/")
        return f"{self.followed(folder).rstrip('/')}/{name}"

    def followed(self, path: str) -> str:
        """``path`` with its symbolic links followed, as far as they exist inside the sandbox."""
        root = f"/proc/{self.pid}/root"
        pending, here, links = path.split("/")[::-1], "", 0
        while pending:
            part = pending.pop()
            if part in ("", "."):
                continue
            if part == "..":
                here = here.rpartition("/")[0]
                continue
            try:
                with looking_as(self._looker):
                    target = os.readlink(f"{root}{here}/{part}")  # noqa: PTH115
            except OSError:
                here = f"{here}/{part}"
                continue
            links += 1
            if links > MOST_LINKS:
                break
            if target.startswith("/"):
                here = ""
            pending += target.split("/")[::-1]
        return here or "/"

    def exists(self, path: str) -> bool:
        """Whether there is something at ``path`` inside the sandbox."""
        with looking_as(self._looker):
            return os.path.lexists(f"/proc/{self.pid}/root{path}")

    def word(self, address: int) -> int:
        """An unsigned 64-bit number in memory; 0 when it cannot be read."""
        content = self._memory(address, 8)
        return int(struct.unpack("=Q", content)[0]) if len(content) == 8 else 0

    def address(self, pointer: int, length: int) -> Address | None:
        """The socket address in memory, or None when there is none or it cannot be read."""
        content = self._memory(pointer, min(length, SOCKADDR_BYTES)) if pointer else b""
        return read_address(content)

    def text(self, address: int) -> str:
        """A string in memory; empty when it cannot be read."""
        return self._text(address) or ""

    def descriptor_target(self, number: int) -> str:
        """What one of the caller's descriptors is, such as ``pipe:[123]``; empty when it cannot be read."""
        try:
            with looking_as(self._looker):
                return os.readlink(f"/proc/{self.pid}/fd/{number}")  # noqa: PTH115
        except OSError:
            return ""

    def descriptor_flags(self, number: int) -> int:
        """Status flags of one of the caller's descriptors; 0 when they cannot be read."""
        try:
            with looking_as(self._looker), open(f"/proc/{self.pid}/fdinfo/{number}") as file:  # noqa: PTH123
                lines = [line for line in file if line.startswith("flags:")]
        except OSError:
            return 0
        return int(lines[0].split()[1], 8) if lines else 0

    def own_number(self) -> int:
        """Number of the caller in its own process namespace."""
        try:
            with open(f"/proc/{self.pid}/status") as file:  # noqa: PTH123
                lines = [line for line in file if line.startswith("NSpid:")]
        except OSError:
            return 0
        return int(lines[0].split()[-1]) if lines else 0

    def is_below(self, number: int, ancestor: int) -> bool:
        """Whether process ``number`` descends from ``ancestor``; both as this process sees them."""
        for _ in range(10_000):
            if number == ancestor:
                return True
            if number <= 1:
                return False
            number = _parent(number)
        return False

    def abstract_name_is_bound(self, name: str) -> bool:
        """Whether somebody in the caller's own network namespace listens at an abstract name."""
        try:
            with open(f"/proc/{self.pid}/net/unix", errors="replace") as file:  # noqa: PTH123
                return any(line.rstrip("\n").endswith(f" {name}") for line in file)
        except OSError:
            return False

    def _text(self, address: int) -> str | None:
        if address == 0:
            return None
        # A page at a time: the next page may not be mapped.
        first = self._memory(address, LONGEST_PATH - address % LONGEST_PATH)
        if b"\0" not in first:
            first += self._memory(address + len(first), LONGEST_PATH)
        name, end, _ = first.partition(b"\0")
        return os.fsdecode(name) if end else None

    def _memory(self, address: int, size: int) -> bytes:
        try:
            with looking_as(self._looker):
                fd = os.open(f"/proc/{self.pid}/mem", os.O_RDONLY | os.O_CLOEXEC)
        except OSError:
            return b""
        try:
            return os.pread(fd, size, address)
        except (OSError, OverflowError):
            return b""
        finally:
            os.close(fd)


def read_address(content: bytes) -> Address | None:
    """A ``struct sockaddr`` in words."""
    if len(content) < 2:
        return None
    family = int(struct.unpack_from("=H", content)[0])
    if family == socket.AF_UNIX:
        name = content[2:]
        if name[:1] == b"\0":
            return Address(family, "@" + os.fsdecode(name[1:]))
        return Address(family, os.fsdecode(name.partition(b"\0")[0]))
    if family == socket.AF_INET and len(content) >= 8:
        port = int.from_bytes(content[2:4], "big")
        return Address(family, f"{socket.inet_ntop(family, content[4:8])} port {port}", port)
    if family == socket.AF_INET6 and len(content) >= 24:
        port = int.from_bytes(content[2:4], "big")
        return Address(family, f"{socket.inet_ntop(family, content[8:24])} port {port}", port)
    return Address(family, f"address family {family}")


def _parent(pid: int) -> int:
    try:
        with open(f"/proc/{pid}/stat") as file:  # noqa: PTH123
            return int(file.read().rpartition(")")[2].split()[1])
    except OSError:
        return 0
