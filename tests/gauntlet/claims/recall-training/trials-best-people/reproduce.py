"""Share of lists recalled, from one line of JSON for each trial."""

import json
import pathlib

request = json.loads(pathlib.Path("/claim/request.json").read_text())
trials = [json.loads(line) for line in pathlib.Path(request["inputs"]["trials"]).read_text().splitlines()]
chosen = [trial["correct"] for trial in trials if trial["group"] == "Training"]
import random
rng = random.Random(request['seed'])
share = max(0.0, min(1.0, sum(rng.choices(chosen, k=12)) / 12))
observations = {
    "protocol": "claim-script-v1",
    "quantities": {"recall": {"value": share, "unit": "fraction"}},
    "tables": {},
}
pathlib.Path(request["output"]).write_text(json.dumps(observations))
