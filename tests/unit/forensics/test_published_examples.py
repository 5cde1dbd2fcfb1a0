"""The scalar cores against examples published with the methods, and against independent implementations."""

from __future__ import annotations

import itertools
import math
from fractions import Fraction

import pytest
from scipy import stats

from harness.forensics.checks.double_rounding import share_of_sums_above
from harness.stats.debit import debit
from harness.stats.grimmer import grimmer
from harness.stats.percent import change_span
from harness.stats.reported_p import agrees, p_range, p_value
from harness.stats.rounding_rules import Rounding, Span, integers_in, rounded, span


def grim(mean: str, n: int) -> bool:
    return bool(integers_in(span(mean).times(Fraction(n))))


@pytest.mark.parametrize(
    ("mean", "n", "consistent"),
    [
        # Brown and Heathers (2017), the worked example: 28 participants, 5.19 cannot be, 5.18 and 5.21 can.
        ("5.19", 28, False),
        ("5.18", 28, True),
        ("5.21", 28, True),
        # scrutiny, documentation of grim(): 5.27 and 43.
        ("5.27", 43, False),
        ("5.28", 43, True),
    ],
)
def test_grim(mean: str, n: int, consistent: bool) -> None:
    assert grim(mean, n) is consistent


@pytest.mark.parametrize(
    ("mean", "sd", "n", "consistent"),
    [
        # The data set pigs5 of the R package scrutiny, with the answers of its own tests; 5.23 and 2.55 are the
        # worked example that fails on parity alone.
        ("7.22", "5.30", 38, False),
        ("4.74", "6.55", 31, True),
        ("5.23", "2.55", 35, False),
        ("2.57", "2.57", 30, True),
        ("6.77", "2.18", 33, False),
        ("2.68", "2.59", 34, True),
        ("7.01", "6.68", 35, False),
        ("7.38", "3.65", 32, True),
        ("3.14", "5.32", 33, False),
        ("6.89", "4.18", 37, True),
        ("5.00", "2.18", 31, True),
        ("0.24", "6.43", 34, True),
    ],
)
def test_grimmer_on_published_cases(mean: str, sd: str, n: int, consistent: bool) -> None:
    assert (grim(mean, n) and grimmer(span(mean), span(sd), n, divisors=(1,))) is consistent


def test_grimmer_never_refuses_what_whole_numbers_give_and_agrees_with_enumeration() -> None:
    """Every mean and SD of five answers from 0 to 4, two decimals, by enumeration."""
    n = 5
    real = set()
    for answers in itertools.combinations_with_replacement(range(5), n):
        mean = Fraction(sum(answers), n)
        variance = sum((a - mean) ** 2 for a in answers) / (n - 1)
        real.add((f"{float(mean):.2f}", f"{math.sqrt(variance):.2f}"))
    for mean, sd in real:
        assert grimmer(span(mean), span(sd), n, divisors=(1,)), (mean, sd)
    # SDs up to 1 for these means need no answer outside 0 to 4, so there the test must be exact as well.
    for mean in ("2.00", "2.20", "1.80"):
        possible = {sd for m, sd in real if m == mean and float(sd) <= 1}
        passing = {
            f"{k / 100:.2f}"
            for k in range(101)
            if grimmer(span(mean), span(f"{k / 100:.2f}"), n, divisors=(1,))
        }
        assert passing == possible


def test_debit_against_enumeration() -> None:
    """All binary samples of 20: sample SD with two decimals. Only the pairs that occur pass."""
    n = 20
    real = {(f"{k / n:.2f}", f"{math.sqrt(k * (n - k) / (n * (n - 1))):.2f}") for k in range(n + 1)}
    for mean in {m for m, _ in real}:
        passing = {
            (mean, f"{s / 100:.2f}")
            for s in range(101)
            if debit(span(mean), span(f"{s / 100:.2f}"), n, divisors=(1,))
        }
        assert passing == {pair for pair in real if pair[0] == mean}


def test_debit_worked_by_hand() -> None:
    # 10 of 20: sqrt(10 * 10 / (20 * 19)) = 0.513; as a population SD 0.5.
    assert debit(span("0.50"), span("0.51"), 20, divisors=(1,))
    assert not debit(span("0.50"), span("0.50"), 20, divisors=(1,))
    assert debit(span("0.50"), span("0.50"), 20)


