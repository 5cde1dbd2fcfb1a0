"""Evidence that may be looked at after every new observation: an e-process for a bounded mean.

A gambler starts with 1 and bets a fixed share on every difference exceeding the null mean. Under the null
hypothesis no bet is favourable, so whenever one stops, the expected capital is at most 1, and the capital
ever reaches 1/alpha with probability at most alpha (Ville 1939). No stopping plan is needed.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction

STEPS = 64
"""Number of shares of the capital among which the first unit is divided."""


def log_capital(
    differences: Sequence[Fraction], shift: Fraction, limit: Fraction, *, sign: int = 1
) -> list[float]:
    """Natural logarithm of the e-value after each difference, in the order of arrival.

    E_t = (1/K) sum over k = 1..K of product over i <= t of (1 + (k / (K + 1)) y_i / c), with
    y_i = sign (d_i - shift) and c = limit + sign * shift, the largest loss possible, so no factor is 0 or less.
    ``sign`` 1 is evidence against mean <= shift, -1 against mean >= shift, each given all that came before.
    K = 64 equal shares of the first capital, each betting the same part throughout. Waudby-Smith and Ramdas
    (2024), "Estimating means of bounded random variables by betting", *J. R. Stat. Soc. B* 86.
    ``differences``, ``shift`` and ``limit`` in one unit; |d_i| <= limit and |shift| < limit, else ValueError.
    """
    if sign not in (1, -1):
        raise ValueError(f"sign must be 1 or -1, not {sign}")
    if not abs(shift) < limit:
        raise ValueError(f"the shift {shift} must lie inside the limits -{limit} and {limit}")
    if outside := [value for value in differences if abs(value) > limit]:
        raise ValueError(f"the difference {outside[0]} is beyond the limit {limit}")
    worst = limit + sign * shift
    shares = [k / (STEPS + 1) for k in range(1, STEPS + 1)]
    logs = [0.0] * STEPS
    capital = []
    for value in differences:
        y = float(sign * (value - shift) / worst)
        logs = [total + math.log1p(share * y) for total, share in zip(logs, shares, strict=True)]
        top = max(logs)
        capital.append(top + math.log(math.fsum(math.exp(total - top) for total in logs) / STEPS))
    return capital


def anytime_p_values(capital: Sequence[float]) -> list[float]:
    """p after each observation that stays valid whenever one looks: min(1, 1 / largest E so far).

    ``capital`` holds log E as ``log_capital`` gives it. P(any of them <= alpha) <= alpha under the null
    hypothesis: Ville (1939), "Etude critique de la notion de collectif". Not the smallest number alone is
    valid, but the whole falling sequence.
    """
    best, found = 0.0, []
    for value in capital:
        best = max(best, value)
        found.append(math.exp(-min(best, 700.0)))
    return found


def fewest_observations(shift: Fraction, limit: Fraction, alpha: float, *, sign: int = 1) -> int | None:
    """How many observations reach 1/alpha at the earliest, when every one is the best possible.

    The smallest t with E_t >= 1/alpha for d_i = sign * limit throughout; None beyond a thousand million.
    Symbols, ranges and source as for ``log_capital``.
    """
    gain = float((limit - sign * shift) / (limit + sign * shift))
    logs = [math.log1p(k / (STEPS + 1) * gain) for k in range(1, STEPS + 1)]

    def reached(count: int) -> bool:
        total = math.fsum(math.exp(min(count * x + math.log(alpha), 700.0)) for x in logs)
        return total / STEPS >= 1

    low, high = 0, 1
    while not reached(high):
        low, high = high, 2 * high
        if high > 10**9:
            return None
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if reached(middle) else (middle, high)
    return high
