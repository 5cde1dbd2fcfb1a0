"""An aggregate statement within every part of the reported table that shares a label, or two labels."""

from __future__ import annotations

from typing import Any

from harness.records.verdict import Attacker, Effect, Finding
from harness.redteam.aggregates import aggregates, stated_groups, surplus, units_of
from harness.redteam.interface import Attack, Case, Runs
from harness.redteam.subsets import splits

FEWEST = 2
"""Rows that a part must have: what one row says, other attacks look at."""


def _judge(case: Case, runs: Runs) -> Finding:
    observations, rules = case.main.observations, aggregates(case.claim.decision)
    if observations is None or not rules:
        return ATTACK.not_applicable("the rule is not about a mean, a share or a tendency over rows")
    if case.main.answer != "MET":
        return ATTACK.not_applicable(
            "the statement does not hold as a whole, so no part can fall short of it"
        )
    looked, short = 0, []
    for index, rule in enumerate(rules):
        table = observations.tables[rule.table]
        for split in splits(table, units_of(rule)):
            if set(split.columns) <= set(stated_groups(rule)):
                # The rule decides every one of these by itself.
                continue
            for name, rows in split.subsets.items():
                beyond = surplus(rule, table, rows) if len(rows) >= FEWEST else None
                if beyond is None:
                    continue
                looked += 1
                if beyond < 0:
                    short.append(_row(index, rule.rule, name, len(rows), float(beyond)))
    if not looked:
        return ATTACK.not_applicable("the reported tables have no other labels by which to split them")
    if not short:
        return ATTACK.held(
            f"the estimate lies on the stated side in each of {looked} subgroups", runs=("main",)
        )
    worst = min(short, key=lambda row: (row["beyond"], row["subgroup"]))
    return ATTACK.broken(
        Effect.WEAKENS,
        round(min(5.0, 2.0 + 6.0 * len(short) / looked), 1),
        f"in {len(short)} of {looked} subgroups the estimate falls short of the statement, most in {worst['subgroup']} "
        f"({worst['rows']} rows, by {-worst['beyond']:.6g})",
        evidence=tuple(short[:50]),
        runs=("main",),
    )


def _row(index: int, rule: str, name: str, rows: int, beyond: float) -> dict[str, Any]:
    return {"rule": f"{index} {rule}", "subgroup": name, "rows": rows, "beyond": float(f"{beyond:.6g}")}


ATTACK = Attack(
    name="counterexample/subgroups",
    attacker=Attacker.COUNTEREXAMPLE_HUNTER,
    threat="an aggregate hides a group of rows in which the statement is false",
    origin="subgroup analysis; slice discovery (Eyuboglu et al. 2022)",
    judge=_judge,
)
