"""Both groups side by side, centre by centre."""

import claim_script

claim = claim_script.begin()
centres = {}
for row in claim.table("table-01"):
    if row["kind"] == "cell" and row["measure"] == "Recall":
        centres.setdefault(row["centre"], {})[row["group"]] = row["value"]
claim.table_out(
    "centres",
    {"centre": None, "training": "fraction", "waiting": "fraction"},
    [{"centre": c, "training": g["Training"], "waiting": g["Waiting"]} for c, g in centres.items()],
)
claim.finish()
