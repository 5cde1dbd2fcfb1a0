"""The temporary folder of one run: fresh copies or links of what the script may read, and where it may write."""

from __future__ import annotations

import contextlib
import fcntl
import os
import secrets
import shutil
import stat
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from harness.sandbox.interface import Job
from harness.sandbox.orders import start_bytecode

HELPER = Path(__file__).resolve().parents[1] / "script_helper"
"""Folder with the helper module that scripts may import. Copied for each run, since a mount would tell the
script where the harness lies, and since a strict umask may keep other users from reading it there."""
READABLE = ("script", "start", "etc", "inputs", "helper")
"""Folders the script can read only."""
FIRST_RUN_UID = 1 << 30
RUN_UIDS = 1 << 24
"""Each run of a dropped root has a random user number from this range, so that runs cannot meet."""
WRITABLE = ("run", "tmp", "shm")
"""Folders the script may write to; all of them count against the disk limit."""


PREFIX = "harness-run-"
"""Beginning of the name of every run's folder."""
STALE_SECONDS = 60.0
"""Age from which an unlocked folder is taken for one that a killed harness left. A new one is locked at once."""


@dataclass(frozen=True)
class Staged:
    """Host paths of one run's folder."""

    root: Path
    """The folder itself, mode 0700; everything else lies in it."""
    lock: int = -1
    """Descriptor whose lock says that a living harness uses the folder; -1 for a folder that was left."""

    @property
    def work(self) -> Path:
        """The folder that becomes ``/claim/run``."""
        return self.root / "run"

    @property
    def inputs(self) -> Path:
        """The folder that becomes ``/claim/inputs``."""
        return self.root / "inputs"

    @property
    def writable(self) -> tuple[Path, ...]:
        """Every folder that the script can write to."""
        return tuple(self.root / name for name in WRITABLE)


