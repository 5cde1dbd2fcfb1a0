"""Printed medians, minima and maxima against their printed cells."""

from __future__ import annotations

from harness.forensics.aggregates import check_aggregates
from harness.forensics.evidence import Evidence
from harness.forensics.interface import Check, Tally


def _run(evidence: Evidence) -> Tally:
    return check_aggregates(CHECK, evidence, ("median", "min", "max"))


CHECK = Check(
    name="median-of-cells",
    looks_for="printed medians, minima and maxima that their printed cells exclude",
    needs="a row or column of medians, minima or maxima beside its cells",
    assumes="it is taken over all cells that are printed; an even number of cells has the mean of the middle two",
    source="interval arithmetic on rounding intervals; Moore (1966), Interval Analysis",
    run=_run,
)
