"""Enumerates the retrieval settings of parallel languages: every pair of a query and a corpus language."""

from itertools import product

import claim_script


def count(languages):
    """Monolingual and ordered cross-lingual settings, counted one by one."""
    pairs = list(product(languages, repeat=2))
    same = sum(query == corpus for query, corpus in pairs)
    return same, len(pairs) - same


claim = claim_script.begin()
for dataset in ("xquad_r", "mlqa_r"):
    monolingual, cross_lingual = count(claim.parameters[f"{dataset}_languages"].split())
    claim.quantity(f"{dataset}_monolingual", monolingual, unit="count")
    claim.quantity(f"{dataset}_cross_lingual", cross_lingual, unit="count")

rows = []
for n in range(2, claim.parameters["max_languages"] + 1):
    monolingual, cross_lingual = count(range(n))
    rows.append({"n": n, "cross_lingual": cross_lingual, "monolingual": monolingual})
claim.table_out("settings", {"n": "count", "cross_lingual": "count", "monolingual": "count"}, rows)
claim.finish()
