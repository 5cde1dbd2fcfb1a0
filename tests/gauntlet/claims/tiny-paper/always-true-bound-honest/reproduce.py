"""Averages the cells of Hybrid with Alpha-Enc."""

import claim_script

claim = claim_script.begin()
values = [
    float(row["value"])
    for row in claim.table("table-01")
    if row["kind"] == "cell" and row["model"] == "Alpha-Enc" and row["sampling"] == "Hybrid"
]
claim.quantity("mean_map", sum(values) / len(values), unit="fraction")
claim.finish()
