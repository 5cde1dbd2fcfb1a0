"""From a folder to claims with their truth: every problem at once, each with file, line and field."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from harness.errors import InputError, InvalidRecord, Problem
from harness.loading import LoadedClaim, load_record
from harness.records.gauntlet import Truth

FILE = "truth.yaml"
PLACE = Path("tests") / "gauntlet" / "claims"
"""Where a checkout of the harness keeps its own."""


def default_claims(here: Path) -> Path:
    """The gauntlet of the checkout in which a folder lies. Raises ``InputError`` where there is none."""
    for folder in (here, *here.parents):
        if (folder / PLACE).is_dir():
            return folder / PLACE
    raise InputError(
        f"{here} lies in no checkout of the harness: there is no {PLACE}; give a folder with --claims "
        "(docs/formats/gauntlet-v1.md says what is in it)"
    )


def load_truths(claims: Sequence[LoadedClaim]) -> dict[str, Truth]:
    """The truth of every claim by its ``paper/claim``. Raises ``InvalidRecord`` with all problems."""
    truths: dict[str, Truth] = {}
    problems: list[Problem] = []
    for item in claims:
        truth, document, found = load_record(Path(item.folder) / FILE, Truth)
        problems += found
        if truth is None:
            continue
        truths[item.name] = truth
        if truth.twin is None:
            continue
        path = Path(item.folder).parent / truth.twin / FILE
        twin = load_record(path, Truth)[0] if path.is_file() else None
        if twin is None or not twin.honest:
            message = f"{truth.twin!r} is no honest claim of this paper"
            problems.append(Problem(str(Path(item.folder) / FILE), document.line(("twin",)), "twin", message))
    if problems:
        raise InvalidRecord(problems)
    return truths
