"""What a statement says of each, every, all or both of a column's labels must be shown for every label in the file.

Expected beforehand: "on each workload" is about all workloads of the data file in which the compared methods have
records. A reported table that has rows for some of them shows less than the statement says.
"""

from __future__ import annotations

from harness.records.claim import ClaimKind
from harness.records.verdict import Attacker, Effect, Finding, Reason
from harness.redteam.covered import reported_labels
from harness.redteam.data_inputs import data_files
from harness.redteam.interface import Attack, Case, Runs
from harness.redteam.universal import universal_labels

_FEWEST = 2
"""Labels that must be reported before a column of the table is taken for one of the file."""


def _judge(case: Case, runs: Runs) -> Finding:
    if not case.measured or case.claim.kind is not ClaimKind.DATASET or not data_files(case):
        return ATTACK.not_applicable("the script reported nothing from data files of the source")
    looked = 0
    for name, file in data_files(case).items():
        for column, wanted in universal_labels(case, file).items():
            labels = {str(slot.value) for slot in file.columns()[column]}
            for reported in reported_labels(case):
                if len(reported) < _FEWEST or not reported <= labels:
                    continue
                looked += 1
                if missing := sorted(wanted - reported):
                    return ATTACK.broken(
                        Effect.VOIDS,
                        8.0,
                        f"the statement speaks of every {column.strip('.[]*')}, {name} has "
                        f"{', '.join(missing[:5])}, and the script reports nothing for it",
                        reason=Reason.VACUOUS_EVIDENCE,
                        evidence=tuple(
                            {"file": name, "column": column, "missing": label} for label in missing[:20]
                        ),
                    )
    if not looked:
        return ATTACK.not_applicable(
            "the statement speaks of no column's labels without exception and reports them"
        )
    return ATTACK.held("every label that the statement speaks of is reported")


ATTACK = Attack(
    name="replication/every-label",
    attacker=Attacker.REPLICATION_ATTACKER,
    threat="the groups in which a universal statement fails were left out",
    origin="wrong-subset cheats; selective reporting",
    judge=_judge,
)
