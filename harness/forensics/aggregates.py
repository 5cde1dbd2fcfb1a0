"""Means, medians, sums, minima and maxima recomputed from printed cells, as intervals."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction

from harness.forensics.cells import Cell, Group
from harness.forensics.evidence import Evidence
from harness.forensics.interface import Check, Tally
from harness.forensics.repairs import nearest, said, smallest
from harness.records.forensics import Correction, ForensicFinding, Severity
from harness.stats.rounding import decimal_text
from harness.stats.rounding_rules import Span


def total(spans: Sequence[Span]) -> Span:
    """Every sum of one value of each."""
    result = spans[0]
    for item in spans[1:]:
        result = result.plus(item)
    return result


def mean(spans: Sequence[Span]) -> Span:
    """Every mean of one value of each."""
    return total(spans).times(Fraction(1, len(spans)))


def ordered(spans: Sequence[Span], places: Sequence[int]) -> Span:
    """Every mean of the values at the given places in order: one place for an odd median, two for an even."""
    lows = sorted((item.low, not item.low_in) for item in spans)
    highs = sorted((item.high, item.high_in) for item in spans)
    share = Fraction(1, len(places))
    return Span(
        sum((lows[place][0] for place in places), Fraction(0)) * share,
        sum((highs[place][0] for place in places), Fraction(0)) * share,
        all(not lows[place][1] for place in places),
        all(highs[place][1] for place in places),
    )


def median(spans: Sequence[Span]) -> Span:
    """Every median of one value of each."""
    n = len(spans)
    return ordered(spans, [n // 2] if n % 2 else [n // 2 - 1, n // 2])


_COUNTED = re.compile(
    r"\b(?:n|counts?|sizes?|numbers?|queries|questions|documents|passages|candidates|train|dev|test|examples"
    r"|samples|sentences|tokens|pairs|participants|subjects|items|instances)\b|#"
)
"""Words that say that whole numbers were counted and not rounded."""

STATISTIC: dict[str, Callable[[Sequence[Span]], Span]] = {
    "mean": mean,
    "median": median,
    "sum": total,
    "min": lambda spans: ordered(spans, [0]),
    "max": lambda spans: ordered(spans, [len(spans) - 1]),
}


@dataclass(frozen=True)
class _Outcome:
    group: Group
    allowed: Span
    holds: bool
    counted: bool = False


def check_aggregates(check: Check, evidence: Evidence, kinds: Sequence[str]) -> Tally:
    """Compare every printed aggregate of some kinds with what its cells allow."""
    tally = Tally()
    families: dict[tuple[str, str, str], list[_Outcome]] = defaultdict(list)
    for sheet in evidence.sheets:
        for group in sheet.groups:
            if group.aggregate.kind in kinds:
                allowed = STATISTIC[group.aggregate.kind]([evidence.span(cell) for cell in group.cells])
                holds = evidence.span(group.aggregate).meets(allowed)
                exact = _exact_sum(group, sheet.name) if holds else None
                # A heading that was guessed is believed or not for the whole row or column of aggregates.
                place = "" if group.explicit else _direction(group)
                families[sheet.name, group.aggregate.kind, place].append(
                    _Outcome(group, exact or allowed, holds and exact is None, exact is not None)
                )
    for (table, kind, _), outcomes in families.items():
        wrong = [item for item in outcomes if not item.holds]
        guessed = not outcomes[0].group.explicit
        weighted = bool(wrong) and 2 * len(wrong) > len(outcomes)
        if guessed and weighted and len(outcomes) > 1:
            tally.assumptions.append(
                f"{table}: {len(wrong)} of {len(outcomes)} numbers headed as {kind} are not the unweighted {kind} "
                f"of the cells beside them, so the heading is not understood and they are not judged."
            )
            continue
        for item in outcomes:
            tally.compared((item.group.aggregate, *item.group.cells))
        severity = Severity.SUSPICIOUS if guessed and len(outcomes) == 1 else Severity.INCONSISTENT
        for item in wrong:
            tally.findings.append(_finding(check, evidence, item, severity))
    return tally


def _exact_sum(group: Group, table: str) -> Span | None:
    """The exact sum of counts, where a printed total of whole numbers that were counted is another."""
    everything = (group.aggregate, *group.cells)
    if group.aggregate.kind != "sum" or any(cell.shown or cell.number.percent for cell in everything):
        return None
    words = " ".join(
        (table, group.aggregate.column, group.aggregate.metric_name, *group.aggregate.labels.values())
    )
    if not _COUNTED.search(re.sub(r"[_-]", " ", words.casefold())):
        return None
    value = sum((cell.value for cell in group.cells), Fraction(0))
    return None if value == group.aggregate.value else Span(value, value)


def _direction(group: Group) -> str:
    same_row = group.cells[0].line == group.aggregate.line
    return f"column {group.aggregate.column}" if same_row else "rows"


def _finding(check: Check, evidence: Evidence, item: _Outcome, severity: Severity) -> ForensicFinding:
    group, aggregate = item.group, item.group.aggregate
    repairs = smallest(
        [nearest(aggregate, item.allowed, evidence), *_cell_repairs(evidence, group, counted=item.counted)]
    )
    places = evidence.places(aggregate) + 2
    low, high = decimal_text(item.allowed.low, places), decimal_text(item.allowed.high, places)
    middle = decimal_text(
        STATISTIC[aggregate.kind]([Span(cell.value, cell.value) for cell in group.cells]).low, places
    )
    hint = _without_one(evidence, group)
    return check.finding(
        severity,
        (aggregate, *group.cells),
        printed=aggregate.printed,
        follows=f"between {low} and {high}",
        sentence=f"{aggregate.table} prints {aggregate.printed} as the {aggregate.kind} of {len(group.cells)} "
        f"cells ({aggregate.name()}), but the cells give {middle}"
        + (
            ", and they are counts"
            if item.counted
            else f", between {low} and {high} whatever their further digits"
        )
        + hint
        + (f"; {said(repairs)}." if repairs else "."),
        repairs=repairs,
    )


def _cell_repairs(evidence: Evidence, group: Group, *, counted: bool) -> list[Correction | None]:
    """For each cell, the nearest number that would let the aggregate stand."""

    def reading(cell: Cell) -> Span:
        return Span(cell.value, cell.value) if counted else evidence.span(cell)

    spans = [reading(cell) for cell in group.cells]
    wanted = reading(group.aggregate)
    if group.aggregate.kind in ("mean", "sum"):
        factor = Fraction(len(spans) if group.aggregate.kind == "mean" else 1)
        everything = total(spans)
        return [
            nearest(
                cell,
                Span(
                    wanted.low * factor - (everything.high - own.high),
                    wanted.high * factor - (everything.low - own.low),
                    wanted.low_in,
                    wanted.high_in,
                ),
                evidence,
            )
            for cell, own in zip(group.cells, spans, strict=True)
        ]
    found: list[Correction | None] = []
    for index, cell in enumerate(group.cells):
        # An order statistic can follow one cell only up to its neighbours: try, and keep what reconciles.
        candidate = nearest(cell, wanted, evidence)
        if candidate is None:
            continue
        moved = list(spans)
        moved[index] = wanted
        if STATISTIC[group.aggregate.kind](moved).meets(wanted):
            found.append(candidate)
    return found


def _without_one(evidence: Evidence, group: Group) -> str:
    """Says so when leaving out exactly one cell would give the printed mean or sum."""
    if group.aggregate.kind not in ("mean", "sum") or len(group.cells) < 4:
        return ""
    wanted = evidence.span(group.aggregate)
    spans = [evidence.span(cell) for cell in group.cells]
    without = [
        cell
        for index, cell in enumerate(group.cells)
        if STATISTIC[group.aggregate.kind](spans[:index] + spans[index + 1 :]).meets(wanted)
    ]
    if len(without) != 1:
        return ""
    left_out: Cell = without[0]
    return f" (it is the {group.aggregate.kind} of the cells without {left_out.unit or left_out.name()})"
