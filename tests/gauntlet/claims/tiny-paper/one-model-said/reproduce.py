"""Pairs the cells of both methods."""

import claim_script

claim = claim_script.begin()
pairs = {}
for row in claim.table("table-01"):
    if row["kind"] == "cell" and row["model"] == "Alpha-Enc":
        pairs.setdefault((row["model"], row["language"]), {})[row["sampling"].lower()] = row["value"]
claim.table_out(
    "cells",
    {"model": None, "language": None, "hybrid": "fraction", "mono": "fraction"},
    [{"model": model, "language": language, **pair} for (model, language), pair in pairs.items()],
)
claim.finish()
