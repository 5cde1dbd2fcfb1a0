"""Passage retrieval: scores of every query, run files and judgements in the forms that such data have."""

from __future__ import annotations

import random
from typing import Any

from making.folder import PaperFolder, csv_text, json_lines, number, table

ARMS = {"treatment": "Dense", "controls": ["Sparse"]}
SETS = ("news", "law", "travel", "health", "code")


def _table_one() -> str:
    values = {
        "Dense": (".4150", ".3825", ".4475", ".4000", ".3650"),
        "Sparse": (".3900", ".3625", ".4100", ".4025", ".3300"),
        "Random": (".0125", ".0100", ".0225", ".0150", ".0075"),
    }
    return csv_text(
        ["system", "collection", "n", "value"],
        [[s, c, "400", v] for s, row in values.items() for c, v in zip(SETS, row, strict=True)],
    )


def _queries(rng: random.Random) -> str:
    rows = []
    for index in range(80):
        sparse = min(0.95, max(0.02, rng.gauss(0.38, 0.16)))
        dense = min(0.98, max(0.02, sparse + rng.gauss(0.06, 0.09)))
        rows.append(
            {
                "query": f"q{index:03}",
                "order": index + 1,
                "scores": {"Dense": round(dense, 4), "Sparse": round(sparse, 4)},
            }
        )
    return json_lines(rows)


def _ranking(rng: random.Random) -> tuple[str, str]:
    """A run file and its judgements: the first relevant passage stands early for most queries."""
    run, judged = [], []
    for query in range(40):
        passages = rng.sample(range(500), 10)
        good = passages[0] if rng.random() < 0.6 else rng.choice(passages[1:])
        for place, passage in enumerate(passages, 1):
            run.append(f"q{query} Q0 d{passage} {place} {12 - place + rng.random():.4f} dense")
        judged += [f"q{query} 0 d{good} 1", f"q{query} 0 d{rng.randrange(500, 600)} 1"]
    return "\n".join(run) + "\n", "\n".join(judged) + "\n"


def paper() -> PaperFolder:
    rng = random.Random(90210)
    at = {"section": "1"}
    folder = PaperFolder(
        {
            "record": "paper-v1",
            "id": "passage-search",
            "title": "Dense and sparse passage search side by side",
            "authors": ["Nobody"],
            "year": 2024,
            "licence": "CC0-1.0",
            "note": "Invented. Drawn from a seeded generator, so that its truths are known.",
            "sections": ["1", "2"],
            "facts": {
                "complete": ["models", "datasets", "metrics", "settings", "arms", "categories"],
                "datasets": [{"name": "QuerySet", "at": at}],
                "metrics": [
                    {"name": "Hit rate", "at": at, "unit": "fraction", "better": "higher"},
                    {"name": "AP", "at": at, "unit": "fraction", "better": "higher"},
                    {"name": "MRR", "at": at, "unit": "fraction", "better": "higher"},
                ],
                "arms": [
                    {"name": "Dense", "at": at},
                    {"name": "Sparse", "at": at},
                    {"name": "Random", "at": at},
                ],
            },
            "tables": [
                {
                    "name": "table-01",
                    "number": 1,
                    "file": "tables/table-01.csv",
                    "title": "Hit rate by collection",
                    "roles": {"value": "value", "arm": "system", "unit": "collection"},
                }
            ],
        },
        {"table-01": _table_one()},
    )
    run, judged = _ranking(rng)
    _printed(folder)
    _per_query(folder, {"queries.jsonl": _queries(rng)})
    _reciprocal(folder, {"dense.run": run, "judged.qrels": judged})
    return folder


ALL = """
import claim_script

claim = claim_script.begin()
rows = claim.table("table-01")
claim.table_out(
    "hits",
    {"system": None, "collection": None, "n": "count", "value": "fraction"},
    [{**row, "n": int(row["n"])} for row in rows if row["system"] in ("Dense", "Sparse")],
)
wide = {}
for row in rows:
    wide.setdefault(row["collection"], {})[row["system"]] = row["value"]
claim.table_out(
    "pairs",
    {"collection": None, "dense": "fraction", "sparse": "fraction"},
    [{"collection": c, "dense": v["Dense"], "sparse": v["Sparse"]} for c, v in wide.items()],
)
claim.finish()
"""


