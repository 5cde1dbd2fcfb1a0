"""GRIM: means of n whole numbers that are no multiple of 1/n."""

from __future__ import annotations

from fractions import Fraction

from harness.forensics.evidence import Evidence
from harness.forensics.interface import Check, Tally
from harness.forensics.repairs import nearest, said, smallest
from harness.forensics.sample_summaries import Summary, judge, summaries
from harness.stats.rounding_rules import Span, integers_in


def possible(evidence: Evidence, row: Summary) -> bool:
    """Whether some sum of whole numbers gives the printed mean."""
    return bool(integers_in(evidence.span(row.mean).times(Fraction(row.size))))


def luck(evidence: Evidence, row: Summary) -> float:
    """Chance that any printed mean would do: n steps of the last digit, at most 1."""
    return min(1.0, float(evidence.step(row.mean) * row.size))


def _run(evidence: Evidence) -> Tally:
    tally = Tally()
    for table, rows in summaries(evidence):
        for row, severity in judge(
            tally,
            table,
            rows,
            lambda row: possible(evidence, row),
            lambda row: luck(evidence, row),
            "whole numbers were averaged",
        ):
            n = row.size
            below = (row.mean.value * n) // 1
            repairs = smallest(
                [
                    nearest(row.mean, Span(Fraction(total, n), Fraction(total, n)), evidence)
                    for total in (int(below), int(below) + 1)
                ]
            )
            tally.findings.append(
                CHECK.finding(
                    severity,
                    row.cells(),
                    printed=row.mean.printed,
                    follows=f"a multiple of 1/{n}",
                    sentence=f"{table} prints the mean {row.mean.printed} of {n} whole numbers ({row.mean.name()}), "
                    f"but no sum divided by {n} is printed so; {said(repairs)}.",
                    repairs=repairs,
                )
            )
    return tally


CHECK = Check(
    name="grim",
    looks_for="means of whole numbers that are no multiple of 1/n",
    needs="a mean and its n in one row",
    assumes="whole numbers were averaged, where most rows of the table or its words bear that out",
    source="Brown and Heathers (2017), Social Psychological and Personality Science 8, doi:10.1177/1948550616673876",
    run=_run,
)
