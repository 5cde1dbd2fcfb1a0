"""The command line: which commands there are, and how every way to end becomes an exit code.

Exit codes: 0 all VERIFIED, or all holds · 1 something FALSIFIED · 2 usage or invalid record · 3 nothing FALSIFIED,
something UNVERIFIED · 4 we could not do the job · 5 an audited manifest does not hold.
"""

from __future__ import annotations

import os
import signal
import sys
import traceback

import typer

from harness.commands.auditing import audit, explain, replay
from harness.commands.options import Exit, plural, visible
from harness.commands.public_data import data_app
from harness.commands.running import gauntlet, run
from harness.commands.upkeep import doctor, schemas
from harness.commands.writing import check, forensics, suggest
from harness.errors import AuditFailure, CannotRun, HarnessError, InvalidRecord
from harness.interrupts import SIGNALS
from harness.runner import Interrupted

INTERRUPTED = 130
"""What the command-line library answers to Ctrl-C outside of a run."""

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Check claims of papers by programs with replayable evidence.",
    epilog="Exit codes: 0 all VERIFIED or all holds, 1 something FALSIFIED, 2 usage or invalid record, "
    "3 something UNVERIFIED, 4 could not do the job, 5 an audited manifest does not hold.",
)
for _command in (run, suggest, check, audit, explain, replay, forensics, gauntlet, schemas, doctor):
    app.command()(_command)
app.add_typer(data_app, name="data")


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
        code = _say(
            f"{len(error.problems)} problem{plural(len(error.problems))}; nothing was run.", Exit.USAGE
        )
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
    sys.exit(code)


def program() -> None:
    """``main`` as a process of its own: what it answered stands, whatever signal comes while Python cleans up."""
    try:
        main()
    finally:
        _ignore_signals()


def _ignore_signals() -> None:
    """The answer stands; a polite signal while Python cleans up would only print a traceback after it."""
    for number in SIGNALS:
        signal.signal(number, signal.SIG_IGN)


def _usage(error: Exception) -> str:
    text = error.format_message() if hasattr(error, "format_message") else str(error)
    return f"{text} (harness --help shows the commands)"


def _say(text: str, code: Exit) -> Exit:
    typer.echo(f"harness: {visible(text)}", err=True)
    return code
