"""Commands that get and check the public data of claims."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from harness.commands.options import AsJson, plural, print_json, visible
from harness.errors import InputError

data_app = typer.Typer(no_args_is_help=True, help="Get and check the public data that claims use.")

Claims = Annotated[
    Path | None,
    typer.Option(
        "--claims", help="Claims folder whose papers declare the data; ./claims where there is one."
    ),
]
DataName = Annotated[
    str, typer.Argument(help="Name of the data, such as xquad-r; harness data list has all.")
]


@data_app.command("list")
def data_list(claims: Claims = None, as_json: AsJson = False) -> None:
    """List the public data that can be got, with licence and size."""
    from harness.public_data.obtaining import offers

    found = sorted(offers(_declaring(claims)).values(), key=lambda offer: offer.name)
    if as_json:
        print_json(
            {
                "data": [
                    {
                        "name": offer.name,
                        "licence": offer.licence,
                        "files": len(offer.files),
                        "pinned": sum(digest is not None for digest in offer.files.values()),
                        "bytes": offer.size,
                        "declared_by": offer.declared_by,
                    }
                    for offer in found
                ]
            }
        )
        return
    for offer in found:
        pinned = sum(digest is not None for digest in offer.files.values())
        size = "" if offer.size is None else f", {offer.size / 1e6:.1f} MB"
        owner = "" if offer.declared_by is None else f", declared by {offer.declared_by}"
        count = len(offer.files)
        typer.echo(
            visible(
                f"{offer.name}: {count} file{plural(count)}, {pinned} pinned{size}, {offer.licence}{owner}"
            )
        )


@data_app.command("pull")
def data_pull(
    name: DataName,
    to: Annotated[Path, typer.Option(help="Folder of public data; the files go to its subfolder NAME.")],
    origin: Annotated[
        Path | None, typer.Option("--from", help="Local folder with the files, instead of their publisher.")
    ] = None,
    claims: Claims = None,
    as_json: AsJson = False,
) -> None:
    """Fetch public data from its publisher, resume what was cut off, and check every file."""
    from harness.public_data.obtaining import fetch, offer_named, take

    offer = offer_named(name, _declaring(claims))
    notice = _Notice(quiet=as_json)
    folder = fetch(offer, to, notice) if origin is None else take(offer, origin, to, notice)
    _show_data(name, folder, offer.licence, notice.outcomes, as_json)


@data_app.command("check")
def data_check(
    name: DataName,
    data: Annotated[
        Path, typer.Argument(help="Folder of public data, with the files in its subfolder NAME.")
    ],
    claims: Claims = None,
    as_json: AsJson = False,
) -> None:
    """Hold every file of a local folder to its pinned digest. Nothing is fetched."""
    from harness.public_data.obtaining import check, offer_named

    offer = offer_named(name, _declaring(claims))
    notice = _Notice(quiet=True)
    check(offer, data / name, notice)
    _show_data(name, data / name, offer.licence, notice.outcomes, as_json)


@data_app.command("pin")
def data_pin(
    folder: Annotated[Path, typer.Argument(help="Folder with the files as their publisher offers them.")],
    as_json: AsJson = False,
) -> None:
    """Print what a paper record says of the files of a folder: path, size and digest of each."""
    from harness.public_data.obtaining import pin

    files = pin(folder)
    if as_json:
        print_json({"files": [file.as_json() for file in files]})
        return
    typer.echo("    files:")
    for file in files:
        typer.echo(f"      - {{path: {file.path}, bytes: {file.bytes}, sha256: {file.sha256}}}")


class _Notice:
    """Remembers what became of each file, and says it as it happens unless told to be quiet."""

    def __init__(self, quiet: bool) -> None:
        self.outcomes: dict[str, str] = {}
        self._quiet = quiet

    def __call__(self, path: str, outcome: str) -> None:
        self.outcomes[path] = outcome
        if not self._quiet:
            typer.echo(f"{outcome}: {path}", err=True)


def _declaring(claims: Path | None) -> Path | None:
    """The claims folder whose papers declare data. Raises ``InputError`` for a named one that is not there."""
    if claims is not None and not claims.is_dir():
        raise InputError(f"--claims {claims}: no such folder")
    return claims if claims is not None else Path("claims") if Path("claims").is_dir() else None


def _show_data(name: str, folder: Path, licence: str, outcomes: dict[str, str], as_json: bool) -> None:
    if as_json:
        files = [{"path": path, "outcome": outcome} for path, outcome in outcomes.items()]
        print_json({"name": name, "folder": str(folder), "licence": licence, "files": files})
        return
    count = len(outcomes)
    typer.echo(visible(f"{name}: {count} file{plural(count)} in {folder} are what was published. {licence}."))
