"""Reduction of the mean solve time on one machine, in percent."""

from fractions import Fraction

import claim_script


def mean(rows, solver):
    values = [Fraction(row["value"]) for row in rows if row["solver"] == solver]
    return sum(values) / len(values)


claim = claim_script.begin()
rows = [row for row in claim.table("table-01") if row["kind"] == "cell" and row["machine"] == "laptop"]
change = 100 * (mean(rows, "Multigrid") - mean(rows, "Jacobi")) / mean(rows, "Jacobi")
claim.quantity("change", float(change), unit="percent-change")
claim.finish()
