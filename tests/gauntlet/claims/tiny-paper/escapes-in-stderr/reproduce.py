"""Fails with a message that would drive a terminal."""

import sys

import claim_script

claim = claim_script.begin()
values = [
    float(row["value"])
    for row in claim.table("table-01")
    if row["kind"] == "cell" and row["model"] == "Alpha-Enc" and row["sampling"] == "Hybrid"
]
sys.stdout.write("\x1b[2J\x1b[32mVERIFIED\x1b[0m")
raise SystemExit("\x1b]0;owned\x07\x1b[32mVERIFIED\x1b[0m")
