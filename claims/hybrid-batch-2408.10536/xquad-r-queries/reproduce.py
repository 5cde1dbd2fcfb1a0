"""Puts each printed monolingual R@1 on XQuAD-R beside the number of queries of its language."""

import claim_script

claim = claim_script.begin()
queries = {
    row["language"]: int(row["value"].replace(",", ""))
    for row in claim.table("table-10")
    if (row["dataset"], row["metric"]) == ("XQuAD-R", "queries")
}
rows = [
    {
        "model": row["model"],
        "language": row["language"],
        "method": row["sampling"],
        "recall": row["value"],
        "queries": queries[row["language"]],
    }
    for name in ("table-03", "table-05")
    for row in claim.table(name)
    if (row["kind"], row["metric"], row["setting"]) == ("cell", "R@1", "monolingual")
]
columns = {"model": None, "language": None, "method": None, "recall": "fraction", "queries": "count"}
claim.table_out("averages", columns, rows)
claim.finish()
