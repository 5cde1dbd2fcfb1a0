# How many times as fast by the mean solve time on one machine.

from fractions import Fraction

import claim_script


def mean(rows, solver):
    values = [Fraction(row["value"]) for row in rows if row["solver"] == solver]
    return sum(values) / len(values)


claim = claim_script.begin()
rows = [row for row in claim.table("table-01") if row["kind"] == "cell" and row["machine"] == "laptop"]
claim.quantity("ratio", float(max(Fraction(row["value"]) for row in rows if row["solver"] == "Jacobi") / mean(rows, "Multigrid")), unit="dimensionless")
claim.finish()
