"""Fetch the files of a collection, resume what was cut off, and hold every file to its digest."""

from __future__ import annotations

import hashlib
import os
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from http import HTTPStatus
from pathlib import Path

from harness.errors import CannotRun, InputError
from harness.public_data.publishers import Publication, RemoteFile

SUMS = "SHA256SUMS"
CHUNK = 1 << 20
TIMEOUT_SECONDS = 60.0

Notice = Callable[[str, str], None]
"""Told the name of a file and what became of it: ``kept``, ``resumed`` or ``fetched``."""


def digest_of(path: Path) -> str:
    """SHA-256 of a file, lower-case hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def read_sums(folder: Path) -> dict[str, str]:
    """Digests noted in the folder's ``SHA256SUMS``, by name; empty where there is no such file.

    Raises:
        InputError: a line is not a digest and a name.
    """
    path = folder / SUMS
    if not path.exists():
        return {}
    sums = {}
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        digest, _, name = line.partition("  ")
        if len(digest) != 64 or not name:
            raise InputError(f"{path}:{number}: wanted a SHA-256 digest, two blanks and a name.")
        sums[name] = digest
    return sums


def check_folder(publication: Publication, folder: Path) -> None:
    """Hold every file of a local folder to its pinned digest, or to the one noted when it was fetched.

    Raises:
        InputError: a file is missing, or its bytes are not those of the digest.
    """
    noted = read_sums(folder)
    for file in publication.files:
        path = folder / file.name
        if not path.is_file():
            raise InputError(
                f"{path}: missing. Fetch it from {file.url} (licence {publication.licence}), "
                f"or name a folder that holds {publication.name}."
            )
        _hold(path, file.sha256 or noted.get(file.name))


def pull(
    publication: Publication,
    folder: Path,
    *,
    headers: Mapping[str, str] | None = None,
    notice: Notice = lambda name, outcome: None,
) -> None:
    """Fetch what is missing, resume what was cut off, keep what is there, and check every digest.

    Args:
        publication: which files, where they are offered, and their digests.
        folder: where they go; made if need be. Unfinished files end in ``.part``.
        headers: sent with each request, such as the token that a publisher asks for.
        notice: told what became of each file.

    Raises:
        InputError: a file's bytes are not those of its digest; the file is not kept.
        CannotRun: a file could not be fetched. What came so far is kept, and the next call goes on from there.
    """
    noted = read_sums(folder)
    for file in publication.files:
        path = folder / file.name
        path.parent.mkdir(parents=True, exist_ok=True)
        expected = file.sha256 or noted.get(file.name)
        if path.is_file():
            _hold(path, expected)
            notice(file.name, "kept")
        else:
            notice(file.name, _fetch(file, path, expected, headers or {}))
        noted[file.name] = digest_of(path)
        _write_sums(folder, noted)


def _hold(path: Path, expected: str | None) -> None:
    if expected is not None and (found := digest_of(path)) != expected:
        raise InputError(f"{path}: its SHA-256 is {found}, not {expected}; this is not the published file.")


def _write_sums(folder: Path, sums: dict[str, str]) -> None:
    text = "".join(f"{digest}  {name}\n" for name, digest in sorted(sums.items()))
    (folder / SUMS).write_text(text, encoding="utf-8")


def _fetch(file: RemoteFile, path: Path, expected: str | None, headers: Mapping[str, str]) -> str:
    part = path.with_name(path.name + ".part")
    outcome = _receive(file.url, part, headers)
    try:
        _hold(part, expected)
    except InputError:
        part.unlink()
        raise
    part.replace(path)
    return outcome


def _receive(url: str, part: Path, headers: Mapping[str, str]) -> str:
    """Append to the part what is still missing of the file."""
    if not url.startswith(("https://", "http://127.0.0.1:")):
        raise InputError(f"{url}: only https addresses are fetched.")
    have = part.stat().st_size if part.exists() else 0
    asked = {**headers, **({"Range": f"bytes={have}-"} if have else {})}
    request = urllib.request.Request(url, headers=asked)  # noqa: S310 - the scheme is checked above
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS) as answer:  # noqa: S310
            resumed = have > 0 and answer.status == HTTPStatus.PARTIAL_CONTENT
            announced = answer.headers.get("Content-Length")
            received = 0
            with part.open("ab" if resumed else "wb") as out:
                while block := answer.read(CHUNK):
                    received += out.write(block)
                out.flush()
                os.fsync(out.fileno())
    except urllib.error.HTTPError as error:
        error.close()
        if have and error.code == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
            return "resumed"  # all of it was there already; the digest decides
        raise CannotRun(f"{url}: the publisher answered {error.code} {error.reason}.") from error
    except OSError as error:
        raise CannotRun(f"{url}: {error}. What came so far is kept in {part}; try again.") from error
    if announced is not None and received < int(announced):
        raise CannotRun(f"{url}: the connection ended early. What came so far is kept in {part}; try again.")
    return "resumed" if resumed else "fetched"
