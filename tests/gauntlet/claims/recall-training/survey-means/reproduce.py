import claim_script

claim = claim_script.begin()
columns = {"question": None, "mean": "dimensionless", "sd": "dimensionless", "n": "count"}
rows = [{**row, "n": int(row["n"])} for row in claim.table("table-04")]
claim.table_out("survey", columns, rows)
claim.finish()
