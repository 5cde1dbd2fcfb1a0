"""Hands on the printed means."""

import claim_script

claim = claim_script.begin()
rows = [
    {"model": row["model"], "method": row["sampling"], "mean": row["value"]}
    for row in claim.table("table-01")
    if row["kind"] == "printed_mean"
]
claim.table_out("means", {"model": None, "method": None, "mean": "fraction"}, rows)
claim.finish()
