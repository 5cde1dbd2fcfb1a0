"""Settings and language bias, on encoders whose answers can be worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest
from made import parallel

from harness.errors import InputError
from harness.retrieval.evaluation import Evaluation, Setting
from harness.retrieval.languages import bias_by_pair, distance_by_language, lost_in_the_pool
from harness.retrieval.measures import AP, RANK_DISTANCE, Recall
from harness.retrieval.ranks import Ranks, relevant_ranks
from harness.retrieval.types import Collection, Judgement, Passage, Query, Vectors, collect

LANGUAGES = ("aa", "bb", "cc")
ITEMS = 4


def by_item_and_language(collection: Collection, language_weight: float) -> tuple[Vectors, Vectors]:
    """A one-hot part for what is said and one, of the given weight, for the language it is said in."""

    def vectors(texts: tuple[Query, ...] | tuple[Passage, ...]) -> Vectors:
        found = np.zeros((len(texts), ITEMS + len(LANGUAGES)), np.float32)
        for row, text in enumerate(texts):
            found[row, int(text.id)] = 1
            found[row, ITEMS + LANGUAGES.index(text.language)] = language_weight
        return found

    return vectors(collection.queries), vectors(collection.passages)


def evaluated(language_weight: float) -> Evaluation:
    collection = parallel(LANGUAGES, ITEMS)
    layout = collection.layout
    return Evaluation(layout, relevant_ranks(*by_item_and_language(collection, language_weight), layout))


def test_an_encoder_that_ignores_language_is_perfect() -> None:
    evaluation = evaluated(0)
    assert all(evaluation.macro(setting, AP) == 1 for setting in Setting)
    # The three passages that answer stand at ranks 1, 2 and 3.
    assert evaluation.rank_distance() == 2


def test_an_encoder_that_prefers_its_own_language() -> None:
    """Scores: 5 for the answer at home, 4 for other things at home, 1 for the answer abroad, 0 for the rest."""
    evaluation = evaluated(2)
    assert evaluation.macro(Setting.MONOLINGUAL, AP) == 1
    assert evaluation.macro(Setting.CROSS_LINGUAL, AP) == 1
    # Rank 1 at home, then three other passages of the same language, then the two answers at ranks 5 and 6.
    assert evaluation.macro(Setting.MULTILINGUAL, AP) == pytest.approx((1 + 2 / 5 + 3 / 6) / 3, abs=1e-15)
    assert evaluation.rank_distance() == 5
    home = bias_by_pair(evaluation)
    assert np.diag(home).tolist() == [1, 1, 1]
    assert (home[~np.eye(3, dtype=bool)] >= 5).all()
    assert lost_in_the_pool(evaluation, AP)["aa"] == pytest.approx(1 - (1 + 2 / 5 + 3 / 6) / 3)


def test_settings_cover_every_pair_once() -> None:
    evaluation = evaluated(1)
    pairs = [(s.query_language, s.passage_language) for s in evaluation.scores(Setting.CROSS_LINGUAL, AP)]
    assert pairs == [(a, b) for a in LANGUAGES for b in LANGUAGES if a != b]
    assert [s.passage_language for s in evaluation.scores(Setting.MONOLINGUAL, AP)] == list(LANGUAGES)
    assert [s.passage_language for s in evaluation.scores(Setting.MULTILINGUAL, AP)] == [None] * 3


def test_questions_without_an_answer_in_a_language_are_left_out_there() -> None:
    collection = collect(
        "made",
        [Query("0", lang, "", "t") for lang in ("aa", "bb")] + [Query("1", "aa", "", "t")],
        [Passage(i, lang, "", "t") for lang in ("aa", "bb") for i in ("0", "1")],
        [Judgement("0", ("aa", "0")), Judgement("0", ("bb", "0")), Judgement("1", ("bb", "1"))],
    )
    layout = collection.layout
    ranks = relevant_ranks(np.eye(3, 4, dtype=np.float32), np.eye(4, dtype=np.float32), layout)
    evaluation = Evaluation(layout, ranks)
    home = {s.query_language: s.per_query for s in evaluation.scores(Setting.MONOLINGUAL, Recall(1))}
    assert home["aa"].questions.tolist() == [0]
    assert home["aa"].without == 1
    distances = {
        s.query_language: s.per_query for s in evaluation.scores(Setting.MULTILINGUAL, RANK_DISTANCE)
    }
    assert distances["aa"].without == 1


def test_distances_are_summed_up_with_their_tail() -> None:
    summary = distance_by_language(evaluated(2), levels=(0.5, 0.99))
    assert [(s.language, s.questions, s.mean, s.median) for s in summary] == [
        (language, 4, 5.0, 5.0) for language in LANGUAGES
    ]
    assert summary[0].quantiles == ((0.5, 5.0), (0.99, 5.0))


def test_truncated_ranks_have_no_bias_table() -> None:
    layout = parallel(("aa",), 2).layout
    with pytest.raises(InputError, match="truncated"):
        bias_by_pair(Evaluation(layout, Ranks(np.array([1, 0]), np.array([1, 0]))))


def test_broken_collections_are_refused() -> None:
    query, passage = Query("0", "aa", "", "t"), Passage("0", "aa", "", "t")
    with pytest.raises(InputError, match="stands twice"):
        collect("made", [query, query], [passage], [])
    with pytest.raises(InputError, match="stands twice"):
        collect("made", [query], [passage, passage], [])
    with pytest.raises(InputError, match="below 1"):
        collect("made", [query], [passage], [Judgement("0", ("aa", "0"), grade=0)])
    with pytest.raises(InputError, match="passage"):
        _ = collect("made", [query], [passage], [Judgement("0", ("bb", "0"))]).layout
    with pytest.raises(InputError, match="question '7'"):
        _ = collect("made", [query], [passage], [Judgement("7", ("aa", "0"))]).layout
    with pytest.raises(InputError, match="judged twice"):
        _ = collect("made", [query], [passage], [Judgement("0", ("aa", "0"))] * 2).layout
