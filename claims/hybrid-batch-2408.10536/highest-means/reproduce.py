"""Hands on the printed means of MAP and R@1 in the monolingual and cross-lingual settings."""

import claim_script

LABELS = ("model", "dataset", "metric", "setting")

claim = claim_script.begin()
rows = []
for name in ("table-03", "table-04", "table-05", "table-06"):
    for row in claim.table(name):
        if (
            row["kind"] == "printed_mean"
            and row["metric"] in ("MAP", "R@1")
            and row["setting"] in ("monolingual", "cross-lingual")
        ):
            labels = {label: row[label] for label in LABELS}
            rows.append({**labels, "method": row["sampling"], "mean": row["value"]})
columns = {label: None for label in (*LABELS, "method")}
claim.table_out("means", {**columns, "mean": "fraction"}, rows)
claim.finish()
