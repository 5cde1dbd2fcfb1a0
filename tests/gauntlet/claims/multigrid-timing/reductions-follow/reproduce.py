import csv, json
q = json.load(open("/claim/request.json"))
rows = [[r["step"], r["before"], r["after"], r["reduction"]] for r in csv.DictReader(open(q["inputs"]["table-04"]))]
cols = [("step", None), ("before", "count"), ("after", "count"), ("reduction", "percent-change")]
json.dump({"protocol": "claim-script-v1", "quantities": {}, "tables": {"steps": {
    "columns": [{"name": a, "unit": b} for a, b in cols], "rows": rows}}}, open(q["output"], "w"))
