"""Drains the output of a process without letting it grow in memory."""

from __future__ import annotations

import os

CHUNK = 256 * 1024
"""Bytes read at once."""


class KeptStream:
    """Keeps the first ``most`` bytes of a pipe and counts the rest. One thread only."""

    def __init__(self, fd: int, most: int) -> None:
        os.set_blocking(fd, False)
        self.fd = fd
        """Descriptor that is drained."""
        self.dropped = 0
        """Bytes read and not kept."""
        self.ended = False
        """Whether every writer is gone."""
        self._kept = bytearray()
        self._most = most

    @property
    def kept(self) -> bytes:
        """The first bytes, as written."""
        return bytes(self._kept)

    def read_once(self) -> bool:
        """Read one chunk. Answers whether there may be more right now."""
        try:
            chunk = os.read(self.fd, CHUNK)
        except BlockingIOError:
            return False
        if not chunk:
            self.ended = True
            return False
        room = self._most - len(self._kept)
        self._kept += chunk[:room]
        self.dropped += max(0, len(chunk) - room)
        return True

    def read_rest(self) -> None:
        """Read what is left in the pipe; call it when no writer can be alive."""
        while self.read_once():
            pass
