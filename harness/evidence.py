"""From a manifest and its evidence back to a case, checking every digest on the way. Executes nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

from pydantic import ValidationError

from harness.assessment import (
    MAIN,
    follow_ups,
    further_variations,
    is_attack,
    left_out_because,
    main_variation,
    rehearsal_variations,
    views,
)
from harness.canonical import canonical_bytes, sha256
from harness.documents.bounded import Extracted
from harness.documents.extraction import MAX_TEXT
from harness.errors import AuditFailure
from harness.loading import Document, LoadedClaim, Source, sized, unsized
from harness.own_runs import own_runs
from harness.record_checks import claim_problems, paper_problems
from harness.records.base import Record
from harness.records.claim import Claim
from harness.records.manifest import Manifest
from harness.records.paper import Paper
from harness.records.run import RunOutcome, RunRecord
from harness.redteam.interface import Case, Plugin, RunView
from harness.rehearsing import REHEARSAL
from harness.requests import request_bytes
from harness.resources import inputs_of_run, lacked_resource
from harness.reviewer.checking import complaints
from harness.script_edits import apply_edit
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


class PluginMissing(EvidenceFailure):
    """What a plug-in found cannot be derived again, because that plug-in is not at hand."""


@dataclass(frozen=True)
class Recorded:
    """What a manifest's evidence holds."""

    case: Case
    """The claim with its own run."""
    runs: dict[str, RunView]
    """Every recorded run by name."""


def read_recorded(manifest: Manifest, store: Store, file: str, plugins: Sequence[Plugin] = ()) -> Recorded:
    """Rebuild the case of a manifest; ``plugins`` are those at hand, of which the manifest's own are taken.

    Raises ``EvidenceFailure`` for the first thing that does not hold, and ``PluginMissing`` where a plug-in that the
    manifest names is not at hand in the version it names.
    """
    theirs = _plugins(manifest, plugins, file)
    loaded = load_pinned(manifest, store, file)
    records: dict[str, RunRecord] = {}
    observations: dict[str, bytes] = {}
    own = own_runs(loaded.claim)
    for record in manifest.runs:
        name = record.variation.name
        if name in records:
            raise EvidenceFailure(file, f"run {name} stands twice")
        records[name] = record
        claim, script, inputs = loaded.claim, loaded.script, dict(loaded.inputs)
        if name in own:
            claim, script, inputs = own[name].claim, own[name].script, dict(own[name].inputs)
        try:
            edited = apply_edit(script, record.variation.edit)
        except ValueError as error:
            raise EvidenceFailure(file, f"run {name}: {error}") from None
        if record.script != sha256(edited):
            raise EvidenceFailure(file, f"run {name} did not execute the script that its variation makes")
        changed = apply_transforms(inputs, record.variation.transforms)
        given = {key: sha256(data) for key, data in changed.items()}
        some = not lacked_resource(record) or any(key in record.inputs for key in loaded.resources)
        if name not in own and some:
            given |= inputs_of_run(loaded.resources, record.variation.transforms, record.inputs)
        if given != record.inputs:
            raise EvidenceFailure(file, f"run {name} was not given the inputs that its transforms make")
        if record.request is not None:
            names = inputs if name in own else loaded.input_names
            request = request_bytes(claim, record.variation, names)
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
    case = Case(loaded, runs[MAIN], theirs, runs.get(REHEARSAL))
    first = (main_variation(loaded), *rehearsal_variations(case), *further_variations(case))
    seen = {variation.name: runs[variation.name] for variation in first if variation.name in runs}
    planned = (*first, *follow_ups(case, seen))
    left_out = [item.variation for item in manifest.left_out]
    made = tuple(item for item in planned if item.name not in left_out or not is_attack(item))
    if made != tuple(record.variation for record in manifest.runs) or left_out != [
        item.name for item in planned if item not in made
    ]:
        raise EvidenceFailure(file, "the recorded runs are not those that attacks and controls ask for")
    if any(item.why != left_out_because(loaded.claim) for item in manifest.left_out):
        raise EvidenceFailure(file, "runs were left out for a reason that the claim record does not give")
    return Recorded(case, runs)


def _plugins(manifest: Manifest, at_hand: Sequence[Plugin], file: str) -> tuple[Plugin, ...]:
    """The plug-ins that a manifest names. Raises ``PluginMissing``."""
    found = []
    for used in manifest.plugins:
        same = next((plugin for plugin in at_hand if plugin.used.name == used.name), None)
        if same is None:
            raise PluginMissing(
                file,
                f"cannot be checked without plug-in {used.name} of {used.distribution} {used.version}; "
                f"install it and name it with --plugin {used.name}",
            )
        if same.used != used:
            raise PluginMissing(
                file,
                f"cannot be checked with plug-in {used.name} of {same.used.distribution} {same.used.version}: "
                f"it was made with {used.distribution} {used.version}",
            )
        found.append(same)
    return tuple(found)


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
    source = Source(paper, base, tables, table_bytes, _documents(manifest, base, store, file))
    for complaint in (*paper_problems(paper), *claim_problems(claim, base, tables)):
        raise EvidenceFailure(file, f"the record is invalid: {complaint[1]}")
    if (pinned.imports is None) != (claim.reproduction.imports is None):
        raise EvidenceFailure(file, "the pinned library is not the one that the claim record names")
    loaded = unsized(
        LoadedClaim(
            claim,
            source,
            read(store, pinned.script),
            inputs,
            folder="",
            suggestions=manifest.suggestions,
            imports=pinned.imports,
        )
    )
    if pinned.profile is not None:
        if pinned.profile not in (claim.reproduction.profiles or {}):
            raise EvidenceFailure(file, f"the claim record has no profile {pinned.profile}")
        loaded = sized(loaded, pinned.profile)
    for suggestion in loaded.suggested:
        for sentence in complaints(suggestion, loaded):
            raise EvidenceFailure(file, f"a suggestion does not fit the claim: {sentence}")
    return loaded


def _documents(manifest: Manifest, base: Paper, store: Store, file: str) -> dict[str, Document]:
    """The source's documents with the texts that were pinned; whether those texts are theirs is asked elsewhere."""
    pinned = manifest.pinned.documents or {}
    if {name: item.document for name, item in pinned.items()} != {
        item.name: item.sha256 for item in base.documents or ()
    }:
        raise EvidenceFailure(file, "the documents are not those that the paper record pins")
    documents = {}
    for item in base.documents or ():
        text = pinned[item.name]
        try:
            extracted = Extracted(
                read(store, text.text).decode("utf-8"), text.parser, text.version, text.form
            )
        except UnicodeDecodeError:
            raise EvidenceFailure(file, f"the text of document {item.name} is not UTF-8") from None
        if len(extracted.text) > MAX_TEXT:
            raise EvidenceFailure(
                file, f"the text of document {item.name} is longer than any that is extracted"
            )
        documents[item.name] = Document(read(store, text.document), extracted)
    return documents


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
