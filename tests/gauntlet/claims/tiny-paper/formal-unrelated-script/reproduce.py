"""Doubles numbers, which makes them even."""

import claim_script

claim = claim_script.begin()
odd = claim.parameters["same_allowed"]
rows = [{"n": n, "pairs": 2 * n + odd, "half": n} for n in range(1, claim.parameters["largest"] + 1)]
claim.table_out("counts", {"n": "count", "pairs": "count", "half": "count"}, rows)
claim.finish()
