"""What a predicate must satisfy before anything runs: it can be read, it is of bounded size, and it can be computed."""

from __future__ import annotations

import ast
import keyword
from collections.abc import Iterator, Mapping
from functools import partial
from itertools import islice, product

from harness.formal.cost import steps
from harness.formal.points import MOST_SHAPES, MOST_SLOTS, Box, origin, shapes, slots, window
from harness.formal.predicate import At, Point, Statement, ends, kinds, point_in_words, read
from harness.records.claim import Claim, Observable
from harness.records.formal import Domain, Integers, Labels, Lists, Predicate, Rationals, Scalar, ScriptTie
from harness.rules.expression import ExpressionError
from harness.rules.grammar import FUNCTIONS, Kind, names_in, parse

Complaint = tuple[tuple[str | int, ...], str]
"""Path of a field below the predicate, and one sentence."""

TRIED = 64
"""Points at which a predicate must be computable for its record to be accepted, if each takes few steps."""
MOST_STEPS = 20_000
"""Steps for all of them; see ``cost.py``."""


def predicate_problems(claim: Claim) -> Iterator[Complaint]:
    """Mistakes in a claim's predicate, each with the path of its field."""
    predicate = claim.predicate
    if predicate is None:
        return
    problems = [*_variables(predicate), *_expressions(predicate)]
    yield from problems
    if not problems:
        statement = read(predicate)
        yield from _unused(statement)
        yield from _computable(statement)
        if predicate.script is not None:
            yield from _tie(predicate, predicate.script, claim)


def _variables(predicate: Predicate) -> Iterator[Complaint]:
    for name, domain in predicate.variables.items():
        path = ("variables", name)
        if keyword.iskeyword(name) or name in FUNCTIONS or name.startswith("__"):
            yield path, f"{name!r} is a word of the language of expressions; choose another name"
        inner, inner_path = (domain.of, (*path, "of")) if isinstance(domain, Lists) else (domain, path)
        if isinstance(inner, (Integers, Rationals)):
            low, high = ends(inner)
            if low is not None and high is not None and low > high:
                yield (*inner_path, "most"), f"must be at least {low}, the smallest value"
        if isinstance(domain, Lists) and domain.least_length > domain.most_length:
            yield (*path, "most_length"), f"must be at least {domain.least_length}, the shortest length"
        if isinstance(domain, Labels) and len(set(domain.values)) < len(domain.values):
            yield (*path, "values"), "a label stands twice"
    yield from _too_large(predicate.variables)


def _too_large(variables: Mapping[str, Domain]) -> Iterator[Complaint]:
    lists = [domain for domain in variables.values() if isinstance(domain, Lists)]
    count = sum(domain.most_length for domain in lists) + len(variables) - len(lists)
    if count > MOST_SLOTS:
        yield (
            ("variables",),
            f"a point has up to {count} numbers, elements of lists counted; at most {MOST_SLOTS}",
        )
    choices = 1
    for domain in lists:
        choices *= max(1, domain.most_length - domain.least_length + 1)
    if choices > MOST_SHAPES:
        yield ("variables",), f"the lists have {choices} choices of lengths together; at most {MOST_SHAPES}"


def _expressions(predicate: Predicate) -> Iterator[Complaint]:
    known = kinds(predicate)
    for path, text in _texts(predicate):
        try:
            tree = parse(text, known)
            if not names_in(tree):
                yield path, "mentions no variable, so it says the same everywhere"
        except ExpressionError as problem:
            yield path, str(problem)


