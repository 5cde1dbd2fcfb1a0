"""A search of a predicate's domain as rows of labels, and back: the form in which a search is recorded."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from fractions import Fraction

from harness.formal import generated, solver
from harness.formal.generated import Search
from harness.formal.predicate import Point, Statement, read
from harness.records.formal import Domain, Labels, Lists, Predicate, Truths
from harness.rules.expression import Value

Row = tuple[str, int, str]
"""What it is, its place in a list (0 where it is no element of one), and its value as text."""

SEARCHES: dict[str, Callable[[Statement, int], Search]] = {
    "generated": generated.search,
    "solver": lambda statement, seed: solver.search(statement),
}
"""Searches by the name of their attack."""

_FRACTION = re.compile(r"-?[0-9]+(?:/[0-9]+)?")
_OF_VARIABLE = "variable "
_LENGTH = "length of "


def search_rows(which: str, predicate_json: bytes, seed: int) -> list[Row]:
    """Do one search and give what it came to as rows."""
    statement = read(Predicate.model_validate_json(predicate_json))
    return to_rows(SEARCHES[which](statement, seed), statement)


def to_rows(search: Search, statement: Statement) -> list[Row]:
    """What a search came to, as rows."""
    facts = {"engine": search.engine, "status": search.status, "detail": search.detail}
    rows = [(name, 0, text) for name, text in facts.items() if text]
    rows += [("tried", 0, str(search.tried)), ("satisfying", 0, str(search.satisfying))]
    for name, value in (search.point or {}).items():
        if isinstance(value, tuple):
            rows.append((_LENGTH + name, 0, str(len(value))))
            rows += [(_OF_VARIABLE + name, place, str(item)) for place, item in enumerate(value, 1)]
        else:
            rows.append((_OF_VARIABLE + name, 0, _text(statement.variables[name], value)))
    return rows


def from_rows(rows: Iterable[Row], statement: Statement) -> Search:
    """The search that the rows record. Raises ``ValueError`` for rows that record none."""
    known = {(what, place): text for what, place, text in rows}
    if missing := [what for what in ("engine", "status", "tried", "satisfying") if (what, 0) not in known]:
        raise ValueError(f"the recorded search does not say its {missing[0]}")
    return Search(
        engine=known["engine", 0],
        status=known["status", 0],
        detail=known.get(("detail", 0), ""),
        tried=int(known["tried", 0]),
        satisfying=int(known["satisfying", 0]),
        point=_point(known, statement) if known["status", 0] == "found" else None,
    )


def _point(known: dict[tuple[str, int], str], statement: Statement) -> Point:
    found: dict[str, Value] = {}
    try:
        for name, domain in statement.variables.items():
            if isinstance(domain, Lists):
                places = range(1, int(known[_LENGTH + name, 0]) + 1)
                found[name] = tuple(_number(known[_OF_VARIABLE + name, place]) for place in places)
            else:
                found[name] = _value(domain, known[_OF_VARIABLE + name, 0])
    except (LookupError, ValueError, ZeroDivisionError) as error:
        raise ValueError(f"the recorded point is incomplete: {error}") from None
    return found


def _text(domain: Domain, value: Value) -> str:
    # A label is recorded by its place, because it may be longer than a recorded label.
    return str(domain.values.index(str(value))) if isinstance(domain, Labels) else str(value)


def _value(domain: Domain, text: str) -> Value:
    if isinstance(domain, Truths):
        return text == "True"
    return domain.values[int(text)] if isinstance(domain, Labels) else _number(text)


def _number(text: str) -> Fraction:
    # Nothing else that Fraction reads: a few characters with an exponent can stand for a number of any size.
    if not _FRACTION.fullmatch(text):
        raise ValueError(f"{text[:40]!r} is no fraction")
    return Fraction(text)
