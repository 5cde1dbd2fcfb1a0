"""Printed numbers that the script reports must stand in its inputs: nobody prints what nobody printed."""

from __future__ import annotations

from harness.grounding import find_entity
from harness.records.claim import ClaimKind
from harness.records.rules import Rank, Unpaired
from harness.records.verdict import Attacker, Effect, Finding, Reason
from harness.redteam.interface import Attack, Case, Runs
from harness.rules.leaves import leaves


def _judge(case: Case, runs: Runs) -> Finding:
    observations = case.main.observations
    printed = [
        (item.name, name)
        for item in case.claim.observes
        for name, column in item.columns.items()
        if column.type == "printed"
    ]
    single = [item.name for item in case.claim.observes if item.type == "printed"]
    if observations is None or not (printed or single) or case.claim.kind is not ClaimKind.REPORTED:
        return ATTACK.not_applicable("the script reports no printed numbers of the source")
    printed_rows = [
        row for name in case.claim.reproduction.inputs for row in case.loaded.source.tables[name].rows
    ]
    by_text: dict[str, list[set[str]]] = {}
    for printed_row in printed_rows:
        labels = set(printed_row.values())
        for text in labels:
            by_text.setdefault(text, []).append(labels)
    known = {label for name in case.claim.reproduction.inputs for label in _labels(case, name)}
    reported: list[tuple[str, str, set[str]]] = [
        (name, str(observations.quantities[name].value), set()) for name in single
    ]
    ranked = {leaf.arm_column for leaf in leaves(case.claim.decision) if isinstance(leaf, (Rank, Unpaired))}
    for table, column in printed:
        own = [item.name for item in observations.tables[table].columns if item.unit is None]
        own = [name for name in own if name in ranked or not _is_arm(case, table, name)]
        for row in observations.tables[table].records():
            labels = {str(row[name]) for name in own} & known
            reported.append((f"{table}.{column}", str(row[column]), labels))
    made_up = sorted(
        {
            (place, text, " ".join(sorted(labels)))
            for place, text, labels in reported
            if not any(labels <= there for there in by_text.get(text, ()))
        }
    )
    if made_up:
        place, text, labels_text = made_up[0]
        where = f" for {labels_text}" if labels_text else ""
        return ATTACK.broken(
            Effect.VOIDS,
            9.0,
            f"the script reports {text} as a printed number{where} ({place}); no input prints it there",
            reason=Reason.VACUOUS_EVIDENCE,
            evidence=tuple({"place": p, "value": t, "labels": names} for p, t, names in made_up[:50]),
            runs=("main",),
        )
    return ATTACK.held(f"all {len(reported)} printed numbers reported stand in the inputs", runs=("main",))


def _labels(case: Case, name: str) -> set[str]:
    """Labels of a declared table: what its rows are about."""
    roles = next(table.roles for table in case.loaded.source.base.tables if table.name == name)
    columns = [column for column in (*roles.groups, roles.arm, roles.unit) if column is not None]
    return {row[column] for row in case.loaded.source.tables[name].rows for column in columns}


def _is_arm(case: Case, table: str, column: str) -> bool:
    """Whether a reported label column names methods: beside several printed columns it names none of them alone."""
    observations = case.main.observations
    facts = case.loaded.source.base.facts
    return observations is not None and any(
        find_entity(facts, "arms", str(row[column])) is not None
        for row in observations.tables[table].records()
    )


ATTACK = Attack(
    name="replication/values-traced",
    attacker=Attacker.REPLICATION_ATTACKER,
    threat="the script invents numbers and passes them off as the source's",
    origin="evidence forgery; provenance tracing",
    judge=_judge,
)
