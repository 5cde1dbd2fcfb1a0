"""Commands that read manifests and evidence."""

from __future__ import annotations

import sys
import tempfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from harness.commands.options import (
    Artifacts,
    AsJson,
    ClaimName,
    Data,
    Exit,
    Plugins,
    data_folder,
    plural,
    print_json,
    visible,
)


def audit(
    artifacts: Annotated[Path, typer.Argument(help="Artifacts folder.")] = Path("artifacts"),
    replay: Annotated[bool, typer.Option("--replay", help="Run every script again and compare.")] = False,
    claims: Annotated[
        Path | None, typer.Option(help="Claims folder: every claim must be there as it is.")
    ] = None,
    data: Data = None,
    plugin: Plugins = None,
    as_json: AsJson = False,
) -> None:
    """Check manifests and evidence offline, deriving every verdict again."""
    from harness.audit import audit as run_audit
    from harness.plugins import load

    plugins = load(plugin or ())
    with _replayer(plugin or (), data_folder(data)) if replay else _no_replayer() as again:
        report = run_audit(artifacts, claims=claims, replay=again, plugins=plugins)
    if as_json:
        print_json(
            {
                "holds": report.holds,
                "manifests": report.manifests,
                "evidence": report.evidence,
                "replayed": report.replayed,
                "failures": [
                    {"file": visible(failure.file), "message": visible(failure.message)}
                    for failure in report.failures
                ],
                "unchecked": [
                    {"file": visible(item.file), "message": visible(item.message)}
                    for item in report.unchecked
                ],
                "notes": report.notes,
            }
        )
    else:
        for failure in report.failures:
            typer.echo(f"does not hold: {failure}")
        for item in report.unchecked:
            typer.echo(f"not checked: {item}")
        for note in report.notes:
            typer.echo(f"note: {note}")
        typer.echo(
            f"{report.manifests} manifests, {report.evidence} pieces of evidence"
            + (f", {report.replayed} claims run again" if replay else "")
            + (
                ": all hold."
                if report.holds
                else f": {len(report.failures)} failure{plural(len(report.failures))}"
                + (f", {len(report.unchecked)} not checked." if report.unchecked else ".")
            )
        )
    if report.unchecked and not report.failures:
        raise typer.Exit(Exit.CANNOT_RUN)
    if not report.holds:
        raise typer.Exit(Exit.DOES_NOT_HOLD)


def explain(
    claim: ClaimName,
    artifacts: Artifacts = Path("artifacts"),
    as_json: AsJson = False,
) -> None:
    """In plain words: what was tried, what broke, and what would settle the claim."""
    from harness.replaying import find_manifest
    from harness.report.explain import explanation

    manifest = find_manifest(claim, artifacts)
    if as_json:
        print_json(manifest.as_json())
    else:
        sys.stdout.write(explanation(manifest, Console().width))


def replay(
    claim: ClaimName,
    attack: Annotated[str, typer.Option(help="Name of the attack, such as replication/inputs-spoiled.")],
    artifacts: Artifacts = Path("artifacts"),
    data: Data = None,
    plugin: Plugins = None,
    as_json: AsJson = False,
) -> None:
    """Do one attack again from the recorded evidence, and compare with what was found."""
    from harness.replaying import replay_attack

    with throw_away_world(plugin or (), data_folder(data)) as world:
        recorded, again = replay_attack(claim, attack, artifacts, world)
    agrees = recorded == again
    if as_json:
        print_json({"agrees": agrees, "recorded": recorded.as_json(), "again": again.as_json()})
    else:
        typer.echo(f"{again.attack}: {again.status}" + (f", {again.effect}" if again.effect else ""))
        typer.echo(again.summary)
        typer.echo("The recorded finding is the same." if agrees else f"Recorded was: {recorded.summary}")
    if not agrees:
        raise typer.Exit(Exit.DOES_NOT_HOLD)


@contextmanager
def _no_replayer() -> Iterator[None]:
    yield None


@contextmanager
def _replayer(plugins: Sequence[str], data: Path | None) -> Iterator[Any]:
    """A function that runs a claim again in a throw-away artifacts folder."""
    from harness.pipeline import verify_claim

    with throw_away_world(plugins, data) as world:
        yield lambda loaded: verify_claim(loaded, world)


@contextmanager
def throw_away_world(plugins: Sequence[str], data: Path | None) -> Iterator[Any]:
    """A world whose artifacts are thrown away."""
    from harness.pipeline import World
    from harness.plugins import load
    from harness.sandbox.select import find_sandbox
    from harness.store import Store

    loaded = load(plugins)
    sandbox = find_sandbox()
    with tempfile.TemporaryDirectory(prefix="harness-replay-") as folder:
        store = Store(Path(folder))
        yield World(sandbox, store, lambda: datetime.now(UTC), threading.Event(), plugins=loaded, data=data)
