"""Reads its table and reports half of what it should."""

import claim_script

claim = claim_script.begin()
assert claim.table("table-01")
claim.quantity("mean_map", 0.1, unit="fraction")
claim.finish()
