"""The bounds of a predicate must be those that the statement says: nothing is left out of the domain in silence."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from typing import Any

from harness.formal.enumeration import enumerate_domain
from harness.formal.points import enumerable
from harness.formal.predicate import FALSE, ends, point_in_words, read
from harness.formal.wording import narrowed_by_rests
from harness.grounding import bare_statement, number_in, numbers_written
from harness.records.formal import Integers, Lists, Rationals
from harness.records.verdict import Attacker, Effect, Finding, Reason
from harness.redteam.interface import Attack, Case, Runs
from harness.redteam.predicates import NO_PREDICATE
from harness.rules.grammar import literal
from harness.stats.rounding import exact_text

SMALL = 2
"""Numbers up to this are said in many ways: positive, two or more, odd."""


def _judge(case: Case, runs: Runs) -> Finding:
    predicate = case.claim.predicate
    if predicate is None:
        return ATTACK.not_applicable(NO_PREDICATE)
    said = {
        abs(number)
        for text in numbers_written(bare_statement(case.claim, case.loaded.source.base))
        if (number := number_in(text)) is not None
    }
    numbers = list(_bounds(case))
    unsaid: list[dict[str, Any]] = [
        {"what": what, "number": exact_text(number)}
        for what, number in numbers
        if abs(number) > SMALL and abs(number) not in said
    ]
    if unsaid:
        return ATTACK.broken(
            Effect.VOIDS,
            7.0,
            f"{unsaid[0]['what']} has {unsaid[0]['number']}, which the statement does not say: the predicate "
            "covers less than the statement",
            reason=Reason.VACUOUS_EVIDENCE,
            evidence=tuple(unsaid),
        )
    if (left_out := _left_out_by_rest(case)) is not None:
        return ATTACK.broken(
            Effect.VOIDS,
            7.0,
            f"the predicate leaves out {left_out}, where it does not hold, by its rest or its quotient, and the "
            "statement has no word for that, such as even, odd or a multiple",
            reason=Reason.VACUOUS_EVIDENCE,
        )
    return ATTACK.held(
        f"the statement says all of {len(numbers)} bounds and numbers that limit the predicate's domain"
    )


def _left_out_by_rest(case: Case) -> str | None:
    """A point at which the relation fails and that is left out by rests alone, which no word of the statement says."""
    predicate = case.claim.predicate
    if predicate is None or narrowed_by_rests(case.claim.statement) or not enumerable(predicate.variables):
        return None
    statement = read(predicate)
    others = tuple(
        tree
        for tree in statement.assumptions
        if not any(isinstance(node, (ast.Mod, ast.FloorDiv)) for node in ast.walk(tree))
    )
    if len(others) == len(statement.assumptions):
        return None
    simplest = enumerate_domain(replace(statement, assumptions=others)).simplest
    return None if simplest is None or statement.at(simplest) in FALSE else point_in_words(simplest)


def _bounds(case: Case) -> Iterator[tuple[str, Fraction]]:
    """Every number that limits what the predicate is about, with what has it."""
    predicate = case.claim.predicate
    if predicate is None:
        return
    for name, domain in predicate.variables.items():
        inner = domain
        if isinstance(domain, Lists):
            inner = domain.of
            yield f"the length of {name}", Fraction(domain.least_length)
            yield f"the length of {name}", Fraction(domain.most_length)
        if isinstance(inner, (Integers, Rationals)):
            for end in ends(inner):
                if end is not None:
                    yield f"the domain of {name}", end
    for text, tree in zip(predicate.assumptions, read(predicate).assumptions, strict=True):
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(number := literal(node), Fraction):
                yield f"the assumption {text[:60]}", number


ATTACK = Attack(
    name="citation/predicate-and-statement",
    attacker=Attacker.CITATION_AUDITOR,
    threat="the domain that was searched is narrower than the statement",
    origin="weakened theorem statements in autoformalisation",
    judge=_judge,
)
