"""Which texts meet in a training batch: the three samplers of the paper, as values with a seed.

Source: arXiv 2408.10536, section 2.2 and Figure 2. A sampler is a pure function of (seed, step): any step can be
asked for in any order, so training resumes without replaying, and two arms with the same seed meet the same items in
the same order. Language draws have a stream of their own, so ``Hybrid`` with alpha 1 is ``Monolingual`` and with
alpha 0 ``CrossLingual``, batch by batch.

No two items of a batch share a passage, so no other item's passage is an answer by accident of sampling.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from harness.errors import InputError
from harness.retrieval.types import Collection, Integers

_ITEMS, _LANGUAGES, _COIN = 0, 1, 2


@dataclass(frozen=True, eq=False)
class ParallelItems:
    """Questions with a relevant passage, in the languages that have both."""

    languages: tuple[str, ...]
    """Languages, sorted; L of them."""
    questions: Integers
    """[n, L]: place of the question in ``Collection.queries``; -1 where it is not asked."""
    passages: Integers
    """[n, L]: place of a relevant passage in ``Collection.passages``; -1 where there is none."""
    groups: Integers
    """[n]: items with the same group share a passage in some language, and never meet in a batch."""

    @cached_property
    def available(self) -> np.ndarray:
        """[n, L]: whether item and language have both a question and a passage."""
        return (self.questions >= 0) & (self.passages >= 0)


def parallel_items(collection: Collection) -> ParallelItems:
    """The items of a collection: one for each question id; the first relevant passage in each language."""
    layout = collection.layout
    ids = sorted({query.id for query in collection.queries})
    row = {identity: place for place, identity in enumerate(ids)}
    column = {language: place for place, language in enumerate(layout.languages)}
    questions, passages = np.full((2, len(ids), len(column)), -1, np.int64)
    of_passage: dict[int, int] = {}
    parent = list(range(len(ids)))

    def root(item: int) -> int:
        while parent[item] != item:
            parent[item] = item = parent[parent[item]]
        return item

    for place, query in enumerate(collection.queries):
        item = row[query.id]
        if query.language in column:
            questions[item, column[query.language]] = place
        for number in range(layout.indptr[place], layout.indptr[place + 1]):
            passage, language = layout.relevant[number], layout.relevant_languages[number]
            if passages[item, language] < 0:
                passages[item, language] = passage
            parent[root(item)] = root(of_passage.setdefault(int(passage), item))
    return ParallelItems(
        layout.languages, questions, passages, np.array([root(item) for item in range(len(ids))], np.int64)
    )


@dataclass(frozen=True, eq=False)
class Batch:
    """B questions and the passage that answers each."""

    items: Integers
    """[B]: rows of ``ParallelItems``."""
    query_languages: Integers
    """[B]: language of each question."""
    passage_languages: Integers
    """[B]: language of each passage."""


@dataclass(frozen=True)
class Sampler(ABC):
    """Batches of a given size from a seed."""

    size: int
    """Items in a batch."""
    seed: int
    """From 0."""

    @property
    @abstractmethod
    def name(self) -> str:
        """What the paper calls it."""

    @abstractmethod
    def batch(self, items: ParallelItems, step: int) -> Batch:
        """The batch of a step, counted from 0.

        Raises:
            InputError: the items do not fill a batch.
        """

    def _draws(self, stream: int, step: int) -> np.random.Generator:
        return np.random.default_rng((self.seed, stream, step))

    def _pick(self, items: ParallelItems, fits: np.ndarray, step: int) -> Integers:
        """The next items that fit, in an order that is shuffled anew for each pass over all of them.

        The items of a step follow those of the step before in the shuffled order; at its end, the batch is filled
        from the beginning of the same order. What does not fit or shares a passage with one taken is passed over.
        """
        number = len(items.groups)
        passes = max(1, number // self.size)
        order = self._draws(_ITEMS, step // passes).permutation(number)
        start = step % passes * self.size
        taken: list[int] = []
        groups: set[int] = set()
        for item in np.roll(order, -start).tolist():
            if fits[item] and items.groups[item] not in groups:
                taken.append(item)
                groups.add(int(items.groups[item]))
                if len(taken) == self.size:
                    return np.array(taken, np.int64)
        raise InputError(
            f"A batch of {self.size} needs as many items that fit and share no passage; {len(taken)} do."
        )


@dataclass(frozen=True)
class Monolingual(Sampler):
    """X-X-mono: all of a batch in one language, drawn with equal chances."""

    @property
    def name(self) -> str:
        """``X-X-mono``."""
        return "X-X-mono"

    def batch(self, items: ParallelItems, step: int) -> Batch:
        """See ``Sampler.batch``."""
        usable = np.flatnonzero(items.available.any(axis=0))
        if not len(usable):
            raise InputError("No item has a question and a passage in the same language.")
        language = int(self._draws(_LANGUAGES, step).choice(usable))
        taken = self._pick(items, items.available[:, language], step)
        return Batch(taken, np.full(self.size, language), np.full(self.size, language))


@dataclass(frozen=True)
class CrossLingual(Sampler):
    """X-Y: each question and its passage in different languages, the pair drawn with equal chances."""

    @property
    def name(self) -> str:
        """``X-Y``."""
        return "X-Y"

    def batch(self, items: ParallelItems, step: int) -> Batch:
        """See ``Sampler.batch``."""
        asked, answered = items.questions >= 0, items.passages >= 0
        pairs = asked.sum(axis=1) * answered.sum(axis=1) - items.available.sum(axis=1)
        taken = self._pick(items, pairs > 0, step)
        draws = self._draws(_LANGUAGES, step)
        drawn = np.array(
            [
                draws.choice(
                    np.argwhere(np.outer(asked[item], answered[item]) & ~np.eye(asked.shape[1], dtype=bool))
                )
                for item in taken
            ],
            np.int64,
        ).reshape(-1, 2)
        return Batch(taken, drawn[:, 0], drawn[:, 1])


@dataclass(frozen=True)
class Hybrid(Sampler):
    """The paper's proposal: each batch is monolingual with chance alpha, and else cross-lingual."""

    alpha: float = 0.5
    """From 0 to 1."""

    def __post_init__(self) -> None:
        if not 0 <= self.alpha <= 1:
            raise InputError(f"alpha is {self.alpha}, not between 0 and 1.")

    @property
    def name(self) -> str:
        """``Hybrid``."""
        return "Hybrid"

    def batch(self, items: ParallelItems, step: int) -> Batch:
        """See ``Sampler.batch``."""
        kind = Monolingual if self._draws(_COIN, step).random() < self.alpha else CrossLingual
        return kind(self.size, self.seed).batch(items, step)
