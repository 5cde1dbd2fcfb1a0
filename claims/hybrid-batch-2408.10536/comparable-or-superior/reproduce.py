"""Puts every printed cell of the hybrid method beside the same cell of each baseline."""

import claim_script

LABELS = ("model", "dataset", "metric", "setting", "language")

claim = claim_script.begin()
cells = {}
for name in ("table-03", "table-04", "table-05", "table-06", "table-12", "table-13"):
    for row in claim.table(name):
        if row["kind"] == "cell":
            cells.setdefault(tuple(row[label] for label in LABELS), {})[row["sampling"]] = row["value"]

rows = [
    {
        **dict(zip(LABELS, key, strict=True)),
        "baseline": baseline,
        "hybrid": methods["Hybrid"],
        "control": methods[baseline],
    }
    for key, methods in cells.items()
    for baseline in ("X-X-mono", "X-Y")
]
columns = {label: None for label in (*LABELS, "baseline")}
claim.table_out("pairs", {**columns, "hybrid": "fraction", "control": "fraction"}, rows)
claim.finish()
