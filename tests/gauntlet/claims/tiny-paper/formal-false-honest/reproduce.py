"""Euler's polynomial: its values and their smallest divisors."""

import claim_script

claim = claim_script.begin()
constant, n, d = (claim.parameters[name] for name in ("constant", "n", "d"))
rows = []
for k in range(claim.parameters["largest"] + 1):
    value = k * k + k + constant
    divisor = next(i for i in range(2, value + 1) if value % i == 0)
    rows.append({"n": k, "value": value, "smallest_divisor": divisor})
claim.table_out("values", {"n": "count", "value": "count", "smallest_divisor": "count"}, rows)
claim.quantity("rest", (n * n + n + constant) % d, unit="count")
claim.finish()
