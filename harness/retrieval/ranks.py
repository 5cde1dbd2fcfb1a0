"""Exact ranks of the relevant passages, among all passages and among those of their own language, from one product.

The rank of a relevant passage is 1 + the number of passages that stand before it. A passage stands before another if
its score is higher or, at equal scores, as the tie rule says; scores are the float32 values of one matrix product.
These ranks are all that average precision, recall, nDCG and rank distance need: one product of all questions with
all passages therefore serves the monolingual, every cross-lingual and the multilingual setting at once. The product
is made in blocks of rows, so memory does not grow with the number of questions.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib.util import find_spec
from typing import Any

import numpy as np
import numpy.typing as npt

from harness.errors import InputError
from harness.retrieval.types import Integers, Layout, Vectors

TILE_BYTES = 40_000_000
"""Largest block of scores that is held at a time."""
PIECE = 2048
"""Most scores that are counted at a time: they stay in the innermost cache while relevant passages are compared."""
WORTH_COMPILING = 1_000_000_000
"""Scores from which on compiling the count, about five seconds, costs less than counting with numpy."""

Multiply = Callable[[Vectors, Vectors, Vectors], object]
"""Writes ``questions @ passages.T`` into the third array."""
Count = Callable[..., None]


class TieRule(StrEnum):
    """Which of two passages with the same score stands first."""

    LOWER_FIRST = "lower key first"
    """The one whose (language, id) is lower. The rule of this house."""
    HIGHER_FIRST = "higher key first"
    """The one whose (language, id) is higher, as trec_eval does with document numbers."""


@dataclass(frozen=True, eq=False)
class Ranks:
    """Ranks of the relevant passages, in the order of ``Layout.relevant``."""

    pooled: Integers
    """[r]: rank among all passages, from 1; 0 where a truncated search did not find the passage."""
    within: Integers
    """[r]: rank among the passages of its own language, from 1; 0 likewise."""


def relevant_ranks(
    queries: Vectors,
    passages: Vectors,
    layout: Layout,
    *,
    ties: TieRule = TieRule.LOWER_FIRST,
    multiply: Multiply | None = None,
    compiled: bool | None = None,
    threads: int = 1,
    tile_bytes: int = TILE_BYTES,
) -> Ranks:
    """Exact ranks of all relevant passages.

    Args:
        queries: float32 [m, d], of unit length where cosine is meant.
        passages: float32 [n, d], in the order of the layout.
        layout: blocks of languages and relevant passages.
        ties: which of two passages with equal scores stands first.
        multiply: makes the product of a block; numpy's by default.
        compiled: count with numba; by default if it is installed and the task is large. The ranks are the same.
        threads: threads that count; the product uses those of the linear algebra library.
        tile_bytes: largest block of scores held at a time.

    Raises:
        InputError: shapes do not fit the layout, or a component is not finite.
    """
    _check(queries, passages, layout)
    if compiled is None:
        compiled = find_spec("numba") is not None and layout.queries * layout.passages >= WORTH_COMPILING
    count = _compiled_count() if compiled else _count_with_numpy
    product = multiply or _multiply_with_numpy
    rows = int(min(max(1, tile_bytes // (4 * max(1, layout.passages))), max(1, layout.queries)))
    tile = np.empty((rows, layout.passages), np.float32)
    pooled, within = np.ones((2, len(layout.relevant)), np.int64)
    pieces = _pieces(layout.starts)
    first = ties is TieRule.LOWER_FIRST

    def work(start: int, stop: int, offset: int) -> None:
        if start == stop:
            return
        places = layout.indptr[start : stop + 1]
        scores = tile[start - offset : stop - offset]
        count(scores, places, layout.relevant, layout.relevant_languages, pieces, first, pooled, within)

    with ThreadPoolExecutor(threads) as pool:
        for offset in range(0, layout.queries, rows):
            end = min(offset + rows, layout.queries)
            product(queries[offset:end], passages, tile[: end - offset])
            bounds = np.linspace(offset, end, threads + 1).astype(int).tolist()
            list(pool.map(work, bounds[:-1], bounds[1:], [offset] * threads))
    return Ranks(pooled, within)


def _check(queries: Vectors, passages: Vectors, layout: Layout) -> None:
    for name, vectors, rows in (
        ("queries", queries, layout.queries),
        ("passages", passages, layout.passages),
    ):
        if vectors.dtype != np.float32 or vectors.ndim != 2 or vectors.shape[0] != rows:
            raise InputError(
                f"{name}: wanted float32 [{rows}, d], got {vectors.dtype} {list(vectors.shape)}."
            )
        if not np.isfinite(vectors.sum(axis=1, dtype=np.float64)).all():
            raise InputError(f"{name}: a component is not a finite number.")
    if queries.shape[1] != passages.shape[1]:
        raise InputError(f"queries have {queries.shape[1]} dimensions, passages {passages.shape[1]}.")


def _multiply_with_numpy(queries: Vectors, passages: Vectors, out: Vectors) -> None:
    np.matmul(queries, passages.T, out=out)


def _pieces(starts: Integers) -> Integers:
    """[p, 3]: first row, row after the last, and language of each piece; none reaches over two languages."""
    return np.array(
        [
            (low, min(low + PIECE, int(starts[block + 1])), block)
            for block in range(len(starts) - 1)
            for low in range(int(starts[block]), int(starts[block + 1]), PIECE)
        ],
        dtype=np.int64,
    ).reshape(-1, 3)


def _count_with_numpy(
    scores: Vectors,
    places: Integers,
    relevant: Integers,
    languages: Integers,
    pieces: Integers,
    lower_first: bool,
    pooled: Integers,
    within: Integers,
) -> None:
    """Add to the ranks how many passages stand before each relevant one; the definition, line by line."""
    blocks = np.unique(pieces[:, 2])
    low = {block: int(pieces[pieces[:, 2] == block, 0].min()) for block in blocks}
    high = {block: int(pieces[pieces[:, 2] == block, 1].max()) for block in blocks}
    for row, (start, stop) in zip(scores, itertools.pairwise(places), strict=True):
        for place in range(start, stop):
            own, score, block = relevant[place], row[relevant[place]], languages[place]
            before: npt.NDArray[np.bool_] = row > score
            equal = row[:own] == score if lower_first else row[own + 1 :] == score
            (before[:own] if lower_first else before[own + 1 :])[equal] = True
            pooled[place] += np.count_nonzero(before)
            within[place] += np.count_nonzero(before[low[block] : high[block]])


@cache
def _compiled_count() -> Count:
    """The same count, compiled by numba on first use.

    Relevant passages are taken worst first. What stands before a better one is part of what stands before a worse
    one, so as soon as a piece holds nothing before one of them, the better ones need not be compared with it.
    """
    import numba  # heavy and optional: importing it and compiling take about five seconds

    compile_function: Any = numba.njit(nogil=True)

    @compile_function  # type: ignore[untyped-decorator, unused-ignore]
    def above(scores, score):  # type: ignore[no-untyped-def] # noqa: ANN001, ANN202
        counted = 0
        for place in range(scores.size):
            counted += scores[place] > score
        return np.int32(counted)  # told that 32 bits will do, the compiler counts twice as many at a time

    @compile_function  # type: ignore[untyped-decorator, unused-ignore]
    def above_or_equal(scores, score):  # type: ignore[no-untyped-def] # noqa: ANN001, ANN202
        counted = 0
        for place in range(scores.size):
            counted += scores[place] >= score
        return np.int32(counted)  # told that 32 bits will do, the compiler counts twice as many at a time

    @compile_function  # type: ignore[untyped-decorator, unused-ignore]
    def around(piece, score, own, lower_first):  # type: ignore[no-untyped-def] # noqa: ANN001, ANN202
        """The piece holds the relevant passage itself, which does not stand before itself."""
        if lower_first:
            return above_or_equal(piece[:own], score) + above(piece[own + 1 :], score)
        return above(piece[:own], score) + above_or_equal(piece[own + 1 :], score)

    @compile_function  # type: ignore[untyped-decorator, unused-ignore]
    def worst_first(row, relevant, start, stop, order, lower_first):  # type: ignore[no-untyped-def] # noqa: ANN001, ANN202
        """Sort the places from start to stop by insertion: there are few of them."""
        for place in range(start, stop):
            score, slot = row[relevant[place]], place - start
            while slot > 0:
                other = row[relevant[order[slot - 1]]]
                # Places come by ascending row: at equal scores the later one is worse if lower rows are first.
                if other < score or (other == score and not lower_first):
                    break
                order[slot] = order[slot - 1]
                slot -= 1
            order[slot] = place

    def count(scores, places, relevant, languages, pieces, lower_first, pooled, within):  # type: ignore[no-untyped-def] # noqa: ANN001, ANN202
        order = np.empty(max(1, np.max(np.diff(places))), np.int64)
        for question in range(scores.shape[0]):
            row, start, stop = scores[question], places[question], places[question + 1]
            worst_first(row, relevant, start, stop, order, lower_first)
            for number in range(pieces.shape[0]):
                low, high, language = pieces[number, 0], pieces[number, 1], pieces[number, 2]
                piece = row[low:high]
                for slot in range(stop - start):
                    place = order[slot]
                    own = relevant[place]
                    score = row[own]
                    if low <= own < high:
                        counted = around(piece, score, own - low, lower_first)
                    elif (own >= high) == lower_first:
                        counted = above_or_equal(piece, score)
                    else:
                        counted = above(piece, score)
                    if counted == 0:
                        break
                    pooled[place] += counted
                    if languages[place] == language:
                        within[place] += counted

    compiled: Count = compile_function(count)
    return compiled
