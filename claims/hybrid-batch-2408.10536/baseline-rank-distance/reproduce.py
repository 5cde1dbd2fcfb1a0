"""Reads the printed mean rank distance of X-X-mono with XLM-R on XQuAD-R."""

import claim_script

WANTED = {
    "kind": "printed_mean",
    "model": "XLM-R",
    "dataset": "XQuAD-R",
    "metric": "rank_distance",
    "sampling": "X-X-mono",
}

claim = claim_script.begin()
rows = [row for row in claim.table("table-07") if all(row[key] == label for key, label in WANTED.items())]
[row] = rows
claim.quantity("mean_rank_distance", row["value"], unit="ranks")
claim.finish()
