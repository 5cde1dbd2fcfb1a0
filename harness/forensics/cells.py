"""The printed numbers of a table with what is known about each: labels, measure, and whether it is an aggregate."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property

from harness.forensics.metrics import Metric
from harness.records.forensics import PrintedAt
from harness.stats.rounding import decimals, exact

CELL = "cell"
_DECORATED = re.compile(
    r"^[*_†‡§\s~≈]*(?P<less>[<>≤≥=]\s*)?(?P<number>[+\-−–]?(?:[0-9]{1,3}(?:,[0-9]{3})+|[0-9]+)?(?:\.[0-9]+)?)"
    r"(?P<percent>\s*%)?[*_†‡§]*(?:\s*(?:±|\+/-|\(\s*±?|\(\s*(?P<sign>[+\-−–↑↓]))\s*(?P<sd>[0-9]*\.?[0-9]+)"
    r"(?P<share>\s*%)?\s*\)?)?[*_†‡§\s]*$"
)
_COMMA_DECIMAL = re.compile(r"(?<![0-9,.])([0-9]*),([0-9]+)(?![0-9,.])")
MISSING = frozenset(
    {"", "-", "--", "—", "–", "−", "n/a", "na", "none", "…", "...", "n.a.", "x", "✓", "✗", "\\"}
)
"""Texts that stand for no number."""


@dataclass(frozen=True)
class Number:
    """A number taken out of a cell's text."""

    text: str
    """The printed number alone: ``0.487``."""
    relation: str = ""
    """``<`` or ``>`` when the cell gives a bound only."""
    percent: bool = False
    """Whether a percent sign follows."""
    spread: str | None = None
    """What follows a plus-minus sign or stands in brackets."""
    share: bool = False
    """Whether that is followed by a percent sign: ``50 (39.1%)``."""
    change: str | None = None
    """A number with a sign in brackets, with its sign: ``-1.2`` in ``70.1 (-1.2)``."""


def number_in(text: str, *, comma: bool = False) -> Number | None:
    """The number of a cell such as ``0.487``, ``**.792**``, ``12.3 %``, ``< .05`` or ``0.52 ± 0.01``.

    ``comma`` says that the table writes decimals with a comma; the number is then returned with a point.
    """
    if len(text) > 100:
        return None
    if comma:
        text = _COMMA_DECIMAL.sub(r"\1.\2", text)
    match = _DECORATED.match(text.strip())
    if match is None or not any(character.isdigit() for character in match["number"]):
        return None
    number = match["number"].replace("−", "-").replace("–", "-")
    relation = (match["less"] or "").strip().replace("≤", "<").replace("≥", ">").replace("=", "")
    percent, spread, share = match["percent"] is not None, match["sd"], match["share"] is not None
    if match["sign"]:
        return Number(number, relation, percent, change=("-" if match["sign"] in "-−–↓" else "+") + spread)
    return Number(number, relation, percent, spread, share)


def comma_decimals(texts: Iterable[str]) -> bool:
    """Whether the cells of a table write decimals with a comma: some must be, and none may have a point.

    ``1,469`` may be either, so a comma before exactly three digits shows nothing.
    """
    found = False
    for text in texts:
        if len(text) > 100:
            continue
        if re.search(r"[0-9]\.[0-9]|(?<![0-9])\.[0-9]", text):
            return False
        if (match := _COMMA_DECIMAL.search(text)) is not None:
            found = found or len(match[2]) != 3 or match[1] in ("", "0")
    return found


@dataclass(frozen=True, eq=False)
class Cell:
    """One printed number."""

    table: str
    """Name of its table."""
    line: int
    """Line in the file."""
    column: str
    """Column it stands in."""
    printed: str
    """Text of the cell."""
    number: Number
    """The number in it."""
    labels: Mapping[str, str]
    """Label columns of its row."""
    metric: Metric | None
    """The measure, if its name is known."""
    metric_name: str
    """The measure as the table calls it."""
    kind: str = CELL
    """cell, or mean, median, sum, min or max of others."""
    key: frozenset[str] = frozenset()
    """What the number is about: labels without measure and kind, in canonical spelling."""
    unit: str = ""
    """Label of the unit averaged over (the language, say); empty in an aggregate."""
    comma: bool = False
    """Whether its table writes decimals with a comma."""

    @cached_property
    def value(self) -> Fraction:
        """The number as printed, exactly."""
        return exact(self.number.text)

    @cached_property
    def shown(self) -> int:
        """Digits shown after the point."""
        return decimals(self.number.text)

    def at(self) -> PrintedAt:
        """Where it stands."""
        return PrintedAt(
            table=self.table,
            line=self.line,
            labels=dict(self.labels),
            column=self.column,
            printed=self.printed,
        )

    def name(self) -> str:
        """Short words for a sentence: its labels, then its column unless that is only ``value``."""
        words = [label for label in self.labels.values() if label and label != self.table]
        if self.column.casefold() not in ("value", "score", "result"):
            words.append(self.column)
        return " ".join(words)


@dataclass(frozen=True, eq=False)
class Group:
    """An aggregate with the cells it should follow from."""

    aggregate: Cell
    """The printed mean, median, sum, minimum or maximum."""
    cells: tuple[Cell, ...]
    """The cells."""
    explicit: bool
    """Whether the table says so, or the arrangement was guessed from a heading."""
    weights: tuple[Cell, ...] = ()
    """Counts beside the cells, which the mean may be weighted by; empty where the table has none."""


@dataclass(frozen=True, eq=False)
class Sheet:
    """One table as the checks see it."""

    name: str
    """Name."""
    number: int | None
    """Number in the paper, if known."""
    title: str
    """Title, if known."""
    cells: tuple[Cell, ...]
    """Every printed number."""
    groups: tuple[Group, ...]
    """Every aggregate with its cells."""
    records: tuple[Mapping[str, Cell], ...]
    """Numbers that belong together: measure as the table calls it, to the cell."""
    long: bool
    """One number per row (long) or several (wide)."""
    unit_column: str | None = None
    """Label column of the units averaged over."""
    guesses: tuple[str, ...] = ()
    """What was guessed, one sentence each."""
    texts: tuple[tuple[int, str], ...] = field(default=())
    """Cells that hold running text with statistics, by line."""
