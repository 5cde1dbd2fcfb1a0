"""Truncated search among millions of passages with FAISS, from memory-mapped shards.

For collections whose every rank is out of reach (MIRACL: up to tens of millions of passages), where nDCG@10 and
R@100 are wanted. Flat search is exact; IVF and HNSW trade recall for speed, and ``recall_of_search`` says how much.
Equal scores come by ascending row; where they straddle the depth, which of them are found is FAISS's choice.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from harness.errors import InputError
from harness.retrieval.ranks import Ranks
from harness.retrieval.types import Integers, Layout, Vectors

CHUNK_ROWS = 65_536
"""Rows that are read from a shard at a time."""


@dataclass(frozen=True)
class Flat:
    """Exact search: every passage is compared."""


@dataclass(frozen=True)
class Ivf:
    """Inverted file: passages in cells, of which the nearest few are searched (Jégou et al. 2011)."""

    cells: int
    """Number of cells; about four times the root of the number of passages."""
    probes: int
    """Cells that are searched."""
    sample: int = 100_000
    """Passages that the cells are learnt from, spread evenly over all shards."""


@dataclass(frozen=True)
class Hnsw:
    """Graph of near neighbours in layers (Malkov and Yashunin 2020)."""

    neighbours: int = 32
    """Links of each passage."""
    construction: int = 80
    """Candidates looked at when a passage is put in."""
    search: int = 128
    """Candidates looked at when a question is asked; at least the depth."""


Kind = Flat | Ivf | Hnsw


@dataclass(frozen=True, eq=False)
class Shards:
    """Embeddings in ``.npy`` files, one after the other; only what is used is read into memory."""

    paths: tuple[Path, ...]

    def open(self) -> Iterator[Vectors]:
        """Memory-mapped arrays, float32 [rows, d].

        Raises:
            InputError: a file is not such an array.
        """
        for path in self.paths:
            try:
                mapped = np.load(path, mmap_mode="r", allow_pickle=False)
            except (OSError, ValueError) as error:
                raise InputError(f"{path}: not an array in .npy format: {error}") from error
            if mapped.dtype != np.float32 or mapped.ndim != 2:
                raise InputError(
                    f"{path}: wanted float32 [rows, d], got {mapped.dtype} {list(mapped.shape)}."
                )
            yield mapped

    def chunks(self) -> Iterator[Vectors]:
        """All rows in order, some at a time, in memory."""
        for mapped in self.open():
            for start in range(0, len(mapped), CHUNK_ROWS):
                yield np.ascontiguousarray(mapped[start : start + CHUNK_ROWS])

    def sample(self, rows: int) -> Vectors:
        """About so many rows, spread evenly."""
        total = sum(len(mapped) for mapped in self.open())
        step = max(1, total // max(1, rows))
        return np.ascontiguousarray(np.concatenate([mapped[::step] for mapped in self.open()]))


@dataclass(frozen=True, eq=False)
class Found:
    """The best passages of each question."""

    rows: Integers
    """[m, depth]: rows of passages, best first; -1 where fewer were found."""
    scores: Vectors
    """[m, depth]: their scores."""


@dataclass(frozen=True, eq=False)
class Index:
    """Passages, ready to be searched."""

    faiss: Any
    """The index of FAISS."""
    kind: Kind

    def search(self, queries: Vectors, depth: int) -> Found:
        """The best passages of each question, at most ``depth`` of them.

        Raises:
            InputError: the depth is below 1, or above what the graph looks at.
        """
        if depth < 1 or (isinstance(self.kind, Hnsw) and depth > self.kind.search):
            raise InputError(f"A depth of {depth} cannot be searched with {self.kind}.")
        scores, rows = self.faiss.search(np.ascontiguousarray(queries, dtype=np.float32), depth)
        # What was not found comes last, with a score of the lowest float.
        order = np.lexsort((rows, -scores, rows < 0))
        return Found(np.take_along_axis(rows, order, 1), np.take_along_axis(scores, order, 1))


def build_index(kind: Kind, shards: Shards) -> Index:
    """An index over all rows of the shards, by inner product, in the order of rows.

    Raises:
        InputError: there are no rows, or their widths differ.
    """
    import faiss  # part of the extra; loads its own threads

    widths = {mapped.shape[1] for mapped in shards.open()}
    if len(widths) != 1:
        raise InputError(f"Shards must have one width; there are {sorted(widths)}.")
    width = widths.pop()
    built: Any
    if isinstance(kind, Flat):
        built = faiss.IndexFlatIP(width)
    elif isinstance(kind, Hnsw):
        built = faiss.IndexHNSWFlat(width, kind.neighbours, faiss.METRIC_INNER_PRODUCT)
        built.hnsw.efConstruction, built.hnsw.efSearch = kind.construction, kind.search
    else:
        quantizer = faiss.IndexFlatIP(width)
        built = faiss.IndexIVFFlat(quantizer, width, kind.cells, faiss.METRIC_INNER_PRODUCT)
        built.train(shards.sample(kind.sample))
        built.nprobe = kind.probes
    for chunk in shards.chunks():
        built.add(chunk)
    return Index(built, kind)


def exact_search(queries: Vectors, shards: Shards, depth: int) -> Found:
    """Flat search without an index: one shard after the other, so memory stays that of a chunk."""
    best = Found(
        np.full((len(queries), depth), -1, np.int64), np.full((len(queries), depth), -np.inf, np.float32)
    )
    offset = 0
    for chunk in shards.chunks():
        scores = queries @ chunk.T  # [m, chunk]
        rows = np.broadcast_to(np.arange(offset, offset + len(chunk)), scores.shape)
        if len(chunk) > depth:
            # The depth-th best score, and all that reach it: equal ones are told apart below.
            least = np.partition(scores, -depth, axis=1)[:, -depth]
            most = int((scores >= least[:, None]).sum(axis=1).max())
            kept = np.argsort(-scores, axis=1, kind="stable")[:, :most]
            scores, rows = np.take_along_axis(scores, kept, 1), np.take_along_axis(rows, kept, 1)
        best = _merged(best, Found(rows, scores), depth)
        offset += len(chunk)
    return best


def _merged(one: Found, other: Found, depth: int) -> Found:
    rows = np.concatenate([one.rows, other.rows], axis=1)
    scores = np.concatenate([one.scores, other.scores], axis=1)
    order = np.lexsort((rows, -scores, rows < 0))[:, :depth]
    return Found(np.take_along_axis(rows, order, 1), np.take_along_axis(scores, order, 1))


def recall_of_search(found: Found, exact: Found) -> float:
    """Mean over questions of the part of the exact rows that was found, between 0 and 1."""
    parts = [
        len(np.intersect1d(some[some >= 0], every[every >= 0])) / max(1, int((every >= 0).sum()))
        for some, every in zip(found.rows, exact.rows, strict=True)
    ]
    return float(np.mean(parts))


def truncated_ranks(found: Found, layout: Layout) -> Ranks:
    """Ranks of relevant passages in a truncated search; 0 where one was not found."""
    pooled, within = np.zeros((2, len(layout.relevant)), np.int64)
    languages: Sequence[int] | Integers = np.searchsorted(layout.starts, found.rows, side="right") - 1
    for place, (question, row) in enumerate(zip(layout.relevant_queries, layout.relevant, strict=True)):
        if len(at := np.flatnonzero(found.rows[question] == row)):
            pooled[place] = at[0] + 1
            own = languages[question][: at[0] + 1] == layout.relevant_languages[place]
            within[place] = np.count_nonzero(own)
    return Ranks(pooled, within)
