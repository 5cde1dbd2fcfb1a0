"""Puts the printed cells of the three methods side by side, by language."""

import claim_script

LABELS = ("model", "dataset", "metric", "setting", "language")
SPECIALIST = {"monolingual": "X-X-mono", "cross-lingual": "X-Y", "multilingual": "X-Y"}
OTHER = {"X-X-mono": "X-Y", "X-Y": "X-X-mono"}

claim = claim_script.begin()
cells = {}
for name in ("table-03", "table-04", "table-05", "table-06"):
    for row in claim.table(name):
        if row["kind"] == "cell":
            cells.setdefault(tuple(row[label] for label in LABELS), {})[row["sampling"]] = row["value"]

rows = []
for key, methods in cells.items():
    labels = dict(zip(LABELS, key, strict=True))
    specialist = SPECIALIST[labels["setting"]]
    rows.append(
        {
            **labels,
            "hybrid": methods["Hybrid"],
            "specialist": methods[specialist],
            "other": methods[OTHER[specialist]],
        }
    )
numbers = {"hybrid": "fraction", "specialist": "fraction", "other": "fraction"}
claim.table_out("cells", {**{label: None for label in LABELS}, **numbers}, rows)
claim.finish()
