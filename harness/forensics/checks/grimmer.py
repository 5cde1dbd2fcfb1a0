"""GRIMMER: standard deviations that no n whole numbers with the printed mean have."""

from __future__ import annotations

from fractions import Fraction
from functools import partial

from harness.forensics.checks import grim
from harness.forensics.evidence import Evidence
from harness.forensics.interface import Check, Tally
from harness.forensics.repairs import nearest, said, smallest
from harness.forensics.sample_summaries import Summary, common_divisor, judge, summaries
from harness.records.forensics import Correction, Severity
from harness.stats.grimmer import grimmer
from harness.stats.rounding_rules import Span


def _holds(evidence: Evidence, row: Summary, divisors: tuple[int, ...]) -> bool:
    sd = row.sd_span(evidence)
    return sd is None or grimmer(evidence.span(row.mean), sd, row.size, divisors=divisors)


def _run(evidence: Evidence) -> Tally:
    tally = Tally()
    for table, rows in summaries(evidence):
        # A mean that fails GRIM has no standard deviation at all; that is said there.
        fitting = [row for row in rows if row.sd_text() is not None and grim.possible(evidence, row)]
        divisors = common_divisor(
            evidence, fitting, lambda mean, sd, n, divisors: grimmer(mean, sd, n, divisors=divisors)
        )
        for row, severity in judge(
            tally,
            table,
            fitting,
            partial(_holds, evidence, divisors=divisors),
            lambda row: min(grim.luck(evidence, row), 1.0),
            "whole numbers were averaged",
        ):
            repairs = smallest([_nearest_sd(evidence, row, divisors)])
            tally.findings.append(
                CHECK.finding(
                    # An SD that fits with the other divisor may have been meant so.
                    Severity.SUSPICIOUS if _holds(evidence, row, (0, 1)) else severity,
                    row.cells(),
                    printed=row.sd_text() or "",
                    follows=" or ".join(item.becomes for item in repairs) or "no SD near it",
                    sentence=f"{table} prints the mean {row.mean.printed} and the SD {row.sd_text()} of "
                    f"{row.size} whole numbers ({row.mean.name()}), but no {row.size} whole numbers have both"
                    + (f"; {said(repairs)}." if repairs else "."),
                    repairs=repairs,
                )
            )
    return tally


def _nearest_sd(evidence: Evidence, row: Summary, divisors: tuple[int, ...]) -> Correction | None:
    """The nearest printed SD that GRIMMER lets pass, up to 50 units of its last digit away."""
    if row.sd is None:
        return None
    step = evidence.step(row.sd)
    for distance in range(1, 51):
        for value in (row.sd.value - distance * step, row.sd.value + distance * step):
            around = Span(value - step / 2, value + step / 2)
            if value >= 0 and grimmer(evidence.span(row.mean), around, row.size, divisors=divisors):
                return nearest(row.sd, Span(Fraction(value), Fraction(value)), evidence)
    return None


CHECK = Check(
    name="grimmer",
    looks_for="standard deviations that no n whole numbers with the printed mean have",
    needs="a mean, its SD and its n in one row",
    assumes="as for grim; every SD of a table divides by n - 1, or every one by n",
    source="Anaya (2016), PeerJ Preprints 4:e2400v1; Allard (2018), analytic GRIMMER",
    run=_run,
)
