import claim_script

claim = claim_script.begin()
columns = {"model": None, "block": None, "kind": None, "value": "count"}
claim.table_out("blocks", columns, [{key: row[key] for key in columns} for row in claim.table("table-03")])
claim.finish()
