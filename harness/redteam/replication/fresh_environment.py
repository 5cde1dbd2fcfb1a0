"""Another hash seed, locale, time zone, thread count, other variables: the observations must not change."""

from __future__ import annotations

from harness.records.run import Variation
from harness.records.verdict import Attacker, Effect, Finding, Reason
from harness.redteam.interface import Attack, Case, Runs, unforeseen

_PARTS = ("hash-seed", "locale-zone-threads", "variables")


def _environment(case: Case, part: str) -> dict[str, str]:
    if part == "hash-seed":
        return {"PYTHONHASHSEED": str(unforeseen(case, "hash seed"))}
    if part == "variables":
        # What build servers and desks set, and one that nobody could have counted on.
        name = f"UNFORESEEN_{unforeseen(case, 'variable')}"
        return {"CI": "true", "USER": "somebody", "HOSTNAME": "elsewhere", "DEBUG": "1", name: "1"}
    return {"LC_ALL": "C", "LANG": "C", "TZ": "Asia/Kolkata", "OMP_NUM_THREADS": "2"}


def _plan(case: Case) -> tuple[Variation, ...]:
    if not case.measured:
        return ()
    return tuple(
        Variation(
            name=ATTACK.run_name(part),
            seed=case.claim.reproduction.seeds[0],
            environment=_environment(case, part),
        )
        for part in _PARTS
    )


def _judge(case: Case, runs: Runs) -> Finding:
    if not case.measured:
        return ATTACK.not_applicable("the script reported nothing")
    names = tuple(ATTACK.run_name(part) for part in _PARTS)
    changed = [name for name in names if runs[name].content != case.main.content]
    if not changed:
        return ATTACK.held("the observations are the same in other environments", runs=names)
    answers = {name: runs[name].said for name in changed}
    if (
        all(runs[name].answer == case.main.answer for name in changed)
        and len(case.claim.reproduction.seeds) > 1
    ):
        return ATTACK.broken(
            Effect.WEAKENS,
            2.0,
            "the observations differ between environments, the answer does not",
            evidence=(answers,),
            runs=names,
        )
    return ATTACK.broken(
        Effect.VOIDS,
        7.0,
        f"the same script on the same inputs reports something else in another environment "
        f"({changed[0].rsplit('/', 1)[-1]}: {answers[changed[0]]})",
        reason=Reason.UNSTABLE,
        evidence=(answers,),
        runs=names,
    )


ATTACK = Attack(
    name="replication/fresh-environment",
    attacker=Attacker.REPLICATION_ATTACKER,
    threat="the result is an accident of one machine, or the script tells the harness from other machines",
    origin="reproducible-builds checks",
    plan=_plan,
    judge=_judge,
)
