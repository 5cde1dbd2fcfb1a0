"""Printed sums against the sum of their printed cells."""

from __future__ import annotations

from harness.forensics.aggregates import check_aggregates
from harness.forensics.evidence import Evidence
from harness.forensics.interface import Check, Tally


def _run(evidence: Evidence) -> Tally:
    return check_aggregates(CHECK, evidence, ("sum",))


CHECK = Check(
    name="sum-of-cells",
    looks_for="printed totals that their printed cells exclude",
    needs="a row or column of totals beside its cells",
    assumes="the total is over all cells that are printed",
    source="interval arithmetic on rounding intervals; Moore (1966), Interval Analysis",
    run=_run,
)
