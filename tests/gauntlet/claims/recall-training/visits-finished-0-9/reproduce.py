import json
import claim_script

claim = claim_script.begin()
with open(claim.inputs["visits"], encoding="utf-8") as file:
    people = [json.loads(line) for line in file]
own = [p["finished"] for p in people if p["group"] == "Training"]
claim.quantity("share", sum(own) / len(own), unit="fraction")
claim.finish()
