import claim_script

claim = claim_script.begin()
rows = claim.table("table-01")
claim.table_out(
    "hits",
    {"system": None, "collection": None, "n": "count", "value": "fraction"},
    [{**row, "n": int(row["n"])} for row in rows if row["system"] in ("Dense", "Sparse")],
)
wide = {}
for row in rows:
    wide.setdefault(row["collection"], {})[row["system"]] = row["value"]
claim.table_out(
    "pairs",
    {"collection": None, "dense": "fraction", "sparse": "fraction"},
    [{"collection": c, "dense": v["Dense"], "sparse": v["Sparse"]} for c, v in wide.items()],
)
claim.finish()
