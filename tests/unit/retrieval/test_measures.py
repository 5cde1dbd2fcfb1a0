"""Measures: by hand, by law, and equal to independent packages, ties included.

ranx, the third one, compiles for a minute: ``benchmarks/retrieval.py`` compares with it."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from made import coarse, parallel

from harness.errors import InputError
from harness.retrieval.evaluation import Evaluation, Setting
from harness.retrieval.measures import AP, NDCG, RANK_DISTANCE, PerQuery, Recall, measure, ranked
from harness.retrieval.ranks import TieRule, relevant_ranks
from harness.retrieval.types import Collection

MEASURES = (AP, Recall(1), Recall(3), NDCG(3), NDCG(10))


def of(ranks: list[list[int]], name: str, grades: list[list[int]] | None = None) -> PerQuery:
    questions = [question for question, row in enumerate(ranks) for _ in row]
    flat = np.array([rank for row in ranks for rank in row], np.int64)
    given_grades = np.array([g for row in grades for g in row] if grades else np.ones(len(flat)), np.int64)
    return measure(name).per_query(ranked(flat, given_grades, np.array(questions, np.int64), len(ranks)))


def test_values_by_hand() -> None:
    # Relevant passages at ranks 2 and 5: precision there is 1/2 and 2/5.
    assert of([[5, 2]], "AP").values == pytest.approx([(1 / 2 + 2 / 5) / 2], abs=1e-15)
    assert of([[5, 2]], "R@1").values == [0]
    assert of([[5, 2]], "R@2").values == [0.5]
    assert of([[5, 2]], "R@5").values == [1]
    gained, possible = 1 / math.log2(3), 1 + 1 / math.log2(3)
    assert of([[5, 2]], "nDCG@4").values == pytest.approx([gained / possible], abs=1e-15)
    # The passage of grade 3 stands second, the one of grade 1 first.
    graded, best = 1 + 3 / math.log2(3), 3 + 1 / math.log2(3)
    assert of([[1, 2]], "nDCG@10", [[1, 3]]).values == pytest.approx([graded / best], abs=1e-15)
    assert of([[5, 2, 9]], "RankDistance").values == [7]


def test_a_question_without_relevant_passages_has_no_value() -> None:
    found = of([[], [1], []], "AP")
    assert (found.questions.tolist(), found.values.tolist(), found.without) == ([1], [1.0], 2)
    alone = of([[4], [2, 9], []], "RankDistance")
    assert (alone.questions.tolist(), alone.values.tolist(), alone.without) == ([1], [7.0], 2)
    with pytest.raises(InputError, match="no mean"):
        _ = of([[]], "R@5").mean


def test_what_was_not_retrieved_counts_as_missed_but_has_no_distance() -> None:
    assert of([[0, 1]], "AP").values == [0.5]
    assert of([[0, 1]], "R@9").values == [0.5]
    assert of([[0]], "nDCG@9").values == [0]
    with pytest.raises(InputError, match="truncated"):
        of([[0, 1]], "RankDistance")


@pytest.mark.parametrize("known", [*MEASURES, RANK_DISTANCE], ids=str)
def test_names_are_canonical(known: object) -> None:
    assert measure(str(known)) == known


@pytest.mark.parametrize("name", ["map", "R@0", "R@", "nDCG", "R@-1", "ndcg@10", ""])
def test_other_names_are_refused(name: str) -> None:
    with pytest.raises(InputError, match="no measure"):
        measure(name)


rank_lists = st.lists(
    st.lists(st.integers(1, 60), min_size=1, max_size=8, unique=True), min_size=1, max_size=6
)


@given(rank_lists, st.randoms(use_true_random=False))
def test_order_of_passages_does_not_matter(ranks: list[list[int]], random: object) -> None:
    shuffled = [random.sample(row, len(row)) for row in ranks]  # type: ignore[attr-defined]
    for name in ("AP", "R@3", "nDCG@10"):
        assert (of(ranks, name).values == of(shuffled, name).values).all()


@given(rank_lists)
def test_values_are_fractions_and_one_only_if_all_is_best(ranks: list[list[int]]) -> None:
    for one in MEASURES:
        values = of(ranks, str(one)).values
        assert ((values >= 0) & (values <= 1)).all()
    best = [sorted(row) == list(range(1, len(row) + 1)) for row in ranks]
    assert (of(ranks, "AP").values == 1).tolist() == best


@given(rank_lists)
def test_a_better_rank_never_lowers_a_value(ranks: list[list[int]]) -> None:
    better = [[r - 1 if r == min(row) and r > 1 else r for r in row] for row in ranks]
    for one in MEASURES:
        assert (of(better, str(one)).values >= of(ranks, str(one)).values - 1e-15).all()


# --- Other packages. Vectors of small integers make scores exact, and many of them equal. ---


def judged_and_run(
    collection: Collection, scores: np.ndarray, asked: str, answered: str | None, ties: TieRule
) -> tuple[dict[str, dict[str, int]], dict[str, dict[str, float]]]:
    """Judgements and scores as dictionaries; documents are inserted in the order of the tie rule."""
    order = range(len(collection.passages))
    places = list(order if ties is TieRule.LOWER_FIRST else reversed(order))
    names = [f"{p.language} {p.id}" for p in collection.passages]
    inside = [answered in (None, p.language) for p in collection.passages]
    qrels: dict[str, dict[str, int]] = {}
    run: dict[str, dict[str, float]] = {}
    for row, query in enumerate(collection.queries):
        if query.language == asked:
            run[query.id] = {names[p]: float(scores[row, p]) for p in places if inside[p]}
    for judged in collection.judgements:
        if answered in (None, judged.passage[0]):
            qrels.setdefault(judged.query_id, {})[" ".join(judged.passage)] = judged.grade
    return qrels, run


def by_pytrec_eval(qrels: dict, run: dict) -> dict[str, dict[str, float]]:
    peer = pytest.importorskip("pytrec_eval", reason="pytrec_eval is not installed")
    found = peer.RelevanceEvaluator(qrels, {"map", "recall.1,3", "ndcg_cut.3,10"}).evaluate(run)
    names = {
        "map": "AP",
        "recall_1": "R@1",
        "recall_3": "R@3",
        "ndcg_cut_3": "nDCG@3",
        "ndcg_cut_10": "nDCG@10",
    }
    return {q: {names[name]: value for name, value in values.items()} for q, values in found.items()}


def by_ir_measures(qrels: dict, run: dict) -> dict[str, dict[str, float]]:
    peer = pytest.importorskip("ir_measures", reason="ir_measures is not installed")
    wanted = [peer.parse_measure(str(one)) for one in MEASURES]
    values: dict[str, dict[str, float]] = {}
    for found in peer.iter_calc(wanted, qrels, run):
        values.setdefault(found.query_id, {})[str(found.measure)] = found.value
    return values


@pytest.mark.parametrize(
    ("peer", "ties"),
    [
        (by_pytrec_eval, TieRule.HIGHER_FIRST),
        (by_ir_measures, TieRule.HIGHER_FIRST),
    ],
)
@pytest.mark.parametrize("setting", list(Setting))
@pytest.mark.parametrize("seed", [0, 1])
def test_values_are_those_of_independent_packages(peer, ties: TieRule, setting: Setting, seed: int) -> None:
    rng = np.random.default_rng(seed)
    collection = parallel(("aa", "bb", "cc"), 15, extra=9)
    layout = collection.layout
    queries, passages = coarse(rng, layout.queries), coarse(rng, layout.passages)
    scores = queries @ passages.T
    assert len(np.unique(scores)) < layout.passages, "there must be ties"
    evaluation = Evaluation(layout, relevant_ranks(queries, passages, layout, ties=ties))
    compared = 0
    theirs: dict[tuple[str, str | None], dict[str, dict[str, float]]] = {}
    for one in MEASURES:
        for ours in evaluation.scores(setting, one):
            pair = ours.query_language, ours.passage_language
            if pair not in theirs:
                theirs[pair] = peer(*judged_and_run(collection, scores, *pair, ties))
            for question, value in zip(ours.per_query.questions, ours.per_query.values, strict=True):
                expected = theirs[pair][collection.queries[question].id][str(one)]
                assert value == pytest.approx(expected, abs=1e-12)
                compared += 1
    pairs = {Setting.MONOLINGUAL: 3, Setting.CROSS_LINGUAL: 6, Setting.MULTILINGUAL: 3}[setting]
    assert compared == 15 * len(MEASURES) * pairs
