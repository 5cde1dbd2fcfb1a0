"""Truncated search: equal to exact ranks where it is exact, and honest about what it did not find."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from made import coarse, parallel

pytest.importorskip("faiss", reason="faiss is not installed: pip install '.[retrieval]'")

from harness.errors import InputError
from harness.retrieval.index import (
    Flat,
    Hnsw,
    Ivf,
    Kind,
    Shards,
    build_index,
    exact_search,
    recall_of_search,
    truncated_ranks,
)
from harness.retrieval.ranks import relevant_ranks

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")
ROWS = 3000


@pytest.fixture(scope="module")
def shards(tmp_path_factory: pytest.TempPathFactory) -> Shards:
    rng = np.random.default_rng(0)
    vectors = rng.normal(size=(ROWS, 16)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    folder = tmp_path_factory.mktemp("shards")
    paths = []
    for number, part in enumerate(np.array_split(vectors, 3)):
        paths.append(folder / f"{number}.npy")
        np.save(paths[-1], part)
    return Shards(tuple(paths))


QUERIES = np.random.default_rng(1).normal(size=(20, 16)).astype(np.float32)


def test_exact_search_is_sorting(shards: Shards) -> None:
    every = np.concatenate(list(shards.open()))
    expected = np.argsort(-(QUERIES @ every.T), axis=1, kind="stable")[:, :10]
    assert (exact_search(QUERIES, shards, 10).rows == expected).all()
    assert (build_index(Flat(), shards).search(QUERIES, 10).rows == expected).all()


@pytest.mark.parametrize(
    ("kind", "least"), [(Flat(), 1.0), (Ivf(cells=16, probes=16), 1.0), (Ivf(16, 4), 0.5), (Hnsw(), 0.9)]
)
def test_recall_against_exact_search(shards: Shards, kind: Kind, least: float) -> None:
    found = build_index(kind, shards).search(QUERIES, 10)
    assert least <= recall_of_search(found, exact_search(QUERIES, shards, 10)) <= 1
    assert (np.diff(found.scores, axis=1) <= 0).all()


@pytest.mark.parametrize("depth", [3, 30])
def test_truncated_ranks_are_the_exact_ones_down_to_the_depth(tmp_path: Path, depth: int) -> None:
    """With many equal scores; the depth of 30 is all there is."""
    rng = np.random.default_rng(2)
    layout = parallel(("aa", "bb"), 10, extra=5).layout
    queries, passages = coarse(rng, layout.queries), coarse(rng, layout.passages)
    np.save(tmp_path / "0.npy", passages)
    ranks = relevant_ranks(queries, passages, layout)
    found = truncated_ranks(exact_search(queries, Shards((tmp_path / "0.npy",)), depth), layout)
    inside = ranks.pooled <= depth
    assert (found.pooled == np.where(inside, ranks.pooled, 0)).all()
    assert (found.within == np.where(inside, ranks.within, 0)).all()


def test_what_cannot_be_searched_is_refused(shards: Shards, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="depth"):
        build_index(Hnsw(search=16), shards).search(QUERIES, 17)
    with pytest.raises(InputError, match="one width"):
        build_index(Flat(), Shards(()))
    (tmp_path / "bad.npy").write_bytes(b"no array")
    with pytest.raises(InputError, match=r"\.npy"):
        build_index(Flat(), Shards((tmp_path / "bad.npy",)))
    np.save(tmp_path / "wide.npy", np.zeros((2, 2)))
    with pytest.raises(InputError, match="float32"):
        build_index(Flat(), Shards((tmp_path / "wide.npy",)))
