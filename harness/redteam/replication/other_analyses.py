"""Reasonable other analyses of the same observations: other tests, other margins."""

from __future__ import annotations

from typing import Any, Literal

from harness.records.rules import Paired, Unpaired
from harness.records.verdict import Attacker, Effect, Finding
from harness.redteam.interface import Attack, Case, Runs
from harness.rules import decide
from harness.rules.leaves import leaves

_PAIRED_TESTS = ("t", "sign-flip", "wilcoxon")
_UNPAIRED_TESTS = ("welch", "permutation", "mann-whitney")


def _others(rule: Paired | Unpaired) -> list[tuple[str, Paired | Unpaired]]:
    plain = rule.model_copy(update={"sensitivity": ()})
    tests: tuple[str, ...] = _PAIRED_TESTS if isinstance(rule, Paired) else _UNPAIRED_TESTS
    if isinstance(rule, Paired) and rule.seed_column is not None:
        tests = ("t",)  # the only one that takes the seeds for a sample
    if isinstance(rule, Unpaired) and rule.seed_column is not None:
        tests = ("welch",)
    others = [
        (f"test {test}", plain.model_copy(update={"test": test})) for test in tests if test != rule.test
    ]
    methods: tuple[Literal["holm", "none"], ...] = ("holm", "none")
    for method in methods:
        if method != rule.multiplicity.method:
            changed = rule.multiplicity.model_copy(update={"method": method})
            others.append((f"correction {method}", plain.model_copy(update={"multiplicity": changed})))
    return others


def _judge(case: Case, runs: Runs) -> Finding:
    observations = case.main.observations
    rules = [leaf for leaf in leaves(case.claim.decision) if isinstance(leaf, (Paired, Unpaired))]
    if observations is None or not rules:
        return ATTACK.not_applicable("the rule holds no statistical test")
    rows: list[dict[str, Any]] = []
    for index, rule in enumerate(rules):
        before = decide(rule.model_copy(update={"sensitivity": ()}), observations).answer
        for name, other in _others(rule):
            answer = decide(other, observations).answer
            rows.append({"rule": index, "analysis": name, "answer": str(answer), "decided": str(before)})
    changed = [row for row in rows if row["answer"] != row["decided"]]
    if not changed:
        return ATTACK.held(
            f"{len(rows)} other analyses give the same answer", evidence=tuple(rows), runs=("main",)
        )
    return ATTACK.broken(
        Effect.WEAKENS,
        4.0,
        f"{len(changed)} of {len(rows)} other analyses answer otherwise, first {changed[0]['analysis']}: "
        f"{changed[0]['answer']} instead of {changed[0]['decided']}",
        evidence=tuple(rows),
        runs=("main",),
    )


ATTACK = Attack(
    name="replication/other-analyses",
    attacker=Attacker.REPLICATION_ATTACKER,
    threat="the answer is an accident of the chosen test",
    origin="multiverse analysis (Steegen et al. 2016)",
    judge=_judge,
)