def _printed(folder: PaperFolder) -> None:
    base = {
        "kind": "reported",
        "grounding": [{"table": "table-01", "where": {"system": ["Dense", "Sparse"]}}],
        "subject": {"metrics": ["Hit rate"], "arms": ARMS},
        "reproduction": {"inputs": ["table-01"], "fidelity": "reported"},
        "requires": {"fidelity": "reported"},
        "observes": [
            table(
                "hits",
                "printed hit rates",
                {"system": "label", "collection": "label", "n": "integer count", "value": "printed fraction"},
                metrics=["Hit rate"],
                arms=["Dense", "Sparse"],
            ),
            table(
                "pairs",
                "printed hit rates side by side",
                {"collection": "label", "dense": "printed fraction", "sparse": "printed fraction"},
                metrics=["Hit rate"],
                arms=["Dense", "Sparse"],
            ),
        ],
    }
    folder.honest(
        "rates-of-400-queries",
        "true",
        "Every printed rate is a whole number of four-hundredths.",
        ALL,
        statement="Every Hit rate of Dense and Sparse in Table 1 can be a share of the queries of its collection.",
        decision={"rule": "granularity", "table": "hits", "value": "value", "n": "n", "rows": 10},
        **base,
    )
    folder.honest(
        "most-and-never-far-behind",
        "true",
        "Dense is ahead in four collections and .0025 behind in health.",
        ALL,
        statement="Dense has a higher Hit rate than Sparse in at least 4 of 5 collections, and is behind by less than 0.01 in every one.",
        decision={
            "rule": "all_of",
            "parts": [
                {"rule": "proportion", "table": "pairs", "holds": "dense > sparse", "at_least": "4/5"},
                {"rule": "forall", "table": "pairs", "holds": "sparse - dense < 0.01", "rows": 5},
            ],
        },
        **base,
    )
    folder.honest(
        "everywhere-or-most",
        "true",
        "Dense is ahead in four of five collections, which is most.",
        ALL,
        statement="Dense has a higher Hit rate than Sparse in every collection or at least in most of them.",
        decision={
            "rule": "any_of",
            "parts": [
                {"rule": "forall", "table": "pairs", "holds": "dense > sparse", "rows": 5},
                {
                    "rule": "proportion",
                    "table": "pairs",
                    "holds": "dense > sparse",
                    "at_least": "0.5",
                    "strict": True,
                },
            ],
        },
        **base,
    )
    folder.honest(
        "best-everywhere",
        "false",
        "In health Sparse is ahead.",
        ALL,
        statement="Dense has the highest Hit rate, ahead of Sparse, in every collection.",
        decision={
            "rule": "rank",
            "table": "hits",
            "blocks": ["collection"],
            "arm_column": "system",
            "value_column": "value",
            "arm": "Dense",
            "best": "highest",
            "count": 5,
        },
        **base,
    )
    folder.cheat(
        "best-against-random",
        "best-everywhere",
        "weak-baseline",
        "The numbers of Random stand under the name of Sparse.",
        (
            '[{**row, "n": int(row["n"])} for row in rows if row["system"] in ("Dense", "Sparse")]',
            '[{**row, "n": int(row["n"]), "system": {"Random": "Sparse"}.get(row["system"], "Dense")} for row in rows if row["system"] != "Sparse"]',
        ),
        broken_by="replication/values-traced",
    )
    folder.honest(
        "five-collections",
        "underpowered",
        "Five collections are too few to test a level of 0.01 with signs.",
        ALL,
        statement="Averaged over collections, Dense has a significantly higher Hit rate than Sparse.",
        decision={
            "rule": "superiority",
            "table": "pairs",
            "unit": "collection",
            "treatment": "dense",
            "control": "sparse",
            "better": "higher",
            "test": "sign-flip",
            "alpha": "0.01",
            "multiplicity": {"family": "one comparison", "method": "none"},
        },
        **base,
    )


SCORES = '''
"""Scores of every query, one JSON document a line."""

import json
import sys

request = json.load(open("/claim/request.json"))
rows = []
for line in open(request["inputs"]["queries"]):
    query = json.loads(line)
    rows.append([query["query"], query["order"], query["scores"]["Dense"], query["scores"]["Sparse"]])
if not rows:
    sys.exit("no queries")
columns = [("query", None), ("place", "count"), ("dense", "fraction"), ("sparse", "fraction")]
tables = {"queries": {"columns": [{"name": n, "unit": u} for n, u in columns], "rows": rows}}
with open(request["output"], "w") as out:
    json.dump({"protocol": "claim-script-v1", "quantities": {}, "tables": tables}, out)
'''


