"""The claim's own run twice more, with nothing changed: it must report the same."""

from __future__ import annotations

from harness.records.run import Variation
from harness.records.verdict import Attacker, Effect, Finding, Reason
from harness.redteam.interface import Attack, Case, Runs

TIMES = 2
"""Repetitions, each executed anew."""


def _plan(case: Case) -> tuple[Variation, ...]:
    if not case.measured:
        return ()
    return tuple(
        Variation(name=ATTACK.run_name(str(number)), seed=case.claim.reproduction.seeds[0], repeat=number)
        for number in range(1, TIMES + 1)
    )


def steady(case: Case, runs: Runs) -> bool:
    """Whether the repetitions reported the same. Where they did not, a changed run that differs shows nothing."""
    names = (ATTACK.run_name(str(number)) for number in range(1, TIMES + 1))
    return all(runs[name].content == case.main.content for name in names)


def _judge(case: Case, runs: Runs) -> Finding:
    if not case.measured:
        return ATTACK.not_applicable("the script reported nothing")
    names = tuple(ATTACK.run_name(str(number)) for number in range(1, TIMES + 1))
    changed = [name for name in names if runs[name].content != case.main.content]
    if not changed:
        return ATTACK.held(f"the same run reports the same {TIMES} more times", runs=names)
    answers = {name: runs[name].said for name in changed}
    same_answer = all(runs[name].answer == case.main.answer for name in changed)
    if same_answer and len(case.claim.reproduction.seeds) > 1:
        return ATTACK.broken(
            Effect.WEAKENS,
            2.0,
            "the same run with the same seed reports other numbers, and the same answer",
            evidence=(answers,),
            runs=names,
        )
    return ATTACK.broken(
        Effect.VOIDS,
        7.5,
        f"the same script on the same inputs with the same seed reports something else in {len(changed)} of {TIMES} "
        f"repetitions ({answers[changed[0]]})",
        reason=Reason.UNSTABLE,
        evidence=(answers,),
        runs=names,
    )


ATTACK = Attack(
    name="replication/repeated",
    attacker=Attacker.REPLICATION_ATTACKER,
    threat="the result depends on chance that no seed governs, on the clock, or on how often the script ran",
    origin="test-retest reliability; nondeterminism of training runs (Pham et al. 2020)",
    plan=_plan,
    judge=_judge,
)
