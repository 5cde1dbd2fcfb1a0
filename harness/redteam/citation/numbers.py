"""Every number the record says stands somewhere, and every number of the statement."""

from __future__ import annotations

from harness.grounding import mismatches, number_in, rounded_quotes, statement_numbers, unresolved
from harness.records.verdict import Attacker, Effect, Finding, Reason
from harness.redteam.interface import Attack, Case, Runs
from harness.rules.leaves import expected_values
from harness.stats.rounding import exact


def _claimed(case: Case) -> list[str]:
    """Numbers that the statement says or the rule expects."""
    said = [number.text for number in statement_numbers(case.claim, case.loaded.source)]
    return [*said, *expected_values(case.claim.decision)]


def _judge(case: Case, runs: Runs) -> Finding:
    claim, source = case.claim, case.loaded.source
    if wrong := mismatches(claim, source):
        first = wrong[0]
        claimed = {number_in(text) for text in _claimed(case)}
        decisive = any(exact(text) in claimed for item in wrong for text in item.says)
        return ATTACK.broken(
            # A slip in a locator that the statement does not rest on says nothing about the statement.
            Effect.REFUTES if decisive else Effect.VOIDS,
            9.0 if decisive else 6.0,
            f"the record says {', '.join(first.says)} stands at {first.place}; "
            f"the source prints {', '.join(first.stands[:6])} there",
            reason=None if decisive else Reason.SOURCE_UNRESOLVED,
            evidence=tuple(
                {"place": item.place, "says": list(item.says), "stands": list(item.stands)} for item in wrong
            ),
        )
    if problems := unresolved(claim, source):
        return ATTACK.broken(
            Effect.VOIDS,
            6.0,
            problems[0],
            reason=Reason.SOURCE_UNRESOLVED,
            evidence=tuple({"problem": problem} for problem in problems),
        )
    numbers = statement_numbers(claim, source)
    if rounded := rounded_quotes(claim, source):
        return ATTACK.broken(
            Effect.WEAKENS,
            2.0,
            f"{rounded[0].place} prints {', '.join(rounded[0].stands[:6])}; the record quotes it rounded, "
            f"{', '.join(rounded[0].says[:6])}",
            evidence=tuple(
                {"place": item.place, "says": list(item.says), "stands": list(item.stands)}
                for item in rounded
            ),
        )
    return ATTACK.held(
        f"all table and section locators resolve and all {len(numbers)} numbers of the statement are at a locator or "
        "in the rule",
        evidence=tuple({"number": number.text, "from": number.source} for number in numbers),
    )


ATTACK = Attack(
    name="citation/numbers",
    attacker=Attacker.CITATION_AUDITOR,
    threat="the source does not print the numbers the claim gives it",
    origin="quotation accuracy studies; exact-span checking",
    judge=_judge,
)
