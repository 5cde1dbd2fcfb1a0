"""Numbers about the subject changed, then all others: only the first may move what the script reports."""

from __future__ import annotations

from fractions import Fraction

from harness.grounding import find_entity
from harness.records.paper import Table
from harness.records.reported_rules import PercentChange, PValue, SampleSummary
from harness.records.rules import Granularity
from harness.records.run import Transform, Variation
from harness.records.verdict import Attacker, Effect, Finding, Reason
from harness.redteam.cells import about, label_fits
from harness.redteam.interface import Attack, Case, Runs, moved, unforeseen
from harness.rules import references
from harness.rules.leaves import leaves
from harness.stats.rounding import exact_text, unit_of_last_digit

_FACTOR = "0.6"
_STEPS = 3
"""Units of the last digit by which the numbers are shifted as well."""


def subject_labels(table: Table, case: Case) -> dict[str, tuple[tuple[str, ...], tuple[str, ...]]]:
    """Label column to its labels about the subject and its other labels."""
    source, roles = case.loaded.source, table.roles
    rows = source.tables[table.name].rows
    split = {}
    for column in (*roles.groups, *([roles.unit] if roles.unit else [])):
        labels = sorted({row[column] for row in rows})
        inside = tuple(label for label in labels if label_fits(label, case.claim, source))
        split[column] = (inside, tuple(label for label in labels if label not in inside))
    wanted = about(case.claim, source, "arms")
    if roles.arm is not None and wanted:
        labels = sorted({row[roles.arm] for row in rows})
        inside = tuple(label for label in labels if find_entity(source.base.facts, "arms", label) in wanted)
        split[roles.arm] = (inside, tuple(label for label in labels if label not in inside))
    return split


def _transforms(case: Case) -> tuple[tuple[Transform, ...], tuple[Transform, ...]]:
    """Changes to the rows about the subject, and to all other rows."""
    source = case.loaded.source
    inside: list[Transform] = []
    outside: list[Transform] = []
    for table in source.base.tables:
        if table.name not in case.claim.reproduction.inputs:
            continue
        column, split = table.roles.value, subject_labels(table, case)
        if all(own for own, _other in split.values()):
            where = {name: own for name, (own, other) in split.items() if other}
            about_it = Transform(do="scale", inputs=(table.name,), column=column, where=where, number=_FACTOR)
            # A ratio stays when everything is scaled, a difference when everything is shifted.
            units = [unit_of_last_digit(row[column]) for row in source.tables[table.name].rows]
            step = exact_text(_STEPS * max(units, default=Fraction(1)))
            inside += [about_it, about_it.model_copy(update={"do": "shift", "number": step})]
        outside += [
            Transform(do="scale", inputs=(table.name,), column=column, where={name: other}, number=_FACTOR)
            for name, (_own, other) in split.items()
            if other
        ]
    return tuple(inside), tuple(outside)


def _plan(case: Case) -> tuple[Variation, ...]:
    if not case.measured:
        return ()
    seed = case.claim.reproduction.seeds[0]
    return tuple(
        Variation(name=ATTACK.run_name(part), seed=seed, transforms=transforms)
        for part, transforms in zip(("inside", "outside"), _transforms(case), strict=True)
        if transforms
    )


def _follow_up(case: Case, runs: Runs) -> tuple[Variation, ...]:
    """Where scaled numbers are no valid ones any more, such as p-values above 1: each kind of them shuffled."""
    own = runs.get(ATTACK.run_name("inside"))
    if own is None or own.observations is not None:
        return ()
    tables = {table.name: table for table in case.loaded.source.base.tables}
    changed: list[Transform] = []
    for scaled in _transforms(case)[0]:
        if scaled.do != "scale":
            continue
        roles = tables[scaled.inputs[0]].roles
        rows = case.loaded.source.tables[scaled.inputs[0]].rows
        digit = min(unit_of_last_digit(row[roles.value]) for row in rows)
        shuffled = {
            "do": "permute",
            "within": roles.groups,
            "number": None,
            "seed": unforeseen(case, "kinds"),
        }
        changed += [
            scaled.model_copy(update=shuffled),
            # One number alone cannot be shuffled.
            scaled.model_copy(update={"do": "shift", "number": exact_text(digit)}),
        ]
    seed = case.claim.reproduction.seeds[0]
    return (Variation(name=ATTACK.run_name("inside-shuffled"), seed=seed, transforms=tuple(changed)),)


def _deciding(case: Case) -> set[str]:
    """Parts that must come from the subject's own rows, because a rule says something of each of their numbers.

    A consistency rule holds a printed number against others beside it, which may be of another measure: a share
    against its number of queries. Changing those must change its answer, and shows nothing.
    """
    found: set[str] = set()
    for leaf in leaves(case.claim.decision):
        match leaf:
            case Granularity():
                columns = {leaf.value}
            case PercentChange():
                columns = {leaf.change}
            case PValue():
                columns = {leaf.p}
            case SampleSummary():
                columns = {leaf.mean}
            case _:
                found |= {name if column is None else f"{name}.{column}" for name, column in references(leaf)}
                continue
        found |= {f"{leaf.table}.{column}" for column in columns}
    return found


def _judge(case: Case, runs: Runs) -> Finding:
    if not case.measured:
        return ATTACK.not_applicable("the script reported nothing")
    inside, outside = _transforms(case)
    names = tuple(
        ATTACK.run_name(part) for part, given in (("inside", inside), ("outside", outside)) if given
    )
    if not names:
        return ATTACK.not_applicable("the script reads no table of the source")
    if not inside:
        return ATTACK.broken(
            Effect.VOIDS,
            9.0,
            "none of the tables that the script reads has a row about the subject of the statement",
            reason=Reason.VACUOUS_EVIDENCE,
        )
    again = ATTACK.run_name("inside-shuffled")
    own = runs[again] if again in runs else runs[ATTACK.run_name("inside")]
    if own.observations is None:
        # A failure is not "reports the same"; works-elsewhere counts failures.
        return ATTACK.not_applicable(f"the script reports nothing when these numbers change ({own.said})")
    if not moved(own, case.main):
        return ATTACK.broken(
            Effect.VOIDS,
            9.0,
            f"the script does not report anything else ({own.said}) when the numbers about the subject change",
            reason=Reason.VACUOUS_EVIDENCE,
            runs=names,
        )
    if outside:
        other = runs[ATTACK.run_name("outside")]
        # A failure is no other answer.
        looks_elsewhere = other.observations is not None and any(
            other.parts[part] != case.main.parts[part] for part in _deciding(case)
        )
        if looks_elsewhere and other.answer != case.main.answer:
            return ATTACK.broken(
                Effect.VOIDS,
                8.0,
                f"the answer changes from {case.main.said} to {other.said} when only numbers that the statement "
                "is not about change: the script looks at something else",
                reason=Reason.VACUOUS_EVIDENCE,
                runs=names,
            )
        if looks_elsewhere:
            return ATTACK.broken(
                Effect.WEAKENS,
                3.0,
                "what the script reports moves with numbers that the statement is not about",
                runs=names,
            )
    return ATTACK.held(
        "what the script reports moves with the numbers of the subject and with no others", runs=names
    )


ATTACK = Attack(
    name="replication/subject-rows",
    attacker=Attacker.REPLICATION_ATTACKER,
    threat="the script takes another metric, model or data set than the statement names",
    origin="metric swap and wrong-subset cheats",
    plan=_plan,
    judge=_judge,
    follow_up=_follow_up,
)
