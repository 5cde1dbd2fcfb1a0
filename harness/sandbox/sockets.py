"""Makes a connected Unix socket for a script, to a path that it cannot exchange meanwhile."""

from __future__ import annotations

import errno
import os
import socket
import stat


def connected(path: str, folders: tuple[str, ...]) -> socket.socket:
    """A stream socket that is connected to the socket at ``path``, which must lie in one of ``folders``.

    The socket file is held open before it is used, so that a script that puts a link in its place changes
    nothing. Never waits: raises ``BlockingIOError`` when the other end has no room, and other ``OSError`` for the
    script to see. The socket does not block.
    """
    held = os.open(path, os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        place = os.readlink(f"/proc/self/fd/{held}")  # noqa: PTH115
        beneath = any(place.startswith(f"{folder}/") for folder in folders)
        if not beneath or not stat.S_ISSOCK(os.fstat(held).st_mode):
            raise ConnectionRefusedError(errno.ECONNREFUSED, os.strerror(errno.ECONNREFUSED))
        made = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            made.setblocking(False)
            made.connect(f"/proc/self/fd/{held}")
        except BaseException:
            made.close()
            raise
        return made
    finally:
        os.close(held)
