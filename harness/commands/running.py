"""Commands that take claims through the gates."""

from __future__ import annotations

import os
import signal
import tempfile
import threading
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from harness.commands.options import AsJson, ClaimsFolder, Data, Exit, Only, Plugins, data_folder, print_json
from harness.loading import LoadedClaim
from harness.records.gauntlet import GauntletReport
from harness.records.manifest import Manifest
from harness.records.verdict import Status
from harness.redteam.interface import Plugin
from harness.runner import Outcome


class Size(StrEnum):
    """How large runs are: the records as they stand, or with one of their profiles."""

    EMBEDDED = "embedded"
    MEDIUM = "medium"
    FULL = "full"


ATTACK_SECONDS = {Size.EMBEDDED: 600.0, Size.MEDIUM: 7200.0, Size.FULL: 86_400.0}
"""Attack budget of a claim unless another is given, in seconds."""


def run(
    claims: ClaimsFolder,
    out: Annotated[Path, typer.Option(help="Artifacts folder to write.")] = Path("artifacts"),
    jobs: Annotated[int, typer.Option(min=1, max=256, help="Claims at a time.")] = os.cpu_count() or 1,
    only: Only = None,
    profile: Annotated[
        Size,
        typer.Option(help="Size of the runs: a claim without that profile is run as its record stands."),
    ] = Size.EMBEDDED,
    suggestions: Annotated[
        Path | None, typer.Option(help="Folder of suggestions for the red team; see harness suggest.")
    ] = None,
    attack_seconds: Annotated[
        float | None,
        typer.Option(
            min=0,
            help="Attack budget: seconds of attack runs for each claim; 600 unless given, 7200 with --profile "
            "medium, 86400 with full.",
        ),
    ] = None,
    data: Data = None,
    plugin: Plugins = None,
    as_json: AsJson = False,
) -> None:
    """Take every claim through all gates to a verdict with evidence."""
    from harness.loading import load_claims, sized
    from harness.plugins import load as load_plugins
    from harness.runner import chosen

    selected = [sized(item, profile) for item in chosen(load_claims(claims), only)]
    if suggestions is not None:
        from harness.reviewer.checking import with_suggestions

        selected = with_suggestions(suggestions, selected)
    outcome = _run(
        selected,
        out,
        jobs,
        quiet=as_json,
        plugins=load_plugins(plugin or ()),
        attack_seconds=ATTACK_SECONDS[profile] if attack_seconds is None else attack_seconds,
        data=data_folder(data),
    )
    _show_run(outcome.manifests, outcome.failed, out, as_json)
    if outcome.failed:
        raise typer.Exit(Exit.CANNOT_RUN)
    raise typer.Exit(_code(outcome.manifests))


def gauntlet(
    claims: Annotated[
        Path | None,
        typer.Option(
            help="Folder of claims with a truth.yaml each; tests/gauntlet of this checkout if not given."
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(help="Keep manifests and evidence in this folder; thrown away if not given."),
    ] = None,
    jobs: Annotated[int, typer.Option(min=1, max=256, help="Claims at a time.")] = os.cpu_count() or 1,
    as_json: AsJson = False,
) -> None:
    """Measure the gates' own error rates on claims whose truth is known.

    Exit codes: 0 the goals hold, 1 a false VERIFIED or a false FALSIFIED, 2 usage or invalid record,
    3 no false verdict but too few honest true claims VERIFIED, 4 could not do the job.
    """
    from harness.gauntlet.scoring import score
    from harness.gauntlet.truths import default_claims, load_truths
    from harness.loading import load_claims

    selected = load_claims(default_claims(Path.cwd()) if claims is None else claims)
    truths = load_truths(selected)
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="harness-artifacts-") as folder:
        outcome = _run(selected, Path(folder) if out is None else out, jobs, quiet=as_json)
    report = score(outcome.manifests, truths, outcome.failed, seconds=time.monotonic() - started)
    _show_gauntlet(report, as_json)
    if report.failed:
        raise typer.Exit(Exit.CANNOT_RUN)
    if report.false_verified.count or report.false_falsified.count:
        raise typer.Exit(Exit.FALSIFIED)
    raise typer.Exit(Exit.GOOD if report.goals_hold else Exit.UNVERIFIED)


def _run(
    selected: Sequence[LoadedClaim],
    out: Path,
    jobs: int,
    *,
    quiet: bool,
    plugins: tuple[Plugin, ...] = (),
    attack_seconds: float = ATTACK_SECONDS[Size.EMBEDDED],
    data: Path | None = None,
) -> Outcome:
    """Every gate for every claim. ``run`` and ``gauntlet`` have this one way, so that no script can tell them apart."""
    from harness.pipeline import World
    from harness.report.progress import Progress
    from harness.runner import run_claims
    from harness.sandbox.select import STRONGEST, find_sandbox
    from harness.sandbox.staging import sweep
    from harness.store import Store

    # A service manager's SIGTERM is as good a reason to stop cleanly as Ctrl-C.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    sandbox = find_sandbox()
    if sandbox.label != STRONGEST:
        typer.echo(
            f"Scripts run under {sandbox.label} here; harness doctor says what {STRONGEST} needs.", err=True
        )
    sweep()
    store = Store(out)
    with store.locked(), Progress(len(selected), quiet=quiet) as progress:
        world = World(
            sandbox,
            store,
            lambda: datetime.now(UTC),
            threading.Event(),
            progress.step,
            plugins=plugins,
            attack_seconds=attack_seconds,
            data=data,
        )
        return run_claims(selected, world, jobs=jobs, done=progress.done)


def _show_run(manifests: Sequence[Manifest], failed: dict[str, str], out: Path, as_json: bool) -> None:
    from harness.report.text import closing_table, counts_line, reasons

    if as_json:
        print_json(
            {
                "claims": [
                    {
                        "paper": manifest.paper,
                        "claim": manifest.folder,
                        "status": manifest.verdict.status,
                        "reason_code": manifest.verdict.reason_code,
                        "reason": manifest.verdict.reason,
                        "avg_attack_score": manifest.avg_attack_score,
                        "manifest": str(out / manifest.paper / manifest.folder / "manifest.json"),
                    }
                    for manifest in manifests
                ],
                "counts": {
                    status: sum(manifest.verdict.status is status for manifest in manifests)
                    for status in Status
                },
                "failed": failed,
            }
        )
        return
    console = Console(highlight=False)
    console.print(closing_table(manifests))
    console.print()
    for paragraph in reasons(manifests):
        console.print(paragraph, markup=False, soft_wrap=True)
    console.print()
    console.print(f"{counts_line(manifests)}. Manifests and evidence: {out}", markup=False, soft_wrap=True)
    for name, why in failed.items():
        console.print(f"{name}: no manifest, the harness failed: {why}", markup=False, soft_wrap=True)


def _code(manifests: Sequence[Manifest]) -> Exit:
    statuses = {manifest.verdict.status for manifest in manifests}
    if Status.FALSIFIED in statuses:
        return Exit.FALSIFIED
    return Exit.GOOD if statuses == {Status.VERIFIED} else Exit.UNVERIFIED


def _show_gauntlet(report: GauntletReport, as_json: bool) -> None:
    from harness.report.gauntlet import class_table, totals, wrong_lines

    if as_json:
        print_json(report.as_json())
        return
    console = Console(highlight=False)
    console.print(class_table(report))
    console.print()
    for line in (*totals(report), *wrong_lines(report)):
        console.print(line, markup=False, soft_wrap=True)
