"""Checks an artifacts folder without trusting whoever wrote it, without a network, and without running any script.

 1. Every file of the evidence store has the digest that is its name.
 2. Every manifest is canonical JSON, fits its schema and its record.
 3. Every digest in it resolves; inputs and requests of every run are derived again from the record.
 4. Rule, attacks, controls, gates and verdict are derived again from the recorded observations; the manifest must come
    out byte for byte.
 5. Every document of a source is read again, in a process with bounded memory and time; it must give the pinned text.
 6. Paper documents and summary are derived again from the manifests, byte for byte.

What this cannot show is that the recorded observations, outcomes and opened inputs came from the script: ``replay``
runs every script again. Nor can a folder show by itself that a claim was left out of it: ``claims`` compares it with a
claims folder.
"""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from harness.assessment import assess, pin
from harness.canonical import document_bytes, sha256
from harness.errors import InputError
from harness.evidence import EvidenceFailure, PluginMissing, load_pinned, read, read_recorded
from harness.json_input import BadJson, parse_json
from harness.loading import LoadedClaim, load_claims, sized
from harness.observing import printable
from harness.profiles import RECORD_ITSELF
from harness.publication import derive
from harness.records.manifest import Manifest, Pinned
from harness.records.paper import Paper
from harness.redteam.interface import Plugin
from harness.resources import lacked_resource, remedy
from harness.schemas import violations
from harness.source_texts import check_texts
from harness.store import EVIDENCE, LOCK, MANIFEST, PAPER, RUNS, SUMMARY, TEMPORARY, Store

MAX_MANIFEST_BYTES = 256 << 20
NOT_COMPARED = ("host",)
"""Top-level fields of a manifest that differ between hosts and times."""


@dataclass(order=True, frozen=True)
class Failure:
    """Something that does not hold."""

    file: str
    """File in the artifacts folder."""
    message: str
    """What is wrong, in one sentence."""

    def __str__(self) -> str:
        return printable(f"{self.file}: {self.message}")


@dataclass
class AuditReport:
    """What an audit found."""

    manifests: int = 0
    """Manifests checked, older runs included."""
    evidence: int = 0
    """Pieces of evidence checked."""
    replayed: int = 0
    """Claims whose scripts were run again."""
    failures: list[Failure] = field(default_factory=list)
    """Everything that does not hold."""
    unchecked: list[Failure] = field(default_factory=list)
    """Manifests that could not be derived again because a plug-in is not at hand, or run again for want of data."""
    notes: list[str] = field(default_factory=list)
    """Things worth knowing that break nothing."""

    @property
    def holds(self) -> bool:
        """True when something was checked, all of it could be, and nothing failed."""
        return self.manifests > 0 and not self.failures and not self.unchecked


