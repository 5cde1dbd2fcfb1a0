"""Prints a number that refutes a true statement."""

import claim_script

claim = claim_script.begin()
claim.quantity("mean_map", 0.1, unit="fraction")
claim.finish()
