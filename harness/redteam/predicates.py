"""What the attacks on a predicate share: which point counts, and how it is told."""

from __future__ import annotations

from harness.formal.enumeration import coverage, enumerate_domain
from harness.formal.points import enumerable
from harness.formal.predicate import (
    FALSE,
    At,
    Point,
    Statement,
    failing_sides,
    in_words,
    point_in_words,
    read,
)
from harness.formal.search_runs import recorded, run_name
from harness.formal.shrinking import shrink
from harness.records.run import RunOutcome, Variation
from harness.records.verdict import Effect, Finding, Reason
from harness.redteam.interface import Attack, Case, Runs

NO_PREDICATE = "the record states no predicate as data"


def hit(attack: Attack, statement: Statement, point: Point, how: str, runs: tuple[str, ...] = ()) -> Finding:
    """The finding for a point, after the predicate was computed there once more, exactly.

    Raises ``ValueError`` for a point at which the statement holds or that it is not about: then the search is
    broken, and nothing is refuted.
    """
    at = statement.at(point)
    if at not in FALSE:
        raise ValueError(
            f"the point {point_in_words(point)[:200]} is no counterexample when computed exactly"
        )
    simple = shrink(statement, point)
    evidence = ({name: in_words(value) for name, value in simple.items()},)
    if at is At.UNDEFINED:
        return attack.broken(
            Effect.VOIDS,
            6.0,
            f"the statement cannot be computed at {point_in_words(simple)}: {statement.why_undefined(simple)}",
            reason=Reason.UNSTABLE,
            evidence=evidence,
            runs=runs,
        )
    return attack.broken(
        Effect.REFUTES,
        9.5,
        f"counterexample {point_in_words(simple)}: {'; '.join(failing_sides(statement, simple))} ({how})"[
            :900
        ],
        evidence=evidence,
        runs=runs,
    )


def enumerated(statement: Statement) -> bool:
    """Whether enumeration looks at every point, so that another search can find nothing more."""
    return enumerable(statement.variables) and coverage(statement).complete


def _refuted_already(statement: Statement) -> bool:
    """Whether enumeration finds a counterexample, so that a search that failed takes nothing away."""
    return enumerable(statement.variables) and enumerate_domain(statement).failing > 0


def plan_search(case: Case, which: str, seed: int) -> tuple[Variation, ...]:
    """The run of a search; none without a predicate, or where every point is enumerated anyway."""
    predicate = case.claim.predicate
    if predicate is None or not case.measured or enumerated(read(predicate)):
        return ()
    return (Variation(name=run_name(which), seed=seed),)


def judge_search(attack: Attack, case: Case, runs: Runs) -> Finding:
    """The finding on a recorded search: its point replayed, or what it says that it looked at."""
    predicate = case.claim.predicate
    if predicate is None:
        return attack.not_applicable(NO_PREDICATE)
    if not case.measured:
        return attack.not_applicable("the script reported nothing")
    statement = read(predicate)
    if enumerated(statement):
        return attack.not_applicable(
            "every point of the domain was enumerated; there is nothing left to search"
        )
    name = run_name(attack.name.partition("/")[2])
    run = runs[name]
    search = None if run.observations is None else recorded(run.observations, predicate)
    if (search is None or search.status == "missing") and _refuted_already(statement):
        return attack.not_applicable("there was no search, and enumeration found a counterexample without it")
    if search is None:
        outcome = Reason(run.outcome) if run.outcome is not RunOutcome.COMPLETED else Reason.INVALID_OUTPUT
        return attack.broken(
            Effect.VOIDS,
            5.0,
            f"the search did not come to an end: {run.parsed[2]}",
            reason=outcome,
            runs=(name,),
        )
    if search.point is not None and statement.at(search.point) is At.TOO_LARGE:
        return attack.not_applicable(
            f"{search.engine} names a point whose numbers are too large to be computed again"
        )
    if search.point is not None:
        return hit(attack, statement, search.point, f"found by {search.engine}", (name,))
    if search.status == "missing":
        # Whoever leaves a library out must not get a better verdict for it.
        return attack.broken(
            Effect.VOIDS,
            5.0,
            f"{search.detail}, so a part of the domain was not searched",
            reason=Reason.MISSING_RESOURCE,
            runs=(name,),
        )
    if search.status == "exhausted":
        return attack.held(
            f"{search.engine} reports unsat: no counterexample exists in the stated domain, if that is right "
            "(no proof was checked)",
            runs=(name,),
        )
    if search.status == "none" and search.satisfying:
        return attack.held(
            f"{search.engine} found no counterexample at {search.satisfying} points ({search.tried} chosen)",
            runs=(name,),
        )
    if search.status == "none":
        return attack.not_applicable(
            f"none of {search.tried} points that {search.engine} chose satisfies the assumptions"
        )
    return attack.not_applicable(f"{search.engine} cannot tell: {search.detail}")
