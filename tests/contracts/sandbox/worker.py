"""A harness that runs as an ordinary user: takes jobs from a pipe, gives executions back.

Started by path as another user than that of the tests, because root cannot become ordinary and be root again.
Speaks ``pickle`` with the test process alone.
"""

from __future__ import annotations

import fcntl
import os
import pickle
import socket
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

SECRET = "planted-secret-7c1d"
"""What no sandboxed script may ever see."""
LOWEST_DESCRIPTOR = 500
"""Planted descriptors begin here, out of the way of everything else in the process."""


def plant(folder: Path) -> list[int]:
    """Leave secrets where a careless harness would pass them on: the environment and inheritable descriptors."""
    os.environ["PLANTED_TOKEN"] = SECRET
    here, there = socket.socketpair()
    there.sendall(SECRET.encode())
    opened = (os.open(folder / "inherited", os.O_RDWR), os.open(folder, os.O_RDONLY), here.detach())
    there.detach()
    planted = [fcntl.fcntl(fd, fcntl.F_DUPFD, LOWEST_DESCRIPTOR) for fd in opened]
    for fd in opened:
        os.close(fd)
    return planted


def main() -> None:
    """Serve until the pipe ends."""
    folder, checkout = map(Path, sys.argv[1:3])
    sys.path.insert(0, str(checkout))
    os.chdir(checkout)
    plant(folder)
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)

    from harness.sandbox.interface import Job
    from harness.sandbox.select import backends

    found = {sandbox.label: sandbox for sandbox in backends()}

    def serve(asked: Any) -> Any:
        label, jobs = asked
        if label is None:
            return [(name, sandbox.sees_attempts) for name, sandbox in found.items()]
        with ThreadPoolExecutor(len(jobs)) as pool:
            return list(pool.map(found[label].run, [Job(**job) for job in jobs]))

    while True:
        try:
            asked = pickle.load(sys.stdin.buffer)
        except EOFError:
            return
        try:
            answer = serve(asked)
        except BaseException as error:
            answer = RuntimeError(f"{type(error).__name__}: {error}")
        pickle.dump(answer, answers)
        answers.flush()


if __name__ == "__main__":
    main()
