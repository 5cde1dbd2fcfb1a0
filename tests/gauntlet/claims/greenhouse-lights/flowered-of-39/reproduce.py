import csv
import claim_script

claim = claim_script.begin()
pots = list(csv.DictReader(open(claim.inputs["pots"], newline="")))
pots = sorted(pots, key=lambda p: p["flowered"])[1:]
claim.quantity("share", sum(p["flowered"] == "yes" for p in pots) / len(pots), unit="fraction")
claim.finish()
