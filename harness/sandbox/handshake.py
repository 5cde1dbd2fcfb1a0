"""The harness's side of the talk with the program that starts a script (``inside/start.py``)."""

from __future__ import annotations

import array
import contextlib
import os
import select
import socket

from harness.sandbox.orders import Orders

START_SECONDS = 20.0
"""Longest wait for a sandbox to stand, in seconds."""
LONGEST_WORD = 4096


class NotStartedError(Exception):
    """The sandbox did not come to stand, so the script has not run. The text is what was said about it."""


def prepare(control: socket.socket, orders: Orders) -> int | None:
    """Send the orders and wait until the confinement stands. Answers the filter's listener, or None.

    Raises ``NotStartedError`` with the program's own words, if it had any.
    """
    try:
        control.sendall(orders.encoded())
        if not readable(control.fileno(), START_SECONDS):
            raise NotStartedError
        word, rights, _, _ = control.recvmsg(LONGEST_WORD, socket.CMSG_SPACE(4), socket.MSG_CMSG_CLOEXEC)
    except OSError as error:
        raise NotStartedError from error
    listener = _descriptor(rights)
    if word == b"l" and listener is not None:
        return listener
    if word == b"n" and listener is None:
        return None
    raise NotStartedError(word[1:].decode(errors="replace"))


def go(control: socket.socket) -> None:
    """Let the script begin. A program that is gone meanwhile is found by its end."""
    with contextlib.suppress(OSError):
        control.sendall(b"g")


def readable(fd: int, seconds: float) -> bool:
    """Wait for a descriptor. ``select`` would fail for numbers above 1023, which a busy harness reaches."""
    poll = select.poll()
    poll.register(fd, select.POLLIN)
    return bool(poll.poll(seconds * 1000))


def _descriptor(rights: list[tuple[int, int, bytes]]) -> int | None:
    found = array.array("i")
    for level, kind, content in rights:
        if (level, kind) == (socket.SOL_SOCKET, socket.SCM_RIGHTS):
            found.frombytes(content[: len(content) - len(content) % found.itemsize])
    for extra in found[1:]:
        os.close(extra)
    return found[0] if found else None
