"""From a manifest and its evidence back to a case, checking every digest on the way. Executes nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

from pydantic import ValidationError

from harness import companions
from harness.assessment import MAIN, further_variations, main_variation, views
from harness.canonical import canonical_bytes, sha256
from harness.controls import companion_claims
from harness.errors import AuditFailure
from harness.loading import LoadedClaim, Source
from harness.record_checks import claim_problems, paper_problems
from harness.records.base import Record
from harness.records.claim import Claim
from harness.records.manifest import Manifest
from harness.records.paper import Paper
from harness.records.run import RunOutcome, RunRecord
from harness.redteam.interface import Case, RunView
from harness.requests import request_bytes
from harness.store import Store
from harness.tables import parse_table
from harness.transforms import apply_transforms

R = TypeVar("R", bound=Record)

MAX_EVIDENCE_BYTES = 1 << 30


class EvidenceFailure(AuditFailure):
    """A piece of evidence does not hold. ``file`` names it."""

    def __init__(self, file: str, message: str) -> None:
        self.file = file
        super().__init__(message)


@dataclass(frozen=True)
class Recorded:
    """What a manifest's evidence holds."""

    case: Case
    """The claim with its own run."""
    runs: dict[str, RunView]
    """Every recorded run by name."""


def read_recorded(manifest: Manifest, store: Store, file: str) -> Recorded:
    """Rebuild the case of a manifest. Raises ``EvidenceFailure`` for the first thing that does not hold."""
    loaded = load_pinned(manifest, store, file)
    records: dict[str, RunRecord] = {}
    observations: dict[str, bytes] = {}
    companion = companion_claims(loaded.claim)
    for record in manifest.runs:
        name = record.variation.name
        if name in records:
            raise EvidenceFailure(file, f"run {name} stands twice")
        records[name] = record
        claim, inputs = loaded.claim, dict(loaded.inputs)
        if name in companion:
            claim, inputs = companion[name][0], {companions.INPUT: companion[name][1]}
        changed = apply_transforms(inputs, record.variation.transforms)
        if {key: sha256(data) for key, data in changed.items()} != record.inputs:
            raise EvidenceFailure(file, f"run {name} was not given the inputs that its transforms make")
        if record.request is not None:
            request = request_bytes(claim, record.variation, inputs)
            if sha256(request) != record.request or read(store, record.request) != request:
                raise EvidenceFailure(file, f"run {name} was not given the request that its variation makes")
        if record.observations is not None:
            observations[name] = read(store, record.observations)
        for digest in record.attachments.values():
            read(store, digest)
        if (record.outcome is RunOutcome.COMPLETED) != (
            record.observations is not None and record.exit_code == 0
        ):
            raise EvidenceFailure(file, f"run {name} is {record.outcome} with exit status {record.exit_code}")
    if MAIN not in records or manifest.runs[0].variation != main_variation(loaded):
        raise EvidenceFailure(file, "the first run is not the claim's own")
    runs = views(loaded, records, observations)
    case = Case(loaded, runs[MAIN])
    planned = (main_variation(loaded), *further_variations(case))
    if planned != tuple(record.variation for record in manifest.runs):
        raise EvidenceFailure(file, "the recorded runs are not those that attacks and controls ask for")
    return Recorded(case, runs)


def load_pinned(manifest: Manifest, store: Store, file: str) -> LoadedClaim:
    """The claim with its source, script and inputs, from the evidence."""
    pinned = manifest.pinned
    claim = _record(store, pinned.claim, Claim)
    paper, base = _record(store, pinned.paper, Paper), _record(store, pinned.base, Paper)
    if paper.id != manifest.paper or claim.id != manifest.claim:
        raise EvidenceFailure(file, f"is about {paper.id}/{claim.id}")
    if base.id != (paper.based_on or paper.id):
        raise EvidenceFailure(file, f"takes its facts from {base.id}, which {paper.id} is not based on")
    table_bytes = {name: read(store, digest) for name, digest in pinned.tables.items()}
    tables = {}
    for table in base.tables:
        if pinned.tables.get(table.name) != table.sha256:
            raise EvidenceFailure(file, f"table {table.name} is not the one that the paper record pins")
        parsed, problems = parse_table(
            table.name, table_bytes[table.name], file=table.file, roles=table.roles
        )
        if parsed is None or problems:
            raise EvidenceFailure(file, f"table {table.name}: {problems[0].message}")
        tables[table.name] = parsed
    inputs = {name: read(store, digest) for name, digest in pinned.inputs.items()}
    declared = {f"{name}.csv": table_bytes.get(name) for name in claim.reproduction.inputs}
    for name, data in declared.items():
        if inputs.get(name) != data:
            raise EvidenceFailure(file, f"input {name} is not the table of that name")
    files = {item.sha256 for item in claim.reproduction.files}
    if {sha256(data) for name, data in inputs.items() if name not in declared} != files:
        raise EvidenceFailure(file, "the input files are not those that the claim record pins")
    source = Source(paper, base, tables, table_bytes)
    for complaint in (*paper_problems(paper), *claim_problems(claim, base, tables)):
        raise EvidenceFailure(file, f"the record is invalid: {complaint[1]}")
    return LoadedClaim(claim, source, read(store, pinned.script), inputs, folder="")


def read(store: Store, digest: str) -> bytes:
    """A piece of evidence whose digest holds; raises ``EvidenceFailure``."""
    path = store.evidence_path(digest)
    try:
        if path.stat().st_size > MAX_EVIDENCE_BYTES:
            raise EvidenceFailure(str(path), f"has more than {MAX_EVIDENCE_BYTES} bytes")
        data = store.get(digest)
    except OSError as error:
        raise EvidenceFailure(str(path), f"cannot be read: {error.strerror}") from None
    if sha256(data) != digest:
        raise EvidenceFailure(str(path), "has been changed: its digest is not its name")
    return data


def _record(store: Store, digest: str, model: type[R]) -> R:
    data = read(store, digest)
    try:
        record = model.model_validate_json(data, strict=True)
    except ValidationError as error:
        first = error.errors()[0]
        raise EvidenceFailure(
            str(store.evidence_path(digest)), f"is no valid record: {first['msg']}"
        ) from None
    if canonical_bytes(record) != data:
        raise EvidenceFailure(str(store.evidence_path(digest)), "is not the canonical form of its record")
    return record
