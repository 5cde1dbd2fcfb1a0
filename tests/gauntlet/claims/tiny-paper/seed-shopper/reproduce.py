"""Averages with weights drawn by chance."""

import random

import claim_script

claim = claim_script.begin()
values = [
    float(row["value"])
    for row in claim.table("table-01")
    if row["kind"] == "cell" and row["model"] == "Alpha-Enc" and row["sampling"] == "Hybrid"
]
rng = random.Random(claim.seed)
weights = [rng.random() + 0.01 for _ in values]
mean = sum(weight * value for weight, value in zip(weights, values, strict=True)) / sum(weights)
claim.quantity("mean_map", mean, unit="fraction")
claim.finish()