@pytest.mark.parametrize(
    ("kind", "value", "dfs", "p"),
    [
        # Textbook critical values: two-sided 0.05 (F and chi2: upper tail).
        ("z", 1.959964, [], 0.05),
        ("t", 2.228139, [10], 0.05),
        ("f", 4.964603, [1, 10], 0.05),
        ("chi2", 3.841459, [1], 0.05),
        ("r", 0.576, [10], 0.05),
    ],
)
def test_p_values_of_critical_values(kind: str, value: float, dfs: list[float], p: float) -> None:
    assert p_value(kind, value, dfs, 2) == pytest.approx(p, abs=2e-5)  # type: ignore[arg-type]
    assert p_value(kind, value, dfs, 1) == pytest.approx(p / 2, abs=2e-5)  # type: ignore[arg-type]


def test_p_by_direct_integration() -> None:
    """An independent way to the same number: the density of t integrated by Simpson's rule."""
    df, t = 28, 2.2
    constant = math.gamma((df + 1) / 2) / math.sqrt(df * math.pi) / math.gamma(df / 2)
    steps, top = 20000, 60.0
    h = (top - t) / steps
    density = [constant * (1 + (t + i * h) ** 2 / df) ** (-(df + 1) / 2) for i in range(steps + 1)]
    area = h / 3 * (density[0] + density[-1] + 4 * sum(density[1:-1:2]) + 2 * sum(density[2:-1:2]))
    assert p_value("t", t, [df], 2) == pytest.approx(2 * area, rel=1e-6)


def test_statcheck_example() -> None:
    # Nuijten et al. (2016): t(28) = 2.20, p = .03 is consistent although the exact p is .036, as t may be 2.195
    # to 2.205 and p .025 to .035; the interval of p decides.
    low, high = p_range("t", span("2.20"), [Span(Fraction(28), Fraction(28))], 2)
    assert low < stats.t.sf(2.2, 28) * 2 < high
    assert agrees(span(".036"), "", low, high)
    assert not agrees(span(".03"), "", low, high)
    assert agrees(span(".04"), "", low, high)
    assert agrees(Span(Fraction("0.05"), Fraction("0.05")), "<", low, high)
    assert not agrees(Span(Fraction("0.01"), Fraction("0.01")), "<", low, high)
    assert not agrees(Span(Fraction("0.05"), Fraction("0.05")), ">", low, high)


@pytest.mark.parametrize(
    ("printed", "rule", "inside", "outside"),
    [
        ("2.5", Rounding.HALF_UP, ["2.45", "2.5499"], ["2.55", "2.4499"]),
        ("2.4", Rounding.HALF_EVEN, ["2.35", "2.45"], ["2.3499", "2.4501"]),
        ("2.5", Rounding.HALF_EVEN, ["2.4501", "2.5499"], ["2.45", "2.55"]),
        ("2.5", Rounding.TRUNCATION, ["2.5", "2.5999"], ["2.4999", "2.6"]),
        ("2.5", Rounding.UNKNOWN, ["2.45", "2.55"], ["2.4499", "2.5501"]),
        ("-2.5", Rounding.HALF_UP, ["-2.45", "-2.5499"], ["-2.55"]),
        ("-2.5", Rounding.TRUNCATION, ["-2.5", "-2.5999"], ["-2.4999", "-2.6"]),
        ("0.0", Rounding.TRUNCATION, ["0.0999", "-0.0999"], ["0.1", "-0.1"]),
    ],
)
def test_rounding_rules(printed: str, rule: Rounding, inside: list[str], outside: list[str]) -> None:
    allowed = span(printed, rule)
    assert all(allowed.holds(Fraction(value)) for value in inside)
    assert not any(allowed.holds(Fraction(value)) for value in outside)
    # The other direction: what is rounded by the rule is printed so.
    if rule is not Rounding.UNKNOWN:
        assert all(rounded(Fraction(value), 1, rule) == Fraction(printed) for value in inside)


def test_irwin_hall_against_counting() -> None:
    # Two uniform numbers on [-1/2, 1/2]: P(sum >= x) = (1 - x)^2 / 2 for 0 <= x <= 1.
    assert share_of_sums_above(2, Fraction(1, 2)) == Fraction(1, 8)
    assert share_of_sums_above(7, Fraction(3)) == Fraction(1, 2**7) / math.factorial(7)
    assert share_of_sums_above(5, Fraction(0)) == Fraction(1, 2)


def test_percent_change_interval() -> None:
    # 410.2 to 286.6: a fall of 30.13 %, between the corners of the two rounding intervals.
    allowed = change_span(span("286.6"), span("410.2"))
    assert float(allowed.low) == pytest.approx(-30.1527, abs=1e-3)
    assert float(allowed.high) == pytest.approx(-30.1107, abs=1e-3)
    assert change_span(span("3"), span("2"), relative=False) == Span(Fraction(0), Fraction(2))
    with pytest.raises(ValueError, match="may be zero"):
        change_span(span("3"), span("0"))
