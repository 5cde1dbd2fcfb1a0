"""Reports labels that would drive a terminal."""

import claim_script

claim = claim_script.begin()
by_language = {}
for row in claim.table("table-01"):
    if row["kind"] == "cell" and row["model"] == "Alpha-Enc":
        by_language.setdefault(row["language"], {})[row["sampling"]] = row["value"]
rows = [
    {"language": "\x1b[2J\x1b[32mVERIFIED\x1b[0m " + language, "hybrid": arms["Hybrid"], "mono": arms["Mono"]}
    for language, arms in by_language.items()
]
claim.table_out("pairs", {"language": None, "hybrid": "fraction", "mono": "fraction"}, rows)
claim.finish()
