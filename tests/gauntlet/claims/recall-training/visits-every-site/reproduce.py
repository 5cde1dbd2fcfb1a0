import json
import claim_script

claim = claim_script.begin()
with open(claim.inputs["visits"], encoding="utf-8") as file:
    people = [json.loads(line) for line in file]
rows = []
for site in sorted({p["site"] for p in people}):
    row = {"site": site}
    for group in ("Training", "Waiting"):
        own = [p["finished"] for p in people if (p["site"], p["group"]) == (site, group)]
        row[group.lower()] = sum(own) / len(own)
    rows.append(row)
claim.table_out("sites", {"site": None, "training": "fraction", "waiting": "fraction"}, rows)
claim.finish()
