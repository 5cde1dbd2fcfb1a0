"""Getting public data: what is on offer, fetching it from its publisher, taking it from a folder, checking it.

On offer are the resources that paper records declare and the collections that the retrieval library knows. Where
both have a name, the record counts: its digests are the ones that claims are held to.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from harness.errors import CannotRun, InputError, InvalidRecord
from harness.loading import load_source
from harness.public_data.publishers import PUBLICATIONS, Publication, RemoteFile
from harness.public_data.pull import SUMS, check_folder, digest_of, pull
from harness.records.paper import Resource, ResourceFile

Notice = Callable[[str, str], None]
"""Told the path of a file and what became of it: ``kept``, ``resumed``, ``fetched``, ``copied`` or ``checked``."""


@dataclass(frozen=True)
class Offer:
    """One set of public data."""

    name: str
    """Its name, and the name of its folder."""
    licence: str
    """Its licence."""
    sources: tuple[Publication, ...]
    """The same files at each address of a publisher, in the order in which they are tried."""
    files: dict[str, str | None]
    """Path of each file to its digest; None where no record pins it."""
    size: int | None
    """Bytes of all files; None where no record says it."""
    declared_by: str | None
    """Paper whose record declares it; None for a collection of the retrieval library."""


def offers(claims: Path | None) -> dict[str, Offer]:
    """Everything on offer, by name.

    Raises ``InvalidRecord`` for a paper record below ``claims`` that is not valid, and ``InputError`` when two of
    them pin different files under one name.
    """
    found = {publication.name: _of_library(publication) for publication in PUBLICATIONS.values()}
    for paper in _papers(claims) if claims is not None else ():
        source, problems = load_source(paper)
        if source is None or problems:
            raise InvalidRecord(problems)
        for resource in source.paper.resources or ():
            offer = _of_record(resource, source.paper.id)
            other = found.get(resource.name)
            if other is not None and other.declared_by is not None and other.files != offer.files:
                raise InputError(
                    f"{resource.name}: {other.declared_by} and {offer.declared_by} pin different files under this "
                    "name; give the folder of one paper with --claims"
                )
            found[resource.name] = offer
    return found


def offer_named(name: str, claims: Path | None) -> Offer:
    """One offer. Raises ``InputError`` naming those there are."""
    known = offers(claims)
    if name not in known:
        raise InputError(
            f"{name}: no public data of that name is known; there are {', '.join(sorted(known))}"
        )
    return known[name]


def fetch(offer: Offer, data: Path, notice: Notice) -> Path:
    """Fetch the files into their folder below ``data``; what is there is kept, what was cut off is resumed.

    Raises ``InputError`` when bytes are not those of the digest, and ``CannotRun`` when no address gives them.
    """
    if not offer.sources:
        raise InputError(
            f"{offer.name}: nobody offers its files one by one; take them from a folder with --from"
        )
    folder = data / offer.name
    for number, source in enumerate(offer.sources, start=1):
        try:
            pull(source, folder, notice=notice)
        except CannotRun:
            if number == len(offer.sources):
                raise
        else:
            break
    return folder


def take(offer: Offer, origin: Path, data: Path, notice: Notice) -> Path:
    """Copy the files from a local folder into their folder below ``data``, once every digest was found right.

    Raises ``InputError`` for a file that is missing or is not the pinned one; then nothing is copied.
    """
    check(offer, origin, lambda path, outcome: None)
    folder = data / offer.name
    for path in offer.files:
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        if not (folder / path).exists() or not (folder / path).samefile(origin / path):
            shutil.copyfile(origin / path, folder / path)
        notice(path, "copied")
    check(offer, folder, lambda path, outcome: None)
    return folder


def check(offer: Offer, folder: Path, notice: Notice) -> None:
    """Hold every file of a folder to its digest. Raises ``InputError`` for the first that is missing or is another."""
    check_folder(_publication(offer), folder)
    for path in offer.files:
        notice(path, "checked")


def pin(folder: Path) -> tuple[ResourceFile, ...]:
    """What a record says of the files of a folder, in order of their paths.

    Hidden files and the digests that ``pull`` noted are left out.

    Raises ``InputError`` for a path that no record can hold, and where there is no file.
    """
    found = []
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if not path.is_file() or name == SUMS or any(part.startswith(".") for part in name.split("/")):
            continue
        try:
            found.append(ResourceFile(path=name, sha256=digest_of(path), bytes=path.stat().st_size))
        except ValidationError:
            raise InputError(
                f"{path}: a record cannot hold this name; use letters, digits and _.+-"
            ) from None
    if not found:
        raise InputError(f"{folder}: holds no files")
    return tuple(found)


def _publication(offer: Offer) -> Publication:
    if offer.sources:
        return offer.sources[0]
    files = tuple(RemoteFile(path, "nowhere", digest) for path, digest in offer.files.items())
    return Publication(offer.name, offer.licence, "", files)


def _papers(claims: Path) -> list[Path]:
    """Folders of papers in a claims folder, or the folder of a single one."""
    if (claims / "paper.yaml").is_file():
        return [claims]
    return sorted(path.parent for path in claims.glob("*/paper.yaml"))


def _of_library(publication: Publication) -> Offer:
    files = {file.name: file.sha256 for file in publication.files}
    return Offer(publication.name, publication.licence, (publication,), files, None, None)


def _of_record(resource: Resource, paper: str) -> Offer:
    sources = tuple(
        Publication(
            resource.name,
            resource.licence,
            resource.title,
            tuple(RemoteFile(file.path, f"{url}/{file.path}", file.sha256) for file in resource.files),
        )
        for url in resource.urls
    )
    return Offer(
        resource.name,
        resource.licence,
        sources,
        {file.path: file.sha256 for file in resource.files},
        sum(file.bytes for file in resource.files),
        paper,
    )
