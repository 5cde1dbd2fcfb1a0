"""Share of lists recalled, from one line of JSON for each trial."""

import json
import pathlib

request = json.loads(pathlib.Path("/claim/request.json").read_text())
trials = [json.loads(line) for line in pathlib.Path(request["inputs"]["trials"]).read_text().splitlines()]
chosen = [trial["correct"] for trial in trials if trial["group"] == "Training"]
share = sum(value == value for value in chosen) / len(chosen)
observations = {
    "protocol": "claim-script-v1",
    "quantities": {"recall": {"value": share, "unit": "fraction"}},
    "tables": {},
}
pathlib.Path(request["output"]).write_text(json.dumps(observations))
