"""What the words of a statement of mathematics say about its domain."""

from __future__ import annotations

import pytest

from harness.formal.wording import ends_said, least_said, whole_range


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
