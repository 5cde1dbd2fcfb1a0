"""Reports the share of rows that are cells, under the name of a MAP."""

import claim_script

claim = claim_script.begin()
rows = claim.table("table-01")
claim.quantity("mean_map", sum(row["kind"] == "cell" for row in rows) / len(rows), unit="fraction")
claim.finish()
