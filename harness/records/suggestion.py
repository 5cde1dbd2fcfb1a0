"""Work that somebody suggests for the red team: where to look, what to change. Suggestions decide nothing."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from harness.records.base import Identifier, JsonScalar, Record, Slug, Text
from harness.records.claim import TableLocator
from harness.records.run import Transform

MAX_SUGGESTIONS = 12
"""Suggestions taken for one claim; each may cost a run."""


class LocatorSuggestion(Record):
    """Look at this place of the source: it may print another number for what the claim is grounded in."""

    kind: Literal["locator"]
    """Kind of suggestion."""
    at: TableLocator
    """Where to look."""
    why: Text
    """Why there, in the words of whoever suggests it. Shown, and never read by a program."""


class ParametersSuggestion(Record):
    """Run the script with these parameters: the statement may fail there."""

    kind: Literal["parameters"]
    """Kind of suggestion."""
    parameters: dict[Identifier, JsonScalar | tuple[JsonScalar, ...]] = Field(min_length=1)
    """Parameters that replace those of the record."""
    why: Text
    """Why these. Shown, and never read by a program."""


class PerturbationSuggestion(Record):
    """Change the inputs like this: an honest script reports something else then."""

    kind: Literal["perturbation"]
    """Kind of suggestion."""
    transforms: tuple[Transform, ...] = Field(min_length=1, max_length=4)
    """Changes, applied in order."""
    why: Text
    """Why this change. Shown, and never read by a program."""


Suggestion = Annotated[
    LocatorSuggestion | ParametersSuggestion | PerturbationSuggestion, Field(discriminator="kind")
]
"""Any suggestion."""


class Suggestions(Record):
    """Suggestions for one claim. The file ``<paper>/<claim>.json`` in a suggestions folder."""

    record: Literal["suggestions-v1"]
    """Kind and version of this record."""
    paper: Slug
    """Paper of the claim."""
    claim: Slug
    """The claim."""
    by: Text
    """Who suggests: a person's name, or the model and endpoint that were asked."""
    suggestions: tuple[Suggestion, ...] = Field(max_length=MAX_SUGGESTIONS)
    """What to try; empty when nothing came to mind."""
