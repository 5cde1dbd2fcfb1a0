"""The user's folder of public data: one subfolder for each resource, every file held to its pinned digest.

A claim's runs never get the user's own files. They get copies, made once for each claim, whose digests were taken
while they were made, and which nobody else can reach: what a script sees is what was pinned.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from harness.errors import CannotRun, HarnessError
from harness.records.run import Transform
from harness.resources import PinnedFile
from harness.sandbox.staging import PREFIX
from harness.transforms import apply_transforms, concerns

BLOCK = 1 << 20


class Missing(HarnessError):
    """A pinned file is not there, or is not what was pinned. The text names file, expected and found."""


class Snapshot:
    """Copies of the resources' files of one claim. Holds no file until ``take`` was called; ``close`` deletes them."""

    def __init__(self) -> None:
        self._root: Path | None = None
        self._lock = -1

    def take(self, files: Mapping[str, PinnedFile], data: Path | None) -> None:
        """Copy the files out of the user's folder, unless that was done already.

        Raises ``Missing`` for the first that is not there as it is pinned, and ``CannotRun`` when the disk refuses.
        """
        if self._root is not None or not files:
            return
        if data is None:
            first = next(iter(files.values())).resource
            raise Missing(f"resource {first} is not at hand: no folder of data was given")
        root = Path(tempfile.mkdtemp(prefix=PREFIX)).resolve()
        self._root = root
        # Locked like the folder of a run, so that a later harness sweeps it away if this one is killed.
        self._lock = os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        try:
            for name, file in files.items():
                _copy(file, data / file.resource / file.path, root / name)
        except BaseException:
            self.close()
            raise

    def paths(self, names: Sequence[str]) -> dict[str, Path]:
        """Where the copies of these files lie."""
        assert self._root is not None or not names  # noqa: S101
        return {name: self._root / name for name in names} if self._root is not None else {}

    def close(self) -> None:
        """Delete the copies."""
        if self._root is not None:
            shutil.rmtree(self._root, ignore_errors=True)
            os.close(self._lock)
            self._root = None


def changed_files(
    snapshot: Snapshot, files: Mapping[str, PinnedFile], transforms: tuple[Transform, ...]
) -> dict[str, bytes]:
    """Bytes of the files that transforms change; one that they remove is absent. Others are not read."""
    touched = [name for name in files if any(concerns(transform, name) for transform in transforms)]
    changed: dict[str, bytes] = {}
    for name, path in snapshot.paths(touched).items():
        own = tuple(transform for transform in transforms if concerns(transform, name))
        if own[-1].do == "remove":
            continue
        unread = own[-1].do == "empty" and not name.endswith(".csv")
        changed |= {name: b""} if unread else apply_transforms({name: path.read_bytes()}, own)
    return changed


def _copy(file: PinnedFile, source: Path, path: Path) -> None:
    """Copy one file and hold the copy to its digest."""
    if source.exists() and not source.is_file():
        raise Missing(f"{file.name} of resource {file.resource} cannot be read: it is no regular file")
    path.parent.mkdir(parents=True, exist_ok=True)
    digest, size = hashlib.sha256(), 0
    try:
        reading = source.open("rb")
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or str(error)
        raise Missing(f"{file.name} of resource {file.resource} cannot be read: {why}") from None
    with reading:
        try:
            with path.open("wb") as copy:
                while size <= file.size and (block := reading.read(BLOCK)):
                    digest.update(block)
                    size += copy.write(block)
        except OSError as error:
            raise CannotRun(f"{file.name} could not be copied for the runs: {error.strerror}") from None
    if size > file.size:
        raise Missing(f"{file.name} is not the pinned file: expected {file.size} bytes, found more")
    if digest.hexdigest() != file.sha256:
        raise Missing(
            f"{file.name} is not the pinned file: expected SHA-256 {file.sha256}, found {digest.hexdigest()}"
        )
    with suppress(OSError):
        path.chmod(0o444)
