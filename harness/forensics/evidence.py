"""All tables of one paper, the rounding rule, and how precisely each number was printed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property

from harness.forensics.cells import CELL, Cell, Sheet
from harness.records.paper import Paper
from harness.stats.rounding_rules import Rounding, Span, span

FEW = 0.01
"""Chance below which "no number ends in a zero" is not put down to luck."""


@dataclass(frozen=True)
class Zeros:
    """Whether trailing zeros were printed."""

    dropped: frozenset[tuple[str, bool, int]] = frozenset()
    """Table, whether aggregates, and the decimals its numbers were rounded to before zeros were left out."""


@dataclass(frozen=True, eq=False)
class Evidence:
    """What the checks look at."""

    source: str
    """Paper or folder."""
    sheets: tuple[Sheet, ...]
    """Its tables."""
    paper: Paper | None = None
    """Its record, if it has one."""
    rounding: Rounding = Rounding.UNKNOWN
    """Rule under which printed numbers are read."""
    zeros: str = "auto"
    """auto, kept or dropped: whether a table that never prints a trailing zero left them out."""
    cut_off: frozenset[str] = frozenset()
    """Tables whose numbers are read as cut off although the rule is not known."""
    extra_assumptions: tuple[str, ...] = field(default=())
    """Sentences about how the tables were read."""

    def span(self, cell: Cell) -> Span:
        """The true values a cell stands for."""
        if cell not in self._spans:
            rule = Rounding.TRUNCATION if cell.table in self.cut_off else self.rounding
            self._spans[cell] = span(cell.number.text, rule, self.places(cell))
        return self._spans[cell]

    def places(self, cell: Cell) -> int:
        """Decimals the number was rounded to: the digits shown, or more where zeros were left out."""
        full = self._places.get((cell.table, cell.metric_name, cell.kind != CELL))
        return cell.shown if full is None or "," in cell.number.text else max(full, cell.shown)

    def step(self, cell: Cell) -> Fraction:
        """One unit of the last digit of a cell."""
        return Fraction(1, 10 ** self.places(cell))

    @cached_property
    def _spans(self) -> dict[Cell, Span]:
        return {}

    @cached_property
    def _places(self) -> dict[tuple[str, str, bool], int]:
        return {(table, metric, aggregate): full for table, metric, aggregate, full in self.leaves_zeros_out}

    @cached_property
    def leaves_zeros_out(self) -> tuple[tuple[str, str, bool, int], ...]:
        """Tables that leave trailing zeros out: table, measure, whether aggregates, and the decimals rounded to.

        One number in ten should end in a zero. Where some numbers have fewer digits than the rest and none of
        the rest ends in a zero, zeros were left out; judged over all tables of the paper that look like that,
        because a small table cannot tell alone. Whole numbers among numbers with decimals count as such.
        """
        if self.zeros == "kept":
            return ()
        pools: dict[int, list[tuple[str, str, bool, int]]] = defaultdict(list)
        for sheet in self.sheets:
            families: dict[tuple[str, bool], list[Cell]] = defaultdict(list)
            for cell in sheet.cells:
                if "," not in cell.number.text:
                    families[cell.metric_name, cell.kind != CELL].append(cell)
            for (metric, aggregate), shown in families.items():
                full = max(cell.shown for cell in shown)
                long = [cell for cell in shown if cell.shown == full]
                short = len(shown) - len(long)
                if not short or any(cell.number.text.endswith("0") for cell in long):
                    continue
                # Were the short ones zeros left out, about one in ten would be short; far more are a style.
                if short > max(2, len(shown) * 0.3):
                    continue
                pools[full].append((sheet.name, metric, aggregate, len(long)))
        found: list[tuple[str, str, bool, int]] = []
        for full, members in pools.items():
            if self.zeros == "dropped" or 0.9 ** sum(member[-1] for member in members) <= FEW:
                found += [(table, metric, aggregate, full) for table, metric, aggregate, _ in members]
        return tuple(sorted(found))

    def assumptions(self) -> list[str]:
        """How the tables were read, one sentence each."""
        said = [guess for sheet in self.sheets for guess in sheet.guesses]
        by_places: dict[tuple[bool, int], set[str]] = defaultdict(set)
        for table, _metric, aggregate, full in self.leaves_zeros_out:
            by_places[aggregate, full].add(table)
        for (aggregate, full), tables in sorted(by_places.items()):
            said.append(
                f"{listed(sorted(tables))}: none of the longest {'aggregates' if aggregate else 'cells'} ends in a "
                f"zero and some are shorter, so trailing zeros were left out and these numbers are read as rounded "
                f"to {full} decimal{'s' * (full != 1)}."
            )
        said += self.extra_assumptions
        return said


def listed(names: Sequence[str]) -> str:
    """``a``, ``a and b``, ``a, b and c``."""
    names = list(names)
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def opening(place: object) -> str:
    """A place as the first word of a sentence: ``Section A.1``."""
    text = str(place)
    return text[:1].upper() + text[1:]
