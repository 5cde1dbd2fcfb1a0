"""Hands on the printed means of multilingual MAP."""

import claim_script

claim = claim_script.begin()
rows = [
    {"model": row["model"], "dataset": row["dataset"], "method": row["sampling"], "mean": row["value"]}
    for name in ("table-03", "table-04", "table-05", "table-06")
    for row in claim.table(name)
    if (row["kind"], row["metric"], row["setting"]) == ("printed_mean", "MAP", "multilingual")
]
claim.table_out("means", {"model": None, "dataset": None, "method": None, "mean": "fraction"}, rows)
claim.finish()
