"""Training the topmost layers alone: kept states give what the whole network gives, on both architectures."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

for package in ("torch", "transformers", "tokenizers", "babel"):
    pytest.importorskip(package, reason=f"{package} is not installed: pip install '.[retrieval]'")

from made import lareqa_file, parallel, tiny_network

from harness.errors import InputError
from harness.retrieval.articles import article_study, first_paragraphs
from harness.retrieval.data.lareqa import read_lareqa
from harness.retrieval.encode import Encoder, Pooling, Settings, weights_digest
from harness.retrieval.frozen import LowerStates, training_mode
from harness.retrieval.preference import OWN, answers_in_pool, reciprocal_ranks
from harness.retrieval.sampling import Hybrid
from harness.retrieval.small import small_tokenizer
from harness.retrieval.study import Study, split_by_topic, topics_in_order
from harness.retrieval.training import Optimisation

COLLECTION = parallel(("de", "en", "zh"), 12, extra=3)
PLAN = Optimisation(steps=3, learning_rate=1e-3, packed=True)


@pytest.fixture(scope="module", params=["BERT", "XLM-R"])
def encoder(request: pytest.FixtureRequest) -> Encoder:
    texts = [item.text for item in (*COLLECTION.queries, *COLLECTION.passages)]
    tokenizer = small_tokenizer(texts, 120)
    return Encoder(tiny_network(request.param, len(tokenizer)).float(), tokenizer, Settings(max_length=12))


@pytest.mark.parametrize("layers", [1, 2, 3])
@pytest.mark.parametrize("pooling", list(Pooling))
def test_kept_states_give_what_the_whole_network_gives(
    encoder: Encoder, layers: int, pooling: Pooling
) -> None:
    base = replace(encoder, settings=replace(encoder.settings, pooling=pooling))
    kept = Study.of(base, COLLECTION, COLLECTION, trained_layers=layers, cached=True)
    plain = Study.of(base, COLLECTION, COLLECTION, trained_layers=layers)
    one, other = (study.fine_tuned(Hybrid(6, 1), PLAN) for study in (kept, plain))
    assert one.losses == other.losses
    assert weights_digest(one.encoder) == weights_digest(other.encoder) != weights_digest(base)
    assert kept.lower is not None
    for states, tokens in zip(kept.lower, (kept.test_queries, kept.test_passages), strict=True):
        whole = one.encoder.encode(tokens)
        assert np.abs(states.encode(one.encoder) - whole).max() < 1e-5
        # The states are those below the trained layers: the base's own vectors are others.
        assert np.abs(base.encode(tokens) - whole).max() > 1e-4


def test_how_texts_are_batched_does_not_matter(encoder: Encoder) -> None:
    tokens = encoder.passages([item.text for item in COLLECTION.passages])
    one, other = (LowerStates.of(encoder, tokens, 1, batch).encode(encoder) for batch in (1, 128))
    assert np.abs(one - other).max() < 1e-5


def test_frozen_layers_have_no_dropout_and_no_gradient(encoder: Encoder) -> None:
    study = Study.of(encoder, COLLECTION, COLLECTION, trained_layers=1)
    tuned = study.fine_tuned(Hybrid(6, 1), PLAN).encoder.model
    training_mode(tuned)
    layers = tuned.encoder.layer
    assert not any(part.training for part in (*tuned.embeddings.modules(), *layers[0].modules()))
    assert all(part.training for part in layers[2].modules())
    assert {weight.requires_grad for weight in layers[1].parameters()} == {False}
    training_mode(encoder.model)
    assert all(part.training for part in encoder.model.modules())
    encoder.model.eval()


@pytest.mark.parametrize("layers", [0, 4])
def test_there_must_be_so_many_layers(encoder: Encoder, layers: int) -> None:
    with pytest.raises(InputError, match="has 3 layers"):
        Study.of(encoder, COLLECTION, COLLECTION, trained_layers=layers, cached=True)


def test_nothing_is_kept_where_all_is_trained(encoder: Encoder) -> None:
    with pytest.raises(InputError, match="nothing can be kept"):
        Study.of(encoder, COLLECTION, COLLECTION, cached=True)


LANGUAGES = ("aa", "bb", "cc")


@pytest.fixture(scope="module")
def folders(encoder: Encoder, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A collection in the form of XQuAD-R, and the encoder as the hub would lay it out."""
    data, model = tmp_path_factory.mktemp("data"), tmp_path_factory.mktemp("model")
    for language in LANGUAGES:
        (data / f"{language}.json").write_text(lareqa_file(language), encoding="utf-8")
    encoder.model.save_pretrained(model)
    encoder.tokenizer.save_pretrained(model)
    return data, model


def test_articles_are_held_out_and_may_be_taken_in_small(folders: tuple[Path, Path]) -> None:
    whole, small = (
        article_study(*folders, articles=3, paragraphs=paragraphs, trained_layers=1)
        for paragraphs in (None, 1)
    )
    assert len(set(whole.topics)) == len(set(small.topics)) == 3 and whole.lower is not None
    for study, paragraphs in ((whole, 2), (small, 1)):
        assert len(study.test.queries) == 3 * paragraphs * len(LANGUAGES)
        assert len(study.test.passages) == 6 * paragraphs * len(LANGUAGES)
        assert len(study.test.judgements) == len(study.test.queries)
    training, test = split_by_topic(read_lareqa("xquad-r", folders[0], check=False))
    assert set(whole.topics) <= {query.topic for query in test.queries}
    assert len(whole.training.items.groups) == len({query.id for query in training.queries})
    with pytest.raises(InputError, match="13 were asked for"):
        article_study(*folders, articles=13)


def test_first_paragraphs_are_whole_paragraphs(folders: tuple[Path, Path]) -> None:
    collection = read_lareqa("xquad-r", folders[0], check=False)
    assert first_paragraphs(collection, 2).passages == collection.passages
    one = first_paragraphs(collection, 1)
    assert {item.id for item in one.passages} == {
        item.id for item in collection.passages if item.id[4:6] == "00"
    }
    assert {item.query_id for item in one.judgements} == {item.id for item in one.queries}


def test_a_topic_has_the_same_ranks_whichever_others_are_asked(folders: tuple[Path, Path]) -> None:
    study = article_study(*folders, articles=3)
    passages = study.base.encode(study.test_passages)
    evaluation = study.evaluated(study.base)
    layout, ranks = study.test.layout, evaluation.ranks.pooled
    for topic in topics_in_order(study.test):
        table = answers_in_pool(study, topic, passages)
        chosen = np.array([study.topics[place] == topic for place in layout.relevant_queries])
        asked = layout.query_languages[layout.relevant_queries]
        for row in range(3):
            for column in range(3):
                own = chosen & (asked == row) & (layout.relevant_languages == column)
                assert table[row, column] == pytest.approx(np.mean(1 / ranks[own]))


def test_the_own_language_and_the_others_by_hand() -> None:
    table = np.array([[1.0, 0.5, 0.25], [0.2, 0.8, 0.1], [0.3, np.nan, 0.6]])
    assert reciprocal_ranks(table, "language of the question") == pytest.approx((0.8, 0.27))
    assert reciprocal_ranks(table, "the next language") == pytest.approx(
        ((0.5 + 0.1 + 0.3) / 3, (1 + 0.25 + 0.2 + 0.8 + 0.6) / 5)
    )
    assert reciprocal_ranks(table, "the others") == pytest.approx((0.27, 0.8))
    with pytest.raises(InputError, match="no way to take"):
        reciprocal_ranks(table, "none")
    assert len(OWN) == 3
