"""What GRIM, GRIMMER and DEBIT share: rows with a mean, a number of items and perhaps a standard deviation."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from harness.forensics import belief
from harness.forensics.cells import CELL, Cell, Number
from harness.forensics.evidence import Evidence
from harness.forensics.interface import Tally
from harness.records.forensics import Severity
from harness.stats.rounding_rules import Span, span

_WHOLE_WORDS = re.compile(
    r"\b(?:likert|survey|questionnaire|rating|ratings|items? score|scale|points|count|counts|number of|age)\b"
)
LARGE = 1000.0
"""Prior for a table whose title or labels name data that are whole numbers."""


@dataclass(frozen=True, eq=False)
class Summary:
    """A row that describes a sample."""

    mean: Cell
    """Mean."""
    n: Cell
    """Number of values."""
    sd: Cell | None
    """Standard deviation in a column of its own."""
    spread: Number | None
    """Standard deviation printed in the mean's own cell, after a plus-minus sign or in brackets."""
    whole: bool
    """Whether the table says that whole numbers were averaged."""

    @property
    def size(self) -> int:
        """n as a number."""
        return int(self.n.value)

    def sd_text(self) -> str | None:
        """The standard deviation as printed."""
        return self.sd.printed if self.sd is not None else self.spread.text if self.spread else None

    def sd_span(self, evidence: Evidence) -> Span | None:
        """The standard deviations it may stand for."""
        if self.sd is not None:
            return evidence.span(self.sd)
        return span(self.spread.text, evidence.rounding) if self.spread else None

    def cells(self) -> tuple[Cell, ...]:
        """The cells."""
        return (self.mean, *([self.sd] if self.sd else []), self.n)


_OTHER_SPREAD = re.compile(r"\bs\.?e\.?m?\b|standard errors?|\bc\.?i\.?\b|confidence", re.IGNORECASE)
"""Words that say that what stands in brackets behind a mean is no standard deviation."""


def _deviation(mean: Cell, title: str) -> Number | None:
    """The standard deviation in a mean's own cell."""
    if not mean.number.spread or mean.number.share or _OTHER_SPREAD.search(f"{mean.column} {title}"):
        return None
    return Number(mean.number.spread)


def summaries(
    evidence: Evidence, families: frozenset[str] = frozenset({"mean"})
) -> Iterator[tuple[str, list[Summary]]]:
    """Rows with a mean and an n, by table."""
    for sheet in evidence.sheets:
        found: list[Summary] = []
        for record in sheet.records:
            by: dict[str, Cell] = {}
            for cell in record.values():
                if cell.metric is not None and not cell.number.relation:
                    by.setdefault(cell.metric.family, cell)
            count = by.get("n")
            if count is None or count.value.denominator != 1 or count.value < 2 or count.value > 10**7:
                continue
            for family in sorted(families & by.keys()):
                mean = by[family]
                words = (sheet.title, sheet.name, *mean.labels, *mean.labels.values(), *record)
                text = " ".join(words).casefold()
                found.append(
                    Summary(
                        mean=mean,
                        n=count,
                        sd=by.get("sd"),
                        spread=_deviation(mean, sheet.title),
                        whole=_WHOLE_WORDS.search(text) is not None,
                    )
                )
        if found:
            yield sheet.name, [item for item in found if item.mean.kind == CELL] or found


def common_divisor(
    evidence: Evidence, rows: list[Summary], possible: Callable[[Span, Span, int, tuple[int, ...]], bool]
) -> tuple[int, ...]:
    """Whether the SDs of a table divide by n - 1 or by n: n - 1, the usual one, unless n fits two rows more.

    One table has one divisor, so that a single wrong SD cannot hide behind the other. Given as the argument
    ``divisors`` of ``grimmer`` and ``debit``.
    """

    def fitting(divisor: int) -> int:
        return sum(
            possible(evidence.span(row.mean), sd, row.size, (divisor,))
            for row in rows
            if (sd := row.sd_span(evidence)) is not None
        )

    return (0,) if fitting(0) > fitting(1) + 1 else (1,)


def judge(
    tally: Tally,
    table: str,
    rows: list[Summary],
    holds: Callable[[Summary], bool],
    luck: Callable[[Summary], float],
    reading: str,
) -> Iterator[tuple[Summary, Severity]]:
    """Rows that break a reading which their table bears out, with how much that says.

    ``luck`` is the chance that a row agrees although the reading is wrong.
    """
    outcomes: dict[int, tuple[bool, float]] = defaultdict(lambda: (True, 1.0))
    for row in rows:
        outcomes[id(row)] = holds(row), luck(row)
    able = [row for row in rows if outcomes[id(row)][1] < 1]
    if not able:
        return
    prior = LARGE if all(row.whole for row in rows) else 1.0
    strength = belief.ratio(outcomes.values(), prior)
    if strength < belief.WEAK:
        tally.assumptions.append(
            f"{table}: it is not clear that {reading} ({sum(outcomes[id(row)][0] for row in able)} of {len(able)} "
            f"rows agree), so that is not judged."
        )
        return
    for row in rows:
        tally.compared(row.cells(), could_fail=outcomes[id(row)][1] < 1)
        if not outcomes[id(row)][0]:
            yield row, Severity.IMPOSSIBLE if strength >= belief.STRONG else Severity.SUSPICIOUS
