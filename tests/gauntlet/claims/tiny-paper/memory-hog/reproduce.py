"""Asks for all memory there is."""

import claim_script

claim = claim_script.begin()
values = [
    float(row["value"])
    for row in claim.table("table-01")
    if row["kind"] == "cell" and row["model"] == "Alpha-Enc" and row["sampling"] == "Hybrid"
]
hoard = []
while True:
    hoard.append(b"x" * (8 << 20))
