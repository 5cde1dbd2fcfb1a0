"""The request file that a script reads: derived from the record and a variation, so an auditor derives it again."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import PurePosixPath

from harness.canonical import document_bytes
from harness.records.claim import Claim
from harness.records.observations import PROTOCOL
from harness.records.run import Variation
from harness.sandbox.interface import PLACE


def request_bytes(claim: Claim, variation: Variation, input_files: Iterable[str]) -> bytes:
    """Canonical JSON of one request. ``input_files`` are the declared inputs' file names.

    Files of a resource, such as ``xquad-r/en.json``, lie in one folder under the resource's name.
    """
    parameters = {**claim.reproduction.parameters, **variation.parameters}
    return document_bytes(
        {
            "protocol": PROTOCOL,
            "parameters": parameters,
            "seed": variation.seed,
            # A removed input keeps its entry: the script finds no file there and must say so.
            "inputs": dict(_named(name) for name in sorted(input_files)),
            "output": f"{PLACE}/run/observations.json",
        }
    )


def _named(file: str) -> tuple[str, str]:
    """Name under which the script finds an input, and the path of its file or folder."""
    resource, slash, _path = file.partition("/")
    return (
        (resource, f"{PLACE}/inputs/{resource}")
        if slash
        else (PurePosixPath(file).stem, f"{PLACE}/inputs/{file}")
    )
