"""A few values of a data file changed as little as can be: a number may follow, and may not jump back to another.

A statistic answers to small changes with small changes of different size. A script that knows its exact data
reports one thing on them and another on everything else: all changed runs, or all of one column, lie close together,
far from its own.
"""

from __future__ import annotations

from harness.records.run import Transform, Variation
from harness.records.verdict import Attacker, Effect, Finding, Reason
from harness.redteam.data_inputs import changes_something, data_files, distance, number_parts
from harness.redteam.interface import Attack, Case, Runs, RunView, moved, numbers_of, unforeseen

COLUMNS = 6
"""Most columns tried."""
_FURTHER = (2, 4, 10)
"""Values changed in the further runs; their number differs so that what adds up comes out differently."""
FEWEST = 4
"""Runs that must have moved before anything is said."""
JUMP = 4.0
"""How many times farther the own run must lie from the changed ones than those from each other."""


def _columns(case: Case) -> list[tuple[str, str]]:
    """File and column, in turn from each file, those that are not the same throughout."""
    by_file = [
        [
            (name, column)
            for column, slots in file.columns().items()
            if len({str(slot.value) for slot in slots}) > 1
        ]
        for name, file in data_files(case).items()
    ]
    longest = max((len(columns) for columns in by_file), default=0)
    return [columns[index] for index in range(longest) for columns in by_file if index < len(columns)][
        :COLUMNS
    ]


def _variation(case: Case, name: str, column: str, values: int) -> Variation | None:
    part = f"{name}/{column}/{values}"
    transform = Transform(
        do="nudge", inputs=(name,), column=column, number=str(values), seed=unforeseen(case, f"nudge {part}")
    )
    if not changes_something(case, (transform,)):
        return None
    seed = case.claim.reproduction.seeds[0]
    return Variation(name=ATTACK.run_name(part), seed=seed, transforms=(transform,))


def _plan(case: Case) -> tuple[Variation, ...]:
    if not case.measured or case.main.answer == "UNDECIDED":
        return ()
    wanted = (_variation(case, name, column, 1) for name, column in _columns(case))
    return tuple(item for item in wanted if item is not None)


def _follow_up(case: Case, runs: Runs) -> tuple[Variation, ...]:
    """More of the first change that gave another answer."""
    for name, column in _columns(case):
        run = runs.get(ATTACK.run_name(f"{name}/{column}/1"))
        if run is not None and run.answer not in (None, case.main.answer):
            wanted = (_variation(case, name, column, values) for values in _FURTHER)
            return tuple(item for item in wanted if item is not None)
    return ()


def _judge(case: Case, runs: Runs) -> Finding:
    planned = _plan(case)
    if not planned:
        return ATTACK.not_applicable(
            "the script reported no decided numbers from a data file beside the record"
        )
    further = tuple(item.name for item in _follow_up(case, runs))
    names = [*(item.name for item in planned), *further]
    said = ", ".join(runs[name].said for name in names)
    # A column by itself, too: a label that belongs to the statistic moves it by another distance.
    column = [name for name in names if further and name.rsplit("/", 1)[0] == further[0].rsplit("/", 1)[0]]
    for together in (names, column):
        if jumps := _jumping(case, [runs[name] for name in together]):
            return ATTACK.broken(
                Effect.VOIDS,
                8.5,
                f"{jumps[0]} jumps as soon as a value in the data files changes in the least, and stays there "
                f"whatever changes further ({said}): the script recognises its exact data",
                reason=Reason.UNSTABLE,
                evidence=tuple({"jumps": part} for part in jumps),
                runs=tuple(names),
            )
    return ATTACK.held(
        f"the answer does not hang on the exact values of the data files ({said})", runs=tuple(names)
    )


def _jumping(case: Case, runs: list[RunView]) -> list[str]:
    """Numbers that lie far from their place in all runs that moved, where those all give another answer."""
    changed = [run for run in runs if moved(run, case.main)]
    if len(changed) < FEWEST or any(run.answer == case.main.answer for run in changed):
        return []
    return [part for part in number_parts(case) if _jumps(part, case.main, changed)]


def _jumps(part: str, main: RunView, changed: list[RunView]) -> bool:
    """Whether a number lies far from all changed runs, and those close together.

    A truth value can only go to one other place, so it is no sign of anything.
    """
    values = {number for run in (main, *changed) for number in numbers_of(run, part)}
    if values <= {0, 1}:
        return False
    away = [distance(main, run, part) for run in changed]
    between = [
        distance(one, other, part) for index, one in enumerate(changed) for other in changed[index + 1 :]
    ]
    if any(item is None for item in (*away, *between)):
        return False
    return min(item or 0.0 for item in away) > JUMP * max(item or 0.0 for item in between)


ATTACK = Attack(
    name="replication/values-nudged",
    attacker=Attacker.REPLICATION_ATTACKER,
    threat="the script knows these data files and answers from memory",
    origin="detection of the harness; look-up of a cached result",
    plan=_plan,
    follow_up=_follow_up,
    judge=_judge,
)
