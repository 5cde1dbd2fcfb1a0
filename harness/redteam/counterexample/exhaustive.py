"""Every point of the domain of a predicate, or every point up to a bound that is stated."""

from __future__ import annotations

from harness.formal.enumeration import enumerate_domain
from harness.formal.points import enumerable
from harness.formal.predicate import read
from harness.records.verdict import Attacker, Effect, Finding, Reason
from harness.redteam.interface import Attack, Case, Runs
from harness.redteam.predicates import NO_PREDICATE, hit


def _judge(case: Case, runs: Runs) -> Finding:
    if case.claim.predicate is None:
        return ATTACK.not_applicable(NO_PREDICATE)
    statement = read(case.claim.predicate)
    if not enumerable(statement.variables):
        return ATTACK.not_applicable("the domain holds fractions, which cannot be enumerated in order")
    found = enumerate_domain(statement)
    if found.simplest is not None:
        how = f"{found.failing} of {found.satisfying} points fail; looked at {found.coverage}"
        return hit(ATTACK, statement, found.simplest, how)
    if found.undefined is not None:
        return hit(ATTACK, statement, found.undefined, str(found.coverage))
    if found.satisfying:
        assumed = f", {found.satisfying} of which satisfy the assumptions" if statement.assumptions else ""
        large = (
            f"; {found.too_large} points were left out, their numbers are too large"
            if found.too_large
            else ""
        )
        return ATTACK.held(f"no counterexample; looked at {found.coverage}{assumed}{large}")
    if found.coverage.complete and not found.too_large:
        return ATTACK.broken(
            Effect.VOIDS,
            8.0,
            f"no point of the domain satisfies the assumptions, so the statement is about nothing ({found.coverage})",
            reason=Reason.VACUOUS_EVIDENCE,
        )
    return ATTACK.not_applicable(f"no point satisfies the assumptions; looked at {found.coverage}")


ATTACK = Attack(
    name="counterexample/exhaustive",
    attacker=Attacker.COUNTEREXAMPLE_HUNTER,
    threat="the statement fails at a point of its own domain that the script does not show",
    origin="bounded exhaustive testing (Sullivan et al. 2004); small scope hypothesis (Jackson 2006)",
    judge=_judge,
)
