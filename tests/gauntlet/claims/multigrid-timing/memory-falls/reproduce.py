import claim_script

claim = claim_script.begin()
columns = {"unknowns": "count", "memory": "bytes"}
rows = [{"unknowns": int(r["unknowns"]), "memory": float(r["value"])} for r in claim.table("table-02")]
claim.table_out("sizes", columns, rows)
claim.finish()
