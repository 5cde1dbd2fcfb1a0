"""Measures of a ranking as values: a canonical name, a formula, a source, and what holds for empty questions.

All of them need only the ranks of the relevant passages. Ranks are exact and ties are broken before a measure sees
them (``ranks.TieRule``), so no measure has a tie rule of its own. A question to which nothing is relevant has no
value: it is left out and counted, never scored as zero. A relevant passage that a truncated search did not find
(rank 0) counts as not retrieved.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from harness.errors import InputError
from harness.retrieval.types import Floats, Integers


@dataclass(frozen=True, eq=False)
class RankedRelevance:
    """Ranks of the relevant passages of m questions, best first within a question."""

    ranks: Integers
    """[r]: ranks from 1, ascending within a question; 0, standing last, where a passage was not retrieved."""
    grades: Integers
    """[r]: their grades, at least 1."""
    indptr: Integers
    """[m + 1]: those of question ``q`` stand at ``indptr[q]`` up to ``indptr[q + 1]``."""

    @property
    def sizes(self) -> Integers:
        """[m]: how many passages are relevant to each question."""
        return np.diff(self.indptr)

    @property
    def questions(self) -> Integers:
        """[r]: the question that each rank belongs to."""
        return np.repeat(np.arange(len(self.indptr) - 1), self.sizes)

    @property
    def order(self) -> Integers:
        """[r]: 1 for the best relevant passage of a question, 2 for the next one, and so on."""
        return np.arange(1, len(self.ranks) + 1) - np.repeat(self.indptr[:-1], self.sizes)

    def total(self, parts: Floats) -> Floats:
        """[m]: sum of the parts of each question."""
        sums = np.bincount(self.questions, weights=parts, minlength=len(self.indptr) - 1)
        return sums.astype(np.float64)  # without any part, numpy gives integers


def ranked(ranks: Integers, grades: Integers, questions: Integers, number: int) -> RankedRelevance:
    """Ranks of relevant passages, sorted for measuring.

    Args:
        ranks: [r] ranks from 1, or 0 where not retrieved, in any order.
        grades: [r] grades.
        questions: [r] the question each belongs to, from 0 to ``number`` - 1.
        number: number of questions, those without relevant passages included.
    """
    order = np.lexsort((ranks, ranks == 0, questions))
    indptr = np.searchsorted(questions[order], np.arange(number + 1)).astype(np.int64)
    return RankedRelevance(ranks[order], grades[order], indptr)


@dataclass(frozen=True, eq=False)
class PerQuery:
    """Values of a measure for the questions that have one."""

    questions: Integers
    """[v]: which questions they are, ascending."""
    values: Floats
    """[v]: their values."""
    without: int
    """How many questions have no value."""

    @property
    def mean(self) -> float:
        """Mean over the questions that have a value.

        Raises:
            InputError: no question has a value.
        """
        if not len(self.values):
            raise InputError("No question has a value, so there is no mean.")
        return float(np.mean(self.values))


class Measure(ABC):
    """A number between 0 and 1, or a distance in ranks, for one question."""

    formula: ClassVar[str]
    """The definition, with i the place among the relevant passages and r_i the rank of the i-th best of them."""
    source: ClassVar[str]
    """Where it is defined."""
    fewest: ClassVar[int] = 1
    """Questions with fewer relevant passages have no value."""

    @property
    @abstractmethod
    def name(self) -> str:
        """Canonical name; ``measure(name)`` gives the measure back."""

    @abstractmethod
    def _values(self, relevance: RankedRelevance) -> Floats:
        """[m]: a value for each question; whatever stands where there is none is not looked at."""

    def per_query(self, relevance: RankedRelevance) -> PerQuery:
        """The value of every question that has one.

        Raises:
            InputError: the measure needs every rank, and a relevant passage was not retrieved.
        """
        has = relevance.sizes >= self.fewest
        with np.errstate(divide="ignore", invalid="ignore"):
            values = self._values(relevance)
        return PerQuery(np.flatnonzero(has), values[has], int((~has).sum()))

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True)
class AveragePrecision(Measure):
    """Average precision. Its mean over questions is MAP."""

    formula: ClassVar[str] = "(1 / R) * sum over i = 1..R of i / r_i, with 0 for a passage not retrieved"
    source: ClassVar[str] = (
        "Buckley and Voorhees 2005, TREC: Experiment and Evaluation, ch. 3; trec_eval: map"
    )

    @property
    def name(self) -> str:
        """``AP``."""
        return "AP"

    def _values(self, relevance: RankedRelevance) -> Floats:
        ranks = relevance.ranks
        parts = np.where(ranks > 0, relevance.order / np.maximum(ranks, 1), 0.0)
        return np.asarray(relevance.total(parts) / relevance.sizes)


@dataclass(frozen=True)
class Recall(Measure):
    """Part of the relevant passages that stand among the first ``depth``."""

    depth: int
    formula: ClassVar[str] = "(number of i with r_i <= k) / R"
    source: ClassVar[str] = (
        "Buckley and Voorhees 2005, TREC: Experiment and Evaluation, ch. 3; trec_eval: recall"
    )

    @property
    def name(self) -> str:
        """Such as ``R@10``."""
        return f"R@{self.depth}"

    def _values(self, relevance: RankedRelevance) -> Floats:
        found = (relevance.ranks > 0) & (relevance.ranks <= self.depth)
        return np.asarray(relevance.total(found.astype(np.float64)) / relevance.sizes)


@dataclass(frozen=True)
class NDCG(Measure):
    """Discounted cumulative gain of the first ``depth``, as a part of the best one possible; gains are grades."""

    depth: int
    formula: ClassVar[str] = (
        "sum over r_i <= k of g_i / log2(1 + r_i), divided by the same sum in the best order"
    )
    source: ClassVar[str] = "Järvelin and Kekäläinen 2002, ACM TOIS 20(4); trec_eval: ndcg_cut"

    @property
    def name(self) -> str:
        """Such as ``nDCG@10``."""
        return f"nDCG@{self.depth}"

    def _values(self, relevance: RankedRelevance) -> Floats:
        best = np.lexsort((-relevance.grades, relevance.questions))
        gained = self._gain(relevance.ranks, relevance.grades)
        possible = self._gain(relevance.order, relevance.grades[best])
        return np.asarray(relevance.total(gained) / relevance.total(possible))

    def _gain(self, ranks: Integers, grades: Integers) -> Floats:
        within = (ranks > 0) & (ranks <= self.depth)
        return np.where(within, grades / np.log2(1.0 + np.maximum(ranks, 1)), 0.0)


@dataclass(frozen=True)
class RankDistance(Measure):
    """How far apart parallel passages stand in the pooled ranking; 0 is impossible, R - 1 is the best."""

    formula: ClassVar[str] = "max r_i - min r_i over the relevant passages; needs two of them, and every rank"
    source: ClassVar[str] = (
        "Elmahdy, Lin and Ahmad 2024, arXiv 2408.10536, section 4.2.2; after Huang et al. 2023"
    )
    fewest: ClassVar[int] = 2

    @property
    def name(self) -> str:
        """``RankDistance``."""
        return "RankDistance"

    def _values(self, relevance: RankedRelevance) -> Floats:
        if (relevance.ranks == 0).any():
            raise InputError(
                "Rank distance needs the rank of every relevant passage; this search was truncated."
            )
        if not len(relevance.ranks):
            return np.zeros(len(relevance.indptr) - 1)
        last = np.maximum(relevance.indptr[1:] - 1, 0)
        first = np.minimum(relevance.indptr[:-1], len(relevance.ranks) - 1)
        return np.asarray(relevance.ranks[last] - relevance.ranks[first], dtype=np.float64)


AP = AveragePrecision()
RANK_DISTANCE = RankDistance()


def measure(name: str) -> Measure:
    """The measure with a canonical name: ``AP``, ``R@k``, ``nDCG@k`` or ``RankDistance``.

    Raises:
        InputError: there is no such measure.
    """
    if name in ("AP", "RankDistance"):
        return AP if name == "AP" else RANK_DISTANCE
    if found := re.fullmatch(r"(R|nDCG)@([1-9]\d{0,8})", name):
        depth = int(found[2])
        return Recall(depth) if found[1] == "R" else NDCG(depth)
    raise InputError(f"{name!r} is no measure; there are AP, R@k, nDCG@k and RankDistance, with k from 1.")
