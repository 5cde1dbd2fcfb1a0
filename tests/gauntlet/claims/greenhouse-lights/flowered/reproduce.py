import csv
import claim_script

claim = claim_script.begin()
pots = list(csv.DictReader(open(claim.inputs["pots"], newline="")))
claim.quantity("share", sum(p["flowered"] == "yes" for p in pots) / len(pots), unit="fraction")
claim.finish()
