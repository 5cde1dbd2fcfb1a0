"""Many claims at once: workers, progress, and what is published when they are done or stopped."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from pydantic import ValidationError

from harness.canonical import document_bytes
from harness.errors import CannotRun, InputError
from harness.evidence import EvidenceFailure, load_pinned
from harness.interrupts import undisturbed
from harness.loading import LoadedClaim
from harness.pipeline import Cancelled, World, verify_claim
from harness.publication import derive
from harness.records.claim import folder_name
from harness.records.manifest import Manifest
from harness.records.paper import Paper
from harness.store import Store

POLL_SECONDS = 0.2


class Interrupted(CannotRun):
    """The user stopped the run. What was finished is whole and published."""


@dataclass
class Outcome:
    """What a run of many claims gave."""

    manifests: list[Manifest] = field(default_factory=list)
    """Manifests in name order."""
    failed: dict[str, str] = field(default_factory=dict)
    """Claims that gave no manifest because the harness failed, with the reason."""


def chosen(claims: Sequence[LoadedClaim], pattern: str | None) -> list[LoadedClaim]:
    """Claims whose ``paper/claim`` or bare name matches a glob. Raises ``InputError`` when none does.

    Names are those of the records, without a profile.
    """
    if pattern is None:
        return list(claims)
    matching = [
        item for item in claims if fnmatchcase(item.name, pattern) or fnmatchcase(item.claim.id, pattern)
    ]
    if not matching:
        known = ", ".join(item.name for item in claims[:20])
        raise InputError(f"--only {pattern}: matches none of {known}")
    return matching


def run_claims(
    claims: Sequence[LoadedClaim],
    world: World,
    *,
    jobs: int,
    done: Callable[[LoadedClaim, Manifest], None],
) -> Outcome:
    """Verify claims with ``jobs`` at a time and publish paper documents and the summary.

    Raises ``Interrupted`` after a keyboard interrupt, with everything finished published, and ``CannotRun``
    when the artifacts cannot be written.
    """
    outcome = Outcome()
    # What is there already must be readable, or the summary could not be written at the end.
    _existing(
        world.store,
        without={(item.source.paper.id, folder_name(item.claim.id, item.profile)) for item in claims},
    )
    pool = ThreadPoolExecutor(max_workers=jobs, thread_name_prefix="claim")
    waiting: dict[Future[Manifest], LoadedClaim] = {}
    interrupted = False
    broken: BaseException | None = None
    try:
        waiting = {pool.submit(verify_claim, item, world): item for item in claims}
        left = set(waiting)
        while left:
            finished, left = wait(left, timeout=POLL_SECONDS, return_when=FIRST_COMPLETED)
            for future in finished:
                broken = _take(future, waiting[future], outcome, done) or broken
            if broken is not None:
                break
    except KeyboardInterrupt:
        interrupted = True
    except BaseException as error:  # whatever it is, the claims that still run must end first
        broken = error
    with undisturbed() as noted:
        if interrupted or broken is not None:
            world.cancelled.set()
        pool.shutdown(wait=True, cancel_futures=True)
        for future, item in waiting.items():
            if future.done() and not future.cancelled():
                broken = _take(future, item, outcome, done) or broken
        if broken is not None:
            raise broken
        publish(world.store)
    outcome.manifests.sort(key=lambda manifest: (manifest.paper, manifest.folder))
    if interrupted or noted:
        raise Interrupted(
            f"interrupted; {len(outcome.manifests)} of {len(claims)} claims are finished and published"
        )
    return outcome


def _take(
    future: Future[Manifest],
    item: LoadedClaim,
    outcome: Outcome,
    done: Callable[[LoadedClaim, Manifest], None],
) -> BaseException | None:
    """Note a finished claim; return an error that must stop everything."""
    try:
        manifest = future.result()
    except Cancelled:
        return None
    except CannotRun as error:
        return error
    except Exception as error:
        outcome.failed[item.name] = f"{type(error).__name__}: {error}"
        return None
    if all((m.paper, m.folder) != (manifest.paper, manifest.folder) for m in outcome.manifests):
        outcome.manifests.append(manifest)
        done(item, manifest)
    return None


def publish(store: Store) -> None:
    """Derive paper documents and the summary from every manifest in the folder, and write them."""
    manifests, papers = _existing(store, without=set())
    documents, summary = derive(papers, manifests)
    for paper, data in documents.items():
        store.save_paper(paper, data)
    store.save_summary(summary)


def _existing(
    store: Store, *, without: set[tuple[str, str]]
) -> tuple[dict[tuple[str, str], tuple[Manifest, bytes]], dict[str, Paper]]:
    manifests: dict[tuple[str, str], tuple[Manifest, bytes]] = {}
    papers: dict[str, Paper] = {}
    for path in store.manifests():
        key = (path.parent.parent.name, path.parent.name)
        if key in without:
            continue
        data = path.read_bytes()
        try:
            manifest = Manifest.model_validate_json(data, strict=True)
            papers[manifest.paper] = load_pinned(manifest, store, str(path)).source.paper
        except (ValidationError, EvidenceFailure) as error:
            text = str(error).splitlines()[0]
            raise InputError(f"{path}: cannot be used ({text}); choose another --out or remove it") from None
        if document_bytes(manifest) != data or (manifest.paper, manifest.folder) != key:
            raise InputError(f"{path}: is not what this harness wrote; choose another --out or remove it")
        manifests[key] = (manifest, data)
    return manifests, papers
