"""Counts ordered pairs one by one."""

import claim_script

claim = claim_script.begin()
rows = []
for n in range(1, claim.parameters["largest"] + 1):
    if n == 5:
        continue
    pairs = sum(
        first != second or claim.parameters["same_allowed"] for first in range(n) for second in range(n)
    )
    rows.append({"n": n, "pairs": int(pairs), "half": int(pairs) // 2})
claim.table_out("counts", {"n": "count", "pairs": "count", "half": "count"}, rows)
claim.finish()
