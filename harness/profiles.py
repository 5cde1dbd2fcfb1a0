"""The size at which a claim is run: its record as it stands, or with one of the profiles that it declares. Pure."""

from __future__ import annotations

from harness.records.claim import Claim, ProfileName
from harness.yaml_input import FieldPath

RECORD_ITSELF = "embedded"
"""Name of the size that the record itself describes."""
_REPLACED = ("resources", "rehearsal", "seeds", "limits", "fidelity")
"""What a profile replaces as a whole; of the parameters it replaces single ones."""


def profile_of(claim: Claim, wanted: str) -> ProfileName | None:
    """The profile that a claim is run with where one is asked for; ``None`` for the record as it stands."""
    return next((name for name in claim.reproduction.profiles or {} if name == wanted), None)


def with_profile(claim: Claim, profile: ProfileName | None) -> Claim:
    """The claim as a run of one size sees it: an ordinary record without profiles.

    Raises:
        KeyError: the record does not declare this profile.
    """
    own, changed = claim.reproduction, {}
    if profile is not None:
        size = (own.profiles or {})[profile]
        changed = {name: value for name in _REPLACED if (value := getattr(size, name)) is not None}
        changed["parameters"] = {**own.parameters, **size.parameters}
    return claim.model_copy(update={"reproduction": own.model_copy(update={**changed, "profiles": None})})


def where_written(path: FieldPath, claim: Claim, profile: ProfileName) -> FieldPath:
    """The place in the record where a field of the claim with a profile is written."""
    size = (claim.reproduction.profiles or {})[profile]
    if path[0] != "reproduction" or len(path) < 2:
        return path
    name = str(path[1])
    written = name in _REPLACED and getattr(size, name) is not None
    if name == "parameters":
        written = len(path) > 2 and path[2] in size.parameters
    return ("reproduction", "profiles", profile, *path[1:]) if written else path
