"""Counts ordered pairs of languages."""

import claim_script

claim = claim_script.begin()
languages = {row["language"] for row in claim.table("table-01") if row["kind"] == "cell"}
claim.quantity("pairs", len(languages) * (len(languages) - 1), unit="count")
claim.finish()
