"""What evaluation costs: exact ranks beside the bare product and three packages, FAISS beside exact search.

Every figure stands beside a peer measured in turns with it. Processor time is given, since the clock of a shared
machine says little; one thread is used. Run it from the root of the repository: ``python -m benchmarks.retrieval``.
"""

from __future__ import annotations

import os

for _variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_variable] = "1"  # before numpy is imported, which reads them once

import argparse
import itertools
import json
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import numpy as np

from benchmarks.sandbox import in_turns, ratios
from benchmarks.statistics import Report, sentences
from harness.retrieval.evaluation import Evaluation, Setting
from harness.retrieval.index import Flat, Hnsw, Ivf, Shards, build_index, exact_search, recall_of_search
from harness.retrieval.measures import AP
from harness.retrieval.ranks import TieRule, relevant_ranks
from harness.retrieval.types import Integers, Layout, Vectors

SIZES = (1222, 1276, 1234, 1180, 1215, 1244, 1219, 852, 1167, 1209, 1196)
"""Candidates of XQuAD-R by language; 1,190 questions each."""
QUESTIONS = 1190
PEER_QUESTIONS = 600
"""Questions that the packages are given, spread over all languages."""


def seconds(work: Callable[[], object]) -> Callable[[], float]:
    """A function that does the work and gives its processor seconds."""

    def measured() -> float:
        start = time.process_time()
        work()
        return time.process_time() - start

    return measured


def made(width: int, scale: float, noise: float) -> tuple[Layout, Vectors, Vectors]:
    """A collection of the shape of XQuAD-R; with little noise, translations lie close together."""
    rng = np.random.default_rng(0)
    sizes = [max(4, round(size * scale)) for size in SIZES]
    questions = max(4, round(QUESTIONS * scale))
    starts = np.cumsum([0, *sizes]).astype(np.int64)
    meanings = rng.standard_normal((max(sizes), width), dtype=np.float32)

    def said(meaning: np.ndarray, language: int) -> Vectors:
        own = np.random.default_rng(language).standard_normal(width, dtype=np.float32)
        drawn = meanings[meaning] + own + noise * rng.standard_normal((len(meaning), width), dtype=np.float32)
        return drawn / np.linalg.norm(drawn, axis=1, keepdims=True)

    asked = np.arange(questions) % min(sizes)
    passages = np.concatenate([said(np.arange(size), language) for language, size in enumerate(sizes)])
    queries = np.concatenate([said(asked, language) for language in range(len(sizes))])
    relevant = np.tile(starts[:-1] + asked[:, None], (len(sizes), 1))
    layout = Layout(
        tuple(f"{language:02}" for language in range(len(sizes))),
        starts,
        np.repeat(np.arange(len(sizes)), questions),
        np.arange(len(relevant) + 1) * len(sizes),
        relevant.ravel(),
        np.ones(relevant.size, np.int64),
    )
    return layout, queries, passages


def kernel(report: Report, rounds: int, scale: float) -> None:
    """All 132 settings and the rank distance, beside numpy's product of the same matrices."""
    for kind, noise in (("translations near", 1.0), ("translations far", 3.0)):
        layout, queries, passages = made(384, scale, noise)
        relevant_ranks(queries[:1], passages, _some(layout, np.arange(1)), compiled=True)
        ranks = relevant_ranks(queries, passages, layout, compiled=True)
        evaluation = Evaluation(layout, ranks)
        out = np.zeros((layout.queries, layout.passages), np.float32)
        measured = in_turns(
            rounds,
            {
                "product": seconds(lambda q=queries, p=passages, o=out: np.matmul(q, p.T, out=o)),
                "ranks": seconds(
                    lambda q=queries, p=passages, x=layout: relevant_ranks(q, p, x, compiled=True)
                ),
                "values": seconds(lambda e=evaluation: [e.macro(setting, AP) for setting in Setting]),
            },
        )
        for name, values in measured.items():
            report.add(f"kernel, {kind}, {name}", "s", values)
        share = report.add(
            f"kernel, {kind}, product / ranks", "x", ratios(measured["product"], measured["ranks"])
        )
        report.judge(f"kernel, {kind}, product / ranks", share, 0.92, at_least=True)
        report.notes.append(
            f"kernel, {kind}: median rank {np.median(ranks.pooled):.0f}, rank distance "
            f"{evaluation.rank_distance():.0f}."
        )
        del out


