"""Questions, passages and judgements of a retrieval collection; languages are fields, never parts of an id.

A passage is known by the pair (language, id), a question likewise. Questions with the same id in two languages are
translations of each other; passages need not be, since publishers cut texts into sentences language by language.
A collection keeps its passages in the order of that pair, and this order is the one that breaks ties.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from harness.errors import InputError

Key = tuple[str, str]
"""(language, id)."""
Integers = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Vectors = npt.NDArray[np.float32]
"""Embeddings, float32 [n, d], one row per text."""


@dataclass(frozen=True, slots=True)
class Query:
    """A question in one language."""

    id: str
    """The same in every language the question is asked in."""
    language: str
    """Language code as the publisher writes it, such as ``en``."""
    text: str
    """The question."""
    topic: str
    """What the question belongs to (an article, an entity): the unit that is sampled and split by."""

    @property
    def key(self) -> Key:
        """(language, id)."""
        return self.language, self.id


@dataclass(frozen=True, slots=True)
class Passage:
    """A candidate answer in one language."""

    id: str
    """Unique within its language."""
    language: str
    """Language code as the publisher writes it."""
    text: str
    """The passage."""
    topic: str
    """What the passage belongs to."""

    @property
    def key(self) -> Key:
        """(language, id)."""
        return self.language, self.id


@dataclass(frozen=True, slots=True)
class Judgement:
    """One passage is relevant to one question."""

    query_id: str
    """Id of the question."""
    passage: Key
    """(language, id) of the passage."""
    grade: int = 1
    """How relevant it is, at least 1. What is not relevant is not judged here."""
    query_language: str | None = None
    """The judgement holds for the question in this language; ``None`` where it holds in every language."""


@dataclass(frozen=True, eq=False)
class Layout:
    """Where what stands, as arrays: all that ranking and measuring need of a collection."""

    languages: tuple[str, ...]
    """Languages of the passages, sorted; ``b`` of them."""
    starts: Integers
    """[b + 1]: passages of language ``l`` are the rows ``starts[l]`` up to ``starts[l + 1]``."""
    query_languages: Integers
    """[m]: index of each question's language in ``languages``; -1 where no passage is in it."""
    indptr: Integers
    """[m + 1]: the relevant passages of question ``q`` stand at ``indptr[q]`` up to ``indptr[q + 1]``."""
    relevant: Integers
    """[r]: rows of relevant passages, ascending within a question."""
    grades: Integers
    """[r]: their grades."""

    @property
    def queries(self) -> int:
        """Number of questions, m."""
        return len(self.indptr) - 1

    @property
    def passages(self) -> int:
        """Number of passages, n."""
        return int(self.starts[-1])

    @cached_property
    def relevant_languages(self) -> Integers:
        """[r]: index of the language of each relevant passage."""
        return np.searchsorted(self.starts, self.relevant, side="right").astype(np.int64) - 1

    @cached_property
    def relevant_queries(self) -> Integers:
        """[r]: the question that each relevant passage belongs to."""
        return np.repeat(np.arange(self.queries, dtype=np.int64), np.diff(self.indptr))


@dataclass(frozen=True, eq=False)
class Collection:
    """Questions, passages and which is relevant to which."""

    name: str
    """Name of the collection, such as ``xquad-r``."""
    queries: tuple[Query, ...]
    """Questions, in the order of (language, id)."""
    passages: tuple[Passage, ...]
    """Passages, in the order of (language, id)."""
    judgements: tuple[Judgement, ...]
    """What is relevant."""

    @cached_property
    def layout(self) -> Layout:
        """The collection as arrays.

        Raises:
            InputError: a judgement names a question or passage that is not there, or is made twice.
        """
        rows = {passage.key: row for row, passage in enumerate(self.passages)}
        by_id: dict[str, list[int]] = {}
        by_key: dict[Key, list[int]] = {}
        for place, query in enumerate(self.queries):
            by_id.setdefault(query.id, []).append(place)
            by_key[query.key] = [place]
        found: list[tuple[int, int, int]] = []
        for judged in self.judgements:
            language = judged.query_language
            asked = (
                by_id.get(judged.query_id) if language is None else by_key.get((language, judged.query_id))
            )
            row = rows.get(judged.passage)
            if asked is None or row is None:
                missing = f"question {judged.query_id!r}" if asked is None else f"passage {judged.passage!r}"
                raise InputError(
                    f"{self.name}: a judgement names the {missing}, which is not in the collection."
                )
            found += [(place, row, judged.grade) for place in asked]
        table = np.array(sorted(found), dtype=np.int64).reshape(-1, 3)
        if len(np.unique(table[:, :2], axis=0)) < len(table):
            raise InputError(f"{self.name}: the same passage is judged twice for the same question.")
        languages = tuple(sorted({passage.language for passage in self.passages}))
        counts = Counter(passage.language for passage in self.passages)
        index = {language: place for place, language in enumerate(languages)}
        return Layout(
            languages=languages,
            starts=np.cumsum([0, *(counts[language] for language in languages)], dtype=np.int64),
            query_languages=np.array([index.get(q.language, -1) for q in self.queries], dtype=np.int64),
            indptr=np.searchsorted(table[:, 0], np.arange(len(self.queries) + 1)).astype(np.int64),
            relevant=table[:, 1].copy(),
            grades=table[:, 2].copy(),
        )

    def of_topics(self, topics: Iterable[str]) -> Collection:
        """The part of the collection that belongs to some topics."""
        kept = set(topics)
        passages = tuple(p for p in self.passages if p.topic in kept)
        queries = tuple(q for q in self.queries if q.topic in kept)
        rows, asked = {p.key for p in passages}, {q.id for q in queries}
        judged = tuple(j for j in self.judgements if j.query_id in asked and j.passage in rows)
        return Collection(self.name, queries, passages, judged)


def collect(
    name: str, queries: Iterable[Query], passages: Iterable[Passage], judgements: Iterable[Judgement]
) -> Collection:
    """A collection in its canonical order.

    Raises:
        InputError: two questions or two passages have the same language and id, or a grade is below 1.
    """
    ordered_queries = tuple(sorted(queries, key=lambda query: query.key))
    ordered_passages = tuple(sorted(passages, key=lambda passage: passage.key))
    for what, keys in (
        ("question", [query.key for query in ordered_queries]),
        ("passage", [passage.key for passage in ordered_passages]),
    ):
        for one, other in itertools.pairwise(keys):
            if one == other:
                raise InputError(f"{name}: the {what} {one[1]!r} stands twice in language {one[0]!r}.")
    judged = tuple(judgements)
    for judgement in judged:
        if judgement.grade < 1:
            raise InputError(f"{name}: the grade of {judgement.passage!r} is {judgement.grade}, below 1.")
    return Collection(name, ordered_queries, ordered_passages, judged)