def stage(job: Job, uid: int, owner: int | None) -> Staged:
    """Copy ``job`` to a new temporary folder for a script that runs as user ``uid``.

    ``owner`` is given the whole folder when it is not None; otherwise only the writable parts go to
    ``uid``. Raises ``ValueError`` for a name that is not a base name, and ``OSError`` when the disk
    refuses; then nothing stays behind.
    """
    _check_names(job)
    root = Path(tempfile.mkdtemp(prefix=PREFIX)).resolve()
    staged = Staged(root)
    try:
        staged = Staged(root, os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC))
        fcntl.flock(staged.lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        _fill(staged, job, uid)
        if os.geteuid() == 0:
            for folder in staged.writable:
                os.chown(folder, uid, uid)
            if owner is not None:
                _give(staged.root, owner)
    except BaseException:
        remove(staged)
        raise
    return staged


def _check_names(job: Job) -> None:
    """Raise ``ValueError`` for the name of a script or an input that leads elsewhere."""
    for name in (job.script_name, *job.inputs, *job.files):
        parts = [name] if name == job.script_name else name.split("/")
        if any(part in ("", ".", "..") or "/" in part or "\0" in part for part in parts):
            raise ValueError(f"{name!r} is not the base name of a file")


def _fill(staged: Staged, job: Job, uid: int) -> None:
    files = {
        f"script/{job.script_name}": job.script,
        "start/start.pyc": start_bytecode(),
        "request.json": job.request,
        "etc/passwd": f"script:x:{uid}:{uid}:script:/claim/run:/bin/sh\n".encode(),
        "etc/group": f"script:x:{uid}:\n".encode(),
        # Without a resolver, dns only makes an attempt at it visible.
        "etc/nsswitch.conf": b"passwd: files\ngroup: files\nhosts: files dns\n",
        "etc/hosts": b"127.0.0.1 localhost sandbox\n::1 localhost\n",
        **{f"helper/{path.name}": path.read_bytes() for path in HELPER.glob("*.py")},
        **{f"helper/{name}": content for name, content in job.imports.items()},
        **{f"inputs/{name}": content for name, content in job.inputs.items()},
    }
    for folder in READABLE:
        (staged.root / folder).mkdir()
    for folder in WRITABLE:
        # The root folder's mode keeps other users out; bwrap as root without its powers must get through.
        (staged.root / folder).mkdir()
        (staged.root / folder).chmod(0o711)
    for name, content in files.items():
        path = staged.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        path.chmod(0o555 if name.startswith("script/") else 0o444)
    for name, source in job.files.items():
        _link(source, staged.inputs / name)
    for folder in READABLE:
        for inner in (staged.root / folder, *_folders_below(staged.root / folder)):
            inner.chmod(0o555)


def _link(source: Path, path: Path) -> None:
    """Show a file of the harness's own at another place, with nothing on it of the runs that had it before."""
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        path.hardlink_to(source)
    except OSError:  # this file system has no such links
        shutil.copyfile(source, path)
    path.chmod(0o444)
    os.utime(path)


def _folders_below(folder: Path) -> list[Path]:
    return [Path(parent) / name for parent, names, _ in os.walk(folder) for name in names]


def _give(root: Path, owner: int) -> None:
    """Give folder and contents to ``owner``, but for linked files, which everybody can read and which stay ours."""
    os.chown(root, owner, owner)
    for parent, folders, files in os.walk(root):
        for name in (*folders, *files):
            path = Path(parent) / name
            if path.is_dir() or path.lstat().st_nlink == 1:
                os.chown(path, owner, owner, follow_symlinks=False)


def sweep() -> None:
    """Delete the folders of runs whose harness was killed. What cannot be deleted is left alone."""
    for folder in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        with contextlib.suppress(OSError):
            status = folder.lstat()
            old = time.time() - status.st_mtime > STALE_SECONDS
            if not (old and stat.S_ISDIR(status.st_mode) and status.st_uid in (os.geteuid(), *_run_users())):
                continue
            lock = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                remove(Staged(folder.resolve()))
            finally:
                os.close(lock)


def _run_users() -> range:
    """User numbers that a root gives its runs."""
    return range(FIRST_RUN_UID, FIRST_RUN_UID + RUN_UIDS) if os.geteuid() == 0 else range(0)


def remove(staged: Staged) -> None:
    """Delete the folder of a run whose process tree is dead. Raises ``OSError`` when that is impossible.

    A script may have nested folders deeper than a path or a recursion can reach, and may have taken
    its own permissions away. So the tree is flattened: the subfolders of a folder move up to the top
    before it is deleted.
    """
    try:
        for folder in staged.writable:
            if folder.exists():
                _flatten_and_empty(folder)
        for name in READABLE:
            path = staged.root / name
            if path.exists():
                for folder in (path, *_folders_below(path)):
                    folder.chmod(0o700)
        shutil.rmtree(staged.root)
    finally:
        if staged.lock >= 0:
            os.close(staged.lock)


def _flatten_and_empty(folder: Path) -> None:
    folder.chmod(0o700)
    top = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        while names := os.listdir(top):  # noqa: PTH208 - a path may be too long, a descriptor is not
            for name in names:
                if not stat.S_ISDIR(os.lstat(name, dir_fd=top).st_mode):
                    os.unlink(name, dir_fd=top)
                    continue
                os.chmod(name, 0o700, dir_fd=top)
                _lift_subfolders(top, name)
                os.rmdir(name, dir_fd=top)
    finally:
        os.close(top)


def _lift_subfolders(top: int, name: str) -> None:
    """Delete the files of folder ``name`` in ``top`` and move its folders to ``top`` under fresh names."""
    inner = os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=top)
    try:
        for child in os.listdir(inner):  # noqa: PTH208
            if stat.S_ISDIR(os.lstat(child, dir_fd=inner).st_mode):
                os.chmod(child, 0o700, dir_fd=inner)
                os.rename(child, secrets.token_hex(16), src_dir_fd=inner, dst_dir_fd=top)
            else:
                os.unlink(child, dir_fd=inner)
    finally:
        os.close(inner)
