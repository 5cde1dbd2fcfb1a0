"""File rights without namespaces: which Landlock rights a run is given (landlock(7))."""

from __future__ import annotations

import ctypes
from collections.abc import Iterable
from pathlib import Path

from harness.sandbox.orders import Landlock

CREATE_RULESET = 444
ASK_VERSION = 1

EXECUTE, WRITE_FILE, READ_FILE, READ_DIR = 1, 2, 4, 8
CREATING = 0x1FF0
"""Removing folders and files, and making everything that can be made (13 rights of the first version)."""
REFER = 1 << 13
TRUNCATE = 1 << 14
IOCTL_DEVICE = 1 << 15
NETWORK = 0b11
"""Binding and connecting TCP sockets."""
SCOPES = 0b11
"""Abstract Unix sockets and signals reach no process outside."""

LOWEST = 3
"""First version that forbids truncating; a version below cannot hold what this label promises."""


def version() -> int:
    """Version of the kernel's Landlock; 0 where there is none or it is switched off."""
    libc = ctypes.CDLL(None, use_errno=True)
    return max(0, int(libc.syscall(CREATE_RULESET, None, ctypes.c_size_t(0), ASK_VERSION)))


def file_rights(abi: int) -> int:
    """Every right on files that a kernel of this version can forbid."""
    rights = EXECUTE | WRITE_FILE | READ_FILE | READ_DIR | CREATING
    if abi >= 2:
        rights |= REFER
    if abi >= 3:
        rights |= TRUNCATE
    if abi >= 5:
        rights |= IOCTL_DEVICE
    return rights


def orders(abi: int, readable: Iterable[Path], writable: Iterable[Path], devices: Iterable[Path]) -> Landlock:
    """Read below ``readable``, everything but devices and special files below ``writable``."""
    everything = file_rights(abi)
    handled = [everything]
    if abi >= 4:
        handled.append(NETWORK)
    if abi >= 6:
        handled.append(SCOPES)
    read = EXECUTE | READ_FILE | READ_DIR
    rules = [
        (str(path), read if path.is_dir() else EXECUTE | READ_FILE) for path in readable if path.exists()
    ]
    rules += [(str(path), everything & ~IOCTL_DEVICE) for path in writable]
    rules += [(str(path), READ_FILE | WRITE_FILE) for path in devices if path.exists()]
    return Landlock(tuple(handled), tuple(rules))
