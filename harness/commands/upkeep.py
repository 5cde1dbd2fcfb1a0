"""Commands about this installation."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated

import typer

from harness.commands.options import AsJson, Exit, print_json, visible


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


def doctor(as_json: AsJson = False) -> None:
    """Say what isolation this machine offers, by trying it, and which plug-ins are installed."""
    from harness.plugins import installed
    from harness.sandbox.doctor import State, diagnose

    started = time.monotonic()
    checks = diagnose()
    good = all(check.state is not State.FAIL for check in checks)
    plugins = installed()
    if as_json:
        print_json(
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
