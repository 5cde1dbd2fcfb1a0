"""What a record must satisfy where it speaks of resources."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from harness.records.claim import Claim
from harness.records.paper import Paper
from harness.records.run import Transform
from harness.resources import MAX_CHANGED_BYTES, pinned_files
from harness.transforms import concerns
from harness.yaml_input import FieldPath

Complaint = tuple[FieldPath, str]

_WITHOUT_READING = ("empty", "remove")


def declared(paper: Paper) -> Iterator[Complaint]:
    """Mistakes in the resources that a paper declares."""
    for name, count in Counter(resource.name for resource in paper.resources or ()).items():
        if count > 1:
            yield ("resources",), f"{name!r} stands twice"
    for index, resource in enumerate(paper.resources or ()):
        paths = [file.path for file in resource.files]
        for number, path in enumerate(paths):
            if path in paths[:number]:
                yield ("resources", index, "files", number, "path"), f"{path!r} stands twice"
            elif any(other.startswith(f"{path}/") for other in paths):
                yield ("resources", index, "files", number, "path"), f"{path!r} is a folder of another file"


def used(claim: Claim, base: Paper) -> Iterator[Complaint]:
    """Mistakes in the names of the resources that a claim uses."""
    known = {resource.name: {file.path for file in resource.files} for resource in base.resources or ()}
    others = {*claim.reproduction.inputs, *(file.name for file in claim.reproduction.files)}
    names = claim.reproduction.resources or ()
    for index, name in enumerate(names):
        where: FieldPath = ("reproduction", "resources", index)
        resource, _slash, path = name.partition("/")
        if resource not in known:
            there = ", ".join(known) or "none"
            yield where, f"{resource!r} is not one of the resources of {base.id}; there are {there}"
        elif path and path not in known[resource]:
            yield where, f"{path!r} is not one of the files of resource {resource}"
        elif name in names[:index] or (path and resource in names):
            yield where, f"{name!r} stands twice"
        elif resource in others:
            yield where, f"an input and a resource cannot both be called {resource!r}"


def names_in_transforms(claim: Claim, base: Paper) -> set[str]:
    """Names by which a transform may mean resources of a claim or files of them."""
    files = pinned_files(claim, base).values()
    return {file.resource for file in files} | {file.name for file in files}


def unchangeable(transform: Transform, claim: Claim, base: Paper, path: FieldPath) -> Iterator[Complaint]:
    """Changes of values in files that are too large for that."""
    if transform.do in _WITHOUT_READING:
        return
    for name, file in pinned_files(claim, base).items():
        if concerns(transform, name) and file.size > MAX_CHANGED_BYTES:
            yield (
                (*path, "inputs"),
                f"{name} has {file.size} bytes; values are changed in files of at most {MAX_CHANGED_BYTES}, so name "
                "the inputs that are meant, or use empty or remove",
            )
