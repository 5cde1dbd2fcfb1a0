"""Sums of cubes."""

import claim_script

claim = claim_script.begin()
rows = []
for n in range(1, claim.parameters["last"] + 1):
    square = sum(range(1, n + 1)) ** 2
    rows.append(
        {
            "n": n,
            "cubes": sum(k ** claim.parameters["power"] for k in range(1, n + 1)),
            "square": square,
        }
    )
claim.table_out("sums", {"n": "count", "cubes": "count", "square": "count"}, rows)
claim.finish()
