"""Opens both tables and uses one."""

import claim_script

claim = claim_script.begin()
assert claim.table("table-02")
rows = []
for name in ("table-01",):
    by_language = {}
    for row in claim.table(name):
        if row["kind"] == "cell" and row["model"] == "Alpha-Enc":
            by_language.setdefault(row["language"], {})[row["sampling"]] = row["value"]
    rows += [
        {"table": name, "language": language, "hybrid": arms["Hybrid"], "mono": arms["Mono"]}
        for language, arms in by_language.items()
    ]
columns = {"table": None, "language": None, "hybrid": "fraction", "mono": "fraction"}
claim.table_out("pairs", columns, rows)
claim.finish()
