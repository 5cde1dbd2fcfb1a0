from __future__ import annotations

import random
from fractions import Fraction as F
from itertools import product

import numpy as np
import pytest
from scipy import stats

from harness.stats import permutation
from harness.stats.compiled_sums import available
from harness.stats.permutation import (
    SignFlip,
    sign_flip_exact,
    sign_flip_monte_carlo,
    sign_flips_monte_carlo,
)

SAMPLES = [
    ["0.1"],
    ["0"],
    ["0", "0", "0"],
    ["0.1", "0.2", "0.3"],
    ["0.1", "0.1", "-0.1", "0.2"],
    ["1.5", "-0.5", "0.25", "0.25", "-2", "3"],
    ["-1", "-2", "-3", "-4"],
    ["0.7", "0.7", "0.7", "0.7", "0.7", "-0.7", "-0.7"],
]


@pytest.mark.parametrize("texts", SAMPLES, ids=",".join)
@pytest.mark.parametrize("alternative", ["greater", "less"])
def test_exact_p_counts_every_arrangement(texts: list[str], alternative: str) -> None:
    sample = [F(t) for t in texts]
    for shift in (F(0), F(1, 10), F(-1, 2)):
        moved = [x - shift for x in sample]
        if alternative == "less":
            moved = [-x for x in moved]
        sums = [
            sum(s * x for s, x in zip(signs, moved, strict=True))
            for signs in product((1, -1), repeat=len(moved))
        ]
        expected = F(sum(total >= sum(moved) for total in sums), len(sums))
        assert sign_flip_exact(sample, shift, alternative) == expected  # type: ignore[arg-type]


@pytest.mark.parametrize("n", [2, 5, 9, 12])
def test_exact_p_is_that_of_scipy(n: int) -> None:
    sample = np.round(np.random.default_rng(n).normal(0.2, 1, n), 2)
    theirs = stats.permutation_test(
        (sample,), np.mean, permutation_type="samples", alternative="greater", n_resamples=10**6
    ).pvalue
    assert float(sign_flip_exact([F(str(x)) for x in sample], F(0), "greater")) == theirs


def test_values_far_beyond_machine_integers_are_counted_exactly() -> None:
    # One huge unit decides; the 3 small ones tie with nothing.
    assert sign_flip_exact([F(10**300), F(1, 10**300), F(1), F(1)], F(0), "greater") == F(1, 16)
    assert sign_flip_exact([F(10**300), -F(10**300)], F(0), "greater") == F(3, 4)


def test_twenty_units_are_enumerated_and_more_refused() -> None:
    assert sign_flip_exact([F(i + 1) for i in range(20)], F(0), "greater") == F(1, 2**20)
    with pytest.raises(ValueError, match="too many"):
        sign_flip_exact([F(1)] * 21, F(0), "greater")
    with pytest.raises(ValueError, match="no differences"):
        sign_flip_exact([], F(0), "greater")


@pytest.mark.parametrize("n", [1, 7, 8, 9, 20])
def test_monte_carlo_approaches_the_exact_p(n: int) -> None:
    sample = [F(round(x * 100), 100) for x in np.random.default_rng(n).normal(0.1, 1, n)]
    truth = float(sign_flip_exact(sample, F(0), "greater"))
    estimate = float(sign_flip_monte_carlo(sample, F(0), "greater", seed=3, resamples=40_000))
    assert estimate == pytest.approx(truth, abs=5 * (truth * (1 - truth) / 40_000) ** 0.5 + 1 / 40_000)


def test_monte_carlo_ties_survive_scaling_down() -> None:
    # Constant differences: every arrangement that flips no sum below zero ties; numbers of 300 digits too.
    small = sign_flip_monte_carlo([F(0)] * 30, F(0), "greater", seed=1, resamples=999)
    assert small == 1
    pair = [F(10**300), -F(10**300)] * 15
    big = sign_flip_monte_carlo(pair, F(0), "greater", seed=1, resamples=5000)
    unit = sign_flip_monte_carlo([F(1), F(-1)] * 15, F(0), "greater", seed=1, resamples=5000)
    assert big == unit


