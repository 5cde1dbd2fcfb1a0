"""Language bias: where passages that say the same in different languages end up in one pool.

Source: arXiv 2408.10536, sections 4.1 and 4.2.2. Rank distance has a heavy tail, so its median and quantiles stand
beside the mean; the table by pair of languages shows which languages are preferred.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from harness.errors import InputError
from harness.retrieval.evaluation import Evaluation, Setting
from harness.retrieval.measures import RANK_DISTANCE, Measure
from harness.retrieval.types import Floats

QUANTILES = (0.1, 0.25, 0.5, 0.75, 0.9, 0.99)


@dataclass(frozen=True)
class DistanceSummary:
    """Rank distance of the questions of one language."""

    language: str
    questions: int
    """Questions with at least two relevant passages."""
    mean: float
    median: float
    quantiles: tuple[tuple[float, float], ...]
    """(level, value), linear between neighbours (Hyndman and Fan 1996, type 7)."""


def distance_by_language(
    evaluation: Evaluation, levels: tuple[float, ...] = QUANTILES
) -> tuple[DistanceSummary, ...]:
    """Rank distance by the language of the question, in the order of languages."""
    return tuple(
        DistanceSummary(
            language=scores.query_language,
            questions=len(values := scores.per_query.values),
            mean=float(np.mean(values)),
            median=float(np.median(values)),
            quantiles=tuple((level, float(np.quantile(values, level))) for level in levels),
        )
        for scores in evaluation.scores(Setting.MULTILINGUAL, RANK_DISTANCE)
    )


def bias_by_pair(evaluation: Evaluation) -> Floats:
    """[b, b]: median pooled rank of a relevant passage in the column's language, for questions in the row's.

    NaN where there is no such pair. A row whose own column is far below the others shows a preference for the
    language of the question; a column below the others shows a preferred language of passages.

    Raises:
        InputError: a relevant passage was not retrieved.
    """
    layout, ranks = evaluation.layout, evaluation.ranks.pooled
    if (ranks == 0).any():
        raise InputError("Bias by pair needs the rank of every relevant passage; this search was truncated.")
    asked = layout.query_languages[layout.relevant_queries]
    table = np.full((len(layout.languages),) * 2, np.nan)
    for row in range(len(layout.languages)):
        for column in range(len(layout.languages)):
            chosen = ranks[(asked == row) & (layout.relevant_languages == column)]
            if len(chosen):
                table[row, column] = np.median(chosen)
    return table


def lost_in_the_pool(evaluation: Evaluation, measure: Measure) -> dict[str, float]:
    """Monolingual value minus multilingual value of a measure, by question language.

    In the multilingual setting more passages are relevant and more compete; the difference is a description of
    both, and only comparable between encoders on the same collection.
    """
    alone = evaluation.by_language(Setting.MONOLINGUAL, measure)
    pooled = evaluation.by_language(Setting.MULTILINGUAL, measure)
    return {language: alone[language] - pooled[language] for language in alone if language in pooled}
