"""Modules of this package that a script may import, handed to it as copies like the helper is.

A script sees nothing of the harness. One that trains an encoder should not have to bring the training with it, so a
record may name a library: its files are pinned by digest, copied beside the helper, and read-only there.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

from harness.canonical import sha256

_PACKAGE = Path(__file__).resolve().parent
_SUFFIXES = (".py", ".json", ".safetensors")
LIBRARIES: dict[str, tuple[str, ...]] = {
    "retrieval": (
        "__init__.py",
        "errors.py",
        "public_data/__init__.py",
        "public_data/publishers.py",
        "public_data/pull.py",
        "retrieval",
    )
}
"""Name of each library to the files and folders of this package that belong to it."""


@cache
def library_files(name: str | None) -> dict[str, bytes]:
    """Path below the folder of packages to content, in order of paths; nothing for no library.

    Raises:
        KeyError: no library has this name.
        OSError: a file of this installation cannot be read.
    """
    if name is None:
        return {}
    paths = []
    for part in LIBRARIES[name]:
        place = _PACKAGE / part
        found = place.rglob("*") if place.is_dir() else [place]
        # Notes of a checkout and compiled files are not part of it.
        paths += [path for path in found if path.suffix in _SUFFIXES or path.name == "SHA256SUMS"]
    return {str(path.relative_to(_PACKAGE.parent)): path.read_bytes() for path in sorted(paths)}


def library_digests(name: str | None) -> dict[str, str] | None:
    """SHA-256 of each file of a library by path; None for no library. Raises as ``library_files`` does."""
    return None if name is None else {path: sha256(data) for path, data in library_files(name).items()}
