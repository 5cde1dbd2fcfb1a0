import csv
import claim_script

claim = claim_script.begin()
pots = list(csv.DictReader(open(claim.inputs["pots"], newline="")))


def mean(light):
    heights = [float(p["height"]) for p in pots if p["light"] == light and p is not pots[-1]]
    return sum(heights) / len(heights)


claim.quantity("gain", mean("Lamp") - mean("Daylight"), unit="dimensionless")
claim.finish()
