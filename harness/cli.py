"""The command line: parse, call one function, print, choose the exit code. No logic.

Exit codes: 0 all VERIFIED, or all holds · 1 something FALSIFIED · 2 usage or invalid record · 3 nothing FALSIFIED,
something UNVERIFIED · 4 we could not do the job · 5 an audited manifest does not hold.
"""

from __future__ import annotations

import atexit
import json
import os
import signal
import sys
import threading
import time
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from enum import IntEnum
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from harness.errors import AuditFailure, CannotRun, HarnessError, InputError, InvalidRecord
from harness.interrupts import SIGNALS
from harness.loading import LoadedClaim
from harness.records.gauntlet import GauntletReport
from harness.records.manifest import Manifest
from harness.records.verdict import Status
from harness.redteam.interface import Plugin
from harness.runner import Interrupted, Outcome


class Exit(IntEnum):
    """What each exit code means."""

    GOOD = 0
    FALSIFIED = 1
    USAGE = 2
    UNVERIFIED = 3
    CANNOT_RUN = 4
    DOES_NOT_HOLD = 5


app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Check claims of papers by programs with replayable evidence.",
    epilog="Exit codes: 0 all VERIFIED or all holds, 1 something FALSIFIED, 2 usage or invalid record, "
    "3 something UNVERIFIED, 4 could not do the job, 5 an audited manifest does not hold.",
)

ATTACK_SECONDS = 600.0
"""Attack budget of a claim unless another is given, in seconds."""
INTERRUPTED = 130
"""What the command-line library answers to Ctrl-C outside of a run."""

Json = Annotated[bool, typer.Option("--json", help="One JSON document on standard output, for programs.")]
Plugins = Annotated[
    list[str] | None,
    typer.Option("--plugin", help="Installed plug-in whose attacks are made, too. Repeatable."),
]
Artifacts = Annotated[Path, typer.Option("--artifacts", help="Artifacts folder to read.")]


@app.command()
def run(
    claims: Annotated[Path, typer.Argument(help="Claims folder, a paper's folder or a claim's folder.")],
    out: Annotated[Path, typer.Option(help="Artifacts folder to write.")] = Path("artifacts"),
    jobs: Annotated[int, typer.Option(min=1, max=256, help="Claims at a time.")] = os.cpu_count() or 1,
    only: Annotated[str | None, typer.Option(help="Only claims whose PAPER/CLAIM or CLAIM matches.")] = None,
    suggestions: Annotated[
        Path | None, typer.Option(help="Folder of suggestions for the red team; see harness suggest.")
    ] = None,
    attack_seconds: Annotated[
        float, typer.Option(min=0, help="Attack budget: seconds of attack runs for each claim.")
    ] = ATTACK_SECONDS,
    plugin: Plugins = None,
    as_json: Json = False,
) -> None:
    """Take every claim through all gates to a verdict with evidence."""
    from harness.loading import load_claims
    from harness.plugins import load as load_plugins
    from harness.runner import chosen

    selected = chosen(load_claims(claims), only)
    if suggestions is not None:
        from harness.reviewer.checking import with_suggestions

        selected = with_suggestions(suggestions, selected)
    outcome = _run(
        selected, out, jobs, quiet=as_json, plugins=load_plugins(plugin or ()), attack_seconds=attack_seconds
    )
    _show_run(outcome.manifests, outcome.failed, out, as_json)
    if outcome.failed:
        raise typer.Exit(Exit.CANNOT_RUN)
    raise typer.Exit(_code(outcome.manifests))


def _run(
    selected: Sequence[LoadedClaim],
    out: Path,
    jobs: int,
    *,
    quiet: bool,
    plugins: tuple[Plugin, ...] = (),
    attack_seconds: float = ATTACK_SECONDS,
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
        )
        return run_claims(selected, world, jobs=jobs, done=progress.done)


