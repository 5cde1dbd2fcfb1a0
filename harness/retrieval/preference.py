"""Which language an encoder prefers: the ranks of one answer in the language of its question and in the others."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from harness.errors import InputError
from harness.retrieval.ranks import relevant_ranks
from harness.retrieval.study import Study
from harness.retrieval.types import Collection, Floats, Vectors

OWN: dict[str, Callable[[int, int, int], bool]] = {
    "language of the question": lambda asked, answered, languages: answered == asked,
    "the next language": lambda asked, answered, languages: answered == (asked + 1) % languages,
    "the others": lambda asked, answered, languages: answered != asked,
}
"""What is taken for the own language: (language of the question, of the answer, number of languages) to whether."""


def answers_in_pool(study: Study, topic: str, passages: Vectors) -> Floats:
    """[b, b]: mean reciprocal rank of answers in the column's language to one topic's questions in the row's.

    Ranks are those in the pool of all languages; NaN where there is no such pair.
    Questions of one topic are encoded together and apart from others, so what comes out for a topic does not depend on
    which others are asked.

    Args:
        study: with the base, which is what is measured.
        topic: topic of the questions.
        passages: [n, d] vectors of all tested passages.
    """
    test = study.test
    queries = tuple(query for query in test.queries if query.topic == topic)
    ids = {query.id for query in queries}
    judged = tuple(item for item in test.judgements if item.query_id in ids)
    layout = Collection(test.name, queries, test.passages, judged).layout
    vectors = study.base.encode(study.base.queries([query.text for query in queries]))
    ranks = relevant_ranks(vectors, passages, layout).pooled
    asked, number = layout.query_languages[layout.relevant_queries], len(layout.languages)
    table = np.full((number, number), np.nan)
    for row in range(number):
        for column in range(number):
            chosen = ranks[(asked == row) & (layout.relevant_languages == column)]
            if len(chosen):
                table[row, column] = float(np.mean(1.0 / chosen))
    return table


def reciprocal_ranks(table: Floats, own: str) -> tuple[float, float]:
    """Mean of a table by pair of languages over the pairs that are taken for the own language, and over the others.

    Raises:
        InputError: nothing is called ``own``.
    """
    if own not in OWN:
        raise InputError(f"{own!r} is no way to take the own language; there are {', '.join(OWN)}.")
    number = len(table)
    chosen = np.array([[OWN[own](row, column, number) for column in range(number)] for row in range(number)])
    return float(np.nanmean(table[chosen])), float(np.nanmean(table[~chosen]))
