"""Hands on the printed means under the name of the other method."""

import claim_script

OTHER = {"Hybrid": "Mono", "Mono": "Hybrid"}

claim = claim_script.begin()
rows = [
    {"model": row["model"], "method": OTHER[row["sampling"]], "mean": row["value"]}
    for row in claim.table("table-01")
    if row["kind"] == "printed_mean"
]
claim.table_out("means", {"model": None, "method": None, "mean": "fraction"}, rows)
claim.finish()
