"""Puts each printed monolingual R@1 on XQuAD-R beside the number of different question texts of its language."""

import json

import claim_script

claim = claim_script.begin()
questions = {}
for path in sorted(claim.folder("xquad-r").glob("*.json")):
    articles = json.loads(path.read_text(encoding="utf-8"))["data"]
    paragraphs = [paragraph for article in articles for paragraph in article["paragraphs"]]
    questions[path.stem] = len({asked["question"] for paragraph in paragraphs for asked in paragraph["qas"]})
rows = [
    {
        "model": row["model"],
        "language": row["language"],
        "method": row["sampling"],
        "recall": row["value"],
        "questions": questions[row["language"]],
    }
    for name in ("table-03", "table-05")
    for row in claim.table(name)
    if (row["kind"], row["metric"], row["setting"]) == ("cell", "R@1", "monolingual")
]
columns = {"model": None, "language": None, "method": None, "recall": "fraction", "questions": "count"}
claim.table_out("averages", columns, rows)
claim.finish()
