"""The only module that knows where artifacts lie. Writes are whole or not at all, and evidence is written once.

artifacts/summary.json
artifacts/<paper>/paper.json
artifacts/<paper>/<claim>/manifest.json              the latest; in <claim>@<profile> of a run with a profile
artifacts/<paper>/<claim>/runs/<sha256>.json          every manifest ever emitted, named by its digest
artifacts/evidence/<2 hex>/<62 hex>                   every piece of evidence, named by its digest
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

from harness.canonical import sha256
from harness.errors import CannotRun, InputError

SUMMARY = "summary.json"
PAPER = "paper.json"
MANIFEST = "manifest.json"
RUNS = "runs"
EVIDENCE = "evidence"
LOCK = ".lock"
TEMPORARY = ".partial-"


class Store:
    """An artifacts folder."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def put(self, data: bytes) -> str:
        """Keep a piece of evidence; return its digest. Writing the same bytes again does nothing."""
        digest = sha256(data)
        path = self.evidence_path(digest)
        if not path.exists():
            write_whole(path, data)
        return digest

    def get(self, digest: str) -> bytes:
        """A piece of evidence; raises ``FileNotFoundError``. The caller checks its digest."""
        return self.evidence_path(digest).read_bytes()

    def evidence_path(self, digest: str) -> Path:
        """Where a piece of evidence lies."""
        return self.root / EVIDENCE / digest[:2] / digest[2:]

    def save_manifest(self, paper: str, claim: str, data: bytes) -> Path:
        """Write a manifest: once among the runs, then as the latest."""
        folder = self.root / paper / claim
        once = folder / RUNS / f"{sha256(data)}.json"
        if not once.exists():
            write_whole(once, data)
        write_whole(folder / MANIFEST, data)
        return folder / MANIFEST

    def save_paper(self, paper: str, data: bytes) -> None:
        """Write a paper's document."""
        write_whole(self.root / paper / PAPER, data)

    def save_summary(self, data: bytes) -> None:
        """Write the summary."""
        write_whole(self.root / SUMMARY, data)

    def manifests(self) -> list[Path]:
        """Latest manifest of every claim, in name order."""
        return sorted(path for path in self.root.glob(f"*/*/{MANIFEST}") if path.is_file())

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the folder, so that two runs never write into each other. Raises ``CannotRun`` when it is held."""
        try:
            self.root.mkdir(parents=True, exist_ok=True)
        except (FileExistsError, NotADirectoryError):
            raise InputError(f"{self.root}: is not a folder") from None
        except OSError as error:
            raise CannotRun(f"{self.root}: cannot be made: {error.strerror}") from None
        try:
            handle = os.open(self.root / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        except OSError as error:
            raise CannotRun(f"{self.root}: cannot be written: {error.strerror}") from None
        try:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                raise CannotRun(f"{self.root}: another run is writing here") from None
            yield
        finally:
            # The file stays: removing it would let two others lock two files of the same name.
            os.close(handle)


def write_whole(path: Path, data: bytes) -> None:
    """Write a file whole or not at all. Raises ``CannotRun``."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=TEMPORARY, dir=path.parent)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            Path(name).chmod(0o644)
            Path(name).replace(path)
        except BaseException:
            with contextlib.suppress(OSError):
                Path(name).unlink()
            raise
    except OSError as error:
        raise CannotRun(f"{path}: cannot be written: {error.strerror or error}") from None
