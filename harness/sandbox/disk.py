"""How much a hostile script has on disk, measured while it may still be changing it."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

DEEPEST = 64
"""Folder levels that are looked at. No honest script nests deeper, and each level costs a descriptor."""
MOST_ENTRIES = 100_000
"""Files and folders that are looked at, so that one look stays below a second."""
SMALLEST_ENTRY = 512
"""Bytes that even an empty file is counted with, since its directory entry and inode take room too."""

UNREADABLE = "a folder unreadable"


@dataclass
class DiskUse:
    """One look at the writable folders."""

    total_bytes: int = 0
    """Allocated bytes of everything seen."""
    largest_file_bytes: int = 0
    """Length of the longest file seen."""
    entries: int = 0
    """Files and folders seen."""
    unwatchable: str = ""
    """Why not everything could be seen; empty when it was."""


def measure(folders: Iterable[Path]) -> DiskUse:
    """Measure the folders without following a link, whatever is renamed meanwhile."""
    use = DiskUse()
    for folder in folders:
        try:
            fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
        except PermissionError:
            use.unwatchable = UNREADABLE
            continue
        try:
            _add(fd, use, DEEPEST)
        finally:
            os.close(fd)
    return use


def _add(folder: int, use: DiskUse, levels: int) -> None:
    with os.scandir(folder) as entries:
        for entry in entries:
            if use.unwatchable:
                return
            try:
                status = os.lstat(entry.name, dir_fd=folder)
            except FileNotFoundError:
                continue
            except PermissionError:
                use.unwatchable = UNREADABLE
                return
            use.entries += 1
            use.total_bytes += max(status.st_blocks * 512, SMALLEST_ENTRY)
            if use.entries > MOST_ENTRIES:
                use.unwatchable = f"more than {MOST_ENTRIES} files and folders"
            elif stat.S_ISREG(status.st_mode):
                use.largest_file_bytes = max(use.largest_file_bytes, status.st_size)
            elif stat.S_ISDIR(status.st_mode):
                _descend(folder, entry.name, use, levels)


def _descend(folder: int, name: str, use: DiskUse, levels: int) -> None:
    if levels == 0:
        use.unwatchable = f"folders nested more than {DEEPEST} levels deep"
        return
    try:
        inner = os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=folder)
    except PermissionError:
        use.unwatchable = UNREADABLE
        return
    except OSError:
        return  # renamed or replaced since the look; the next look sees what is there then
    try:
        _add(inner, use, levels - 1)
    finally:
        os.close(inner)
