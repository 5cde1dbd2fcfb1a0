"""Mean reciprocal rank of the first relevant passage, from a run file and its judgements."""

import json
from collections import defaultdict

with open("/claim/request.json") as handle:
    request = json.load(handle)
relevant = defaultdict(set)
for line in open(request["inputs"]["judged"]):
    query, _, passage, grade = line.split()
    if int(grade) > 0:
        relevant[query].add(passage)
found = defaultdict(list)
for line in open(request["inputs"]["dense"]):
    query, _, passage, _place, score, _tag = line.split()
    found[query].append((float(score), passage))
total = 0.0
for query, hits in found.items():
    for place, (_score, passage) in enumerate(sorted(hits, reverse=True), 1):
        if passage in relevant[query]:
            total += 1 / place
            break
value = {"value": total / len(found), "unit": "fraction"}
with open(request["output"], "w") as handle:
    json.dump({"protocol": "claim-script-v1", "quantities": {"mrr": value}, "tables": {}}, handle)
