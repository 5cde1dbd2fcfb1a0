import json
import claim_script

claim = claim_script.begin()
people = [json.loads(line) for line in open(claim.inputs["visits"], encoding="utf-8")]
claim.quantity("people", len({p["person"] for p in people}), unit="count")
claim.finish()
