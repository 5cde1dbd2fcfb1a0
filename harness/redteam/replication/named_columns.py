"""A column named after one method must hold that method's numbers. Uses the runs of the attack of small changes."""

from __future__ import annotations

import re
from typing import Any

from harness.records.verdict import Attacker, Effect, Finding, Reason
from harness.redteam.compared import compared_rows
from harness.redteam.data_inputs import arm_names
from harness.redteam.interface import Attack, Case, Runs, unit_of
from harness.redteam.replication.small_changes import ATTACK as SMALL_CHANGES

_AROUND = re.compile(r"^(?:mean|median|average|min|max|score|value)_|_(?:mean|median|average|score|value)$")
"""What may stand around the name of a method without making the column another one's."""


def _names(case: Case) -> dict[str, str]:
    """Part of the observations to the one method that it is named after."""
    found = {}
    spellings = arm_names(case)
    for part in case.main.parts:
        if unit_of(part, case.claim) is None:
            continue
        plain = re.sub(r"[\W_]+", "", _AROUND.sub("", part.rpartition(".")[2])).casefold()
        owners = [arm for arm, own in spellings.items() if plain in own]
        if len(owners) == 1:
            found[part] = owners[0]
    return found


def _judge(case: Case, runs: Runs) -> Finding:
    if not case.measured:
        return ATTACK.not_applicable("the script reported nothing")
    changed = {
        arm: run
        for arm in compared_rows(case)
        if (run := runs.get(SMALL_CHANGES.run_name(arm))) is not None and run.observations is not None
    }
    named = {part: arm for part, arm in _names(case).items() if arm in changed}
    if not named or len(changed) < 2:
        return ATTACK.not_applicable("nothing that the rule uses is named after one of several methods")
    wrong: list[dict[str, Any]] = []
    for part, arm in sorted(named.items()):
        moves = [other for other, run in changed.items() if run.parts[part] != case.main.parts[part]]
        if moves and arm not in moves:
            wrong.append({"column": part, "named_after": arm, "follows": moves})
    names = tuple(run.record.variation.name for run in changed.values())
    if wrong:
        return ATTACK.broken(
            Effect.VOIDS,
            9.0,
            f"{wrong[0]['column']} follows the numbers of {', '.join(wrong[0]['follows'])} and not those of "
            f"{wrong[0]['named_after']}",
            reason=Reason.VACUOUS_EVIDENCE,
            evidence=tuple(wrong),
            runs=names,
        )
    return ATTACK.held(f"all {len(named)} columns named after a method hold its numbers", runs=names)


ATTACK = Attack(
    name="replication/named-columns",
    attacker=Attacker.REPLICATION_ATTACKER,
    threat="the numbers of one method stand under the name of another",
    origin="swapped columns",
    judge=_judge,
)
