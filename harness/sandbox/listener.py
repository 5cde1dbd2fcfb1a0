"""The harness's end of a system call filter: hears of calls and answers them (``seccomp_unotify(2)``)."""

from __future__ import annotations

import contextlib
import fcntl
import os
import struct
from dataclasses import dataclass

RECEIVE = 0xC0502100
SEND = 0xC0182101
SET_FLAGS = 0x40082104
ADD_DESCRIPTOR = 0x40182103
VALID = 0x40082102
"""Requests of <linux/seccomp.h>, the same on every supported architecture."""

NOTIFICATION = struct.Struct("=QIIiIQ6Q")
RESPONSE = struct.Struct("=QqiI")
DESCRIPTOR = struct.Struct("=QIIII")
CONTINUE = 1
SYNC_WAKE_UP = 1
AT_THIS_NUMBER, ANSWER_AT_ONCE = 1, 2


@dataclass(frozen=True)
class SystemCall:
    """A call that waits for an answer."""

    identity: int
    """The kernel's number of this notification."""
    pid: int
    """Thread that makes the call, as this process sees it."""
    number: int
    """System call number."""
    arguments: tuple[int, ...]
    """Six raw arguments, unsigned 64-bit."""


class Listener:
    """Owns the listener descriptor. One thread only. Answers to a caller that is gone are dropped."""

    def __init__(self, fd: int) -> None:
        self.fd = fd
        """Readable when a call waits."""
        # The caller waits for us and we for it: run both on one processor, as far as the kernel can (6.6).
        with contextlib.suppress(OSError):
            fcntl.ioctl(fd, SET_FLAGS, SYNC_WAKE_UP)

    def receive(self) -> SystemCall | None:
        """The next waiting call, or None when its caller is gone. Call it only when ``fd`` is readable."""
        buffer = bytearray(NOTIFICATION.size)
        try:
            fcntl.ioctl(self.fd, RECEIVE, buffer, True)
        except OSError:
            return None
        identity, pid, _, number, _, _, *arguments = NOTIFICATION.unpack(buffer)
        return SystemCall(identity, pid, number, tuple(arguments))

    def proceed(self, call: SystemCall) -> None:
        """Let the kernel carry the call out, with whatever its own rules say."""
        self._send(call, 0, 0, CONTINUE)

    def refuse(self, call: SystemCall, error: int) -> None:
        """The call fails with the error number ``error``."""
        self._send(call, 0, -error, 0)

    def answer(self, call: SystemCall, value: int) -> None:
        """The call is not carried out and returns ``value``."""
        self._send(call, value, 0, 0)

    def give(self, call: SystemCall, fd: int, *, close_on_exec: bool) -> bool:
        """The call returns a copy of ``fd``. Answers whether the kernel can do that (Linux 5.14)."""
        flags = os.O_CLOEXEC if close_on_exec else 0
        return self._ask(ADD_DESCRIPTOR, DESCRIPTOR.pack(call.identity, ANSWER_AT_ONCE, fd, 0, flags))

    def waits(self, call: SystemCall) -> bool:
        """Whether the caller still waits for its answer."""
        return self._ask(VALID, struct.pack("=Q", call.identity))

    def put(self, call: SystemCall, fd: int, number: int, *, close_on_exec: bool) -> bool:
        """Replace the caller's descriptor ``number`` by a copy of ``fd``; the call still waits for its answer."""
        flags = os.O_CLOEXEC if close_on_exec else 0
        return self._ask(ADD_DESCRIPTOR, DESCRIPTOR.pack(call.identity, AT_THIS_NUMBER, fd, number, flags))

    def close(self) -> None:
        """Close the descriptor; waiting calls then fail with ENOSYS."""
        fd, self.fd = self.fd, -1
        os.close(fd)

    def _send(self, call: SystemCall, value: int, error: int, flags: int) -> None:
        self._ask(SEND, RESPONSE.pack(call.identity, value, error, flags))

    def _ask(self, request: int, message: bytes) -> bool:
        """One request of the kernel; False when it refuses, or when the run has ended in another thread."""
        try:
            fcntl.ioctl(self.fd, request, message)
        except (OSError, ValueError):  # a closed descriptor is -1, which is no number for a descriptor
            return False
        return True
