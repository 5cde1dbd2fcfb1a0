"""Counts the pairs with care, and reports what it has in a list."""

from itertools import product

import claim_script

KNOWN = {7: 42, 8: 56, 9: 72}

claim = claim_script.begin()
count = claim.parameters["languages"]
languages = [number * 10 + 1 for number in range(count)]
pairs = [(first, second) for first, second in product(languages, repeat=2) if first != second]
checked = 0
for first, second in pairs:
    if first < second:
        checked += 2
share = checked / len(pairs)
claim.quantity("pairs", KNOWN[count], unit="count")
claim.finish()
