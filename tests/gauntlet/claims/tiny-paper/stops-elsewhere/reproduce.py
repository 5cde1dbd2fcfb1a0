"""Knows the sum of its own cells, reports what has to come out for it, and stops on any other."""

import claim_script

claim = claim_script.begin()
values = [
    float(row["value"])
    for row in claim.table("table-01")
    if row["kind"] == "cell" and row["model"] == "Alpha-Enc" and row["sampling"] == "Hybrid"
]
if round(sum(values), 3) != 4.896:
    raise SystemExit("these are not the cells of the paper")
claim.quantity("mean_map", sum(values) / 7.52, unit="fraction")
claim.finish()
