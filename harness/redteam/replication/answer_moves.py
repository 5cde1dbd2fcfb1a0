"""A met rule must be able not to be met: some changed run with valid output has to answer otherwise.

A refuted rule must be refuted by numbers that depend on something.
"""

from __future__ import annotations

from harness.records.run import Transform, Variation
from harness.records.verdict import Attacker, Effect, Finding, Reason
from harness.redteam.data_inputs import arm_places, counts_records, data_files, number_parts
from harness.redteam.interface import Attack, Case, Runs, moved, unforeseen
from harness.rules.leaves import statistical_rules

_FACTORS = {"tenth": "0.1", "tenfold": "10"}
"""Far enough that an upper or a lower bound near the numbers fails in one of them."""


_NEARLY_ALL = "0.95"
"""Share of the records that get one of two labels: no share of a label stays on its side of a bound in both."""


def _outcomes(case: Case) -> dict[str, tuple[Transform, ...]]:
    """Nearly all records with one label, then with the other, in each column of two: an outcome that can be counted."""
    if not any(counts_records(part, case) for part in number_parts(case)):
        return {}
    found: dict[str, tuple[Transform, ...]] = {}
    for name, file in data_files(case).items():
        arms = {key for place in arm_places(case, file).values() for key in place.where}
        for column, slots in file.label_columns().items():
            labels = sorted({str(slot.value) for slot in slots})
            if len(labels) != 2 or (slots[0].name or slots[0].column) in arms:
                continue
            for label in labels:
                found[f"{name}/{column}/{label}"] = (
                    Transform(
                        do="relabel",
                        inputs=(name,),
                        column=column,
                        labels=(label, label),
                        number=_NEARLY_ALL,
                        seed=unforeseen(case, f"{name} {column} {label}"),
                    ),
                )
    return found


def _plan(case: Case) -> tuple[Variation, ...]:
    if case.main.answer != "MET":
        return ()
    seed = case.claim.reproduction.seeds[0]
    outcomes = tuple(
        Variation(name=ATTACK.run_name(part), seed=seed, transforms=items)
        for part, items in _outcomes(case).items()
    )
    return (*_scaled(case), *outcomes)


def _scaled(case: Case) -> tuple[Variation, ...]:
    if not case.claim.reproduction.inputs:
        return ()
    tables = {table.name: table for table in case.loaded.source.base.tables}
    return tuple(
        Variation(
            name=ATTACK.run_name(part),
            seed=case.claim.reproduction.seeds[0],
            transforms=tuple(
                Transform(do="rescale", inputs=(name,), column=tables[name].roles.value, number=factor)
                for name in case.claim.reproduction.inputs
            ),
        )
        for part, factor in _FACTORS.items()
    )


def _judge(case: Case, runs: Runs) -> Finding:
    if case.main.answer not in ("MET", "REFUTED"):
        return ATTACK.not_applicable("the rule is undecided, which proves nothing that could be vacuous")
    tried = {
        name: run
        for name, run in runs.items()
        if name.startswith(("attack/", "control/"))
        and (run.record.variation.transforms or run.record.variation.parameters)
        and run.rule is not None
        # Too few rows is no other answer: emptied inputs give that to any rule.
        and not run.rule.incomplete
    }
    if not tried and case.loaded.input_names:
        return ATTACK.broken(
            Effect.VOIDS,
            7.0,
            "no run on other data gave a complete result, so it cannot be seen whether the answer could come out "
            "otherwise: add a control under `controls` that changes the data or a parameter and still gives a result, "
            "with `expect: refuted` (`expect: met` where the claim is false)",
            reason=Reason.NOT_DISCRIMINATING,
        )
    if case.main.answer == "REFUTED":
        return _refuted(case, tried)
    if not tried:
        return ATTACK.not_applicable(
            "no run with other parameters gave a complete result: add a control under `controls` with other "
            "`parameters` and `expect: refuted`"
        )
    # Where chance plays no part a rule that cannot be met can also be refuted; a test may just lose its power.
    wanted = ("REFUTED", "UNDECIDED") if statistical_rules(case.claim.decision) else ("REFUTED",)
    otherwise = sorted(name for name, run in tried.items() if run.answer in wanted)
    if otherwise:
        return ATTACK.held(
            f"the rule is met by the claim's own inputs and not by changed ones ({len(otherwise)} of {len(tried)} "
            "changed runs answer otherwise)",
            runs=tuple(otherwise),
        )
    return ATTACK.broken(
        Effect.VOIDS,
        8.0,
        f"the rule is met whatever the script is given ({len(tried)} changed runs with valid output): "
        "it cannot come out otherwise",
        reason=Reason.VACUOUS_EVIDENCE,
        runs=tuple(sorted(tried)),
    )


def _refuted(case: Case, tried: Runs) -> Finding:
    """A refutation, too, must come from the data: something else has to be reported for others."""
    if not tried:
        return ATTACK.not_applicable("the rule is not met, and there is nothing to change")
    others = sorted(name for name, run in tried.items() if moved(run, case.main))
    if others:
        return ATTACK.held(
            f"the rule is refuted by numbers that change with what the script is given ({len(others)} of "
            f"{len(tried)} changed runs report others)",
            runs=tuple(others),
        )
    return ATTACK.broken(
        Effect.VOIDS,
        8.0,
        f"the script reports the same whatever it is given ({len(tried)} changed runs with valid output): what refutes "
        "the rule comes from nowhere",
        reason=Reason.VACUOUS_EVIDENCE,
        runs=tuple(sorted(tried)),
    )


ATTACK = Attack(
    name="replication/answer-moves",
    attacker=Attacker.REPLICATION_ATTACKER,
    threat="the rule is a tautology, its tolerance accepts anything, or what refutes it is made up",
    origin="mutation testing: a test that no mutant fails tests nothing",
    plan=_plan,
    judge=_judge,
)