def _some(layout: Layout, questions: Integers) -> Layout:
    """The layout of some of the questions."""
    bounds = [(layout.indptr[question], layout.indptr[question + 1]) for question in questions]
    return Layout(
        layout.languages,
        layout.starts,
        layout.query_languages[questions],
        np.cumsum([0, *(stop - start for start, stop in bounds)]),
        np.concatenate([layout.relevant[start:stop] for start, stop in bounds]),
        np.concatenate([layout.grades[start:stop] for start, stop in bounds]),
    )


def peers(report: Report, rounds: int, scale: float) -> None:
    """Average precision in every setting, scores to values, of some questions of the full size, beside other packages.

    A question's cost does not depend on how many there are, and the packages want a name and a number in memory for
    each score: all 13,090 questions would take them minutes and tens of gigabytes.
    """
    layout, queries, passages = made(384, scale, 3.0)
    # Coarse vectors: scores are exact integers, and many are equal.
    queries, passages = np.round(24 * queries), np.round(24 * passages)
    asked = np.arange(0, layout.queries, max(1, layout.queries // PEER_QUESTIONS))
    layout, queries = _some(layout, asked), queries[asked]
    names = [f"{row:06}" for row in range(layout.passages)]
    pools = [(0, layout.passages), *itertools.pairwise(layout.starts.tolist())]

    def wanted(pool: tuple[int, int]) -> dict[str, dict[str, int]]:
        bounds = itertools.pairwise(layout.indptr.tolist())
        found = {
            str(q): {
                names[row]: 1 for row in layout.relevant[start:stop].tolist() if pool[0] <= row < pool[1]
            }
            for q, (start, stop) in enumerate(bounds)
        }
        return {question: rows for question, rows in found.items() if rows}

    qrels = {pool: wanted(pool) for pool in pools}

    def run(scores: Vectors, pool: tuple[int, int]) -> dict[str, dict[str, float]]:
        named = names[slice(*pool)]
        rows = scores[:, slice(*pool)].tolist()
        return {
            str(q): dict(zip(named, row, strict=True)) for q, row in enumerate(rows) if str(q) in qrels[pool]
        }

    def ours(ties: TieRule) -> dict[str, float]:
        ranks = relevant_ranks(queries, passages, layout, ties=ties, compiled=True)
        evaluation = Evaluation(layout, ranks)
        values = {
            f"{scores.passage_language}/{scores.query_language}": scores.per_query
            for setting in Setting
            for scores in evaluation.scores(setting, AP)
        }
        pooled = [found.values for name, found in values.items() if name.startswith("None/")]
        single = [found.values for name, found in values.items() if not name.startswith("None/")]
        return {
            "pooled": float(np.concatenate(pooled).mean()),
            "single": float(np.concatenate(single).mean()),
        }

    def means(
        of_pool: Callable[[tuple[int, int], dict[str, dict[str, float]]], list[float]],
    ) -> dict[str, float]:
        scores = queries @ passages.T
        found = [of_pool(pool, run(scores, pool)) for pool in pools]
        return {"pooled": float(np.mean(found[0])), "single": float(np.mean(np.concatenate(found[1:])))}

    def by_pytrec_eval() -> dict[str, float]:
        import pytrec_eval

        return means(
            lambda pool, scored: [
                value["map"]
                for value in pytrec_eval.RelevanceEvaluator(qrels[pool], {"map"}).evaluate(scored).values()
            ]
        )

    def by_ir_measures() -> dict[str, float]:
        import ir_measures

        return means(
            lambda pool, scored: [
                found.value for found in ir_measures.iter_calc([ir_measures.AP], qrels[pool], scored)
            ]
        )

    def by_ranx() -> dict[str, float]:
        import ranx

        # Its order among equal scores is that of its sort, so it differs where there are ties.
        return means(
            lambda pool, scored: list(
                ranx.evaluate(ranx.Qrels(qrels[pool]), ranx.Run(scored), "map", return_mean=False)
            )
        )

    for name, theirs, ties in (
        ("pytrec_eval", by_pytrec_eval, TieRule.HIGHER_FIRST),
        ("ir_measures", by_ir_measures, TieRule.HIGHER_FIRST),
        ("ranx", by_ranx, TieRule.LOWER_FIRST),
    ):
        try:
            values = theirs()
        except ImportError:
            report.notes.append(f"peers: {name} is not installed.")
            continue
        difference = max(abs(values[pool] - value) for pool, value in ours(ties).items())
        report.notes.append(f"peers: {name} and ours differ by {difference:.1e}, ties included.")
        found = in_turns(rounds, {"theirs": seconds(theirs), "ours": seconds(lambda t=ties: ours(t))})
        faster = report.add(f"peers, {name} / ours", "x", ratios(found["theirs"], found["ours"]))
        report.judge(f"peers, {name} / ours", faster, 100, at_least=True)


def truncated(report: Report, rounds: int, scale: float) -> None:
    """Two million vectors of 64 components in memory-mapped shards, 100 deep."""
    rng = np.random.default_rng(0)
    rows, width, depth = max(4000, round(2_000_000 * scale)), 64, 100
    centres = rng.standard_normal((max(20, rows // 100), width), dtype=np.float32)

    def drawn(number: int) -> Vectors:
        found = centres[rng.integers(0, len(centres), number)]
        found = found + 0.5 * rng.standard_normal((number, width), dtype=np.float32)
        return found / np.linalg.norm(found, axis=1, keepdims=True)

    with tempfile.TemporaryDirectory() as folder:
        paths = tuple(Path(folder) / f"{number}.npy" for number in range(4))
        for path in paths:
            np.save(path, drawn(rows // 4))
        shards, queries = Shards(paths), drawn(100)
        exact = exact_search(queries, shards, depth)
        report.add(
            "truncated, exact without index", "s", [seconds(lambda: exact_search(queries, shards, depth))()]
        )
        cells = int(4 * rows**0.5)
        kinds = {"flat": Flat(), "IVF": Ivf(cells // 4, 32)}
        if rows <= 100_000:  # a graph of two million takes more than ten minutes to build on one thread
            kinds["HNSW"] = Hnsw()
        for name, kind in kinds.items():
            start = time.process_time()
            index = build_index(kind, shards)
            report.add(f"truncated, {name}, built in", "s", [time.process_time() - start])
            found = index.search(queries, depth)
            report.add(f"truncated, {name}, recall", "", [recall_of_search(found, exact)])
            searched = in_turns(rounds, {name: seconds(lambda i=index: i.search(queries, depth))})
            report.add(f"truncated, {name}, 100 questions", "s", searched[name])


SECTIONS = {"kernel": kernel, "peers": peers, "truncated": truncated}


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.retrieval", description=__doc__)
    parser.add_argument("--json", action="store_true", help="one JSON document on standard output")
    parser.add_argument("--rounds", type=int, default=7, help="rounds of each comparison")
    parser.add_argument("--scale", type=float, default=1.0, help="part of the full size")
    parser.add_argument("--only", choices=list(SECTIONS), help="measure this section alone")
    return parser.parse_args()


def main() -> None:
    """Measure and print. The exit code is 0 whatever was measured: a benchmark is no test."""
    given = arguments()
    report = Report()
    for name in [given.only] if given.only else list(SECTIONS):
        SECTIONS[name](report, max(1, given.rounds), given.scale)
    print(json.dumps(asdict(report), indent=2) if given.json else sentences(report))


if __name__ == "__main__":
    main()
