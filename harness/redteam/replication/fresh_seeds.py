"""Seeds that nobody chose: a result that holds only for the record's seed was shopped for."""

from __future__ import annotations

from harness.records.run import Variation
from harness.records.verdict import Attacker, Effect, Finding, Reason
from harness.redteam.interface import Attack, Case, Runs, unforeseen

FRESH = 2
"""Seeds tried beside the declared ones."""
FRESH_LONG = 1
"""All that are tried where the claim's own run is so long that the record has a rehearsal: these runs are as long."""


def _seeds(case: Case) -> tuple[int, ...]:
    declared = case.claim.reproduction.seeds
    fresh = [unforeseen(case, f"seed {index}") for index in range(FRESH)]
    wanted = (*declared[1:], *(seed for seed in fresh if seed not in declared))
    return wanted if case.claim.reproduction.rehearsal is None else wanted[-FRESH_LONG:]


def _plan(case: Case) -> tuple[Variation, ...]:
    if not case.measured:
        return ()
    return tuple(Variation(name=ATTACK.run_name(str(seed)), seed=seed) for seed in _seeds(case))


def _judge(case: Case, runs: Runs) -> Finding:
    if not case.measured:
        return ATTACK.not_applicable("the script reported nothing")
    names = tuple(ATTACK.run_name(str(seed)) for seed in _seeds(case))
    other = [name for name in names if runs[name].answer != case.main.answer]
    if other:
        return ATTACK.broken(
            Effect.VOIDS,
            8.0,
            f"with seed {other[0].rsplit('/', 1)[-1]} the answer is {runs[other[0]].said} instead of "
            f"{case.main.said} ({len(other)} of {len(names)} seeds)",
            reason=Reason.UNSTABLE,
            evidence=tuple({"run": name, "answer": runs[name].said} for name in other),
            runs=names,
        )
    moved = [name for name in names if runs[name].content != case.main.content]
    if moved and len(case.claim.reproduction.seeds) == 1:
        return ATTACK.broken(
            Effect.WEAKENS,
            3.0,
            "the observations depend on the seed, but the record declares a single one",
            runs=names,
        )
    return ATTACK.held(f"the answer is the same for {len(names)} other seeds", runs=names)


ATTACK = Attack(
    name="replication/fresh-seeds",
    attacker=Attacker.REPLICATION_ATTACKER,
    threat="the seed was chosen for its result",
    origin="seed shopping (Bouthillier et al. 2021)",
    plan=_plan,
    judge=_judge,
    full_size=True,
)