def test_monte_carlo_is_seeded_and_never_zero() -> None:
    sample = [F(1)] * 1190
    p = sign_flip_monte_carlo(sample, F(0), "greater", seed=0, resamples=9_999)
    assert p == F(1, 10_000)
    mixed = [F((-1) ** i * i, 7) for i in range(40)]
    draws = {sign_flip_monte_carlo(mixed, F(0), "greater", seed=s, resamples=999) for s in range(5)}
    assert len(draws) > 1
    again = sign_flip_monte_carlo(mixed, F(0), "greater", seed=4, resamples=999)
    assert again in draws
    with pytest.raises(ValueError, match="resamples"):
        sign_flip_monte_carlo(mixed, F(0), "greater", seed=4, resamples=0)


def test_the_stream_is_pinned() -> None:
    # Fails if the drawn arrangements ever change: recorded Monte-Carlo results would no longer re-derive.
    mixed = [F((-1) ** i * i, 7) for i in range(40)]
    assert sign_flip_monte_carlo(mixed, F(0), "greater", seed=42, resamples=9_999) == F(2787, 5000)


def test_many_questions_share_one_stream_and_answer_as_if_asked_alone() -> None:
    generator = np.random.default_rng(2)
    samples = [
        [F(round(x * 100), 100) for x in generator.normal(0.1, 1, n)] for n in (21, 24, 24, 30, 57, 57)
    ]
    questions = [
        SignFlip(tuple(sample), shift, side)
        for sample in [*samples, [F(10**30 + i, 7) for i in range(-12, 12)], [F(0)] * 22]
        for shift in (F(0), F(1, 4))
        for side in ("greater", "less")
    ]
    together = sign_flips_monte_carlo(questions, seed=9, resamples=2_000)
    alone = [
        sign_flip_monte_carlo(q.differences, q.shift, q.alternative, seed=9, resamples=2_000)
        for q in questions
    ]
    assert together == alone
    assert sign_flips_monte_carlo([], seed=9, resamples=2_000) == []


def test_a_stream_shared_by_many_is_drawn_once(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = []

    class Counting(np.random.PCG64):
        def random_raw(self, size=None, output=True):  # type: ignore[no-untyped-def]
            drawn.append(size)
            return super().random_raw(size, output)

    monkeypatch.setattr(np.random, "PCG64", Counting)
    sample = tuple(F(i, 3) for i in range(-10, 14))
    sign_flips_monte_carlo([SignFlip(sample, F(0), "greater")], seed=1, resamples=999)
    once, drawn[:] = sum(drawn), []
    asked = [SignFlip(sample, F(i), "greater") for i in range(24)]
    sign_flips_monte_carlo(asked, seed=1, resamples=999)
    assert sum(drawn) == once


@pytest.mark.parametrize("width", [1, 7, 8, 9, 23, 160])
def test_compiled_sums_give_the_same_p(width: int) -> None:
    if not available():
        pytest.skip("numba is not installed")
    draw = random.Random(width)
    questions = [
        SignFlip(tuple(F(draw.randint(-9, 10) * scale) for _ in range(width)), F(0), side)
        for scale in (1, 10**11)  # 32 and 64 bits
        for side in ("greater", "less")
    ]
    by_numpy = sign_flips_monte_carlo(questions, seed=4, resamples=70_003, compiled=False)
    assert sign_flips_monte_carlo(questions, seed=4, resamples=70_003, compiled=True) == by_numpy


def test_numba_is_asked_only_where_the_work_is_worth_it(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []
    monkeypatch.setattr(permutation, "add_rows", lambda: asked.append(1) or pytest.fail("compiled"))
    question = SignFlip(tuple(map(F, range(-3, 6))), F(0), "greater")
    sign_flips_monte_carlo([question], seed=1, resamples=1000)
    assert not asked
