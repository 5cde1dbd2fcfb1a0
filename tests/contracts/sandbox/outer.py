"""Puts a system call filter on this process, as a container does, and becomes the program named after it.

Words before ``--``: ``namespaces`` and ``landlock`` are forbidden, ``listener`` means that somebody listens already.
"""

from __future__ import annotations

import ctypes
import os
import struct
import sys

X86 = os.uname().machine == "x86_64"
CLONE, UNSHARE, CLONE3, LANDLOCK, SECCOMP = (56, 272, 435, 444, 317) if X86 else (220, 97, 435, 444, 277)
ALLOW, EPERM, ENOSYS = 0x7FFF0000, 0x50001, 0x50026
NAMESPACES = 0x7E020000


def steps(words: list[str]) -> list[tuple[int, int, int, int]]:
    code = [(0x20, 0, 0, 0)]
    if "namespaces" in words:
        code += [(0x15, 0, 1, UNSHARE), (0x06, 0, 0, EPERM), (0x15, 0, 1, CLONE3), (0x06, 0, 0, ENOSYS)]
        code += [
            (0x15, 0, 4, CLONE),
            (0x20, 0, 0, 16),
            (0x45, 0, 1, NAMESPACES),
            (0x06, 0, 0, EPERM),
            (0x06, 0, 0, ALLOW),
        ]
    if "landlock" in words:
        code += [(0x15, 0, 1, LANDLOCK), (0x06, 0, 0, ENOSYS)]
    return [*code, (0x06, 0, 0, ALLOW)]


def main() -> None:
    """Apply and execute."""
    end = sys.argv.index("--")
    words, command = sys.argv[1:end], sys.argv[end + 1 :]
    code = b"".join(struct.pack("=HBBI", *step) for step in steps(words))
    buffer = ctypes.create_string_buffer(code)
    program = struct.pack("=H6xQ", len(code) // 8, ctypes.addressof(buffer))
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(38, 1, 0, 0, 0)
    fd = libc.syscall(SECCOMP, 1, 8 if "listener" in words else 0, program)
    if fd < 0:
        raise OSError(ctypes.get_errno(), "seccomp")
    if fd > 0:
        os.set_inheritable(fd, True)  # noone answers, but nothing asks either
    os.execv(command[0], command)


if __name__ == "__main__":
    main()
