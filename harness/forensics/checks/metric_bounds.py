"""Measures of one ranking that bound each other: MAP and R@1, MRR and hit rates, nDCG and hit rate."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from fractions import Fraction

from harness.forensics.cells import Cell
from harness.forensics.evidence import Evidence
from harness.forensics.interface import Check, Tally
from harness.forensics.relevant import relevant_items
from harness.forensics.repairs import nearest, said, smallest
from harness.forensics.scales import scale_of
from harness.records.forensics import Severity
from harness.stats.rounding import decimal_text
from harness.stats.rounding_rules import Span

_TINY = Fraction(1, 10**9)


def _run(evidence: Evidence) -> Tally:
    tally = Tally()
    scales = scale_of(evidence)
    for sheet in evidence.sheets:
        for record in sheet.records:
            for upper, limit, others, why in _bounds(evidence, record, scales):
                tally.compared((upper, *others))
                if evidence.span(upper).meets(limit):
                    continue
                repairs = smallest([nearest(upper, limit, evidence)])
                places = evidence.places(upper) + 1
                low, high = (decimal_text(end, places) for end in (limit.low, limit.high))
                tally.findings.append(
                    CHECK.finding(
                        Severity.IMPOSSIBLE,
                        (upper, *others),
                        printed=upper.printed,
                        follows=f"between {low} and {high}",
                        sentence=f"{upper.table} prints {upper.printed} for {upper.name()}, but "
                        + " and ".join(f"{cell.metric_name} is {cell.printed}" for cell in others)
                        + f" there, so it must lie between {low} and {high}: {why}"
                        + (f"; {said(repairs)}." if repairs else "."),
                        repairs=repairs,
                    )
                )
    return tally


Bound = tuple[Cell, Span, tuple[Cell, ...], str]


def _bounds(evidence: Evidence, record: Mapping[str, Cell], scales: Callable[[Cell], int]) -> Iterator[Bound]:
    by: dict[tuple[str, int | None], Cell] = {}
    for cell in record.values():
        if cell.metric is not None and not cell.number.relation:
            by.setdefault((cell.metric.family, cell.metric.cutoff), cell)
    if (
        len(
            {
                scales(cell)
                for (family, _), cell in by.items()
                if family in ("map", "mrr", "ndcg", "recall", "hit")
            }
        )
        > 1
    ):
        return
    items = relevant_items(evidence, next(iter(by.values()))) if by else None
    one = items == (1, 1)
    for (family, cutoff), cell in by.items():
        top = Fraction(scales(cell))
        if family == "map" and cutoff is None:
            if first := by.get(("recall", 1)):
                own = evidence.span(first)
                high = top
                if one:
                    high = (own.high + top) / 2
                why = "a query whose first result is relevant has an average precision of at least its recall at 1"
                if one:
                    why += ", and with one relevant item every other query at most 1/2"
                yield cell, Span(own.low, high), (first,), why
            if one and (tenth := by.get(("recall", 10))) and (first := by.get(("recall", 1))):
                a, b = evidence.span(first), evidence.span(tenth)
                low = a.low + max(Fraction(0), b.low - a.high) / 10
                high = a.high + max(Fraction(0), b.high - a.low) / 2 + (top - b.low) / 11
                yield cell, Span(low, high), (first, tenth), "with one relevant item it is the mean of 1/rank"
            if items and not one and (tenth := by.get(("recall", 10))) and items[0] == items[1]:
                own = evidence.span(tenth)
                high = _most_precision(own.high / top, items[0]) * top
                low = _least_precision(own.low / top, items[0]) * top
                yield cell, Span(low, high), (tenth,), f"with {items[0]} relevant items for each query"
        if family in ("mrr", "map") and (cutoff is None or cutoff > 1) and (first := by.get(("hit", 1))):
            own = evidence.span(first)
            if family == "mrr":
                yield (
                    cell,
                    Span(own.low, (own.high + top) / 2),
                    (first,),
                    ("a query counts 1 when its first result is relevant and at most 1/2 otherwise"),
                )
        if family == "mrr" and cutoff and (hit := by.get(("hit", cutoff))):
            own = evidence.span(hit)
            yield (
                cell,
                Span(own.low / cutoff, own.high),
                (hit,),
                f"1/rank is between 1/{cutoff} and 1 for every hit",
            )
        if family == "ndcg" and cutoff and (hit := by.get(("hit", cutoff))):
            own = evidence.span(hit)
            yield cell, Span(Fraction(0), own.high), (hit,), "a query without a hit counts 0"
        if family == "ndcg" and cutoff and cutoff > 1 and one and (found := by.get(("recall", cutoff))):
            own = evidence.span(found)
            least = Fraction(1 / math.log2(cutoff + 1)) - _TINY
            yield (
                cell,
                Span(own.low * least, own.high),
                (found,),
                "with one relevant item it is 1/log2(1 + rank)",
            )
        if family in ("recall", "precision") and cutoff and (hit := by.get(("hit", cutoff))):
            own = evidence.span(hit)
            yield cell, Span(Fraction(0), own.high), (hit,), "a query without a hit counts 0"


def _most_precision(recall: Fraction, relevant: int) -> Fraction:
    """Largest mean average precision for a mean recall at 10 with ``relevant`` items each.

    A query with a items in its first ten has at most (a + sum over j > a of j / (10 + j - a)) / relevant: the
    a items lead, the rest follow from rank 11. Concave hull over a, because the mean mixes queries.
    """
    reach = min(10, relevant)
    points = [
        (
            Fraction(a, relevant),
            (a + sum((Fraction(j, 10 + j - a) for j in range(a + 1, relevant + 1)), Fraction(0))) / relevant,
        )
        for a in range(reach + 1)
    ]
    return (
        max(_line(p, q, recall) for p in points for q in points if p[0] <= recall <= q[0])
        if recall <= points[-1][0]
        else Fraction(1)
    )


def _least_precision(recall: Fraction, relevant: int) -> Fraction:
    """Smallest mean average precision for a mean recall at 10: items at ranks 11 - a to 10, the rest nowhere."""
    reach = min(10, relevant)
    points = [
        (
            Fraction(a, relevant),
            sum((Fraction(j, 10 - a + j) for j in range(1, a + 1)), Fraction(0)) / relevant,
        )
        for a in range(reach + 1)
    ]
    return (
        min(_line(p, q, recall) for p in points for q in points if p[0] <= recall <= q[0])
        if 0 <= recall <= points[-1][0]
        else Fraction(0)
    )


def _line(p: tuple[Fraction, Fraction], q: tuple[Fraction, Fraction], x: Fraction) -> Fraction:
    return p[1] if p[0] == q[0] else p[1] + (q[1] - p[1]) * (x - p[0]) / (q[0] - p[0])


CHECK = Check(
    name="metric-bounds",
    looks_for="measures of one ranking that cannot go together",
    needs="two of MAP, MRR, nDCG, recall and hit rate for the same row",
    assumes="all are over the same queries, and recall is found / relevant; bounds for one relevant item only "
    "where paper.yaml says so",
    source="definitions of the measures; Manning, Raghavan and Schuetze (2008), section 8.4",
    run=_run,
)
