from __future__ import annotations

import math
from fractions import Fraction as F
from itertools import product

import numpy as np
import pytest

from harness.stats.e_values import STEPS, anytime_p_values, fewest_observations, log_capital


def exact_capital(differences: list[F], shift: F, limit: F, sign: int) -> list[F]:
    """The formula in exact fractions."""
    found = []
    for stop in range(1, len(differences) + 1):
        total = F(0)
        for k in range(1, STEPS + 1):
            product_ = F(1)
            for d in differences[:stop]:
                product_ *= 1 + F(k, STEPS + 1) * sign * (d - shift) / (limit + sign * shift)
            total += product_
        found.append(total / STEPS)
    return found


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize("shift", [F(0), F(1, 3), F(-9, 10)])
@pytest.mark.parametrize("scale", [F(1), F(10) ** 200, F(1, 10**200)])
def test_the_capital_is_its_formula(sign: int, shift: F, scale: F) -> None:
    values = [F(1), F(-1), F(0), F(1, 2), F(1, 2), F(-1, 7)]
    ours = log_capital([v * scale for v in values], shift * scale, scale, sign=sign)
    theirs = exact_capital(values, shift, F(1), sign)
    assert ours == pytest.approx([math.log(x) for x in theirs], abs=1e-12)


def test_the_expected_capital_is_one_under_the_null_whatever_the_distribution() -> None:
    # Every distribution on the limits and 0 with mean equal to the shift, all orders enumerated.
    for low, middle, high in ((F(1, 2), F(0), F(1, 2)), (F(1, 8), F(3, 4), F(1, 8))):
        total = F(0)
        for draw in product(((F(-1), low), (F(0), middle), (F(1), high)), repeat=4):
            chance = math.prod((c for _, c in draw), start=F(1))
            total += chance * exact_capital([x for x, _ in draw], F(0), F(1), 1)[-1]
        assert total == 1


def test_looking_after_every_observation_keeps_the_level() -> None:
    generator = np.random.default_rng(7)
    crossed = power = 0
    for _ in range(400):
        null = [F(int(x), 100) for x in generator.integers(-100, 101, 150)]
        crossed += min(anytime_p_values(log_capital(null, F(0), F(1)))) <= 0.05
        better = [min(F(1), x + F(3, 10)) for x in null]
        power += min(anytime_p_values(log_capital(better, F(0), F(1)))) <= 0.05
    assert crossed / 400 <= 0.05 + 4.5 * math.sqrt(0.05 * 0.95 / 400)
    assert power / 400 > 0.9


def test_anytime_p_values_only_fall() -> None:
    capital = log_capital([F(x) for x in (1, 1, -1, 0, 1, -1, -1)], F(0), F(1))
    found = anytime_p_values(capital)
    assert found == sorted(found, reverse=True) and 0 < found[-1] <= 1
    assert anytime_p_values([]) == []
    assert anytime_p_values([5000.0])[0] > 0
    assert log_capital([F(0)] * 9, F(0), F(1)) == [0.0] * 9


def test_more_of_the_good_is_never_less_evidence() -> None:
    base = [F(x, 10) for x in (3, -2, 5, 0, 1)]
    for place in range(5):
        raised = [x + (F(1, 10) if i == place else 0) for i, x in enumerate(base)]
        for before, after in zip(log_capital(base, F(0), F(1)), log_capital(raised, F(0), F(1)), strict=True):
            assert after >= before - 1e-12


def test_the_fewest_observations_are_the_fewest() -> None:
    n = fewest_observations(F(0), F(1), 0.05)
    assert n is not None
    assert math.exp(log_capital([F(1)] * n, F(0), F(1))[-1]) >= 20
    assert math.exp(log_capital([F(1)] * (n - 1), F(0), F(1))[-1]) < 20
    far, near = fewest_observations(F(9, 10), F(1), 0.05), fewest_observations(F(-9, 10), F(1), 0.05)
    assert far is not None and near is not None and far > n > near
    assert fewest_observations(1 - F(1, 10**12), F(1), 0.05) is None


def test_what_no_bet_can_be_made_on_is_refused() -> None:
    with pytest.raises(ValueError, match="beyond the limit"):
        log_capital([F(2)], F(0), F(1))
    with pytest.raises(ValueError, match="inside the limits"):
        log_capital([F(0)], F(1), F(1))
    with pytest.raises(ValueError, match="sign"):
        log_capital([F(0)], F(0), F(1), sign=0)
