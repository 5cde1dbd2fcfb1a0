"""Means, medians, sums, minima and maxima recomputed from printed cells, as intervals."""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from harness.forensics import belief
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
    r"|samples|sentences|tokens|pairs|participants|subjects|items|instances|screened|enrolled|randomi[sz]ed"
    r"|completed|excluded|patients|cases|deaths|events|respondents|students|women|men|households|words|files)\b|#"
)
"""Words that say that whole numbers were counted and not rounded."""

_STATISTIC: dict[str, Callable[[Sequence[Span]], Span]] = {
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
    weighted: bool = False


def _coefficients(group: Group, *, weighted: bool) -> list[Fraction] | None:
    """What each cell counts for in a mean or sum; None for an order statistic."""
    if weighted:
        everything = sum((weight.value for weight in group.weights), Fraction(0))
        return [weight.value / everything for weight in group.weights] if everything > 0 else None
    if group.aggregate.kind == "sum":
        return [Fraction(1)] * len(group.cells)
    if group.aggregate.kind == "mean":
        return [Fraction(1, len(group.cells))] * len(group.cells)
    return None


def _statistic(group: Group, spans: Sequence[Span], *, weighted: bool) -> Span:
    """Every value of the aggregate over one value of each span."""
    coefficients = _coefficients(group, weighted=weighted) if weighted else None
    if coefficients is None:
        return _STATISTIC[group.aggregate.kind.removeprefix("weighted ")](spans)
    return total([item.times(factor) for item, factor in zip(spans, coefficients, strict=True)])


def _outcome(evidence: Evidence, group: Group, *, weighted: bool) -> _Outcome:
    allowed = _statistic(group, [evidence.span(cell) for cell in group.cells], weighted=weighted)
    return _Outcome(group, allowed, evidence.span(group.aggregate).meets(allowed), weighted=weighted)


def check_aggregates(check: Check, evidence: Evidence, kinds: Sequence[str]) -> Tally:
    """Compare every printed aggregate of some kinds with what its cells allow."""
    tally = Tally()
    families: dict[tuple[str, str, str], list[_Outcome]] = defaultdict(list)
    for sheet in evidence.sheets:
        for group in sheet.groups:
            if group.aggregate.kind in kinds:
                outcome = _outcome(evidence, group, weighted=group.aggregate.kind == "weighted mean")
                # A heading that was guessed is believed or not for the whole row or column of aggregates.
                place = "" if group.explicit else _direction(group)
                families[sheet.name, group.aggregate.kind, place].append(outcome)
    for (table, kind, _), outcomes in families.items():
        if kind == "sum":
            outcomes = _with_exact_sums(outcomes, table)
        elif (reweighted := _reweighted(evidence, outcomes)) is not None:
            outcomes = reweighted
            tally.assumptions.append(
                f"{table}: the numbers headed as {kind} are weighted by {outcomes[0].group.weights[0].column}, "
                f"which fits them and the unweighted mean does not."
            )
        wrong = [item for item in outcomes if not item.holds]
        # Weighted by a column of counts: what is meant is plain.
        guessed = not outcomes[0].group.explicit and kind != "weighted mean"
        if guessed and 2 * len(wrong) > len(outcomes) > 1:
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


def _reweighted(evidence: Evidence, outcomes: Sequence[_Outcome]) -> list[_Outcome] | None:
    """The same means weighted by the counts beside the cells, where most are wrong unweighted and right so."""
    wrong = sum(not item.holds for item in outcomes)
    if 2 * wrong <= len(outcomes) or not all(item.group.weights for item in outcomes):
        return None
    if outcomes[0].weighted:
        return None
    again = [_outcome(evidence, item.group, weighted=True) for item in outcomes]
    return again if 2 * sum(item.holds for item in again) > len(again) else None


def _with_exact_sums(outcomes: Sequence[_Outcome], table: str) -> list[_Outcome]:
    """Sums of whole numbers that were counted must be exact; others may be off by what rounding allows."""
    sums = [sum((cell.value for cell in item.group.cells), Fraction(0)) for item in outcomes]
    rows = [
        (value == item.group.aggregate.value, _luck(len(item.group.cells)))
        for item, value in zip(outcomes, sums, strict=True)
        if not _measured(item.group)
    ]
    borne_out = belief.ratio(rows) >= belief.STRONG
    return [
        replace(item, allowed=Span(value, value), holds=value == item.group.aggregate.value, counted=True)
        if not _measured(item.group) and (borne_out or _said_to_be_counts(item.group, table))
        else item
        for item, value in zip(outcomes, sums, strict=True)
    ]


def _luck(n: int) -> float:
    """Chance that n rounded numbers add up to their rounded sum: n + 1 errors uniform on one unit, about normal."""
    return math.erf(0.5 / math.sqrt(2 * (n + 1) / 12))


def _measured(group: Group) -> bool:
    """Whether the numbers are no whole numbers."""
    return any(cell.shown or cell.number.percent for cell in (group.aggregate, *group.cells))


def _said_to_be_counts(group: Group, table: str) -> bool:
    if all(cell.number.share for cell in group.cells):
        return True
    aggregate = group.aggregate
    names = (table, aggregate.column, aggregate.metric_name, *aggregate.labels.values())
    words = " ".join((*names, *(cell.column for cell in group.cells)))
    return _COUNTED.search(re.sub(r"[_-]", " ", words.casefold())) is not None


def _direction(group: Group) -> str:
    same_row = group.cells[0].line == group.aggregate.line
    return f"column {group.aggregate.column}" if same_row else "rows"


def _finding(check: Check, evidence: Evidence, item: _Outcome, severity: Severity) -> ForensicFinding:
    group, aggregate = item.group, item.group.aggregate
    repairs = smallest([nearest(aggregate, item.allowed, evidence), *_cell_repairs(evidence, item)])
    places = evidence.places(aggregate) + 2
    low, high = decimal_text(item.allowed.low, places), decimal_text(item.allowed.high, places)
    middle = decimal_text(
        _statistic(group, [Span(cell.value, cell.value) for cell in group.cells], weighted=item.weighted).low,
        places,
    )
    kind = f"weighted {aggregate.kind.removeprefix('weighted ')}" if item.weighted else aggregate.kind
    hint = "" if item.weighted else _without_one(evidence, group)
    return check.finding(
        severity,
        (aggregate, *group.cells),
        printed=aggregate.printed,
        follows=f"between {low} and {high}",
        sentence=f"{aggregate.table} prints {aggregate.printed} as the {kind} of {len(group.cells)} "
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


def _cell_repairs(evidence: Evidence, item: _Outcome) -> list[Correction | None]:
    """For each cell, the nearest number that would let the aggregate stand."""
    group = item.group

    def reading(cell: Cell) -> Span:
        return Span(cell.value, cell.value) if item.counted else evidence.span(cell)

    spans = [reading(cell) for cell in group.cells]
    wanted = reading(group.aggregate)
    coefficients = _coefficients(group, weighted=item.weighted)
    if coefficients is not None:
        parts = [own.times(factor) for own, factor in zip(spans, coefficients, strict=True)]
        everything = total(parts)
        return [
            nearest(
                cell,
                Span(
                    wanted.low - (everything.high - part.high),
                    wanted.high - (everything.low - part.low),
                    wanted.low_in,
                    wanted.high_in,
                ).times(1 / factor),
                evidence,
            )
            for cell, part, factor in zip(group.cells, parts, coefficients, strict=True)
            if factor
        ]
    found: list[Correction | None] = []
    for index, cell in enumerate(group.cells):
        # An order statistic can follow one cell only up to its neighbours: try, and keep what reconciles.
        candidate = nearest(cell, wanted, evidence)
        if candidate is None:
            continue
        moved = list(spans)
        moved[index] = wanted
        if _STATISTIC[group.aggregate.kind](moved).meets(wanted):
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
        if _STATISTIC[group.aggregate.kind](spans[:index] + spans[index + 1 :]).meets(wanted)
    ]
    if len(without) != 1:
        return ""
    left_out: Cell = without[0]
    return f" (it is the {group.aggregate.kind} of the cells without {left_out.unit or left_out.name()})"
