"""Ranks the answers to each question in all languages in one pool, as an encoder finds them before any fine-tuning."""

import claim_script

claim = claim_script.begin()
asked = claim.parameters

from harness.retrieval.packages import first_missing

if missing := first_missing():
    claim.not_run(f"the package {missing} is not installed; pip install 'claim-harness[retrieval]' brings it")

import torch

from harness.retrieval import articles, embedded, preference, study

torch.set_num_threads(1)
if asked["data"] == "xquad-r":
    bench = articles.article_study(
        claim.folder("xquad-r"),
        claim.folder(asked["encoder"]),
        articles=asked["pool"],
        paragraphs=asked["paragraphs"] or None,
    )
else:
    bench = embedded.embedded_study(embedded.shipped_base(), topics=asked["pool"])

order = study.topics_in_order(bench.test)
passages = bench.base.encode(bench.test_passages)
rows = []
for place in asked["topics"]:
    ranks = preference.answers_in_pool(bench, order[place], passages)
    own, other = preference.reciprocal_ranks(ranks, asked["own"])
    rows.append({"topic": str(place), "reciprocal_rank_own": own, "reciprocal_rank_other": other})
columns = {"topic": None, "reciprocal_rank_own": "fraction", "reciprocal_rank_other": "fraction"}
claim.table_out("topics", columns, rows)
claim.table_out("setup", {"what": None, "is": None}, study.described(bench.test, bench))
claim.finish()
