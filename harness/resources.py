"""Which files of the source's public data a claim uses, and what runs are given of them. Pure.

The bytes are nowhere in the records: a run gets them from a folder of the user's, held to the pinned digests.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from harness.canonical import sha256
from harness.records.claim import Claim
from harness.records.paper import Paper, Resource
from harness.records.run import RunOutcome, RunRecord, Transform
from harness.transforms import concerns

MAX_CHANGED_BYTES = 64 << 20
"""Size of the largest file whose values attacks and controls change."""


@dataclass(frozen=True)
class PinnedFile:
    """A file of a resource, as the record pins it."""

    resource: str
    """Name of the resource."""
    kind: str
    """``data`` or ``model``."""
    path: str
    """Path in the resource's folder."""
    sha256: str
    """Its digest."""
    size: int
    """Its size, in bytes."""

    @property
    def name(self) -> str:
        """Name among the inputs of a run: ``<resource>/<path>``."""
        return f"{self.resource}/{self.path}"


def pinned_files(claim: Claim, base: Paper) -> dict[str, PinnedFile]:
    """The files that a claim uses, by name, in name order. Whatever the paper does not declare is left out."""
    found = [
        PinnedFile(resource.name, resource.kind, file.path, file.sha256, file.bytes)
        for resource in base.resources or ()
        for file in resource.files
        if {resource.name, f"{resource.name}/{file.path}"} & set(claim.reproduction.resources or ())
    ]
    return {file.name: file for file in sorted(found, key=lambda file: file.name)}


def resources_used(claim: Claim, base: Paper) -> tuple[Resource, ...]:
    """The resources of which a claim uses files, in the order of the paper's record."""
    names = {file.resource for file in pinned_files(claim, base).values()}
    return tuple(resource for resource in base.resources or () if resource.name in names)


def inputs_of_run(
    files: Mapping[str, PinnedFile], transforms: Sequence[Transform], recorded: Mapping[str, str]
) -> dict[str, str]:
    """Digests of the resources' files that a run with these transforms must have been given.

    The digest of a file whose values change can be derived only from its bytes. For an auditor who does not have them
    it is the recorded one; of a file that is emptied, removed or left alone it is known without them.
    """
    given: dict[str, str] = {}
    for name, file in files.items():
        digest: str | None = file.sha256
        for transform in transforms:
            if digest is None or not concerns(transform, name):
                continue
            if transform.do == "remove":
                digest = None
            elif transform.do == "empty" and not name.endswith(".csv"):
                digest = sha256(b"")
            elif digest != sha256(b""):
                digest = recorded.get(name, "")
        if digest is not None:
            given[name] = digest
    return given


def lacked_resource(record: RunRecord) -> bool:
    """Whether a run did not begin for want of something that it needs."""
    return record.outcome is RunOutcome.MISSING_RESOURCE and record.request is None


def remedy(claim: Claim, base: Paper) -> str:
    """What to do for a run that lacks a resource; empty for a claim that uses none."""
    used = resources_used(claim, base)
    if not used:
        return ""
    ways = [
        f"`harness data pull {resource.name} --to DIR`"
        if resource.urls
        else f"the files of {resource.name} ({resource.revision}) in DIR/{resource.name}"
        for resource in used
    ]
    return f"{' and '.join(ways)}, then `harness run --data DIR`."
