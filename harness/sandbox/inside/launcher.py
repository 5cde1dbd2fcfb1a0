"""Starts bwrap for a harness, and ends what it started when the harness is gone, however it went.

bwrap ties its tree to its parent, but a parent that is killed while bwrap sets up leaves a process that waits for
ever. So bwrap's parent is this program: one for each harness, of a single thread, and the subreaper of everything
below it. Run by path, since a package may be found only from a certain folder. Descriptor 0 is a socket to the
harness. A request is a ``marshal`` of (arguments, environment, user or None, folder) with the descriptors for 0, 1, 2
and those that ``{0}``, ``{1}`` ... in the arguments stand for. The answer is ``p`` and the process number with a
process descriptor, or ``e`` and a sentence.
"""

from __future__ import annotations

import contextlib
import ctypes
import marshal
import os
import select
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

PR_SET_CHILD_SUBREAPER = 36
REAP_SECONDS = 1.0
LONGEST = 1 << 20
MOST_DESCRIPTORS = 16


def main() -> None:
    """Serve until the harness is gone, then end everything."""
    # Now, and not when it is needed: the harness that dies may be one whose environment is being deleted.
    sys.path.insert(0, str(Path(__file__).resolve().parents[3]))
    from harness.sandbox.inside.start import end_tree

    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)  # inherited when ignored; bwrap would wait for ever
    control = socket.socket(fileno=0)
    folders: dict[int, str] = {}
    poll = select.poll()
    poll.register(control.fileno(), select.POLLIN)
    try:
        while serve(control, poll, folders):
            pass
    finally:
        end_tree(None)
        for folder in folders.values():
            clean_up(folder)


def serve(control: socket.socket, poll: select.poll, folders: dict[int, str]) -> bool:
    """Wait for a request or a while, and answer it. False when the harness is gone."""
    if poll.poll(REAP_SECONDS * 1000):
        try:
            message, fds, _, _ = socket.recv_fds(control, LONGEST, MOST_DESCRIPTORS)
        except OSError:
            return False
        if not message:
            return False
        answer(control, message, fds, folders)
    reap(folders)
    return True


def answer(control: socket.socket, message: bytes, fds: list[int], folders: dict[int, str]) -> None:
    """Start what one request asks for."""
    try:
        arguments, environment, uid, folder = marshal.loads(message)  # noqa: S302 - from the harness
        pid, process = start(arguments, environment, uid, fds)
    except (OSError, ValueError, subprocess.SubprocessError) as error:
        control.sendall(b"e" + str(error).encode())
        return
    finally:
        for fd in fds:
            os.close(fd)
    folders[pid] = folder
    try:
        socket.send_fds(control, [b"p%d" % pid], [process])
    finally:
        os.close(process)


def start(
    arguments: list[str], environment: dict[str, str], uid: int | None, fds: list[int]
) -> tuple[int, int]:
    """Start a program with its descriptors. Its number, and a descriptor of it."""
    passed = fds[3:]
    identity: dict[str, Any] = {}
    if uid is not None:
        identity = {"user": uid, "group": uid, "extra_groups": []}
    process = subprocess.Popen(
        [argument.format(*passed) if argument in PLACEHOLDERS else argument for argument in arguments],
        stdin=fds[0],
        stdout=fds[1],
        stderr=fds[2],
        env=environment,
        cwd="/",
        pass_fds=passed,
        start_new_session=True,
        **identity,
    )
    process.returncode = 0  # it is reaped below; the object must not do it too
    return process.pid, os.pidfd_open(process.pid)


PLACEHOLDERS = ("{0}", "{1}", "{2}")


def reap(folders: dict[int, str]) -> None:
    """Take note of what has ended."""
    try:
        while (pid := os.waitpid(-1, os.WNOHANG)[0]) != 0:
            folders.pop(pid, None)
    except ChildProcessError:
        return


def clean_up(folder: str) -> None:
    """Delete the folder of a run that nobody waits for any more."""
    from harness.sandbox.staging import Staged, remove

    with contextlib.suppress(OSError):  # the next run sweeps it
        remove(Staged(Path(folder)))


if __name__ == "__main__":
    main()
