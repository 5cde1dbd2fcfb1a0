"""Unit words of the statement against the units of the rule, of the cited cells and of the quotes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

from harness.grounding import find_entity, number_in
from harness.loading import Source
from harness.quoting import quotes_of
from harness.records.claim import Claim, TableLocator
from harness.records.rules import Bound, Equals, Paired, Rerun, Sequential, Unpaired
from harness.records.units import Unit
from harness.records.verdict import Attacker, Effect, Finding, Reason
from harness.redteam.interface import Attack, Case, Runs
from harness.rules.leaves import leaves
from harness.stats.rounding import exact

_CENT, _ONE = Fraction(1, 100), Fraction(1)

Meaning = dict[str, tuple[Fraction, ...]]
"""What a number may be, each with the factors that turn it into the plain unit of its kind."""

_WORDS: tuple[tuple[str, Meaning], ...] = (
    (r"(?:percentage|percent|per cent|%)[- ]points?\b|pp\b|p\.p\.", {"difference": (_CENT,)}),
    (r"%|percent\b|per cent\b", {"share": (_CENT,), "change": (_CENT,)}),
    (r"‰|per mille\b", {"share": (Fraction(1, 1000),), "change": (Fraction(1, 1000),)}),
    # Points of a measure from 0 to 1 are said of hundredths and of whole units alike.
    (r"points?\b", {"difference": (_CENT, _ONE)}),
    (r"(?:ns|nanoseconds?)\b", {"time": (Fraction(1, 10**9),)}),
    (r"(?:[uµμ]s|microseconds?)\b", {"time": (Fraction(1, 10**6),)}),
    (r"(?:ms|msecs?|milliseconds?)\b", {"time": (Fraction(1, 1000),)}),
    (r"(?:s|secs?|seconds?)\b", {"time": (_ONE,)}),
    (r"(?:min|mins|minutes?)\b", {"time": (Fraction(60),)}),
    (r"(?:h|hrs?|hours?)\b", {"time": (Fraction(3600),)}),
    (r"days?\b", {"time": (Fraction(86400),)}),
    (r"bytes?\b", {"bytes": (_ONE,)}),
    (r"(?:kB|KB|kilobytes?)\b", {"bytes": (Fraction(1000), Fraction(1024))}),
    (r"(?:MB|megabytes?)\b", {"bytes": (Fraction(1000**2), Fraction(1024**2))}),
    (r"(?:GB|gigabytes?)\b", {"bytes": (Fraction(1000**3), Fraction(1024**3))}),
    (r"KiB\b", {"bytes": (Fraction(1024),)}),
    (r"MiB\b", {"bytes": (Fraction(1024**2),)}),
    (r"GiB\b", {"bytes": (Fraction(1024**3),)}),
    (r"ranks?\b|positions?\b", {"ranks": (_ONE,)}),
)
"""Unit words; the first that fits counts."""
_NUMBER = re.compile(r"(?<![\w.@])((?:\d{1,3}(?:,\d{3})+(?!\d)|\d+)?(?:\.\d+|(?<=\d)))[ \u00a0-]?", re.ASCII)
_COMPILED = tuple((re.compile(pattern), meaning) for pattern, meaning in _WORDS)

_UNITS: dict[Unit, Meaning] = {
    Unit.FRACTION: {"share": (_ONE,)},
    Unit.FRACTION_DIFFERENCE: {"difference": (_ONE,)},
    Unit.PERCENT: {"share": (_CENT,)},
    Unit.PERCENT_POINTS: {"difference": (_CENT,)},
    Unit.PERCENT_CHANGE: {"change": (_CENT,)},
    Unit.RANKS: {"ranks": (_ONE,)},
    Unit.RANKS_DIFFERENCE: {"ranks": (_ONE,)},
    Unit.COUNT: {"count": (_ONE,)},
    Unit.SECONDS: {"time": (_ONE,)},
    Unit.BYTES: {"bytes": (_ONE,)},
}
"""Dimensionless is left out: it says nothing that a unit word could contradict."""
_DIFFERENCE = {
    Unit.FRACTION: Unit.FRACTION_DIFFERENCE,
    Unit.PERCENT: Unit.PERCENT_POINTS,
    Unit.RANKS: Unit.RANKS_DIFFERENCE,
}


@dataclass(frozen=True)
class _Number:
    """A number with its unit, somewhere."""

    value: Fraction
    unit: str
    meaning: Meaning
    place: str

    def same(self, other: _Number) -> bool:
        """Whether both can be one quantity, whatever the units they are written in."""
        return any(
            abs(self.value) * mine == abs(other.value) * theirs
            for kind in self.meaning.keys() & other.meaning.keys()
            for mine in self.meaning[kind]
            for theirs in other.meaning[kind]
        )


def _judge(case: Case, runs: Runs) -> Finding:
    claim, source = case.claim, case.loaded.source
    said = list(_in_words(claim.statement, "statement"))
    if not said:
        return ATTACK.not_applicable("the statement gives no number with a unit")
    places = [*_in_rule(claim), *_in_cells(claim, source), *_in_quotes(claim, source)]
    # What another number of the statement is about is not held against this one: "by 30 %, from 30 ranks".
    free = [place for place in places if not any(number.same(place) for number in said)]
    wrong = [
        (number, place)
        for number in said
        if not any(number.same(place) for place in places)
        for place in free
        if abs(place.value) == abs(number.value)
    ]
    if wrong:
        number, place = wrong[0]
        return ATTACK.broken(
            Effect.VOIDS,
            7.0,
            f"the statement says {_text(number)}; {place.place} has {_text(place)}",
            reason=Reason.SOURCE_UNRESOLVED,
            evidence=tuple(
                {"statement": _text(mine), "place": theirs.place, "there": _text(theirs)}
                for mine, theirs in wrong
            ),
        )
    return ATTACK.held(
        f"no unit of the statement's {len(said)} numbers with one differs from where they stand"
    )


def _text(number: _Number) -> str:
    value = number.value
    return f"{float(value):.12g} {number.unit}"


def _in_words(text: str, place: str) -> Iterator[_Number]:
    """Numbers that a unit word follows."""
    for match in _NUMBER.finditer(text):
        if not match.group(1) or (value := number_in(match.group(1))) is None:
            continue
        for pattern, meaning in _COMPILED:
            if word := pattern.match(text, match.end()):
                yield _Number(value, word.group(), meaning, place)
                break


def _in_rule(claim: Claim) -> Iterator[_Number]:
    """Numbers that the rule compares with, in the unit of what it compares."""
    for leaf in leaves(claim.decision):
        if isinstance(leaf, Equals):
            yield from _of(
                claim, leaf.expected, leaf.of.quantity or leaf.of.table, leaf.of.column, "the rule"
            )
        elif isinstance(leaf, Bound):
            yield from _of(
                claim, leaf.threshold, leaf.of.quantity or leaf.of.table, leaf.of.column, "the rule"
            )
        elif isinstance(leaf, Rerun):
            yield from _of(claim, leaf.expected, leaf.table, leaf.value_column, "the rule")
        elif isinstance(leaf, (Paired, Unpaired, Sequential)):
            column = leaf.value_column if isinstance(leaf, Unpaired) else leaf.treatment
            yield from _of(claim, leaf.margin, leaf.table, column, "the rule's margin", difference=True)


def _of(
    claim: Claim, text: str, name: str | None, column: str | None, place: str, *, difference: bool = False
) -> Iterator[_Number]:
    item = next((item for item in claim.observes if item.name == name), None)
    if item is None:
        return
    unit = item.columns[column].unit if column in item.columns else item.unit
    if unit is not None and difference:
        unit = _DIFFERENCE.get(unit, unit)
    if unit in _UNITS:
        yield _Number(exact(text), unit.value, _UNITS[unit], place)


def _in_cells(claim: Claim, source: Source) -> Iterator[_Number]:
    """Printed numbers at locators that name single numbers, in the unit of the measure that the row is about."""
    for locator in claim.grounding:
        if not isinstance(locator, TableLocator) or locator.column is not None:
            continue
        roles = next(item.roles for item in source.base.tables if item.name == locator.table)
        rows = source.tables[locator.table].select(locator.where)
        if locator.says is None and len(rows) != 1:
            continue
        for row in rows:
            metrics = (find_entity(source.base.facts, "metrics", row[column]) for column in roles.groups)
            for metric in metrics:
                if metric is not None and metric.unit in _UNITS:
                    value = exact(row[roles.value])
                    yield _Number(value, metric.unit.value, _UNITS[metric.unit], locator.table)


def _in_quotes(claim: Claim, source: Source) -> Iterator[_Number]:
    """Numbers with a unit word in quotes that resolve."""
    for item in quotes_of(claim, source):
        if item.span is not None:
            yield from _in_words(item.quote.quote, "the quote")


ATTACK = Attack(
    name="citation/units",
    attacker=Attacker.CITATION_AUDITOR,
    threat="a number is right and its unit is wrong",
    origin="percent taken for percentage points; unit errors in secondary reports",
    judge=_judge,
)
