"""The bounds of a predicate must be those that the statement says: nothing is left out of the domain in silence."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from fractions import Fraction
from typing import Any

from harness.formal.predicate import ends, read
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
    return ATTACK.held(
        f"the statement says all of {len(numbers)} bounds and numbers that limit the predicate's domain"
    )


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
