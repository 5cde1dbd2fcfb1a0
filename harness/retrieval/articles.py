"""XQuAD-R divided by article, in full or in small: what the claims about a published encoder run on."""

from __future__ import annotations

from pathlib import Path

from harness.retrieval.data.lareqa import read_lareqa
from harness.retrieval.encode import load_encoder
from harness.retrieval.profiles import PROFILES
from harness.retrieval.study import Study, first_topics, split_by_topic, with_relevance_permuted
from harness.retrieval.types import Collection


def article_study(
    data: Path,
    encoder: Path,
    *,
    articles: int,
    paragraphs: int | None = None,
    trained_layers: int | None = None,
    permuted_with: int | None = None,
) -> Study:
    """A published encoder with XQuAD-R, read as the profile ``medium`` reads it.

    Args:
        data: folder of XQuAD-R. Its files are read as they are: whoever gives it holds them to their digests.
        encoder: folder of the encoder.
        articles: held-out articles that are tested, the first in the order of the SHA-256 of their numbers.
        paragraphs: paragraphs of each article, trained and tested, that are used; ``None`` for all.
        trained_layers: topmost layers that are trained; what lies below is computed once for the tested texts.
            ``None`` for all of the network.
        permuted_with: seed with which relevance is permuted, in training and test; ``None`` to leave it as it is.

    Raises:
        InputError: data or encoder cannot be read, or there are not so many articles or layers.
    """
    collection = read_lareqa("xquad-r", data, check=False)
    if paragraphs is not None:
        collection = first_paragraphs(collection, paragraphs)
    training, test = split_by_topic(collection)
    test = first_topics(test, articles)
    if permuted_with is not None:
        training = with_relevance_permuted(training, permuted_with)
        test = with_relevance_permuted(test, permuted_with)
    base = load_encoder(encoder, PROFILES["medium"].settings)
    return Study.of(base, training, test, trained_layers=trained_layers, cached=trained_layers is not None)


def first_paragraphs(collection: Collection, number: int) -> Collection:
    """The part of XQuAD-R or MLQA-R that belongs to the first paragraphs of each article."""
    passages = tuple(item for item in collection.passages if int(item.id.split("-")[1]) < number)
    rows = {item.key for item in passages}
    judgements = tuple(item for item in collection.judgements if item.passage in rows)
    asked = {item.query_id for item in judgements}
    queries = tuple(item for item in collection.queries if item.id in asked)
    return Collection(collection.name, queries, passages, judgements)