def _per_query(folder: PaperFolder, data: dict[str, str]) -> None:
    base: dict[str, Any] = {
        "kind": "dataset",
        "grounding": [{"section": "2", "says": "Scores of every query are published."}],
        "subject": {"datasets": ["QuerySet"], "metrics": ["AP"], "arms": ARMS},
        "reproduction": {"fidelity": "dataset"},
        "requires": {"fidelity": "dataset"},
        "observes": [
            table(
                "queries",
                "AP of both systems for each query",
                {
                    "query": "label",
                    "place": "integer count",
                    "dense": "number fraction",
                    "sparse": "number fraction",
                },
                datasets=["QuerySet"],
                metrics=["AP"],
                arms=["Dense", "Sparse"],
            )
        ],
    }
    compared = {"table": "queries", "treatment": "dense", "control": "sparse", "better": "higher"}
    one = {"family": "one comparison", "method": "none"}
    ahead = "The generator adds 0.06 to each query's score, give or take 0.09, for 80 queries."
    for name, test in (("queries-t", "t"), ("queries-flipped", "sign-flip"), ("queries-drawn", "bca")):
        more = {"resamples": 2000, "seed": 5} if test != "t" else {}
        folder.honest(
            name,
            "true",
            ahead,
            SCORES,
            data=data,
            statement="On QuerySet Dense has a significantly higher AP than Sparse, averaged over queries.",
            decision={
                "rule": "superiority",
                **compared,
                "unit": "query",
                "test": test,
                "multiplicity": one,
                **more,
            },
            **base,
        )
    folder.honest(
        "queries-one-by-one",
        "true",
        ahead,
        SCORES,
        data=data,
        statement="On QuerySet the AP of Dense is significantly higher than that of Sparse, on evidence looked at after every query.",
        decision={"rule": "sequential", **compared, "order": "place", "limit": "1"},
        **base,
    )
    folder.honest(
        "queries-large-gain",
        "false",
        ahead,
        SCORES,
        data=data,
        statement="On QuerySet the AP of Dense is significantly higher than that of Sparse by more than 0.1, averaged over queries.",
        decision={"rule": "superiority", **compared, "unit": "query", "margin": "0.1", "multiplicity": one},
        **base,
    )
    folder.cheat(
        "queries-large-gain-cached",
        "queries-large-gain",
        "cached-result",
        "The scores of Sparse are looked up in a list by name.",
        ('query["scores"]["Sparse"]]', '0.05 + int(query["query"][1:]) % 5 / 100]'),
        broken_by="replication/arm-values",
    )
    folder.cheat(
        "queries-large-gain-kept",
        "queries-large-gain",
        "p-hacked-test",
        "Only queries with a gain above 0.1 are kept.",
        ("if not rows:", "rows = [row for row in rows if row[2] - row[3] > 0.1]\nif not rows:"),
        broken_by="replication/noise",
    )
    folder.cheat(
        "queries-large-gain-sorted",
        "queries-large-gain",
        "swapped-labels",
        "Scores are dealt out again: the best to Dense.",
        (
            "if not rows:",
            "pool = sorted(v for row in rows for v in row[2:])\nrows = [[r[0], r[1], pool[-1 - i], pool[i]] for i, r in enumerate(rows)]\nif not rows:",
        ),
        broken_by="replication/noise",
    )


MRR = '''
"""Mean reciprocal rank of the first relevant passage, from a run file and its judgements."""

import json
from collections import defaultdict

with open("/claim/request.json") as handle:
    request = json.load(handle)
relevant = defaultdict(set)
for line in open(request["inputs"]["judged"]):
    query, _, passage, grade = line.split()
    if int(grade) > 0:
        relevant[query].add(passage)
found = defaultdict(list)
for line in open(request["inputs"]["dense"]):
    query, _, passage, _place, score, _tag = line.split()
    found[query].append((float(score), passage))
total = 0.0
for query, hits in found.items():
    for place, (_score, passage) in enumerate(sorted(hits, reverse=True), 1):
        if passage in relevant[query]:
            total += 1 / place
            break
value = {"value": total / len(found), "unit": "fraction"}
with open(request["output"], "w") as handle:
    json.dump({"protocol": "claim-script-v1", "quantities": {"mrr": value}, "tables": {}}, handle)
'''


def _reciprocal(folder: PaperFolder, data: dict[str, str]) -> None:
    base = {
        "kind": "dataset",
        "grounding": [{"section": "2", "says": "Run files and judgements are published."}],
        "subject": {"datasets": ["QuerySet"], "metrics": ["MRR"], "arms": {"treatment": "Dense"}},
        "reproduction": {"fidelity": "dataset"},
        "requires": {"fidelity": "dataset"},
        "observes": [
            number(
                "mrr",
                "mean reciprocal rank",
                "fraction",
                datasets=["QuerySet"],
                metrics=["MRR"],
                arms=["Dense"],
            )
        ],
    }
    for limit, truly in (("0.5", "true"), ("0.9", "false")):
        folder.honest(
            f"mrr-above-{limit.replace('.', '-')}",
            truly,
            "The first passage is relevant for six queries in ten, others stand lower: about 0.7.",
            MRR,
            data=data,
            statement=f"On QuerySet the MRR of Dense is above {limit}.",
            decision={"rule": "bound", "of": {"quantity": "mrr"}, "op": ">", "threshold": limit},
            **base,
        )
    folder.cheat(
        "mrr-any-place",
        "mrr-above-0-9",
        "wrong-metric",
        "Whether a relevant passage was found at all goes under the name of MRR.",
        ("total += 1 / place", "total += 1"),
    )
    folder.cheat(
        "mrr-found-only",
        "mrr-above-0-9",
        "tautology",
        "Every passage that was found counts as relevant.",
        ("if passage in relevant[query]:", "if relevant[query] or passage:"),
        broken_by="replication/file-values",
    )
