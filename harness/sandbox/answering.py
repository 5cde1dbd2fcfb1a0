"""Answers the calls that wait on a run's listener, and keeps what the script tried and was denied."""

from __future__ import annotations

import errno
import os
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from typing import ClassVar

from harness.records.run import DeniedAttempt
from harness.sandbox import redirect
from harness.sandbox.caller import Caller
from harness.sandbox.identity import may_look_into_others
from harness.sandbox.interface import MOST_ATTEMPTS
from harness.sandbox.listener import Listener, SystemCall
from harness.sandbox.orders import Orders
from harness.sandbox.policy import Answer, Policy, Ruling, View
from harness.sandbox.sockets import connected

MOST_CONNECTING = 16
"""Connections of one run that may wait at a time."""
CONNECT_PAUSE = 0.01
"""Seconds between two attempts at a connection whose other end has no room."""


class Answering:
    """Serves one listener in one thread. Close it when the tree is dead."""

    def __init__(self, listener: Listener, view: View, orders: Orders, user: int) -> None:
        """Answer as ``orders`` and ``view`` demand. ``user`` is the script's, as this machine sees it."""
        self.fd = listener.fd
        """Readable when a call waits."""
        self._listener = listener
        # A descriptor that gives nothing and leads nowhere, not even to a file.
        self._decoy, other_end = os.pipe()
        os.close(other_end)
        shown = os.readlink(f"/proc/self/fd/{self._decoy}")  # noqa: PTH115
        self._policy = Policy(replace(view, decoy=shown), orders.filter)
        self._folders = view.writable
        self._owner = orders.uid
        self._looker = None if may_look_into_others() else user
        self._attempts: set[DeniedAttempt] = set()
        self._connecting = threading.BoundedSemaphore(MOST_CONNECTING)

    @property
    def attempts(self) -> tuple[DeniedAttempt, ...]:
        """What was tried and denied, each attempt once, in order."""
        return tuple(sorted(self._attempts, key=lambda a: (a.call, a.target)))

    def serve(self) -> None:
        """Answer one waiting call. Call it only when ``fd`` is readable."""
        call = self._listener.receive()
        if call is None:
            return
        ruling = self._policy.rule(call, self._caller(call))
        if ruling.attempt is not None:
            self._keep(ruling.attempt)
        self._answers[ruling.answer](self, call, ruling)

    def close(self) -> None:
        """Close the listener and the decoy."""
        self._listener.close()
        os.close(self._decoy)

    def _caller(self, call: SystemCall) -> Caller:
        return Caller(call.pid, self._looker)

    def _keep(self, attempt: DeniedAttempt) -> None:
        # Harmless attempts have room of their own, or a flood of them would hide the others.
        alike = sum(kept.violation is attempt.violation for kept in self._attempts)
        if alike < MOST_ATTEMPTS:
            self._attempts.add(attempt)

    def _proceed(self, call: SystemCall, _: Ruling) -> None:
        self._listener.proceed(call)

    def _refuse(self, call: SystemCall, ruling: Ruling) -> None:
        self._listener.refuse(call, ruling.error)

    def _pretend(self, call: SystemCall, _: Ruling) -> None:
        self._listener.answer(call, 0)

    def _give_decoy(self, call: SystemCall, _: Ruling) -> None:
        # Always non-blocking would change nothing: reading gives the end of the stream at once.
        close_on_exec = bool(call.arguments[1] & socket.SOCK_CLOEXEC)
        if not self._listener.give(call, self._decoy, close_on_exec=close_on_exec):
            self._listener.refuse(call, errno.EAFNOSUPPORT)

    def _open(self, call: SystemCall, ruling: Ruling) -> None:
        try:
            fd = redirect.opened(ruling.places[0], ruling.flags, ruling.mode, self._owner)
        except OSError as error:
            self._listener.refuse(call, error.errno or errno.EPERM)
            return
        try:
            if not self._listener.give(call, fd, close_on_exec=bool(ruling.flags & os.O_CLOEXEC)):
                self._listener.refuse(call, errno.EPERM)
        finally:
            os.close(fd)

    def _change(self, call: SystemCall, ruling: Ruling) -> None:
        try:
            redirect.change(
                ruling.name, list(ruling.places), self._owner, text=ruling.text, length=ruling.mode
            )
        except (OSError, ValueError, OverflowError) as error:
            self._listener.refuse(call, getattr(error, "errno", None) or errno.EINVAL)
        else:
            self._listener.answer(call, 0)

    def _connect(self, call: SystemCall, ruling: Ruling) -> None:
        """Connect in a thread of its own, since a full queue at the other end can make it wait."""
        number = call.arguments[0] & 0xFFFFFFFF
        flags = self._caller(call).descriptor_flags(number)
        if not self._connecting.acquire(blocking=False):
            self._listener.refuse(call, errno.EAGAIN)
            return

        def work() -> None:
            try:
                self._connected(call, ruling.path, number, flags)
            finally:
                self._connecting.release()

        try:
            threading.Thread(target=work, name="connect", daemon=True).start()
        except RuntimeError:  # no thread to be had
            self._connecting.release()
            self._listener.refuse(call, errno.EAGAIN)

    def _connected(self, call: SystemCall, path: str, number: int, flags: int) -> None:
        """Answer a call with a connected socket, waiting as it would, but only as long as its caller lives."""
        blocking = not flags & os.O_NONBLOCK
        while True:
            try:
                made = connected(path, self._folders)
                break
            except BlockingIOError:
                if not (blocking and self._listener.waits(call)):
                    self._listener.refuse(call, errno.EAGAIN)
                    return
                time.sleep(CONNECT_PAUSE)
            except OSError as error:
                self._listener.refuse(call, error.errno or errno.EPERM)
                return
        with made:
            made.setblocking(blocking)
            if self._listener.put(call, made.fileno(), number, close_on_exec=bool(flags & os.O_CLOEXEC)):
                self._listener.answer(call, 0)
            else:
                self._listener.refuse(call, errno.EPERM)

    _answers: ClassVar[dict[Answer, Callable[[Answering, SystemCall, Ruling], None]]] = {
        Answer.PROCEED: _proceed,
        Answer.REFUSE: _refuse,
        Answer.PRETEND: _pretend,
        Answer.DECOY: _give_decoy,
        Answer.CONNECT: _connect,
        Answer.OPEN: _open,
        Answer.CHANGE: _change,
    }
