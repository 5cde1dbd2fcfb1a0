"""Families of comparisons that reach over several rules of one record."""

from __future__ import annotations

from collections.abc import Sequence

from harness.records.observations import Observations
from harness.records.rules import Paired, Unpaired
from harness.rules import paired, unpaired
from harness.rules.comparison import Elsewhere, Pair
from harness.rules.leaves import Leaf
from harness.rules.reading import UnreadableError


class Families:
    """The comparison rules of one record, by family. Every p-value is computed once and only if it is needed."""

    def __init__(self, parts: Sequence[Leaf], observations: Observations) -> None:
        self._comparisons = {i: part for i, part in enumerate(parts) if isinstance(part, (Paired, Unpaired))}
        self._observations = observations
        self._known: dict[int, list[Pair] | UnreadableError] = {}

    def elsewhere(self, index: int) -> Elsewhere:
        """What the family of the comparison at ``index`` holds besides its own groups.

        Members are the groups of all comparison rules that name the same family. If one of these cannot be
        read, none of them is decided: how many p-values it would add is not known. With a declared ``size``,
        those that stand in no rule here count as unknown. UnreadableError also when rules of one family state
        different methods or sizes, or when the record makes more comparisons than the size it states.
        """
        stated = self._comparisons[index].multiplicity
        pairs: list[Pair] = []
        for place, other in self._comparisons.items():
            if place == index or other.multiplicity.family != stated.family:
                continue
            if other.multiplicity != stated:
                raise UnreadableError(
                    f"The rules of the family {stated.family!r} state different methods or sizes."
                )
            found = self._contribution(place)
            if isinstance(found, UnreadableError):
                raise UnreadableError(f"Another rule of the family {stated.family!r} cannot be read: {found}")
            pairs += found
        if stated.size is None:
            return Elsewhere(tuple(pairs))
        own = self._contribution(index)
        if isinstance(own, UnreadableError):
            raise own
        unknown = stated.size - len(own) - len(pairs)
        if unknown < 0:
            raise UnreadableError(
                f"The family {stated.family!r} is stated to have {stated.size} comparisons, but this record alone "
                f"makes {len(own) + len(pairs)}."
            )
        return Elsewhere(tuple(pairs), unknown)

    def _contribution(self, index: int) -> list[Pair] | UnreadableError:
        """p-values of every group of a comparison, or why there are none."""
        if index not in self._known:
            rule = self._comparisons[index]
            try:
                self._known[index] = (
                    paired.p_values(rule, self._observations)
                    if isinstance(rule, Paired)
                    else unpaired.p_values(rule, self._observations)
                )
            except UnreadableError as problem:
                self._known[index] = problem
        return self._known[index]
