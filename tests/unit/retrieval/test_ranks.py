"""Ranks: by hand, against sorting, with ties, in blocks, with and without a compiler."""

from __future__ import annotations

from importlib.util import find_spec

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from made import coarse, parallel, slow_ranks

from harness.errors import InputError
from harness.retrieval.ranks import Ranks, TieRule, relevant_ranks

needs_numba = pytest.mark.skipif(
    find_spec("numba") is None, reason="numba is not installed: pip install '.[retrieval]'"
)
COUNTS = [pytest.param(False, id="numpy"), pytest.param(True, id="numba", marks=needs_numba)]


def test_one_hot_ranks_by_hand() -> None:
    """Passages en 0, en 1, xx 0, xx 1 are the unit vectors; the question likes them 0.4, 0.9, 0.7, 0.4.

    Order in the pool: en 1, xx 0, then en 0 and xx 1 with equal scores. Question 0 is answered by en 0 and xx 0.
    """
    layout = parallel(("en", "xx"), 2).of_topics(["t0", "t1"]).layout
    likes = np.array([[0.4, 0.9, 0.7, 0.4]] * 4, np.float32)
    ranks = relevant_ranks(likes, np.eye(4, dtype=np.float32), layout)
    assert ranks.pooled[:2].tolist() == [3, 2]
    assert ranks.within[:2].tolist() == [2, 1]
    # Question 1 is answered by en 1 and by xx 1, which comes after en 0 at the same score ...
    assert ranks.pooled[2:4].tolist() == [1, 4]
    assert ranks.within[2:4].tolist() == [1, 2]
    # ... and before it where the higher key is first.
    other = relevant_ranks(likes, np.eye(4, dtype=np.float32), layout, ties=TieRule.HIGHER_FIRST)
    assert other.pooled[:4].tolist() == [4, 2, 1, 3]


@pytest.mark.parametrize("compiled", COUNTS)
@pytest.mark.parametrize("ties", list(TieRule))
@given(
    seed=st.integers(0, 2**32 - 1),
    items=st.integers(1, 12),
    extra=st.integers(0, 5),
    rows=st.integers(1, 40),
    threads=st.integers(1, 3),
)
def test_ranks_are_those_of_sorting(
    seed: int, items: int, extra: int, rows: int, threads: int, ties: TieRule, compiled: bool
) -> None:
    rng = np.random.default_rng(seed)
    layout = parallel(("aa", "bb", "cc"), items, extra).layout
    queries, passages = coarse(rng, layout.queries), coarse(rng, layout.passages)
    ranks = relevant_ranks(
        queries,
        passages,
        layout,
        ties=ties,
        compiled=compiled,
        threads=threads,
        tile_bytes=4 * layout.passages * rows,
    )
    pooled, within = slow_ranks(queries @ passages.T, layout, ties)
    assert ranks.pooled.tolist() == pooled
    assert ranks.within.tolist() == within


@needs_numba
def test_compiled_count_is_that_of_numpy_over_many_pieces() -> None:
    rng = np.random.default_rng(3)
    layout = parallel(("aa", "bb"), 40, extra=5000).layout
    queries, passages = coarse(rng, layout.queries, 6), coarse(rng, layout.passages, 6)

    def both(compiled: bool) -> Ranks:
        return relevant_ranks(queries, passages, layout, compiled=compiled)

    assert (both(True).pooled == both(False).pooled).all()
    assert (both(True).within == both(False).within).all()


def test_a_multiplication_of_ones_own_is_used() -> None:
    layout = parallel(("aa",), 2).layout
    ones = np.ones((2, 1), np.float32)

    def multiply(queries: object, passages: object, out: np.ndarray) -> None:
        out[:] = [[0, 1], [1, 0]]

    assert relevant_ranks(ones, ones, layout, multiply=multiply).pooled.tolist() == [2, 2]


@pytest.mark.parametrize(
    ("queries", "passages", "message"),
    [
        (np.ones((2, 3), np.float64), np.ones((2, 3), np.float32), "float32"),
        (np.ones((1, 3), np.float32), np.ones((2, 3), np.float32), r"\[2, d\]"),
        (np.ones((2, 3), np.float32), np.ones((2, 4), np.float32), "dimensions"),
        (np.full((2, 3), np.nan, np.float32), np.ones((2, 3), np.float32), "finite"),
        (np.ones((2, 3), np.float32), np.full((2, 3), np.inf, np.float32), "finite"),
    ],
)
def test_wrong_vectors_are_refused(queries: np.ndarray, passages: np.ndarray, message: str) -> None:
    with pytest.raises(InputError, match=message):
        relevant_ranks(queries, passages, parallel(("aa",), 2).layout)
