from __future__ import annotations

from fractions import Fraction as F

import pytest

from harness.stats.rounding import (
    Interval,
    could_fail_granularity,
    decimal_text,
    decimals,
    exact,
    exact_text,
    granularity,
    interval_of,
    printed_interval,
    rounds_to,
    significant,
)


@pytest.mark.parametrize(
    ("printed", "low", "high"),
    [
        (".792", F("0.7915"), F("0.7925")),
        ("0.487", F("0.4865"), F("0.4875")),
        ("1,469", F("1468.5"), F("1469.5")),
        ("-3", F("-3.5"), F("-2.5")),
        ("+0.5", F("0.45"), F("0.55")),
        ("21", F("20.5"), F("21.5")),
        ("0.50", F("0.495"), F("0.505")),
        ("-1,234.5", F("-1234.55"), F("-1234.45")),
    ],
)
def test_a_printed_number_stands_for_half_a_unit_to_either_side(printed: str, low: F, high: F) -> None:
    assert printed_interval(printed) == Interval(low, high)
    assert rounds_to(low, printed) and rounds_to(high, printed)
    assert not rounds_to(high + F(1, 10**9), printed)


def test_trailing_zeros_are_precision() -> None:
    assert (decimals(".5"), decimals("0.50"), decimals("3"), decimals("1,000")) == (1, 2, 0, 0)
    assert not printed_interval("0.50").contains(printed_interval("0.5"))
    assert printed_interval("0.5").contains(printed_interval("0.50"))


def test_numbers_are_exact() -> None:
    assert exact(0.1) == F(1, 10)
    assert exact(1e-7) == F(1, 10**7)
    assert exact(5e-324) > 0
    assert exact(10**300) == 10**300
    assert interval_of(0.5) == Interval(F(1, 2), F(1, 2))


@pytest.mark.parametrize(
    "bad",
    [
        *(
            "",
            "+",
            "-",
            ".",
            "1e5",
            "abc",
            "1,2",
            "1,23,456",
            "0x10",
            " 1",
            "1\n",
            "٣",
            "−3",
            "1_000",
            "9" * 101,
        ),
        *(float("nan"), float("inf"), -float("inf"), True, 10**400),
    ],
)
def test_what_is_no_printed_number_is_refused_with_a_sentence(bad: object) -> None:
    with pytest.raises(ValueError, match=r"number|digits|characters"):
        exact(bad)  # type: ignore[arg-type]


def test_granularity_by_hand() -> None:
    # 10/21 = 0.47619 rounds to 0.48; the next, 11/21 = 0.5238, to 0.52; so 0.49 is impossible.
    assert granularity("0.48", 21) == 10
    assert granularity("0.49", 21) is None
    assert granularity("47.6", 21, F(100)) == 10
    # 1/8 = 0.125 is a half: both roundings are possible.
    assert granularity("0.12", 8) == granularity("0.13", 8) == 1
    assert granularity("0.00", 7) == 0
    assert granularity("1.00", 7) == 7
    assert granularity("1.20", 7) is None
    assert granularity("-0.20", 7) is None
    assert not could_fail_granularity("0.48", 100)
    assert could_fail_granularity("0.48", 99)
    with pytest.raises(ValueError, match="positive"):
        granularity("0.5", 0)


def test_texts() -> None:
    assert decimal_text(F(2, 3), 6) == "0.666667"
    assert decimal_text(F(-1, 8), 2) == "-0.12"
    assert decimal_text(F(-1, 1000), 2) == "0.00"
    assert decimal_text(F(7, 2), 0) == "4"
    assert exact_text(F("0.7915")) == "0.7915"
    assert exact_text(F(-3)) == "-3"
    assert exact_text(F(1, 3)) == "1/3"
    assert significant(0.1 + 0.2) == 0.3
    assert str(significant(-0.0)) == "0.0"
