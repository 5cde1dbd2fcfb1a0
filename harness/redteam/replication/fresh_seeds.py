"""Seeds that nobody chose: a result that holds only for the record's seed was shopped for.

Numbers of records of a data set are the same for every seed, unless the statement speaks of chance: a sample, a split,
a training. Rows that are drawn anew with each seed are simulated.
"""

from __future__ import annotations

import re
from fractions import Fraction

from harness.records.claim import ClaimKind
from harness.records.run import Variation
from harness.records.verdict import Attacker, Effect, Finding, Reason
from harness.redteam.data_inputs import number_parts
from harness.redteam.interface import Attack, Case, Runs, RunView, labelled_numbers, unforeseen

FRESH = 2
"""Seeds tried beside the declared ones."""
FRESH_LONG = 1
"""All that are tried where the claim's own run is so long that the record has a rehearsal: these runs are as long."""
FEWEST_ROWS = 4
"""Rows from which a column is one of measurements."""
NEARLY_ALL = 0.9
"""Share of the rows that change with the seed from which the column is drawn by chance."""
_CHANCE = re.compile(
    r"\b(?:bootstrap\w*|random\w*|seeds?|simulat\w*|sampl\w*|resampl\w*|splits?|folds?|cross-validat\w*|train\w*|drawn|"
    r"draws?|permut\w*|shuffl\w*|monte carlo|imput\w*|model\w*|fitted|runs?|restarts?|initiali[sz]\w*|stochastic\w*)\b",
    re.IGNORECASE,
)
"""Words of statements with which numbers may depend on a seed."""


def _seeds(case: Case) -> tuple[int, ...]:
    declared = case.claim.reproduction.seeds
    fresh = [unforeseen(case, f"seed {index}") for index in range(FRESH)]
    wanted = (*declared[1:], *(seed for seed in fresh if seed not in declared))
    return wanted if case.claim.reproduction.rehearsal is None else wanted[-FRESH_LONG:]


def _plan(case: Case) -> tuple[Variation, ...]:
    if not case.measured:
        return ()
    return tuple(Variation(name=ATTACK.run_name(str(seed)), seed=seed) for seed in _seeds(case))


def _judge(case: Case, runs: Runs) -> Finding:
    if not case.measured:
        return ATTACK.not_applicable("the script reported nothing")
    names = tuple(ATTACK.run_name(str(seed)) for seed in _seeds(case))
    other = [name for name in names if runs[name].answer != case.main.answer]
    if other:
        return ATTACK.broken(
            Effect.VOIDS,
            8.0,
            f"with seed {other[0].rsplit('/', 1)[-1]} the answer is {runs[other[0]].said} instead of "
            f"{case.main.said} ({len(other)} of {len(names)} seeds)",
            reason=Reason.UNSTABLE,
            evidence=tuple({"run": name, "answer": runs[name].said} for name in other),
            runs=names,
        )
    if drawn := _drawn_by_chance(case, [runs[name] for name in names]):
        return ATTACK.broken(
            Effect.VOIDS,
            8.0,
            f"nearly every number of {drawn} is another one with every seed, and the statement speaks of no chance: "
            "these are no measurements of a data set",
            reason=Reason.VACUOUS_EVIDENCE,
            evidence=({"part": drawn},),
            runs=names,
        )
    moved = [name for name in names if runs[name].content != case.main.content]
    if moved and len(case.claim.reproduction.seeds) == 1:
        return ATTACK.broken(
            Effect.WEAKENS,
            3.0,
            "the observations depend on the seed, but the record declares a single one",
            runs=names,
        )
    return ATTACK.held(f"the answer is the same for {len(names)} other seeds", runs=names)


def _drawn_by_chance(case: Case, others: list[RunView]) -> str | None:
    """A column of rows of a data set in which nearly all numbers change with every seed."""
    if case.claim.kind is not ClaimKind.DATASET or _CHANCE.search(case.claim.statement):
        return None
    for part in number_parts(case):
        own = labelled_numbers(case.main, part) if "." in part else {}
        if len(own) < FEWEST_ROWS:
            continue
        seen = [labelled_numbers(run, part) for run in others if run.observations is not None]
        if seen and all(_changed(own, numbers) for numbers in seen):
            return part
    return None


def _changed(own: dict[tuple[str, ...], Fraction], other: dict[tuple[str, ...], Fraction]) -> bool:
    different = sum(other.get(labels) != number for labels, number in own.items())
    return own.keys() == other.keys() and different >= NEARLY_ALL * len(own)


ATTACK = Attack(
    name="replication/fresh-seeds",
    attacker=Attacker.REPLICATION_ATTACKER,
    threat="the seed was chosen for its result",
    origin="seed shopping (Bouthillier et al. 2021)",
    plan=_plan,
    judge=_judge,
    full_size=True,
)
