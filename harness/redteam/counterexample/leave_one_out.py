"""Leave one unit (such as a language) out: does the answer hang on it?"""

from __future__ import annotations

from collections import defaultdict
from fractions import Fraction
from typing import Any

from harness.records.observations import Observations, ReportedTable
from harness.records.rules import Paired
from harness.records.verdict import Attacker, Effect, Finding
from harness.redteam.cells import paired_cells
from harness.redteam.interface import Attack, Case, Runs
from harness.rules import decide
from harness.rules.leaves import paired_rules

MOST_UNITS = 200
MOST_ROWS = 5000
"""Beyond these, leaving out one by one would take longer than the claim itself."""


def _judge(case: Case, runs: Runs) -> Finding:
    observations = case.main.observations
    if observations is not None and (rules := paired_rules(case.claim.decision)):
        return _by_rule(case, observations, rules)
    cells = paired_cells(case.claim, case.loaded.source)
    if not cells:
        return ATTACK.not_applicable("the claim compares no arms over units such as languages")
    gains: dict[tuple[str, str, str], dict[str, Fraction]] = defaultdict(dict)
    for cell in cells:
        gains[cell.table, cell.group, cell.control][cell.unit] = cell.gain
    reversed_: list[dict[str, Any]] = []
    for (table, group, control), by_unit in sorted(gains.items()):
        total = sum(by_unit.values(), Fraction(0))
        for unit, gain in sorted(by_unit.items()):
            rest = total - gain
            if (len(by_unit) > 1 and total * rest < 0) or (total > 0 and rest == 0 and len(by_unit) > 1):
                reversed_.append(
                    {
                        "table": table,
                        "group": group,
                        "control": control,
                        "without": unit,
                        "mean_gain": _decimal(total / len(by_unit)),
                        "mean_gain_without": _decimal(rest / (len(by_unit) - 1)),
                    }
                )
    if not reversed_:
        return ATTACK.held(f"no group mean of {len(gains)} changes its direction without one unit")
    return ATTACK.broken(
        Effect.WEAKENS,
        3.0,
        f"the direction of {len({(r['table'], r['group'], r['control']) for r in reversed_})} of {len(gains)} "
        f"group means hangs on a single unit, first {reversed_[0]['table']} {reversed_[0]['group']} "
        f"without {reversed_[0]['without']}",
        evidence=tuple(reversed_),
    )


def _by_rule(case: Case, observations: Observations, rules: tuple[Paired, ...]) -> Finding:
    flips: list[dict[str, Any]] = []
    tried = 0
    for index, rule in enumerate(rules):
        table = observations.tables.get(rule.table)
        if table is None:
            continue
        # Without the unit there are other rows than the record counts; the count is not what is tested here.
        free = rule.model_copy(update={"group_count": None, "sensitivity": ()})
        before = decide(free, observations).answer
        # What is independent is left out as a whole.
        column = rule.cluster or rule.unit
        units = sorted({str(row[column]) for row in table.records()})
        if len(units) > MOST_UNITS or len(table.rows) > MOST_ROWS:
            return ATTACK.not_applicable(
                f"{len(units)} units in {len(table.rows)} rows are too many to leave out one by one"
            )
        for unit in units:
            tried += 1
            answer = decide(free, _without(observations, rule.table, table, column, unit)).answer
            if answer != before:
                flips.append({"rule": index, "without": unit, "answer": str(answer), "before": str(before)})
    if not flips:
        return ATTACK.held(f"the answer stands without any one of {tried} units", runs=("main",))
    return ATTACK.broken(
        Effect.WEAKENS,
        4.0,
        f"the answer hangs on single units: without {flips[0]['without']} it is {flips[0]['answer']} "
        f"instead of {flips[0]['before']} ({len(flips)} of {tried} units)",
        evidence=tuple(flips),
        runs=("main",),
    )


def _without(
    observations: Observations, name: str, table: ReportedTable, column: str, label: str
) -> Observations:
    position = [item.name for item in table.columns].index(column)
    rows = tuple(row for row in table.rows if row[position] != label)
    return observations.model_copy(
        update={"tables": {**observations.tables, name: table.model_copy(update={"rows": rows})}}
    )


def _decimal(value: Fraction) -> str:
    return f"{float(value):.6f}"


ATTACK = Attack(
    name="counterexample/leave-one-out",
    attacker=Attacker.COUNTEREXAMPLE_HUNTER,
    threat="the conclusion rests on one language",
    origin="jackknife influence analysis",
    judge=_judge,
)
