"""Every error the harness raises on purpose.

    HarnessError
    ├── InputError              your data is wrong: a record, a table, a path, an option
    │   └── InvalidRecord       ... with every problem at once, each with file, line and field
    ├── CannotRun               we could not do the job: no isolation, disk full, interrupted
    │   └── IsolationUnavailable
    └── AuditFailure            a manifest or its evidence does not hold

Errors are data. They never print and never end the process; ``cli.py`` alone does that.
"""

from __future__ import annotations

from dataclasses import dataclass


class HarnessError(Exception):
    """Base of all errors raised on purpose. Its text is one plain sentence for a person."""


class InputError(HarnessError):
    """What was given to the harness is wrong, and the person who gave it can mend it."""


@dataclass(frozen=True, order=True)
class Problem:
    """One mistake in something given to the harness."""

    file: str
    """Path of the file, as the user named it."""
    line: int
    """Line in that file, counted from 1; 0 where no line applies."""
    field: str
    """Dotted path to the field, such as ``decision.margin``; empty for the whole file."""
    message: str
    """What is wrong and what would be right, in one sentence."""

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else self.file
        return f"{place}: {self.field}: {self.message}" if self.field else f"{place}: {self.message}"


class InvalidRecord(InputError):
    """One or more records are invalid. ``problems`` holds all of them, in file and line order."""

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = sorted(set(problems))
        super().__init__("\n".join(str(p) for p in self.problems))


class CannotRun(HarnessError):
    """The harness could not do its own job. Never evidence about anybody's claim."""


class IsolationUnavailable(CannotRun):
    """This machine offers no isolation the harness accepts. The text names cause and remedy."""


class AuditFailure(HarnessError):
    """Something in an artifacts folder does not hold."""
