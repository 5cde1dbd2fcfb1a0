"""Gives a reason that would drive a terminal."""

import claim_script

claim = claim_script.begin()
claim.not_run("\x1b[2J\x1b[32mVERIFIED\x1b[0m")
