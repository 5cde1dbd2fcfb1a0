"""One base, one training set and one test set: everything that arms of an experiment share."""

from __future__ import annotations

import copy
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from importlib.metadata import version

import numpy as np

from harness.errors import InputError
from harness.retrieval.encode import Encoder, Tokens, weights_digest
from harness.retrieval.evaluation import Evaluation
from harness.retrieval.frozen import LowerStates, freeze_below
from harness.retrieval.ranks import relevant_ranks
from harness.retrieval.sampling import Sampler, parallel_items
from harness.retrieval.training import Optimisation, TrainingTexts, train
from harness.retrieval.types import Collection, Judgement, collect


@dataclass(frozen=True, eq=False)
class Trained:
    """An encoder after fine-tuning."""

    encoder: Encoder
    losses: tuple[float, ...]
    """Loss of each step."""


@dataclass(frozen=True, eq=False)
class Tried:
    """One training of one arm, and how it did."""

    evaluation: Evaluation
    """Every setting on the test set."""
    losses: tuple[float, ...]
    """Loss of each step."""


@dataclass(frozen=True, eq=False)
class Study:
    """A base with the texts that it is trained and tested on, as it reads them. Nothing here changes the base."""

    base: Encoder
    training: TrainingTexts
    test: Collection
    test_queries: Tokens
    test_passages: Tokens
    trained_layers: int | None = None
    """Topmost layers that are trained; ``None`` for all of the network."""
    lower: tuple[LowerStates, LowerStates] | None = None
    """What the layers below make of the tested questions and passages, where that is kept."""

    @classmethod
    def of(
        cls,
        base: Encoder,
        training: Collection,
        test: Collection,
        *,
        trained_layers: int | None = None,
        cached: bool = False,
    ) -> Study:
        """The study of a base with two collections.

        Args:
            base: what all arms start from.
            training: what they are trained on.
            test: what they are tested on.
            trained_layers: topmost layers that are trained; ``None`` for all of the network.
            cached: keep what the layers below make of the tested texts, which is then computed once for all arms.

        Raises:
            InputError: the network has not so many layers, or nothing is frozen that could be kept.
        """
        questions = base.queries([query.text for query in test.queries])
        passages = base.passages([passage.text for passage in test.passages])
        if cached and trained_layers is None:
            raise InputError("Where all of the network is trained, nothing can be kept.")
        lower = None
        if cached and trained_layers is not None:
            first, second = (LowerStates.of(base, texts, trained_layers) for texts in (questions, passages))
            lower = first, second
        texts = training_texts(training, base)
        return cls(base, texts, test, questions, passages, trained_layers, lower)

    def fine_tuned(self, sampler: Sampler, optimisation: Optimisation) -> Trained:
        """A copy of the base, trained.

        Args:
            sampler: which texts meet in a batch.
            optimisation: how it is trained.
        """
        encoder = replace(self.base, model=copy.deepcopy(self.base.model))
        if self.trained_layers is not None:
            freeze_below(encoder.model, self.trained_layers)
        losses = train(encoder, self.training, sampler, optimisation)
        return Trained(encoder, tuple(losses))

    def evaluated(self, encoder: Encoder) -> Evaluation:
        """Every setting on the test set. With kept states it must be the base, or what was trained from it here."""
        if self.lower is None:
            vectors = encoder.encode(self.test_queries), encoder.encode(self.test_passages)
        else:
            vectors = self.lower[0].encode(encoder), self.lower[1].encode(encoder)
        return Evaluation(self.test.layout, relevant_ranks(*vectors, self.test.layout))

    def tried(self, sampler: Sampler, optimisation: Optimisation) -> Tried:
        """Fine-tune a copy of the base and measure it."""
        trained = self.fine_tuned(sampler, optimisation)
        return Tried(self.evaluated(trained.encoder), trained.losses)

    @property
    def topics(self) -> list[str]:
        """Topic of each question of the test set: the units of a test between two encoders."""
        return [query.topic for query in self.test.queries]


def training_texts(collection: Collection, encoder: Encoder) -> TrainingTexts:
    """A collection as the encoder reads it."""
    return TrainingTexts(
        parallel_items(collection),
        encoder.queries([query.text for query in collection.queries]),
        encoder.passages([passage.text for passage in collection.passages]),
    )


def split_by_topic(collection: Collection) -> tuple[Collection, Collection]:
    """Training and test part: a topic is tested if the SHA-256 of its name is odd in its first byte."""
    topics = {query.topic for query in collection.queries}
    tested = {topic for topic in topics if hashlib.sha256(topic.encode()).digest()[0] % 2}
    return collection.of_topics(topics - tested), collection.of_topics(tested)


def first_topics(collection: Collection, number: int) -> Collection:
    """The part that belongs to so many topics, in the order of the SHA-256 of their names.

    Raises:
        InputError: there are not so many.
    """
    topics = topics_in_order(collection)
    if not 1 <= number <= len(topics):
        raise InputError(f"{collection.name} has {len(topics)} topics; {number} were asked for.")
    return collection.of_topics(topics[:number])


def topics_in_order(collection: Collection) -> list[str]:
    """Topics of the questions, in the order of the SHA-256 of their names."""
    return sorted({query.topic for query in collection.queries}, key=_digest)


def with_relevance_permuted(collection: Collection, seed: int) -> Collection:
    """The same texts with passages exchanged at random within each language, so that no label says anything.

    Each language has a permutation of its own, so what a question is told to be answered by is another thing in
    every language. How many passages of each language are relevant to a question stays as it is.
    """
    by_language: dict[str, list[str]] = {}
    for passage in collection.passages:
        by_language.setdefault(passage.language, []).append(passage.id)
    draws = np.random.default_rng(seed)
    new: dict[tuple[str, str], str] = {}
    for language, ids in sorted(by_language.items()):
        shuffled: Sequence[str] = [ids[place] for place in draws.permutation(len(ids))]
        new |= {(language, old): other for old, other in zip(ids, shuffled, strict=True)}
    judgements = [
        Judgement(
            judged.query_id, (judged.passage[0], new[judged.passage]), judged.grade, judged.query_language
        )
        for judged in collection.judgements
    ]
    return collect(collection.name, collection.queries, collection.passages, judgements)


def collection_digest(collection: Collection) -> str:
    """SHA-256 over all questions, passages and judgements in their order."""
    sha = hashlib.sha256()
    for part in (collection.queries, collection.passages, collection.judgements):
        for item in part:
            sha.update(f"{item}\n".encode())
    return sha.hexdigest()


def described(collection: Collection, study: Study) -> list[dict[str, str]]:
    """What was trained and tested on and with which versions, as rows of ``what`` and ``is``."""
    facts = {
        "collection": collection.name,
        "collection, SHA-256": collection_digest(collection),
        "tested part, SHA-256": collection_digest(study.test),
        "tested topics": len(set(study.topics)),
        "tested questions": len(study.test.queries),
        "tested passages": len(study.test.passages),
        "trained items": len(study.training.items.groups),
        "languages": " ".join(study.test.layout.languages),
        "base, SHA-256 of the weights": weights_digest(study.base),
    }
    facts |= {package: version(package) for package in ("torch", "transformers", "babel", "numpy")}
    return [{"what": what, "is": str(value)} for what, value in facts.items()]


def _digest(topic: str) -> bytes:
    return hashlib.sha256(topic.encode()).digest()
