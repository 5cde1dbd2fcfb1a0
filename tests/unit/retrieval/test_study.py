"""What arms of an experiment share, and the null twin of its data."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

for package in ("torch", "transformers", "tokenizers", "babel"):
    pytest.importorskip(package, reason=f"{package} is not installed: pip install '.[retrieval]'")

from dataclasses import replace

import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from made import parallel

from harness.errors import InputError
from harness.retrieval.encode import Encoder, Settings, weights_digest
from harness.retrieval.evaluation import Setting
from harness.retrieval.measures import AP
from harness.retrieval.sampling import CrossLingual, Hybrid, Monolingual
from harness.retrieval.small import small_encoder, small_tokenizer
from harness.retrieval.study import (
    Study,
    collection_digest,
    described,
    first_topics,
    split_by_topic,
    with_relevance_permuted,
)
from harness.retrieval.training import Optimisation

COLLECTION = parallel(("de", "en", "zh"), 12, extra=3)
PLAN = Optimisation(steps=3, learning_rate=1e-3)


@pytest.fixture(scope="module")
def study() -> Study:
    torch.set_num_threads(1)
    texts = [query.text for query in COLLECTION.queries] + [passage.text for passage in COLLECTION.passages]
    encoder: Encoder = small_encoder(small_tokenizer(texts, 120), Settings(max_length=12), seed=0, width=16)
    return Study.of(encoder, COLLECTION, COLLECTION)


@pytest.mark.parametrize(("alpha", "pure"), [(1.0, Monolingual(6, 4)), (0.0, CrossLingual(6, 4))])
def test_the_ends_of_alpha_are_the_pure_arms_exactly(
    study: Study, alpha: float, pure: Monolingual | CrossLingual
) -> None:
    mixed, alone = study.fine_tuned(Hybrid(6, 4, alpha), PLAN), study.fine_tuned(pure, PLAN)
    assert mixed.losses == alone.losses
    assert weights_digest(mixed.encoder) == weights_digest(alone.encoder)


def test_training_leaves_the_base_as_it_is_and_repeats_itself(study: Study) -> None:
    before = weights_digest(study.base)
    one, other = (study.fine_tuned(Hybrid(6, 1), PLAN) for _ in range(2))
    assert (
        weights_digest(study.base) == before != weights_digest(one.encoder) == weights_digest(other.encoder)
    )
    assert one.losses == other.losses
    assert study.fine_tuned(Hybrid(6, 2), PLAN).losses != one.losses


def test_only_the_topmost_layers_are_trained(study: Study) -> None:
    tuned = replace(study, trained_layers=1).fine_tuned(Hybrid(6, 1), PLAN).encoder
    before, after = study.base.model.state_dict(), tuned.model.state_dict()
    changed = {name for name in before if not torch.equal(before[name], after[name])}
    assert changed and all(name.startswith("encoder.layer.1.") for name in changed)


def test_tried_is_trained_and_measured(study: Study) -> None:
    tried = study.tried(Monolingual(6, 0), PLAN)
    tuned = study.fine_tuned(Monolingual(6, 0), PLAN)
    assert tried.losses == tuned.losses
    again = study.evaluated(tuned.encoder)
    assert tried.evaluation.macro(Setting.MULTILINGUAL, AP) == again.macro(Setting.MULTILINGUAL, AP)


def test_pairs_of_languages_hold_both_settings(study: Study) -> None:
    evaluation = study.evaluated(study.base)
    table = evaluation.by_pair(AP)
    assert np.diag(table).mean() == pytest.approx(evaluation.macro(Setting.MONOLINGUAL, AP), abs=1e-12)
    off = table[~np.eye(3, dtype=bool)]
    assert off.mean() == pytest.approx(evaluation.macro(Setting.CROSS_LINGUAL, AP), abs=1e-12)


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 2**32))
def test_permuted_relevance_keeps_everything_but_who_answers_whom(seed: int) -> None:
    twin = with_relevance_permuted(COLLECTION, seed)
    assert (twin.queries, twin.passages) == (COLLECTION.queries, COLLECTION.passages)
    for of in (COLLECTION, twin):
        assert Counter((judged.query_id, judged.passage[0]) for judged in of.judgements) == {
            (f"{item:03}", language): 1 for item in range(12) for language in ("de", "en", "zh")
        }
    # Within a language no passage answers two questions, as before.
    assert len({judged.passage for judged in twin.judgements}) == len(twin.judgements)
    assert with_relevance_permuted(COLLECTION, seed).judgements == twin.judgements


def test_permuted_relevance_agrees_between_languages_no_more_than_chance() -> None:
    large = parallel(("de", "en"), 400)
    answers: dict[str, set[str]] = {}
    for judged in with_relevance_permuted(large, 3).judgements:
        answers.setdefault(judged.query_id, set()).add(judged.passage[1])
    assert sum(len(found) == 1 for found in answers.values()) < 10
    kept = sum(
        judged.query_id == judged.passage[1] for judged in with_relevance_permuted(large, 3).judgements
    )
    assert kept < 10


def test_parts_by_topic() -> None:
    training, test = split_by_topic(parallel(("de",), 60))
    assert {query.topic for query in training.queries}.isdisjoint(query.topic for query in test.queries)
    one, two = first_topics(COLLECTION, 1), first_topics(COLLECTION, 2)
    assert {query.topic for query in one.queries} < {query.topic for query in two.queries}
    for wrong in (0, 4):
        with pytest.raises(InputError, match="3 topics"):
            first_topics(COLLECTION, wrong)


def test_a_digest_of_a_collection_sees_every_part() -> None:
    digests = {
        collection_digest(of)
        for of in (
            COLLECTION,
            with_relevance_permuted(COLLECTION, 1),
            replace(COLLECTION, queries=COLLECTION.queries[1:]),
            replace(COLLECTION, passages=COLLECTION.passages[1:]),
        )
    }
    assert len(digests) == 4


def test_a_description_is_labels(study: Study) -> None:
    rows = {row["what"]: row["is"] for row in described(COLLECTION, study)}
    assert rows["tested questions"] == "36"
    assert rows["languages"] == "de en zh"
    assert rows["collection, SHA-256"] == collection_digest(COLLECTION)
    assert rows["torch"] == torch.__version__.partition("+")[0] or rows["torch"] == torch.__version__
