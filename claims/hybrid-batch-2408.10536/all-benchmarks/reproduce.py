"""Hands on every printed mean of the quality metrics on the three benchmarks."""

import claim_script

LABELS = ("model", "dataset", "metric", "setting")

claim = claim_script.begin()
rows = []
for name in ("table-03", "table-04", "table-05", "table-06", "table-12", "table-13"):
    for row in claim.table(name):
        if row["kind"] == "printed_mean":
            labels = {label: row[label] for label in LABELS}
            rows.append({**labels, "method": row["sampling"], "mean": row["value"]})
columns = {label: None for label in (*LABELS, "method")}
claim.table_out("means", {**columns, "mean": "fraction"}, rows)
claim.finish()
