"""Reports more bytes than the record allows."""

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
with Path(request["output"]).open("w", encoding="utf-8") as file:
    json.dump(observations, file, indent=4000)
