"""What the words of a statement of mathematics say about its domain."""

from __future__ import annotations

import pytest

from harness.formal.wording import ends_said, least_said, narrowed_by_rests, whole_range


@pytest.mark.parametrize(
    ("statement", "ends"),
    [
        ("For every n from 2 to 400, n is a prime if it divides 2 ** n - 2.", (2, 400)),
        ("For every n between 1 and 1,500, the sum is even.", (1, 1500)),
        ("For every odd n from 1 to 99 the square is odd.", None),
        ("For every n from 1 to 99 that is coprime to 6, 24 divides n * n - 1.", None),
        ("For every n above 1, n is a prime if it divides 2 ** n - 2.", None),
        ("For n from 1 to 9 and m from 2 to 8 the sum is below 20.", None),
        ("For every n from 9 to 2 nothing is said.", None),
    ],
)
def test_a_range_without_exceptions(statement: str, ends: tuple[int, int] | None) -> None:
    assert whole_range(statement) == ends


def test_a_sign_is_no_end_and_a_beginning_is_none() -> None:
    statement = "For every n above 1, n is a prime if it divides 2 ** n - 2."
    assert ends_said(statement) == set()
    assert least_said(statement) == {1}
    assert ends_said("For n 2-40 it holds.") == {40}


@pytest.mark.parametrize(
    ("statement", "narrowed"),
    [
        ("For every whole number n, n ** 5 - n is divisible by 60.", False),
        ("For every n the number n * (n - 1) is even.", False),
        ("For every even n, n ** 5 - n is divisible by 30.", True),
        ("n * n is one more than a multiple of 8 for every odd n.", True),
        ("The square of an odd number leaves 1 when divided by 8.", True),
        ("For every n divisible by 4, n ** 5 - n is divisible by 60.", True),
        ("If n is a multiple of 4, n ** 5 - n is divisible by 60.", True),
        ("For every n, n is a prime if it divides 2 ** n - 2.", True),
        ("n * n is even whenever n is even.", True),
    ],
)
def test_words_that_leave_out_numbers_by_their_rests(statement: str, narrowed: bool) -> None:
    assert narrowed_by_rests(statement) is narrowed
