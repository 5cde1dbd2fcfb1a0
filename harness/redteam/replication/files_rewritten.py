"""A data file written anew, with every value as it was: whoever reads its values reports the same.

Expected beforehand: other line ends, quotes and blanks are no data. One way of writing may trip a script that takes
lines apart by hand; two ways that give one and the same other result show that the script knows the bytes.
"""

from __future__ import annotations

from harness.records.run import Transform, Variation
from harness.records.verdict import Attacker, Effect, Finding, Reason
from harness.redteam.data_inputs import changes_something, data_files
from harness.redteam.interface import Attack, Case, Runs, moved
from harness.rewriting import WAYS


def _plan(case: Case) -> tuple[Variation, ...]:
    names = tuple(data_files(case))
    if not case.measured or not names:
        return ()
    ways = {way: Transform(do="rewrite", inputs=names, number=way) for way in WAYS}
    seed = case.claim.reproduction.seeds[0]
    return tuple(
        Variation(name=ATTACK.run_name(way), seed=seed, transforms=(transform,))
        for way, transform in ways.items()
        if changes_something(case, (transform,))
    )


def _judge(case: Case, runs: Runs) -> Finding:
    names = tuple(item.name for item in _plan(case))
    completed = [name for name in names if runs[name].observations is not None]
    if len(completed) < 2:
        return ATTACK.not_applicable(
            "there are no two ways of writing the data files that the script can read"
        )
    other = [name for name in completed if moved(runs[name], case.main)]
    same = [name for name in other if runs[name].content == runs[other[0]].content]
    if len(same) > 1:
        return ATTACK.broken(
            Effect.VOIDS,
            8.5,
            f"with the same values in other bytes the script reports something else ({runs[other[0]].said}): it does "
            "not report what the values say",
            reason=Reason.UNSTABLE,
            evidence=tuple({"rewritten": name} for name in other),
            runs=names,
        )
    return ATTACK.held(
        f"the same values in other bytes give the same in {len(completed) - len(other)} of {len(completed)} ways",
        runs=names,
    )


ATTACK = Attack(
    name="replication/files-rewritten",
    attacker=Attacker.REPLICATION_ATTACKER,
    threat="the script knows its data files by their bytes",
    origin="detection of the harness; look-up by digest",
    plan=_plan,
    judge=_judge,
)
