"""Takes the row by its labels."""

import claim_script

claim = claim_script.begin()
[value] = [
    row["value"]
    for row in claim.table("table-01")
    if row["kind"] == "cell"
    and row["model"] == "Alpha-Enc"
    and row["sampling"] == "Hybrid"
    and row["language"] == "ar"
]
claim.quantity("map_ar", value, unit="fraction")
claim.finish()
