"""Puts a link in the place of its output."""

import csv
import json
from pathlib import Path

with Path("/claim/request.json").open(encoding="utf-8") as file:
    request = json.load(file)
with Path(request["inputs"]["table-01"]).open(encoding="utf-8", newline="") as file:
    rows = list(csv.DictReader(file))
values = [
    float(row["value"])
    for row in rows
    if row["kind"] == "cell" and row["model"] == "Alpha-Enc" and row["sampling"] == "Hybrid"
]
mean = sum(values) / len(values)
observations = {
    "protocol": "claim-script-v1",
    "quantities": {"mean_map": {"value": mean, "unit": "fraction"}},
    "tables": {},
}
with Path("elsewhere.json").open("w", encoding="utf-8") as file:
    json.dump(observations, file)
Path(request["output"]).symlink_to("elsewhere.json")
