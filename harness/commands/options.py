"""What the commands share: exit codes, options, and how answers are printed."""

from __future__ import annotations

import json
import sys
from enum import IntEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from harness.errors import InputError


class Exit(IntEnum):
    """What each exit code means."""

    GOOD = 0
    FALSIFIED = 1
    USAGE = 2
    UNVERIFIED = 3
    CANNOT_RUN = 4
    DOES_NOT_HOLD = 5


AsJson = Annotated[bool, typer.Option("--json", help="One JSON document on standard output, for programs.")]
Plugins = Annotated[
    list[str] | None,
    typer.Option("--plugin", help="Installed plug-in whose attacks are made, too. Repeatable."),
]
Data = Annotated[
    Path | None,
    typer.Option(
        envvar="HARNESS_DATA",
        help="Folder of public data, with a subfolder for each resource; see harness data.",
    ),
]
Artifacts = Annotated[Path, typer.Option("--artifacts", help="Artifacts folder to read.")]
ClaimsFolder = Annotated[Path, typer.Argument(help="Claims folder, a paper's folder or a claim's folder.")]
Only = Annotated[str | None, typer.Option(help="Only claims whose PAPER/CLAIM or CLAIM matches.")]
ClaimName = Annotated[str, typer.Argument(help="PAPER/CLAIM, or CLAIM where that is unique.")]


def data_folder(data: Path | None) -> Path | None:
    """The folder of public data that was named, if any. Raises ``InputError`` when it is none."""
    if data is not None and not data.is_dir():
        raise InputError(f"--data {data}: no such folder")
    return data


def plural(count: int) -> str:
    """The ending of a noun after a count."""
    return "" if count == 1 else "s"


def print_json(value: Any) -> None:
    """One JSON document on standard output."""
    sys.stdout.write(json.dumps(value, indent=2, ensure_ascii=False) + "\n")


def visible(text: str) -> str:
    """A message with control characters spelled out: file names and labels in it may be hostile."""
    from harness.observing import printable

    return "\n".join(printable(line) for line in text.split("\n"))
