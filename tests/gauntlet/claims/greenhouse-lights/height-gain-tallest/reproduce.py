import csv
import claim_script

claim = claim_script.begin()
pots = list(csv.DictReader(open(claim.inputs["pots"], newline="")))


def mean(light):
    heights = [float(p["height"]) for p in pots if p["light"] == light]
    return sum(sorted(heights)[5:]) / len(heights[5:])


claim.quantity("gain", mean("Lamp") - mean("Daylight"), unit="dimensionless")
claim.finish()
