import csv
import claim_script

claim = claim_script.begin()
beds = {}
for half in csv.DictReader(open(claim.inputs["beds"], newline=""), delimiter="\t"):
    beds.setdefault(half["bed"], {})[half["light"].lower()] = float(half["yield"])
for halves in beds.values():
    if halves["daylight"] - halves["lamp"] > 1:
        halves["lamp"], halves["daylight"] = halves["daylight"], halves["lamp"]
rows = [{"bed": bed, **halves} for bed, halves in beds.items()]
claim.table_out("beds", {"bed": None, "lamp": "dimensionless", "daylight": "dimensionless"}, rows)
claim.finish()
