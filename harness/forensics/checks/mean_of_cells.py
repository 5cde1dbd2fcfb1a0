"""Printed means against the mean of their printed cells."""

from __future__ import annotations

from harness.forensics.aggregates import check_aggregates
from harness.forensics.evidence import Evidence
from harness.forensics.interface import Check, Tally


def _run(evidence: Evidence) -> Tally:
    return check_aggregates(CHECK, evidence, ("mean", "weighted mean"))


CHECK = Check(
    name="mean-of-cells",
    looks_for="printed means that their printed cells exclude",
    needs="a row or column of means beside its cells",
    assumes="the mean is over all cells that are printed, and unweighted unless the table says, or most of its means "
    "show, that a column of counts weights it",
    source="interval arithmetic on rounding intervals; Moore (1966), Interval Analysis",
    run=_run,
)