def audit(
    root: Path,
    *,
    claims: Path | None = None,
    replay: Callable[[LoadedClaim], Manifest] | None = None,
    plugins: Sequence[Plugin] = (),
) -> AuditReport:
    """Check everything in an artifacts folder; ``replay`` runs a claim again and returns its new manifest.

    What plug-ins found is derived again with ``plugins``; a manifest that names another is left ``unchecked``. With
    ``claims`` every claim of that folder must be there, pinned as it is.

    Raises ``InputError`` when ``root`` is no artifacts folder at all.
    """
    if not root.is_dir():
        raise InputError(f"{root}: no such folder")
    store, report = Store(root), AuditReport()
    if not (root / SUMMARY).is_file() and not store.manifests():
        raise InputError(f"{root}: holds no {SUMMARY} and no manifest")

    def fail(path: Path | str, message: str) -> None:
        report.failures.append(Failure(str(path), message))

    def derived(manifest: Manifest, path: Path) -> bool:
        try:
            return _holds(manifest, path, store, plugins, fail)
        except PluginMissing as error:
            report.unchecked.append(Failure(error.file, str(error)))
            return True

    files = _files(root, fail)
    accounted = {root / SUMMARY, root / LOCK}
    latest: dict[tuple[str, str], tuple[Manifest, bytes]] = {}
    papers: dict[str, Paper] = {}
    # The latest manifest and its copy among the runs are the same bytes: once is enough.
    seen: dict[str, Manifest | None] = {}
    for path in sorted(files):
        parts = path.relative_to(root).parts
        if parts[0] == EVIDENCE and len(parts) == 3 and not parts[2].startswith(TEMPORARY):
            accounted.add(path)
            report.evidence += 1
            with path.open("rb") as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()
            if digest != parts[1] + parts[2]:
                fail(path, "has been changed: its digest is not its name")
    for path in sorted(files):
        parts = path.relative_to(root).parts
        is_latest = len(parts) == 3 and parts[2] == MANIFEST
        is_run = len(parts) == 4 and parts[2] == RUNS and parts[3].endswith(".json")
        if not is_latest and not is_run:
            continue
        accounted.add(path)
        report.manifests += 1
        if path.stat().st_size > MAX_MANIFEST_BYTES:
            fail(path, f"has more than {MAX_MANIFEST_BYTES} bytes")
            continue
        data = path.read_bytes()
        if is_run and parts[3] != f"{sha256(data)}.json":
            fail(path, "has been changed: its digest is not its name")
            continue
        digest = sha256(data)
        if is_latest and path.parent / RUNS / f"{digest}.json" not in files:
            fail(path, "has been changed, or its copy among the runs is gone")
        if digest not in seen:
            manifest = _manifest(path, data, fail)
            seen[digest] = manifest if manifest is not None and derived(manifest, path) else None
            _texts(path, seen[digest], store, fail, report.notes)
        elif seen[digest] is None:
            fail(path, "has the bytes of a manifest that does not hold")
        manifest = seen[digest]
        if manifest is None:
            continue
        if (manifest.paper, manifest.folder) != parts[:2]:
            fail(path, f"is the manifest of {manifest.paper}/{manifest.folder}")
        elif is_latest:
            latest[manifest.paper, manifest.folder] = (manifest, data)
            try:
                papers[manifest.paper] = load_pinned(manifest, store, str(path)).source.paper
            except EvidenceFailure as error:
                fail(error.file, str(error))
    _siblings(root, latest, fail)
    _derived(root, latest, papers, fail, accounted)
    if claims is not None:
        _complete(root, latest, claims, fail)
    for path in sorted(files - accounted):
        if path.name.startswith(TEMPORARY):
            report.notes.append(f"{printable(str(path))}: left over from an interrupted write")
        elif path.name in (MANIFEST, PAPER, SUMMARY) or path.suffix == ".json":
            fail(path, "belongs to nothing in this folder")
        else:
            report.notes.append(f"{printable(str(path))}: belongs to nothing in this folder")
    report.failures = sorted(set(report.failures))
    report.unchecked = sorted(set(report.unchecked))
    if replay is not None and not report.failures and not report.unchecked:
        for (paper, claim), (manifest, _data) in sorted(latest.items()):
            path = root / paper / claim / MANIFEST
            if lacked_resource(manifest.runs[0]):
                report.notes.append(
                    f"{path}: was recorded without its resources; there is nothing to compare"
                )
                continue
            loaded = load_pinned(manifest, store, str(path))
            again = replay(loaded)
            if lacked_resource(again.runs[0]):
                report.unchecked.append(Failure(str(path), _not_replayed(loaded, again)))
                continue
            report.replayed += 1
            if manifest.left_out:
                report.notes.append(
                    f"{path}: attack runs were left out; only those that were made are compared"
                )
                made = {run.variation.name for run in manifest.runs}
                different = differences(
                    [run.as_json() for run in manifest.runs],
                    [run.as_json() for run in again.runs if run.variation.name in made],
                )
            else:
                different = differences(comparable(manifest.as_json()), comparable(again.as_json()))
            if different:
                fail(path, f"the scripts run again give something else: {', '.join(different[:5])}")
    return report


