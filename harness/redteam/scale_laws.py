"""How a reported number goes with the scale of what it is computed from."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

from harness.redteam.interface import RunView, labelled_numbers, numbers_of
from harness.stats.rounding import exact, unit_of_last_digit

_RELATIVE = Fraction(1, 10**6)
_FEW_DIGITS = 6
"""Most decimals of a number that may have been rounded before it was reported."""
_ONE = Fraction(1)


@dataclass(frozen=True)
class ScaleLaw:
    """One number on the record's own data and on two scaled ones."""

    at: Mapping[Fraction, Fraction]
    """Factor to what is reported; 1 for the own data."""

    @cached_property
    def own(self) -> Fraction:
        """What is reported on the own data."""
        return self.at[_ONE]

    @cached_property
    def factor(self) -> Fraction:
        """The second factor."""
        return [factor for factor in self.at if factor != _ONE][-1]

    @property
    def scaled(self) -> Fraction:
        """What is reported with the second factor."""
        return self.at[self.factor]

    @cached_property
    def slack(self) -> Fraction:
        """Largest error of a comparison by rounding."""
        digits = sum(
            (_last_digit(number) / 2 * max(_ONE, 1 / factor) for factor, number in self.at.items()),
            Fraction(0),
        )
        return digits + _RELATIVE * max(map(abs, self.at.values()))

    @cached_property
    def follows(self) -> bool:
        """Whether it is the own number times a power of the factor: 1 for a mean, 0 for a ratio, any for a formula."""
        if all(abs(number - self.own) <= self.slack for number in self.at.values()):
            return True
        if all(abs(number / factor - self.own) <= self.slack for factor, number in self.at.items()):
            return True
        ratios = [float(self.at[factor] / self.own) if self.own else 0.0 for factor in self._others]
        if min(ratios) <= 0:
            return False
        first, last = (
            math.log(ratio) / math.log(factor) for ratio, factor in zip(ratios, self._others, strict=True)
        )
        return math.isclose(first, last, rel_tol=1e-6, abs_tol=1e-6)

    @cached_property
    def _others(self) -> tuple[Fraction, ...]:
        return tuple(factor for factor in self.at if factor != _ONE)

    @cached_property
    def _slope(self) -> Fraction:
        first, last = self._others
        return (self.at[last] - self.at[first]) / (last - first)

    @property
    def turned(self) -> bool:
        """Whether it falls where the data rise, as on a scale turned round."""
        return self._slope < 0

    @cached_property
    def added(self) -> Fraction | None:
        """What is added to a multiple of the data, 0 for nothing; None where it is no such sum."""
        if self.follows:
            return Fraction(0)
        first = self._others[0]
        rest = self.at[first] - self._slope * first
        return rest if abs(self.own - self._slope - rest) <= 4 * self.slack else None

    @cached_property
    def only_elsewhere(self) -> bool:
        """Whether it goes with the data on the scaled ones alone, and is another number on the own data."""
        first, last = (self.at[factor] / factor for factor in self._others)
        return abs(first - last) <= self.slack < abs(self.own - last)


def scale_laws(part: str, main: RunView, scaled: Mapping[str, RunView]) -> dict[tuple[str, ...], ScaleLaw]:
    """The law of every number of a part by the labels of its row; empty where the runs have other rows."""
    runs = {_ONE: main, **{exact(factor): run for factor, run in scaled.items()}}
    numbers = {factor: labelled_numbers(run, part) for factor, run in runs.items()}
    keys = set(numbers[_ONE])
    if any(set(found) != keys for found in numbers.values()) or len(keys) != len(numbers_of(main, part)):
        return {}
    return {key: ScaleLaw({factor: found[key] for factor, found in numbers.items()}) for key in sorted(keys)}


def _last_digit(number: Fraction) -> Fraction:
    """Unit of the last digit of a number that has few of them, and may have been rounded; 0 for others."""
    text = repr(float(number))
    return (
        unit_of_last_digit(text)
        if "e" not in text and len(text.partition(".")[2]) <= _FEW_DIGITS
        else Fraction(0)
    )
