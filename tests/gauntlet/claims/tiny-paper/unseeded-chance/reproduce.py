"""Adds a little noise that no seed governs."""

import random

import claim_script

claim = claim_script.begin()
values = [
    float(row["value"])
    for row in claim.table("table-01")
    if row["kind"] == "cell" and row["model"] == "Alpha-Enc" and row["sampling"] == "Hybrid"
]
noise = random.SystemRandom().gauss(0, 1e-9)
claim.quantity("mean_map", sum(values) / len(values) + noise, unit="fraction")
claim.finish()
