"""Counts questions and sentences of XQuAD-R by language, beside the sizes that Table 10 prints."""

import json

import claim_script

claim = claim_script.begin()
counted = {}
for path in sorted(claim.folder("xquad-r").glob("*.json")):
    articles = json.loads(path.read_text(encoding="utf-8"))["data"]
    paragraphs = [paragraph for article in articles for paragraph in article["paragraphs"]]
    counted[path.stem, "queries"] = sum(len(paragraph["qas"]) for paragraph in paragraphs)
    counted[path.stem, "candidates"] = sum(len(paragraph["sentences"]) for paragraph in paragraphs)
rows = [
    {
        "language": row["language"],
        "what": row["metric"],
        "counted": counted[row["language"], row["metric"]],
        "printed": row["value"],
    }
    for row in claim.table("table-10")
    if row["dataset"] == "XQuAD-R"
]
claim.table_out("sizes", {"language": None, "what": None, "counted": "count", "printed": "count"}, rows)
claim.finish()
