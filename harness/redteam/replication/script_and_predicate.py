"""Does the script compute what the predicate says? Compared row by row, or at points that nobody can foresee."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from random import Random
from typing import Any

from harness.formal.points import boxes
from harness.formal.predicate import At, Point, in_words, kinds, point_in_words, read
from harness.records.base import JsonScalar
from harness.records.formal import Labels, Predicate, Rationals, ScriptTie
from harness.records.observations import Value
from harness.records.run import Variation
from harness.records.verdict import Attacker, Effect, Finding, Reason
from harness.redteam.interface import Attack, Case, Runs, RunView, unforeseen
from harness.redteam.predicates import NO_PREDICATE
from harness.rules.expression import ExpressionError, compute
from harness.rules.grammar import Kind, parse
from harness.stats.rounding import exact, interval_of

POINTS = 3
"""Points at which the script is run."""
WIDTH = 40
"""They are taken from this many of the simplest values of every variable, so that a script that counts can follow."""
TRIES = 500
"""Points drawn in search of some that satisfy the assumptions."""
MOST_ROWS = 5000
"""Rows compared."""
ROUNDING = Fraction(1, 10**9)
"""Relative difference that floating-point arithmetic may make."""


def _tie(case: Case) -> tuple[Predicate, ScriptTie] | None:
    predicate = case.claim.predicate
    return None if predicate is None or predicate.script is None else (predicate, predicate.script)


def _points(case: Case) -> list[Point]:
    """Points of the domain, drawn with a seed that depends on record and script."""
    if (tied := _tie(case)) is None or tied[1].table is not None:
        return []
    statement = read(tied[0])
    # A generator for tests, not for secrets.
    random, [box] = Random(unforeseen(case, ATTACK.name)), boxes(statement.variables, WIDTH)  # noqa: S311
    found: list[Point] = []
    for _ in range(TRIES):
        drawn = dict(box.point([random.randint(low, high) for low, high in box.ranges]))
        for slot in box.slots:
            if isinstance(slot.domain, Rationals) and isinstance(value := drawn[slot.name], Fraction):
                drawn[slot.name] = value / random.choice((1, 2, 4, 5, 10))
        if drawn not in found and statement.at(drawn) in (At.HOLDS, At.FAILS):
            found.append(drawn)
        if len(found) == POINTS:
            break
    return found


def _plan(case: Case) -> tuple[Variation, ...]:
    tied = _tie(case)
    if not case.measured or tied is None:
        return ()
    return tuple(
        Variation(
            name=ATTACK.run_name(str(index)),
            seed=case.claim.reproduction.seeds[0],
            parameters={parameter: _json(point[name]) for name, parameter in tied[1].parameters.items()},
        )
        for index, point in enumerate(_points(case))
    )


def _json(value: Any) -> JsonScalar:
    """A value of a variable as a parameter: whole numbers as such, other fractions as text."""
    if isinstance(value, Fraction):
        return int(value) if value.denominator == 1 else in_words(value)
    return bool(value) if isinstance(value, bool) else str(value)


def _judge(case: Case, runs: Runs) -> Finding:
    if case.claim.predicate is None:
        return ATTACK.not_applicable(NO_PREDICATE)
    if not case.measured:
        return ATTACK.not_applicable("the script reported nothing")
    tied = _tie(case)
    if tied is None:
        return ATTACK.broken(
            Effect.WEAKENS,
            3.0,
            "the record does not say how the predicate and what the script reports belong together",
        )
    predicate, tie = tied
    names = ["main"] if tie.table else []
    names += [
        name for name in sorted(runs) if tie.table and name.startswith("attack/counterexample/formal-domain/")
    ]
    compared: list[tuple[Point, str, str, Value]] = []
    for name in names:
        compared += _rows(runs[name], predicate, tie)
    for index, point in enumerate(_points(case)):
        name = ATTACK.run_name(str(index))
        names.append(name)
        run = runs[name]
        if run.observations is None:
            return ATTACK.broken(
                Effect.VOIDS,
                6.0,
                f"at {point_in_words(point)} the script gives no result: {run.said}",
                reason=Reason.UNSTABLE,
                runs=(name,),
            )
        quantities = run.observations.quantities
        compared += [(point, key, text, quantities[key].value) for key, text in sorted(tie.reports.items())]
    if not compared:
        return ATTACK.broken(
            Effect.VOIDS,
            8.0,
            "nothing that the script reports lies in the domain of the predicate",
            reason=Reason.VACUOUS_EVIDENCE,
            runs=tuple(names),
        )
    wrong = [item for item in compared if not _agrees(predicate, *item)]
    if wrong:
        point, key, text, value = min(wrong, key=lambda item: _size(item[0]))
        return ATTACK.broken(
            Effect.VOIDS,
            8.5,
            f"at {point_in_words(point)} the script reports {key} = {value}, "
            f"and {text} is {_says(predicate, text, point)} ({len(wrong)} of {len(compared)} numbers differ)",
            reason=Reason.VACUOUS_EVIDENCE,
            runs=tuple(names),
        )
    return ATTACK.held(f"script and predicate agree on {len(compared)} numbers", runs=tuple(names))


def _rows(run: RunView, predicate: Predicate, tie: ScriptTie) -> Iterator[tuple[Point, str, str, Value]]:
    """Point, column, expression and reported value for every row in the domain."""
    if run.observations is None or tie.table is None:
        return
    statement = read(predicate)
    for row in run.observations.tables[tie.table].records()[:MOST_ROWS]:
        point = {
            name: str(row[name]) if isinstance(domain, Labels) else exact(row[name])
            for name, domain in statement.variables.items()
        }
        if statement.at(point) is not At.OUTSIDE:
            for column, text in sorted(tie.reports.items()):
                yield point, column, text, row[column]


def _agrees(predicate: Predicate, point: Point, key: str, text: str, value: Value) -> bool:
    wanted = _computed(predicate, text, point)
    if wanted is None:
        return False
    reported = interval_of(value)
    slack = ROUNDING * max(Fraction(1), abs(wanted)) if isinstance(value, float) else Fraction(0)
    return reported.low - slack <= wanted <= reported.high + slack


def _computed(predicate: Predicate, text: str, point: Point) -> Fraction | None:
    try:
        value = compute(parse(text, kinds(predicate), Kind.NUMBER), point)
    except ExpressionError:
        return None
    return value if isinstance(value, Fraction) else None


def _says(predicate: Predicate, text: str, point: Point) -> str:
    value = _computed(predicate, text, point)
    return "not defined" if value is None else in_words(value)


def _size(point: Point) -> Fraction:
    """Distance from zero, for showing the simplest point."""
    return sum((abs(value) for value in point.values() if isinstance(value, Fraction)), Fraction(0))


ATTACK = Attack(
    name="replication/script-and-predicate",
    attacker=Attacker.REPLICATION_ATTACKER,
    threat="the script computes something else than the predicate states",
    origin="conformance testing against a formal model",
    plan=_plan,
    judge=_judge,
)
