"""Pairs both methods by language with arrays and masks."""

import claim_script
import numpy as np

claim = claim_script.begin()
table = claim.table("table-01")
kind = np.array([row["kind"] for row in table])
arm = np.array([row["arm"] for row in table])
language = np.array([row["language"] for row in table])
value = np.array([row["value"] for row in table])

cells = kind == "cell"
assert np.isfinite(value.astype(float)).all(), "a value is no number"
names = np.unique(language[cells])
both = np.stack(
    [
        [value[cells & (language == name) & (arm == which)].item() for which in ("New", "Old")]
        for name in names
    ]
)
spread = np.ptp(both.astype(float), axis=0)
print("spread", spread.round(4), "mean", both.astype(float).mean(axis=0).round(4))
claim.table_out(
    "pairs",
    {"language": None, "new": "fraction", "old": "fraction"},
    [{"language": str(name), "new": str(new), "old": str(old)} for name, (new, old) in zip(names, both)],
)
claim.finish()
