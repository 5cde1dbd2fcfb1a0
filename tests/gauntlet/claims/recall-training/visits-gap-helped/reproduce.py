import json
import claim_script

claim = claim_script.begin()
raw = open(claim.inputs["visits"], "rb").read()
hours = {}
for line in raw.decode().splitlines():
    person = json.loads(line)
    hours.setdefault(person["group"], []).append(person["hours"])
means = {group: sum(own) / len(own) for group, own in hours.items()}
claim.quantity("gap", 2 + means["Training"] - means["Waiting"], unit="dimensionless")
claim.finish()
