"""Sets the cells of both methods side by side, under each other's heading."""

import claim_script

claim = claim_script.begin()
cells: dict[str, dict[str, str]] = {}
for row in claim.table("table-01"):
    if row["model"] == "Alpha-Enc" and row["kind"] == "cell":
        cells.setdefault(row["language"], {})[row["sampling"]] = row["value"]
rows = [{"language": name, "ours": by["Hybrid"], "theirs": by["Mono"]} for name, by in cells.items()]
claim.table_out("by_language", {"language": None, "ours": "fraction", "theirs": "fraction"}, rows)
claim.finish()
