"""Single cells in which a control beats the treatment although the group mean says otherwise."""

from __future__ import annotations

from collections import defaultdict

from harness.records.verdict import Attacker, Effect, Finding
from harness.redteam.cells import PairedCell, paired_cells
from harness.redteam.interface import Attack, Case, Runs


def _judge(case: Case, runs: Runs) -> Finding:
    cells = paired_cells(case.claim, case.loaded.source)
    if not cells:
        return ATTACK.not_applicable("the claim compares no arms over cells of the source")
    groups: dict[tuple[str, str, str], list[PairedCell]] = defaultdict(list)
    for cell in cells:
        groups[cell.table, cell.group, cell.control].append(cell)
    reversed_ = [
        cell
        for members in groups.values()
        if sum(cell.gain for cell in members) > 0
        for cell in members
        if cell.gain < 0
    ]
    if not reversed_:
        return ATTACK.held(f"no cell of {len(cells)} runs against its group mean")
    share = len(reversed_) / len(cells)
    return ATTACK.broken(
        Effect.WEAKENS,
        round(min(6.0, 2.0 + 8.0 * share), 1),
        f"in {len(reversed_)} of {len(cells)} cells a control beats the treatment against the group mean, "
        f"first {reversed_[0].table} {reversed_[0].group} {reversed_[0].unit}: "
        f"{reversed_[0].treatment_text} against {reversed_[0].control_text} of {reversed_[0].control}",
        evidence=tuple(
            {
                "table": cell.table,
                "group": cell.group,
                "unit": cell.unit,
                "control": cell.control,
                "treatment_value": cell.treatment_text,
                "control_value": cell.control_text,
            }
            for cell in reversed_
        ),
    )


ATTACK = Attack(
    name="counterexample/subgroup-reversal",
    attacker=Attacker.COUNTEREXAMPLE_HUNTER,
    threat="an average hides languages in which the statement is false",
    origin="Simpson (1951); subgroup analysis",
    judge=_judge,
)
