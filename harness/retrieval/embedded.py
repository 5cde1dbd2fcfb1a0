"""The embedded experiment: facts from CLDR, a small encoder, and the base that all arms start from.

The base knows names: it is pretrained to rank translations of the names of entities, values and labels, and sees
neither questions nor statements. How long it is pretrained decides how well languages are aligned before
fine-tuning, and with it how much there is to win: that was chosen, so what this experiment shows is the mechanism.
The weak base, pretrained for a quarter of the steps, stands beside it.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import torch

from harness.errors import CannotRun
from harness.public_data.pull import digest_of, read_sums
from harness.retrieval.data.cldr import LABELS, LANGUAGES, cldr_facts, facts
from harness.retrieval.encode import Encoder, Settings
from harness.retrieval.sampling import CrossLingual
from harness.retrieval.small import load_small, save_encoder, small_encoder, small_tokenizer
from harness.retrieval.study import (
    Study,
    first_topics,
    split_by_topic,
    training_texts,
    with_relevance_permuted,
)
from harness.retrieval.training import Optimisation, train
from harness.retrieval.types import Collection, Judgement, Passage, Query, collect

SETTINGS = Settings(max_length=48)
VOCABULARY = 8000
BASE_STEPS = 600
WEAK_STEPS = 150
SHIPPED = Path(__file__).parent / "checkpoint"
"""Where the base is kept: weights in half precision, tokenizer, configuration, digests."""


def base_optimisation(steps: int) -> Optimisation:
    """How the base is pretrained."""
    return Optimisation(steps=steps, learning_rate=2e-3, warmup=20)


def names_collection() -> Collection:
    """Every name as a question, and its translations as passages."""
    names: dict[str, tuple[str, ...]] = {}
    for fact in facts():
        names[fact.entity] = fact.names
        names[f"value-{fact.relation}-{fact.values[LANGUAGES.index('en')]}"] = fact.values
    for relation, labels in LABELS.items():
        names[f"label-{relation}"] = tuple(labels[language] for language in LANGUAGES)
    told = [
        (key, language, text)
        for key, texts in names.items()
        for language, text in zip(LANGUAGES, texts, strict=True)
    ]
    return collect(
        "cldr-names",
        [Query(key, language, text, key) for key, language, text in told],
        [Passage(key, language, text, key) for key, language, text in told],
        [Judgement(key, (language, key)) for key, language, _ in told],
    )


@cache
def embedded_facts() -> Collection:
    """The facts of this experiment."""
    return cldr_facts()


def build_base(steps: int) -> Encoder:
    """A base pretrained for so many steps; the same one every time on one kind of machine, with one thread."""
    torch.set_num_threads(1)
    known = embedded_facts()
    texts = [query.text for query in known.queries] + [passage.text for passage in known.passages]
    encoder = small_encoder(small_tokenizer(texts, VOCABULARY), SETTINGS, seed=0)
    names = training_texts(names_collection(), encoder)
    train(encoder, names, CrossLingual(size=100, seed=0), base_optimisation(steps))
    return encoder


def shipped_base() -> Encoder:
    """The base that comes with this package.

    Raises:
        InputError: it is missing.
        CannotRun: its files are not those of its digests.
    """
    for name, digest in read_sums(SHIPPED).items():
        if digest_of(SHIPPED / name) != digest:
            raise CannotRun(f"{SHIPPED / name}: not the file that was shipped; install the package again.")
    return load_small(SHIPPED, SETTINGS)


def embedded_study(base: Encoder, *, topics: int, permuted_with: int | None = None) -> Study:
    """A base with the facts of this experiment.

    Args:
        base: the shipped base, or a weaker one.
        topics: held-out entities that are tested, the first in the order of the SHA-256 of their names.
        permuted_with: seed with which relevance is permuted, in training and test; ``None`` to leave it as it is.
    """
    training, test = split_by_topic(embedded_facts())
    test = first_topics(test, topics)
    if permuted_with is not None:
        training = with_relevance_permuted(training, permuted_with)
        test = with_relevance_permuted(test, permuted_with)
    return Study.of(base, training, test)


def rebuild(folder: Path) -> dict[str, str]:
    """Build the base again, keep it in a folder, and give the digests of its files by name."""
    save_encoder(build_base(BASE_STEPS), folder)
    sums = {path.name: digest_of(path) for path in sorted(folder.iterdir()) if path.name != "SHA256SUMS"}
    (folder / "SHA256SUMS").write_text(
        "".join(f"{digest}  {name}\n" for name, digest in sums.items()), encoding="utf-8"
    )
    return sums
