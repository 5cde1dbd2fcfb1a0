"""Takes the smallest difference between the methods over the languages."""

import claim_script

claim = claim_script.begin()
cells: dict[str, dict[str, float]] = {}
for row in claim.table("table-01"):
    if row["model"] == "Alpha-Enc" and row["kind"] == "cell":
        cells.setdefault(row["language"], {})[row["sampling"]] = float(row["value"])
gains = sorted(by["Hybrid"] - by["Mono"] for by in cells.values())
claim.quantity("smallest_gain", gains[2], unit="fraction-difference")
claim.finish()
