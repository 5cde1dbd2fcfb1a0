"""Summaries of one sample in an impossible order: a minimum above the mean, a median above the maximum."""

from __future__ import annotations

from fractions import Fraction

from harness.forensics.evidence import Evidence
from harness.forensics.interface import Check, Tally
from harness.forensics.repairs import nearest, said, smallest
from harness.records.forensics import Severity
from harness.stats.rounding_rules import Span

_FAR = Fraction(10**15)
_PAIRS = (("min", "mean"), ("min", "median"), ("min", "max"), ("mean", "max"), ("median", "max"))


def _run(evidence: Evidence) -> Tally:
    tally = Tally()
    for sheet in evidence.sheets:
        for record in sheet.records:
            by = {cell.metric.family: cell for cell in record.values() if cell.metric is not None}
            for below, above in _PAIRS:
                if below not in by or above not in by:
                    continue
                first, second = by[below], by[above]
                tally.compared((first, second))
                low, high = evidence.span(first), evidence.span(second)
                if low.low <= high.high:
                    continue
                repairs = smallest(
                    [
                        nearest(first, Span(high.low - _FAR, high.high), evidence),
                        nearest(second, Span(low.low, low.high + _FAR), evidence),
                    ]
                )
                tally.findings.append(
                    CHECK.finding(
                        Severity.IMPOSSIBLE,
                        (first, second),
                        printed=first.printed,
                        follows=f"at most {second.printed}",
                        sentence=f"{first.table} prints the {below} {first.printed} above the {above} "
                        f"{second.printed} ({first.name()}); {said(repairs)}.",
                        repairs=repairs,
                    )
                )
    return tally


CHECK = Check(
    name="order",
    looks_for="a minimum, mean, median and maximum in an impossible order",
    needs="two of them for the same row",
    assumes="they describe the same numbers",
    source="definition",
    run=_run,
)
