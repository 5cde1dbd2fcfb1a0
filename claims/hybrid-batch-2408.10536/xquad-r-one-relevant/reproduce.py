"""Finds for each question of XQuAD-R, in each language, the sentences in which its answer begins."""

import json
from collections import defaultdict

import claim_script


def sentences_at(position, breaks):
    """How many sentences hold a position; the blank before a sentence is part of it."""
    stops = [stop for _, stop in breaks]
    return sum(start <= position < stop for start, stop in zip([0, *stops], stops))


claim = claim_script.begin()
found = defaultdict(list)
for path in sorted(claim.folder("xquad-r").glob("*.json")):
    for article in json.loads(path.read_text(encoding="utf-8"))["data"]:
        for paragraph in article["paragraphs"]:
            for question in paragraph["qas"]:
                starts = {answer["answer_start"] for answer in question["answers"]}
                held = sum(sentences_at(start, paragraph["sentence_breaks"]) for start in starts)
                found[question["id"]].append(held)
if not found:
    claim.not_run("there is no file of questions")
rows = [
    {
        "question": question,
        "languages": len(held),
        "sentences": sum(held),
        "most_in_one": max(held),
    }
    for question, held in sorted(found.items())
]
columns = {"question": None, "languages": "count", "sentences": "count", "most_in_one": "count"}
claim.table_out("questions", columns, rows)
claim.finish()
