"""Runs of a claim's script with less to do, where its own run is too long to be made dozens of times. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from harness.records.claim import FIDELITY_ORDER, Claim
from harness.records.run import Variation

REHEARSAL = "rehearsal"
"""Name of the script's run at the size of attack runs and controls, with nothing else changed."""


def spared(claim: Claim) -> bool:
    """Whether attack runs and controls are not made: they are long, and no outcome of theirs could decide the claim.

    A run below the fidelity that the claim requires leaves it UNVERIFIED whatever it withstands.
    """
    own = claim.reproduction
    too_low = FIDELITY_ORDER[own.fidelity] < FIDELITY_ORDER[claim.requires.fidelity]
    return own.rehearsal is not None and too_low


def rehearsals(claim: Claim) -> tuple[Variation, ...]:
    """The rehearsal that a record asks for; none where attacks are not made, or at the size of the claim's own run."""
    if claim.reproduction.rehearsal is None or spared(claim):
        return ()
    return (rehearsed(claim, Variation(name=REHEARSAL, seed=claim.reproduction.seeds[0])),)


def rehearsed(claim: Claim, variation: Variation) -> Variation:
    """A variation at the size of the rehearsal; what it changes itself stays changed."""
    if claim.reproduction.rehearsal is None:
        return variation
    return _under(claim.reproduction.rehearsal.parameters, variation)


def full_size(claim: Claim, variation: Variation) -> Variation:
    """A variation at the size of the claim's own run, without what that makes beside its measurements."""
    if claim.reproduction.rehearsal is None:
        return variation
    return _under(claim.reproduction.rehearsal.beside, variation)


def _under(parameters: Mapping[str, Any], variation: Variation) -> Variation:
    return variation.model_copy(update={"parameters": {**parameters, **variation.parameters}})
