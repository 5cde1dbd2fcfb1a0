"""Seeds that stand in the script: with others in their place, the answer must be the same.

A run's seed is given to the script by the harness, and ``fresh-seeds`` gives it others. A script that feeds its
generators with a number of its own never notices. So wherever the script's text seeds a generator, its text is changed:
the seed is moved by a number that follows from the digests of record and script.
"""

from __future__ import annotations

import re
from typing import Any

from harness.records.run import ScriptEdit, Variation
from harness.records.verdict import Attacker, Effect, Finding, Reason
from harness.redteam.interface import Attack, Case, Runs, moved, unforeseen
from harness.redteam.mutation.seeds import other_seeds, seeded
from harness.redteam.replication.repeated import steady

OTHERS = 3
"""Other seeds tried."""
_SEED = re.compile(r"\bseed(?:s|ed)?\b", re.IGNORECASE)
"""A statement about one seed is not about others."""


def _edits(case: Case) -> dict[str, ScriptEdit]:
    """Name of each run to the change of the script; empty where no generator is seeded in its text."""
    if not case.claim.reproduction.script.endswith(".py") or _SEED.search(case.claim.statement):
        return {}
    found: dict[str, ScriptEdit] = {}
    for index in range(OTHERS):
        edit = other_seeds(case.loaded.script, unforeseen(case, f"seed in script {index}") % 10**6 + 1)
        if edit is not None:
            found[ATTACK.run_name(str(index))] = edit
    return found


def _plan(case: Case) -> tuple[Variation, ...]:
    if not case.measured:
        return ()
    seed = case.claim.reproduction.seeds[0]
    return tuple(Variation(name=name, seed=seed, edit=edit) for name, edit in _edits(case).items())


def _judge(case: Case, runs: Runs) -> Finding:
    edits = _edits(case)
    if not case.measured or not edits:
        return ATTACK.not_applicable(
            "no generator is seeded in the text of the script, or the statement says with which seed"
        )
    if not steady(case, runs):
        return ATTACK.not_applicable("the script reports something else whenever it runs")
    names = tuple(edits)
    evidence: tuple[dict[str, Any], ...] = tuple(
        {"line": line, "text": text} for line, text in seeded(case.loaded.script)
    )
    other = [name for name in names if runs[name].answer != case.main.answer]
    # One in three may be chance where a sound measurement lies near its threshold.
    if 2 * len(other) > len(names):
        return ATTACK.broken(
            Effect.VOIDS,
            8.0,
            f"with other seeds in line {evidence[0]['line']} of the script the answer is {runs[other[0]].said} instead "
            f"of {case.main.said} ({len(other)} of {len(names)} tries)",
            reason=Reason.UNSTABLE,
            evidence=evidence,
            runs=names,
        )
    if other or any(moved(runs[name], case.main) for name in names):
        return ATTACK.broken(
            Effect.WEAKENS,
            4.0 if other else 2.0,
            f"what is reported depends on a seed that stands in the script; {len(other)} of {len(names)} other seeds "
            "give another answer",
            evidence=evidence,
            runs=names,
        )
    return ATTACK.held(
        "other seeds in the script change nothing that the rule uses", runs=names, evidence=evidence
    )


ATTACK = Attack(
    name="replication/seeds-in-script",
    attacker=Attacker.REPLICATION_ATTACKER,
    threat="the seed was chosen for its result and written into the script",
    origin="seed shopping (Bouthillier et al. 2021)",
    plan=_plan,
    judge=_judge,
)
