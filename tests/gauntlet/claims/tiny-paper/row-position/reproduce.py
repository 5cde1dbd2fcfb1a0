"""Takes the first row, whatever it is about."""

import claim_script

claim = claim_script.begin()
claim.quantity("map_ar", claim.table("table-01")[0]["value"], unit="fraction")
claim.finish()
