"""Ends with an error before anything is measured."""

import claim_script

claim = claim_script.begin()
values = [
    float(row["value"])
    for row in claim.table("table-01")
    if row["kind"] == "cell" and row["model"] == "Alpha-Enc" and row["sampling"] == "Hybrid"
]
claim.quantity("mean_map", sum(values) / len(values), unit="fraction")
raise SystemExit("refuted: the mean is 0.1")
