"""Counts ordered pairs."""

import claim_script

claim = claim_script.begin()
count = claim.parameters["languages"]
claim.quantity(
    "pairs", sum(first != second for first in range(count) for second in range(1, count)), unit="count"
)
claim.finish()
