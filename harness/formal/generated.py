"""Hypothesis over the domain of a predicate: chosen and random points, and the simplest one at which it fails.

Same version of Hypothesis, same seed, same predicate: same points. Nothing is promised across versions, so what is
found is recorded as a point, and whoever reads the record computes the predicate there.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from importlib.metadata import version
from random import Random
from typing import TYPE_CHECKING, Any

from harness.formal.predicate import FALSE, UNTOLD, Point, Statement, ends
from harness.records.formal import Domain, Integers, Labels, Lists, Truths
from harness.rules.expression import Value

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

EXAMPLES = 1000
"""Points that Hypothesis may choose."""


@dataclass(frozen=True)
class Search:
    """What a search of a domain came to."""

    engine: str
    """Library and version."""
    status: str
    """``found`` a point · ``none``: looked and found none · ``exhausted``: there is none · ``unknown``: could not
    tell · ``missing``: the library is not there · ``unsuited``: the predicate is not of the kind that it takes."""
    detail: str = ""
    """One phrase on it."""
    tried: int = 0
    """Points looked at; 0 where the search does not go by points."""
    satisfying: int = 0
    """Of these, the points that satisfy the assumptions."""
    point: Point | None = None
    """What was found."""


def search(statement: Statement, seed: int, examples: int = EXAMPLES) -> Search:
    """Look for a point at which the statement does not hold. Hypothesis is imported here, since it takes its time."""
    try:
        from hypothesis import Phase, find, settings
        from hypothesis import strategies as st
        from hypothesis.errors import NoSuchExample, Unsatisfiable
    except ImportError:
        return Search("hypothesis", "missing", "the package hypothesis is not installed")
    tried = satisfying = 0

    def fails(point: dict[str, Value]) -> bool:
        nonlocal tried, satisfying
        at = statement.at(point)
        tried += 1
        satisfying += at not in UNTOLD
        return at in FALSE

    strategy = st.fixed_dictionaries(
        {name: _strategy(domain, st) for name, domain in statement.variables.items()}
    )
    chosen = settings(
        max_examples=examples,
        derandomize=True,
        database=None,
        deadline=None,
        phases=(Phase.generate, Phase.shrink),
    )
    engine = f"hypothesis {version('hypothesis')}"
    try:
        point = find(strategy, fails, settings=chosen, random=Random(seed))  # noqa: S311
    except (NoSuchExample, Unsatisfiable):
        return Search(engine, "none", tried=tried, satisfying=satisfying)
    return Search(engine, "found", tried=tried, satisfying=satisfying, point=point)


def _strategy(domain: Domain, st: Any) -> SearchStrategy[Value]:
    match domain:
        case Truths():
            return st.booleans()  # type: ignore[no-any-return]
        case Labels():
            return st.sampled_from(domain.values)  # type: ignore[no-any-return]
        case Lists():
            inner = _strategy(domain.of, st)
            lists = st.lists(inner, min_size=domain.least_length, max_size=domain.most_length)
            return lists.map(tuple)  # type: ignore[no-any-return]
        case Integers():
            return st.integers(domain.least, domain.most).map(Fraction)  # type: ignore[no-any-return]
    low, high = ends(domain)
    return st.fractions(low, high, max_denominator=10_000)  # type: ignore[no-any-return]
