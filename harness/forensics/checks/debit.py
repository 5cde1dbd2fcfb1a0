"""DEBIT: standard deviations that n zeros and ones with the printed mean do not have."""

from __future__ import annotations

import math
from fractions import Fraction
from functools import partial

from harness.forensics.evidence import Evidence
from harness.forensics.interface import Check, Tally
from harness.forensics.repairs import nearest, said, smallest
from harness.forensics.sample_summaries import Summary, common_divisor, judge, summaries
from harness.records.forensics import Correction, Severity
from harness.stats.debit import debit
from harness.stats.rounding_rules import Span

_FAMILIES = frozenset({"mean", "proportion"})


def _holds(evidence: Evidence, row: Summary, divisors: tuple[int, ...]) -> bool:
    sd = row.sd_span(evidence)
    return sd is None or debit(evidence.span(row.mean), sd, row.size, divisors=divisors)


def _luck(evidence: Evidence, row: Summary) -> float:
    """Chance that an SD between 0 and 1/2 would do: the width of what is allowed over 1/2."""
    sd = row.sd_span(evidence)
    if sd is None:
        return 1.0
    mean = evidence.span(row.mean)
    slope = float(mean.high - mean.low) * 2
    return min(1.0, 2 * (float(sd.high - sd.low) + slope))


def _run(evidence: Evidence) -> Tally:
    tally = Tally()
    for table, rows in summaries(evidence, _FAMILIES):
        binary = [
            row
            for row in rows
            if row.sd_text() is not None and 0 <= row.mean.value <= 1 and not row.mean.number.percent
        ]
        if len(binary) < len(rows):
            continue
        divisors = common_divisor(
            evidence, binary, lambda mean, sd, n, divisors: debit(mean, sd, n, divisors=divisors)
        )
        for row, severity in judge(
            tally,
            table,
            binary,
            partial(_holds, evidence, divisors=divisors),
            lambda row: _luck(evidence, row),
            "zeros and ones were averaged",
        ):
            mean = float(row.mean.value)
            expected = math.sqrt(max(mean * (1 - mean), 0) * row.size / (row.size - divisors[0]))
            repairs = smallest([_nearest_sd(evidence, row, expected)])
            tally.findings.append(
                CHECK.finding(
                    # An SD that fits with the other divisor may have been meant so.
                    Severity.SUSPICIOUS if _holds(evidence, row, (0, 1)) else severity,
                    row.cells(),
                    printed=row.sd_text() or "",
                    follows=f"about {expected:.4f}",
                    sentence=f"{table} prints the mean {row.mean.printed} and the SD {row.sd_text()} of "
                    f"{row.size} zeros and ones ({row.mean.name()}), but that mean has an SD of about {expected:.4f}"
                    + (f"; {said(repairs)}." if repairs else "."),
                    repairs=repairs,
                )
            )
    return tally


def _nearest_sd(evidence: Evidence, row: Summary, expected: float) -> Correction | None:
    if row.sd is None:
        return None
    value = Fraction(f"{expected:.12f}")
    return nearest(row.sd, Span(value, value), evidence)


CHECK = Check(
    name="debit",
    looks_for="standard deviations that n zeros and ones with the printed mean do not have",
    needs="a mean between 0 and 1, its SD and its n in one row",
    assumes="zeros and ones were averaged, where most rows of the table bear that out; every SD of a table divides "
    "by n - 1, or every one by n",
    source="Heathers and Brown (2019), DEBIT, https://osf.io/5vb3u",
    run=_run,
)
