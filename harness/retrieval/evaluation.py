"""The settings of the paper: monolingual, cross-lingual and multilingual retrieval, from one set of ranks.

Source: arXiv 2408.10536, section 3.2. Questions of one language are asked against the passages of the same
language, of each other language, and against the passages of all languages together.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from harness.errors import InputError
from harness.retrieval.measures import RANK_DISTANCE, Measure, PerQuery, ranked
from harness.retrieval.ranks import Ranks
from harness.retrieval.types import Floats, Integers, Layout


class Setting(StrEnum):
    """What a question is asked against."""

    MONOLINGUAL = "monolingual"
    """Passages in the language of the question."""
    CROSS_LINGUAL = "cross-lingual"
    """Passages in one other language."""
    MULTILINGUAL = "multilingual"
    """Passages in all languages."""


@dataclass(frozen=True, eq=False)
class Scores:
    """A measure in one setting, for the questions of one language."""

    setting: Setting
    query_language: str
    """Language of the questions."""
    passage_language: str | None
    """Language of the passages; ``None`` where they are in all languages."""
    measure: Measure
    per_query: PerQuery
    """Values; ``questions`` are places in ``Collection.queries``."""


@dataclass(frozen=True, eq=False)
class Evaluation:
    """Every setting of one collection and one encoder."""

    layout: Layout
    ranks: Ranks

    def scores(self, setting: Setting, measure: Measure) -> Iterator[Scores]:
        """The measure in every language, or pair of languages, of the setting that has a question with a value.

        Cross-lingual pairs come by question language, then passage language.
        """
        for asked, language in enumerate(self.layout.languages):
            for answered in self._passage_languages(setting, asked):
                values = self._per_query(asked, answered, measure)
                if len(values.values):
                    other = None if answered is None else self.layout.languages[answered]
                    yield Scores(setting, language, other, measure, values)

    def by_language(self, setting: Setting, measure: Measure) -> dict[str, float]:
        """Mean over questions, then over passage languages, for each question language (as Tables 3 to 8)."""
        means: dict[str, list[float]] = {}
        for scores in self.scores(setting, measure):
            means.setdefault(scores.query_language, []).append(scores.per_query.mean)
        return {language: float(np.mean(values)) for language, values in means.items()}

    def macro(self, setting: Setting, measure: Measure) -> float:
        """Mean over question languages (as Tables 1 and 2).

        Raises:
            InputError: no question of the setting has a value.
        """
        values = list(self.by_language(setting, measure).values())
        if not values:
            raise InputError(f"No question has a value of {measure} in the {setting} setting.")
        return float(np.mean(values))

    def by_pair(self, measure: Measure) -> Floats:
        """[b, b]: mean of a measure for questions of the row's language against passages of the column's.

        The diagonal is the monolingual setting, the rest the cross-lingual one; NaN where no question has a value.
        """
        place = {language: number for number, language in enumerate(self.layout.languages)}
        table = np.full((len(place),) * 2, np.nan)
        for setting in (Setting.MONOLINGUAL, Setting.CROSS_LINGUAL):
            for scores in self.scores(setting, measure):
                column = scores.passage_language or scores.query_language
                table[place[scores.query_language], place[column]] = scores.per_query.mean
        return table

    def rank_distance(self) -> float:
        """Rank distance in the pool of all languages, mean over question languages (as Table 2)."""
        return self.macro(Setting.MULTILINGUAL, RANK_DISTANCE)

    def by_topic(self, setting: Setting, measure: Measure, topics: Sequence[str]) -> dict[str, float]:
        """Mean over all questions, in all languages and pairs of the setting, of each topic, in order of topics.

        Topics are what was sampled, so they are the units of a test between two encoders.

        Args:
            setting: which passages are asked.
            measure: what is measured.
            topics: [m] topic of each question, in the order of ``Collection.queries``.
        """
        values: dict[str, list[float]] = {}
        for scores in self.scores(setting, measure):
            found = scores.per_query
            for question, value in zip(found.questions.tolist(), found.values.tolist(), strict=True):
                values.setdefault(topics[question], []).append(value)
        return {topic: float(np.mean(values[topic])) for topic in sorted(values)}

    def _passage_languages(self, setting: Setting, asked: int) -> list[int] | list[None]:
        if setting is Setting.MULTILINGUAL:
            return [None]
        if setting is Setting.MONOLINGUAL:
            return [asked]
        return [other for other in range(len(self.layout.languages)) if other != asked]

    def _per_query(self, asked: int, answered: int | None, measure: Measure) -> PerQuery:
        layout = self.layout
        questions = np.flatnonzero(layout.query_languages == asked)
        number = np.full(layout.queries, -1, np.int64)
        number[questions] = np.arange(len(questions))
        of: Integers = number[layout.relevant_queries]
        chosen = of >= 0 if answered is None else (of >= 0) & (layout.relevant_languages == answered)
        ranks = self.ranks.pooled if answered is None else self.ranks.within
        found = measure.per_query(ranked(ranks[chosen], layout.grades[chosen], of[chosen], len(questions)))
        return PerQuery(questions[found.questions], found.values, found.without)
