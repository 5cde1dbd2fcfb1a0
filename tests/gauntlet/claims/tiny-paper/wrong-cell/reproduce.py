"""Takes the row by its labels."""

import claim_script

claim = claim_script.begin()
[value] = [
    row["value"]
    for row in claim.table("table-01")
    if row["kind"] == "cell"
    and row["model"] == "Alpha-Enc"
    and row["sampling"] == "Hybrid"
    and row["language"] == "de"
]
claim.quantity("map_zh", value, unit="fraction")
claim.finish()