def _not_replayed(loaded: LoadedClaim, again: Manifest) -> str:
    way = remedy(loaded.claim, loaded.source.base).replace("harness run", "harness audit --replay")
    return f"cannot be run again: {again.runs[0].detail}; {way}"


def _files(root: Path, fail: Callable[[Path | str, str], None]) -> set[Path]:
    """Regular files below ``root``; anything else is a failure and is not followed."""
    found = set()
    for folder, folders, names in os.walk(root):
        for name in [*folders, *names]:
            path = Path(folder) / name
            mode = path.lstat().st_mode
            if stat.S_ISREG(mode):
                found.add(path)
            elif not stat.S_ISDIR(mode):
                fail(path, "is neither a file nor a folder")
    return found


def _manifest(path: Path, data: bytes, fail: Callable[[Path | str, str], None]) -> Manifest | None:
    """The record in a manifest's bytes, unless it breaks its form."""
    try:
        document = parse_json(data, max_bytes=MAX_MANIFEST_BYTES)
    except BadJson as error:
        fail(path, str(error))
        return None
    if broken := violations("claim-manifest-v1", document):
        fail(path, f"breaks its schema at {broken[0]}")
        return None
    try:
        manifest = Manifest.model_validate_json(data, strict=True)
    except ValidationError as error:
        first = error.errors()[0]
        fail(path, f"{'.'.join(str(part) for part in first['loc'])}: {first['msg']}")
        return None
    if document_bytes(manifest) != data:
        fail(path, "is not in canonical form")
        return None
    names = [run.variation.name for run in manifest.runs]
    labels = {run.isolation for run in manifest.runs} - {None}
    recorded_label = manifest.host.isolation.label if manifest.host.isolation else None
    if names != [run.variation for run in manifest.host.runs] or labels - {recorded_label}:
        fail(path, "what it says of the host does not fit its runs")
        return None
    if labels != ({recorded_label} - {None}):
        fail(path, "it says that runs were isolated, and records none that was")
        return None
    return manifest


def _holds(
    manifest: Manifest,
    path: Path,
    store: Store,
    plugins: Sequence[Plugin],
    fail: Callable[[Path | str, str], None],
) -> bool:
    """Whether the evidence gives this manifest. Raises ``PluginMissing`` when that cannot be derived here."""
    try:
        for digest in _stream_digests(manifest):
            read(store, digest)
        recorded = read_recorded(manifest, store, str(path), plugins)
        again = assess(recorded.case, recorded.runs, manifest.host, manifest.left_out)
    except PluginMissing:
        raise
    except EvidenceFailure as error:
        fail(error.file, str(error))
        if error.file != str(path):
            fail(path, "rests on evidence that does not hold")
        return False
    except Exception as error:
        # Whatever a forged manifest makes the derivation trip over, it was not derived.
        fail(path, f"cannot be derived from its evidence: {error!r}")
        return False
    if different := differences(manifest.as_json(), again.as_json()):
        fail(path, f"what the evidence gives differs at {', '.join(different[:5])}")
        return False
    return True


def _texts(
    path: Path,
    manifest: Manifest | None,
    store: Store,
    fail: Callable[[Path | str, str], None],
    notes: list[str],
) -> None:
    """The pinned texts of the source against its documents."""
    if manifest is None or not manifest.pinned.documents:
        return
    checked = check_texts(load_pinned(manifest, store, str(path)))
    for message in checked.failures:
        fail(path, message)
    notes += [f"{printable(str(path))}: {printable(message)}" for message in checked.notes]


def _stream_digests(manifest: Manifest) -> Iterator[str]:
    for run in manifest.host.runs:
        yield from (digest for digest in (run.stdout, run.stderr) if digest is not None)


def _siblings(
    root: Path,
    latest: dict[tuple[str, str], tuple[Manifest, bytes]],
    fail: Callable[[Path | str, str], None],
) -> None:
    """Claims of one paper must rest on one and the same source."""
    first: dict[str, tuple[str, Manifest]] = {}
    for (paper, claim), (manifest, _data) in sorted(latest.items()):
        name, other = first.setdefault(paper, (claim, manifest))
        mine, theirs = manifest.pinned, other.pinned
        if (mine.paper, mine.base, mine.tables) != (theirs.paper, theirs.base, theirs.tables):
            fail(root / paper / claim / MANIFEST, f"rests on another version of the source than {name}")