@app.command()
def suggest(
    claims: Annotated[Path, typer.Argument(help="Claims folder, a paper's folder or a claim's folder.")],
    endpoint: Annotated[str, typer.Option(help="Base address of an OpenAI-compatible API.")],
    model: Annotated[str, typer.Option(help="Name of the model there.")],
    key_from: Annotated[
        str | None, typer.Option(help="Environment variable that holds the key of the API.")
    ] = None,
    out: Annotated[Path, typer.Option(help="Folder to write.")] = Path("suggestions"),
    only: Annotated[str | None, typer.Option(help="Only claims whose PAPER/CLAIM or CLAIM matches.")] = None,
    timeout: Annotated[float, typer.Option(min=1, help="Longest wait for an answer, in seconds.")] = 120.0,
    as_json: Json = False,
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
        _print_json({"asked": answers})


def _show_run(manifests: Sequence[Manifest], failed: dict[str, str], out: Path, as_json: bool) -> None:
    from harness.report.text import closing_table, counts_line, reasons

    if as_json:
        _print_json(
            {
                "claims": [
                    {
                        "paper": manifest.paper,
                        "claim": manifest.claim,
                        "status": manifest.verdict.status,
                        "reason_code": manifest.verdict.reason_code,
                        "reason": manifest.verdict.reason,
                        "avg_attack_score": manifest.avg_attack_score,
                        "manifest": str(out / manifest.paper / manifest.claim / "manifest.json"),
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


@app.command()
def check(
    claims: Annotated[Path, typer.Argument(help="Claims folder, a paper's folder or a claim's folder.")],
    as_json: Json = False,
) -> None:
    """Validate every record; run nothing."""
    from harness.loading import load_claims

    try:
        loaded = load_claims(claims)
    except InvalidRecord as error:
        if not as_json:
            raise
        _print_json({"valid": False, "problems": [vars(problem) for problem in error.problems]})
        raise typer.Exit(Exit.USAGE) from None
    if as_json:
        _print_json({"valid": True, "claims": [item.name for item in loaded]})
        return
    papers = len({item.source.paper.id for item in loaded})
    typer.echo(f"{len(loaded)} claim{_s(len(loaded))} of {papers} paper{_s(papers)} valid.")


@app.command()
def audit(
    artifacts: Annotated[Path, typer.Argument(help="Artifacts folder.")] = Path("artifacts"),
    replay: Annotated[bool, typer.Option("--replay", help="Run every script again and compare.")] = False,
    claims: Annotated[
        Path | None, typer.Option(help="Claims folder: every claim must be there as it is.")
    ] = None,
    plugin: Plugins = None,
    as_json: Json = False,
) -> None:
    """Check manifests and evidence offline, deriving every verdict again."""
    from harness.audit import audit as run_audit
    from harness.plugins import load

    plugins = load(plugin or ())
    with _replayer(plugin or ()) if replay else _no_replayer() as again:
        report = run_audit(artifacts, claims=claims, replay=again, plugins=plugins)
    if as_json:
        _print_json(
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
                else f": {len(report.failures)} failure{_s(len(report.failures))}"
                + (f", {len(report.unchecked)} not checked." if report.unchecked else ".")
            )
        )
    if report.unchecked and not report.failures:
        raise typer.Exit(Exit.CANNOT_RUN)
    if not report.holds:
        raise typer.Exit(Exit.DOES_NOT_HOLD)


@contextmanager
def _no_replayer() -> Iterator[None]:
    yield None


@contextmanager
def _replayer(plugins: Sequence[str]) -> Iterator[Any]:
    """A function that runs a claim again in a throw-away artifacts folder."""
    from harness.pipeline import verify_claim

    with _throw_away_world(plugins) as world:
        yield lambda loaded: verify_claim(loaded, world)


@app.command()
def explain(
    claim: Annotated[str, typer.Argument(help="PAPER/CLAIM, or CLAIM where that is unique.")],
    artifacts: Artifacts = Path("artifacts"),
    as_json: Json = False,
) -> None:
    """In plain words: what was tried, what broke, and what would settle the claim."""
    from harness.replaying import find_manifest
    from harness.report.explain import explanation

    manifest = find_manifest(claim, artifacts)
    if as_json:
        _print_json(manifest.as_json())
    else:
        sys.stdout.write(explanation(manifest, Console().width))


@app.command()
def replay(
    claim: Annotated[str, typer.Argument(help="PAPER/CLAIM, or CLAIM where that is unique.")],
    attack: Annotated[str, typer.Option(help="Name of the attack, such as replication/inputs-spoiled.")],
    artifacts: Artifacts = Path("artifacts"),
    plugin: Plugins = None,
    as_json: Json = False,
) -> None:
    """Do one attack again from the recorded evidence, and compare with what was found."""
    from harness.replaying import replay_attack

    with _throw_away_world(plugin or ()) as world:
        recorded, again = replay_attack(claim, attack, artifacts, world)
    agrees = recorded == again
    if as_json:
        _print_json({"agrees": agrees, "recorded": recorded.as_json(), "again": again.as_json()})
    else:
        typer.echo(f"{again.attack}: {again.status}" + (f", {again.effect}" if again.effect else ""))
        typer.echo(again.summary)
        typer.echo("The recorded finding is the same." if agrees else f"Recorded was: {recorded.summary}")
    if not agrees:
        raise typer.Exit(Exit.DOES_NOT_HOLD)


@contextmanager
def _throw_away_world(plugins: Sequence[str]) -> Iterator[Any]:
    """A world whose artifacts are thrown away."""
    import tempfile

    from harness.pipeline import World
    from harness.plugins import load
    from harness.sandbox.select import find_sandbox
    from harness.store import Store

    loaded = load(plugins)
    sandbox = find_sandbox()
    with tempfile.TemporaryDirectory(prefix="harness-replay-") as folder:
        store = Store(Path(folder))
        yield World(sandbox, store, lambda: datetime.now(UTC), threading.Event(), plugins=loaded)


@app.command()
def forensics(
    paper: Annotated[Path, typer.Argument(help="A paper's folder, or a folder of CSV files.")],
    rounding: Annotated[
        str, typer.Option(help="How numbers were rounded: unknown, half-up, half-even or truncation.")
    ] = "unknown",
    zeros: Annotated[str, typer.Option(help="Trailing zeros: auto, kept (as printed) or dropped.")] = "auto",
    as_json: Json = False,
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
        _print_json(report.as_json())
    else:
        sys.stdout.write(report_text(report))
    if report.counts[Severity.IMPOSSIBLE] or report.counts[Severity.INCONSISTENT]:
        raise typer.Exit(Exit.FALSIFIED)


def _one_of(option: str, given: str, choices: Sequence[str]) -> str:
    if given not in choices:
        raise InputError(f"{option} must be one of {', '.join(choices)}, not {given!r}")
    return given


@app.command()
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
    as_json: Json = False,
) -> None:
    """Measure the gates' own error rates on claims whose truth is known.

    Exit codes: 0 the goals hold, 1 a false VERIFIED or a false FALSIFIED, 2 usage or invalid record,
    3 no false verdict but too few honest true claims VERIFIED, 4 could not do the job.
    """
    import tempfile

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


def _show_gauntlet(report: GauntletReport, as_json: bool) -> None:
    from harness.report.gauntlet import class_table, totals, wrong_lines

    if as_json:
        _print_json(report.as_json())
        return
    console = Console(highlight=False)
    console.print(class_table(report))
    console.print()
    for line in (*totals(report), *wrong_lines(report)):
        console.print(line, markup=False, soft_wrap=True)


@app.command()
def schemas(
    out: Annotated[Path, typer.Option(help="Folder to write.")] = Path("schemas"),
    check_only: Annotated[
        bool, typer.Option("--check", help="Write nothing; fail when a schema differs.")
    ] = False,
) -> None:
    """Write the JSON Schemas that are generated from the records."""
    from harness.schemas import drift, write_schemas

    if check_only:
        wrong = drift(out)
        for name in wrong:
            typer.echo(f"{out / name}: differs from the records; run: harness schemas --out {out}")
        raise typer.Exit(Exit.USAGE if wrong else Exit.GOOD)
    for path in write_schemas(out):
        typer.echo(path)


@app.command()
def doctor(as_json: Json = False) -> None:
    """Say what isolation this machine offers, by trying it, and which plug-ins are installed."""
    from harness.plugins import installed
    from harness.sandbox.doctor import State, diagnose

    started = time.monotonic()
    checks = diagnose()
    good = all(check.state is not State.FAIL for check in checks)
    plugins = installed()
    if as_json:
        _print_json(
            {
                "ok": good,
                "checks": [
                    {
                        "check": check.name,
                        "ok": check.state is not State.FAIL,
                        "state": check.state.lower(),
                        "text": check.text,
                    }
                    for check in checks
                ],
                "plugins": [item.as_json() for item in plugins],
            }
        )
    else:
        for check in checks:
            typer.echo(f"{check.state:<4}  {check.name}: {check.text}")
        for item in plugins:
            typer.echo(visible(f"note  plug-in {item.name}: {item.distribution} {item.version}."))
        typer.echo(
            f"{'Scripts run sealed here' if good else 'Scripts do not run here'} "
            f"({time.monotonic() - started:.1f} s)."
        )
    raise typer.Exit(Exit.GOOD if good else Exit.CANNOT_RUN)


def _s(count: int) -> str:
    return "" if count == 1 else "s"


def _print_json(value: Any) -> None:
    sys.stdout.write(json.dumps(value, indent=2, ensure_ascii=False) + "\n")


def main() -> None:
    """Entry point: turns every error on purpose into a sentence and an exit code."""
    code: int
    try:
        # Outside standalone mode an Exit comes back as its code.
        answered = app(standalone_mode=False)
        code = answered if isinstance(answered, int) else Exit.GOOD
        if code == INTERRUPTED:
            code = _say("interrupted", Exit.CANNOT_RUN)
    except typer.Exit as error:
        code = error.exit_code
    except typer.TyperException as error:
        code = _say(_usage(error), Exit.USAGE) if str(error) else Exit.USAGE
    except (typer.Abort, KeyboardInterrupt):
        code = _say("interrupted", Exit.CANNOT_RUN)
    except InvalidRecord as error:
        for problem in error.problems:
            typer.echo(visible(str(problem)), err=True)
        code = _say(f"{len(error.problems)} problem{_s(len(error.problems))}; nothing was run.", Exit.USAGE)
    except (Interrupted, CannotRun) as error:
        code = _say(str(error), Exit.CANNOT_RUN)
    except AuditFailure as error:
        code = _say(str(error), Exit.DOES_NOT_HOLD)
    except HarnessError as error:
        code = _say(str(error), Exit.USAGE)
    except (
        PermissionError,
        IsADirectoryError,
        NotADirectoryError,
        FileExistsError,
        FileNotFoundError,
    ) as error:
        code = _say(f"{error.filename or 'a file'}: {error.strerror}", Exit.USAGE)
    except BrokenPipeError:
        # The reader went away (`harness ... | head`); there is nobody left to tell.
        sys.stdout = open(os.devnull, "w")  # noqa: PTH123, SIM115 - lives to the end of the process
        code = Exit.GOOD
    except OSError as error:
        code = _say(f"{error.filename or 'the system'}: {error.strerror or error}", Exit.CANNOT_RUN)
    except Exception as error:
        # Python would end with 1, which says that something is FALSIFIED; a failure of ours never says that.
        traceback.print_exc()
        code = _say(f"the harness failed, which says nothing about any claim: {error!r}", Exit.CANNOT_RUN)
    atexit.register(_ignore_signals)
    sys.exit(code)


def _ignore_signals() -> None:
    """The answer stands; a polite signal while Python cleans up would only print a traceback after it."""
    for number in SIGNALS:
        signal.signal(number, signal.SIG_IGN)


def visible(text: str) -> str:
    """A message with control characters spelled out: file names and labels in it may be hostile."""
    from harness.observing import printable

    return "\n".join(printable(line) for line in text.split("\n"))


def _usage(error: Exception) -> str:
    text = error.format_message() if hasattr(error, "format_message") else str(error)
    return f"{text} (harness --help shows the commands)"


def _say(text: str, code: Exit) -> Exit:
    typer.echo(f"harness: {visible(text)}", err=True)
    return code
