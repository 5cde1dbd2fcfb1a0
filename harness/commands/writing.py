"""Commands for those who write claims: they run nothing."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from harness.commands.options import AsJson, ClaimsFolder, Exit, Only, plural, print_json, visible
from harness.errors import InputError, InvalidRecord


def check(
    claims: ClaimsFolder,
    as_json: AsJson = False,
) -> None:
    """Validate every record; run nothing."""
    from harness.loading import load_claims

    try:
        loaded = load_claims(claims)
    except InvalidRecord as error:
        if not as_json:
            raise
        print_json({"valid": False, "problems": [vars(problem) for problem in error.problems]})
        raise typer.Exit(Exit.USAGE) from None
    if as_json:
        print_json({"valid": True, "claims": [item.name for item in loaded]})
        return
    papers = len({item.source.paper.id for item in loaded})
    typer.echo(f"{len(loaded)} claim{plural(len(loaded))} of {papers} paper{plural(papers)} valid.")


def suggest(
    claims: ClaimsFolder,
    endpoint: Annotated[str, typer.Option(help="Base address of an OpenAI-compatible API.")],
    model: Annotated[str, typer.Option(help="Name of the model there.")],
    key_from: Annotated[
        str | None, typer.Option(help="Environment variable that holds the key of the API.")
    ] = None,
    out: Annotated[Path, typer.Option(help="Folder to write.")] = Path("suggestions"),
    only: Only = None,
    timeout: Annotated[float, typer.Option(min=1, help="Longest wait for an answer, in seconds.")] = 120.0,
    as_json: AsJson = False,
) -> None:
    """Ask a language model what the red team could try. It decides nothing, and nothing is run."""
    from harness.loading import load_claims
    from harness.reviewer.asking import ask_about
    from harness.reviewer.checking import save_suggestions
    from harness.reviewer.endpoint import Endpoint
    from harness.runner import chosen

    selected = chosen(load_claims(claims), only)
    key = None if key_from is None else os.environ.get(key_from)
    if key_from is not None and not key:
        raise InputError(f"--key-from {key_from}: there is no such environment variable")
    reviewer = Endpoint(endpoint, model, key, timeout)
    answers = []
    for loaded in selected:
        asked = ask_about(loaded, reviewer.ask, reviewer.name)
        path = save_suggestions(out, asked.suggestions)
        answers.append(
            {"file": str(path), "kept": len(asked.suggestions.suggestions), "dropped": asked.dropped}
        )
        if not as_json:
            typer.echo(f"{path}: {len(asked.suggestions.suggestions)} suggestions")
            for sentence in asked.dropped:
                typer.echo(f"  dropped: {visible(sentence)}")
    if as_json:
        print_json({"asked": answers})


def forensics(
    paper: Annotated[Path, typer.Argument(help="A paper's folder, or a folder of CSV files.")],
    rounding: Annotated[
        str, typer.Option(help="How numbers were rounded: unknown, half-up, half-even or truncation.")
    ] = "unknown",
    zeros: Annotated[str, typer.Option(help="Trailing zeros: auto, kept (as printed) or dropped.")] = "auto",
    as_json: AsJson = False,
) -> None:
    """Check whether the printed numbers of a paper can all be true. Needs no claims.

    Exit codes: 0 no inconsistency, 1 a number is impossible or inconsistent, 2 usage or invalid input.
    """
    from harness.forensics.examine import examine
    from harness.forensics.folder import read_folder
    from harness.records.forensics import Severity
    from harness.report.forensics import report_text
    from harness.stats.rounding_rules import Rounding

    report = examine(
        read_folder(
            paper,
            rounding=Rounding(_one_of("--rounding", rounding, list(Rounding))),
            zeros=_one_of("--zeros", zeros, ["auto", "kept", "dropped"]),
        )
    )
    if as_json:
        print_json(report.as_json())
    else:
        sys.stdout.write(report_text(report))
    if report.counts[Severity.IMPOSSIBLE] or report.counts[Severity.INCONSISTENT]:
        raise typer.Exit(Exit.FALSIFIED)


def _one_of(option: str, given: str, choices: Sequence[str]) -> str:
    if given not in choices:
        raise InputError(f"{option} must be one of {', '.join(choices)}, not {given!r}")
    return given