def _texts(predicate: Predicate) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Every true-or-false expression with the path of its field."""
    for index, text in enumerate(predicate.assumptions):
        yield ("assumptions", index), text
    yield ("holds",), predicate.holds


def _unused(statement: Statement) -> Iterator[Complaint]:
    used = {name for tree in (*statement.assumptions, statement.relation) for name in names_in(tree)}
    for name in statement.variables:
        if name not in used:
            yield ("variables", name), "is used in no expression"


def _computable(statement: Statement) -> Iterator[Complaint]:
    """The simplest points and the corners: a statement that means nothing there is a mistake of the record."""
    variables = statement.variables
    seen: dict[At, Point] = {}
    for lengths in shapes(variables)[:4]:
        own = slots(variables, lengths)
        box = Box(variables, lengths, own, tuple(window(slot.domain, 3) for slot in own))
        ranges = [
            sorted({*range(low, high + 1), *_corners(slot.domain)}, key=partial(_simplest_first, slot.domain))
            for slot, (low, high) in zip(own, box.ranges, strict=True)
        ]
        bits = {
            slot.name: max(code.bit_length() for code in codes)
            for slot, codes in zip(own, ranges, strict=True)
        }
        tried = max(1, min(TRIED, MOST_STEPS // steps(statement, bits)))
        for codes in islice(product(*ranges), tried):
            point = box.point(codes)
            seen.setdefault(statement.at(point), point)
            if At.UNDEFINED in seen:
                break
    told = {At.HOLDS, At.FAILS} & set(seen)
    if (point_there := seen.get(At.UNDEFINED) or (None if told else seen.get(At.TOO_LARGE))) is not None:
        why = statement.why_undefined(point_there)
        yield ("holds",), f"cannot be computed at {point_in_words(point_there)[:200]}: {why}"


def _simplest_first(domain: Scalar, code: int) -> tuple[int, int]:
    return abs(code - origin(domain)), code


def _corners(domain: Scalar) -> tuple[int, ...]:
    if not isinstance(domain, Integers):
        return ()
    return tuple(end for end in (domain.least, domain.most) if end is not None)


def _tie(predicate: Predicate, tie: ScriptTie, claim: Claim) -> Iterator[Complaint]:
    observed = {item.name: item for item in claim.observes}
    for name, parameter in tie.parameters.items():
        if name not in predicate.variables:
            yield ("script", "parameters", name), "is not one of the variables"
        elif isinstance(predicate.variables[name], Lists):
            yield ("script", "parameters", name), "is a list; only single values can be handed to a script"
        if parameter not in claim.reproduction.parameters:
            yield ("script", "parameters", name), f"{parameter!r} is not one of the script's parameters"
    if tie.table is not None:
        yield from _tied_table(predicate, tie, observed.get(tie.table))
    elif set(tie.parameters) != set(predicate.variables):
        yield ("script", "parameters"), "needs every variable, or name a table that has a column for each"
    else:
        for name in tie.reports:
            if name not in observed or observed[name].type == "table":
                yield ("script", "reports", name), "is not a quantity that the script reports"
    parts = {ast.unparse(node) for node in ast.walk(read(predicate).relation) if isinstance(node, ast.expr)}
    for name, text in tie.reports.items():
        try:
            tree = parse(text, kinds(predicate), Kind.NUMBER)
        except ExpressionError as problem:
            yield ("script", "reports", name), str(problem)
            continue
        if ast.unparse(tree) not in parts or not names_in(tree):
            yield (
                ("script", "reports", name),
                "must be a part of holds with a variable in it, such as one side of it",
            )


def _tied_table(predicate: Predicate, tie: ScriptTie, table: Observable | None) -> Iterator[Complaint]:
    if tie.parameters:
        yield ("script", "parameters"), "does not go with a table"
    if table is None or table.type != "table":
        yield ("script", "table"), f"{tie.table!r} is not a table that the script reports"
        return
    for name, domain in predicate.variables.items():
        column = table.columns.get(name)
        label = isinstance(domain, Labels)
        if column is None:
            yield ("script", "table"), f"{tie.table!r} has no column {name!r} for the variable"
        elif not isinstance(domain, (Integers, Rationals, Labels)) or (column.type == "label") is not label:
            yield ("script", "table"), f"column {name!r} cannot hold the variable of type {domain.type}"
    for name in tie.reports:
        if name not in table.columns or table.columns[name].type == "label" or name in predicate.variables:
            yield (
                ("script", "reports", name),
                f"is not a column of numbers of {tie.table!r} beside the variables",
            )
