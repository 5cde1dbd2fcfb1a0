"""Suggestions against the claim that they are about: hostile input until every name in them is known."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from harness.canonical import document_bytes
from harness.errors import InputError, InvalidRecord, Problem
from harness.json_input import BadJson, parse_json
from harness.loading import LoadedClaim
from harness.record_checks import locator_complaints, transform_complaints
from harness.records.claim import Claim
from harness.records.suggestion import (
    LocatorSuggestion,
    ParametersSuggestion,
    Suggestion,
    Suggestions,
)
from harness.store import write_whole

MAX_BYTES = 256 * 2**10
"""Size of a suggestions file, and of an answer from an endpoint, in bytes."""

_ADAPTER: TypeAdapter[Suggestion] = TypeAdapter(Suggestion)


def read_suggestion(value: Any, loaded: LoadedClaim) -> Suggestion:
    """One suggestion that fits the claim. Raises ``ValueError`` with one sentence."""
    try:
        suggestion = _ADAPTER.validate_python(value)
    except ValidationError as error:
        first = error.errors()[0]
        raise ValueError(f"{'.'.join(str(part) for part in first['loc'])}: {first['msg']}") from None
    for complaint in complaints(suggestion, loaded):
        raise ValueError(complaint)
    return suggestion


def complaints(suggestion: Suggestion, loaded: LoadedClaim) -> Iterator[str]:
    """What does not fit the claim, one sentence each."""
    claim, source = loaded.claim, loaded.source
    if isinstance(suggestion, LocatorSuggestion):
        found = locator_complaints(suggestion.at, source.base, source.tables, ("at",))
    elif isinstance(suggestion, ParametersSuggestion):
        yield from _parameters(suggestion, claim)
        return
    else:
        names = {*claim.reproduction.inputs, *(file.name for file in claim.reproduction.files)}
        if not names:
            yield "transforms: the claim declares no inputs"
        found = (
            complaint
            for index, transform in enumerate(suggestion.transforms)
            for complaint in transform_complaints(transform, names, source.tables, ("transforms", index))
        )
    for path, message in found:
        yield f"{'.'.join(str(part) for part in path)}: {message}"


def _parameters(suggestion: ParametersSuggestion, claim: Claim) -> Iterator[str]:
    own = claim.reproduction.parameters
    for name, value in suggestion.parameters.items():
        if name not in own:
            yield f"parameters.{name}: is not one of the script's parameters"
        elif type(value) is not type(own[name]):
            yield f"parameters.{name}: must be of the same type as in the record"


def load_suggestions(folder: Path, loaded: LoadedClaim) -> Suggestions | None:
    """Suggestions for one claim, or None where the folder has none for it.

    Raises ``InvalidRecord`` with every problem of the file.
    """
    path = folder / loaded.source.paper.id / f"{loaded.claim.id}.json"
    if not path.exists():
        return None
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
        document = parse_json(data, max_bytes=MAX_BYTES)
        given = Suggestions.model_validate(document)
    except (BadJson, OSError) as error:
        raise InvalidRecord([Problem(str(path), 0, "", str(error))]) from None
    except ValidationError as error:
        raise InvalidRecord(
            [
                Problem(str(path), 0, ".".join(str(part) for part in item["loc"]), item["msg"])
                for item in error.errors()
            ]
        ) from None
    problems = [
        Problem(str(path), 0, f"suggestions.{index}", complaint)
        for index, suggestion in enumerate(given.suggestions)
        for complaint in complaints(suggestion, loaded)
    ]
    if (given.paper, given.claim) != (loaded.source.paper.id, loaded.claim.id):
        problems.append(Problem(str(path), 0, "claim", f"is about {given.paper}/{given.claim}"))
    if problems:
        raise InvalidRecord(problems)
    return given


def with_suggestions(folder: Path, claims: Sequence[LoadedClaim]) -> list[LoadedClaim]:
    """The claims with what a folder suggests for them. Raises ``InputError`` where there is no such folder, or nothing
    in it for any claim.
    """
    if not folder.is_dir():
        raise InputError(f"{folder}: no such folder of suggestions")
    found = [replace(item, suggestions=load_suggestions(folder, item)) for item in claims]
    if not any(item.suggestions for item in found):
        raise InputError(f"{folder}: holds no PAPER/CLAIM.json for any of the claims")
    return found


def save_suggestions(folder: Path, suggestions: Suggestions) -> Path:
    """Write suggestions to their place in a folder, whole or not at all."""
    path = folder / suggestions.paper / f"{suggestions.claim}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, document_bytes(suggestions))
    return path