def _complete(
    root: Path,
    latest: dict[tuple[str, str], tuple[Manifest, bytes]],
    claims: Path,
    fail: Callable[[Path | str, str], None],
) -> None:
    """Every claim of a claims folder must have a manifest, and each of its manifests must pin it as it is there."""
    for loaded in load_claims(claims):
        paper, claim = loaded.source.paper.id, loaded.claim.id
        own = [item for (of, _), (item, _) in latest.items() if (of, item.claim) == (paper, claim)]
        if not own:
            fail(root / paper / claim / MANIFEST, f"is missing; {loaded.folder} has the claim")
        for manifest in own:
            there = sized(loaded, manifest.pinned.profile or RECORD_ITSELF)
            if different := differences(_by_document(manifest.pinned), _by_document(pin(there))):
                path = root / paper / manifest.folder / MANIFEST
                fail(path, f"is not about {loaded.folder} as it is there: {', '.join(different[:5])}")


def _by_document(pinned: Pinned) -> dict[str, Any]:
    """What is pinned, without the texts of documents: another version of a parser may read another text there."""
    plain: dict[str, Any] = pinned.as_json()
    for item in plain.get("documents", {}).values():
        for key in ("text", "parser", "version", "form"):
            del item[key]
    return plain


def _derived(
    root: Path,
    latest: dict[tuple[str, str], tuple[Manifest, bytes]],
    papers: dict[str, Paper],
    fail: Callable[[Path | str, str], None],
    accounted: set[Path],
) -> None:
    """Paper documents and summary against what the manifests give."""
    documents, summary = derive(papers, latest)
    for paper, wanted in documents.items():
        path = root / paper / PAPER
        accounted.add(path)
        _same(path, wanted, fail)
    _same(root / SUMMARY, summary, fail)


def _same(path: Path, wanted: bytes, fail: Callable[[Path | str, str], None]) -> None:
    try:
        if path.stat().st_size > MAX_MANIFEST_BYTES:
            fail(path, f"has more than {MAX_MANIFEST_BYTES} bytes")
            return
        data = path.read_bytes()
    except OSError as error:
        fail(path, f"cannot be read: {error.strerror}")
        return
    if data == wanted:
        return
    try:
        found = parse_json(data, max_bytes=MAX_MANIFEST_BYTES)
    except BadJson as error:
        fail(path, str(error))
        return
    different = differences(parse_json(wanted, max_bytes=MAX_MANIFEST_BYTES), found)
    fail(path, f"is not what the manifests give, at {', '.join(different[:5]) or 'its form'}")


def comparable(document: dict[str, Any]) -> dict[str, Any]:
    """A manifest without what differs between hosts and times."""
    kept = {key: value for key, value in document.items() if key not in NOT_COMPARED}
    kept["gate_verdict"] = {
        key: value for key, value in document["gate_verdict"].items() if key != "evaluated_at"
    }
    return kept


def differences(first: Any, second: Any, path: str = "") -> list[str]:
    """Field paths at which two JSON values differ."""
    if isinstance(first, dict) and isinstance(second, dict):
        return [
            found
            for key in sorted({*first, *second})
            for found in differences(first.get(key), second.get(key), f"{path}.{key}" if path else key)
        ]
    if isinstance(first, list) and isinstance(second, list) and len(first) == len(second):
        return [
            found
            for index, (one, other) in enumerate(zip(first, second, strict=True))
            for found in differences(one, other, f"{path}[{index}]")
        ]
    # 1 and 1.0 are one number in canonical JSON, True and 1 are not one value.
    same = first == second and isinstance(first, bool) == isinstance(second, bool)
    return [] if same else [path or "the document"]
