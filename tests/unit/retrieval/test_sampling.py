"""Laws of the batch samplers."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from made import parallel

from harness.errors import InputError
from harness.retrieval.sampling import (
    Batch,
    CrossLingual,
    Hybrid,
    Monolingual,
    ParallelItems,
    Sampler,
    parallel_items,
)
from harness.retrieval.types import Judgement, Passage, Query, collect

ITEMS = parallel_items(parallel(("aa", "bb", "cc"), 30))
KINDS = (Monolingual, CrossLingual, Hybrid)
steps, seeds, sizes = st.integers(0, 200), st.integers(0, 2**31), st.integers(1, 30)


def same(one: Batch, other: Batch) -> bool:
    return all(
        (getattr(one, field) == getattr(other, field)).all()
        for field in ("items", "query_languages", "passage_languages")
    )


def gaps(seed: int) -> ParallelItems:
    """Items that lack some languages and share some passages, by chance."""
    rng = np.random.default_rng(seed)
    there = rng.random((2, 40, 4)) < 0.7
    places = np.arange(40 * 4).reshape(40, 4)
    questions, passages = np.where(there, places, -1)
    return ParallelItems(("aa", "bb", "cc", "dd"), questions, passages, rng.integers(0, 25, 40))


@given(seeds, steps, sizes)
def test_alpha_one_and_zero_are_the_pure_arms(seed: int, step: int, size: int) -> None:
    assert same(Hybrid(size, seed, 1.0).batch(ITEMS, step), Monolingual(size, seed).batch(ITEMS, step))
    assert same(Hybrid(size, seed, 0.0).batch(ITEMS, step), CrossLingual(size, seed).batch(ITEMS, step))


@given(seeds, steps, sizes)
def test_hybrid_batches_are_those_of_one_of_the_arms(seed: int, step: int, size: int) -> None:
    mixed = Hybrid(size, seed, 0.5).batch(ITEMS, step)
    pure = [kind(size, seed).batch(ITEMS, step) for kind in (Monolingual, CrossLingual)]
    assert any(same(mixed, one) for one in pure)


@pytest.mark.parametrize("kind", KINDS)
@given(seed=seeds, step=steps, size=sizes)
def test_the_same_seed_and_step_give_the_same_batch(
    kind: type[Sampler], seed: int, step: int, size: int
) -> None:
    assert same(kind(size, seed).batch(ITEMS, step), kind(size, seed).batch(ITEMS, step))


@given(seeds, steps)
def test_arms_with_one_seed_meet_the_same_items(seed: int, step: int) -> None:
    batches = [kind(7, seed).batch(ITEMS, step).items.tolist() for kind in KINDS]
    assert batches[0] == batches[1] == batches[2]


@given(st.integers(0, 1000), seeds, steps)
def test_a_monolingual_batch_has_one_language_and_a_cross_lingual_one_no_equal_pair(
    made: int, seed: int, step: int
) -> None:
    items = gaps(made)
    alike = Monolingual(6, seed).batch(items, step)
    assert len({*alike.query_languages.tolist(), *alike.passage_languages.tolist()}) == 1
    other = CrossLingual(6, seed).batch(items, step)
    assert (other.query_languages != other.passage_languages).all()


@pytest.mark.parametrize("kind", KINDS)
@given(made=st.integers(0, 1000), seed=seeds, step=steps)
def test_batches_hold_texts_that_are_there_and_no_shared_passage(
    kind: type[Sampler], made: int, seed: int, step: int
) -> None:
    items = gaps(made)
    batch = kind(6, seed).batch(items, step)
    assert (items.questions[batch.items, batch.query_languages] >= 0).all()
    assert (items.passages[batch.items, batch.passage_languages] >= 0).all()
    assert len(set(items.groups[batch.items].tolist())) == 6


@given(seeds)
def test_one_pass_meets_every_item_once(seed: int) -> None:
    seen = [i for step in range(3) for i in Monolingual(10, seed).batch(ITEMS, step).items.tolist()]
    assert sorted(seen) == list(range(30))


def test_languages_and_kinds_are_drawn_with_the_stated_chances() -> None:
    """Within four standard deviations of 1/3, 1/6 and 1/4."""
    drawn = [int(Monolingual(1, 5).batch(ITEMS, step).query_languages[0]) for step in range(3000)]
    assert np.abs(np.bincount(drawn) - 1000).max() < 4 * np.sqrt(3000 * 2 / 9)
    pairs = [CrossLingual(30, 5).batch(ITEMS, step) for step in range(100)]
    codes = np.concatenate([3 * b.query_languages + b.passage_languages for b in pairs])
    counts = np.bincount(codes, minlength=9)
    assert counts[[0, 4, 8]].tolist() == [0, 0, 0]
    assert np.abs(counts[[1, 2, 3, 5, 6, 7]] - 500).max() < 4 * np.sqrt(3000 * 5 / 36)
    alike = sum(
        bool((b.query_languages == b.passage_languages).all())
        for b in (Hybrid(2, 5, 0.25).batch(ITEMS, step) for step in range(1000))
    )
    assert abs(alike - 250) < 4 * np.sqrt(1000 * 3 / 16)


def test_questions_that_share_a_passage_are_one_group() -> None:
    """Questions 0 and 1 share a sentence in aa, 1 and 2 one in bb; 3 stands alone."""
    collection = collect(
        "made",
        [Query(str(i), lang, "", "t") for lang in ("aa", "bb") for i in range(4)],
        [Passage(f"s{i}", lang, "", "t") for lang in ("aa", "bb") for i in range(4)],
        [Judgement(str(i), ("aa", f"s{s}")) for i, s in enumerate((0, 0, 1, 2))]
        + [Judgement(str(i), ("bb", f"s{s}")) for i, s in enumerate((0, 1, 1, 2))],
    )
    groups = parallel_items(collection).groups
    assert groups[0] == groups[1] == groups[2] != groups[3]


def test_what_cannot_be_sampled_is_refused() -> None:
    with pytest.raises(InputError, match="31"):
        Monolingual(31, 0).batch(ITEMS, 0)
    with pytest.raises(InputError, match="alpha"):
        Hybrid(2, 0, 1.5)
    with pytest.raises(InputError, match="0 do"):
        CrossLingual(1, 0).batch(parallel_items(parallel(("aa",), 3)), 0)
