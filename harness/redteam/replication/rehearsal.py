"""Where attacks are made on a smaller run: that it is the claim's own run in small, and not another one.

A script could measure honestly at the size at which it is attacked, and make up what it reports at full size. So single
parts of the claim's own run, such as one training, are made again at full size: which ones, no script can know while it
makes the claim's own run. They must come out number by number.
"""

from __future__ import annotations

from typing import Any

from harness.records.claim import Parts
from harness.records.rules import Answer
from harness.records.run import Variation
from harness.records.verdict import Attacker, Effect, Finding, Reason
from harness.redteam.interface import Attack, Case, Runs, RunView, unforeseen

MOST = 2
"""Parts that are made again."""


def _items(case: Case, parts: Parts) -> tuple[Any, ...]:
    """The parts that are made again."""
    items = list(case.claim.reproduction.parameters[parts.parameter])  # type: ignore[arg-type]
    drawn = unforeseen(case, "parts of the run")
    chosen = []
    for _ in range(min(MOST, len(items) - 1)):
        drawn, place = divmod(drawn, len(items))
        chosen.append(items.pop(place))
    return tuple(chosen)


def _plan(case: Case) -> tuple[Variation, ...]:
    rehearsal = case.claim.reproduction.rehearsal
    if rehearsal is None or not case.measured:
        return ()
    return tuple(
        Variation(
            name=ATTACK.run_name(str(item)),
            seed=case.claim.reproduction.seeds[0],
            parameters={rehearsal.parts.parameter: (item,)},
        )
        for item in _items(case, rehearsal.parts)
    )


def _rows(run: RunView, column: str, label: str) -> dict[str, Any]:
    """Rows of one part in every table that has the column, without their order."""
    tables = run.observations.tables if run.observations is not None else {}
    return {
        name: sorted(
            sorted((key, str(value)) for key, value in row.items())
            for row in table.records()
            if str(row[column]) == label
        )
        for name, table in tables.items()
        if any(item.name == column for item in table.columns)
    }


def _judge(case: Case, runs: Runs) -> Finding:
    rehearsal, small = case.claim.reproduction.rehearsal, case.rehearsal
    if rehearsal is None or not case.measured or small is None:
        return ATTACK.not_applicable("attack runs are as large as the claim's own, or it reported nothing")
    items = [str(item) for item in _items(case, rehearsal.parts)]
    names = tuple(ATTACK.run_name(item) for item in items)
    column = rehearsal.parts.column
    for item, name in zip(items, names, strict=True):
        if _rows(runs[name], column, item) != _rows(case.main, column, item):
            return ATTACK.broken(
                Effect.VOIDS,
                9.0,
                f"made again by itself, the part {column}={item} of the claim's own run reports something else "
                f"({runs[name].said})",
                reason=Reason.UNSTABLE,
                runs=(name,),
            )
    own = case.main.answer
    if small.answer is own:
        return ATTACK.held(
            f"a smaller run answers {own} as well, and {len(items)} parts of the claim's own run, made again by "
            "themselves, report the same",
            runs=names,
        )
    said = f"the claim's own run answers {own}, the smaller one on which it was attacked {small.said}"
    if own is Answer.UNDECIDED or (own is Answer.REFUTED and small.answer is Answer.UNDECIDED):
        return ATTACK.broken(Effect.WEAKENS, 3.0, said, runs=names)
    return ATTACK.broken(Effect.VOIDS, 7.0, said, reason=Reason.NOT_DISCRIMINATING, runs=names)


ATTACK = Attack(
    name="replication/rehearsal",
    attacker=Attacker.REPLICATION_ATTACKER,
    threat="the script is honest only at the size at which it is attacked",
    origin="defeat devices: behaving otherwise in the test than on the road",
    plan=_plan,
    judge=_judge,
    full_size=True,
)
