"""Runs of scripts of the harness beside a claim's own: companions whose answer is known, and searches."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from harness import companions
from harness.controls import companion_claims
from harness.formal import search_runs
from harness.records.claim import Claim


@dataclass(frozen=True)
class OwnRun:
    """What runs under the name of a variation in place of the claim's script."""

    claim: Claim
    """Its record: limits, parameters, and what it reports."""
    script_name: str
    """File name of the script."""
    script: bytes
    """The script."""
    inputs: Mapping[str, bytes]
    """Its input files."""


def own_runs(claim: Claim) -> dict[str, OwnRun]:
    """For each run that executes a script of the harness: what it executes."""
    found = {
        name: OwnRun(record, "companion.py", companions.SCRIPT, {companions.INPUT: data})
        for name, (record, data) in companion_claims(claim).items()
    }
    if claim.predicate is not None:
        inputs = search_runs.search_inputs(claim.predicate)
        for name, which in search_runs.search_runs(claim).items():
            found[name] = OwnRun(search_runs.search_claim(which), "search.py", search_runs.SCRIPT, inputs)
    return found
