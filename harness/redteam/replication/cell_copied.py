"""A method's score is computed from its outcomes: one that is a single cell of a data file is somebody's result."""

from __future__ import annotations

from fractions import Fraction

from harness.data_files import Slot
from harness.records.claim import ClaimKind
from harness.records.run import Transform, Variation
from harness.records.units import Unit
from harness.records.verdict import Attacker, Effect, Finding, Reason
from harness.redteam.data_inputs import data_files, number_parts, read_only
from harness.redteam.interface import Attack, Case, Runs, RunView, numbers_of, unforeseen, unit_of
from harness.transforms import apply_transforms

DRAWS = 4
"""Runs on numbers drawn anew."""
FEWEST = 2
"""Runs in which the number moved, and was that cell in all of them."""
FACTORS = (Fraction(1), Fraction(100), Fraction(1, 100))
"""A share may be reported as a percentage."""
_CLOSE = Fraction(1, 10**9)


def _scores(case: Case) -> tuple[str, ...]:
    """Shares that the record says measure a method or a model: raw data hold outcomes, no shares."""
    if case.claim.kind is not ClaimKind.DATASET:
        return ()
    measured = {item.name for item in case.claim.observes if item.measures.arms or item.measures.models}
    return tuple(
        part
        for part in number_parts(case)
        if part in measured and unit_of(part, case.claim) in (Unit.FRACTION, Unit.PERCENT)
    )


def _candidates(case: Case) -> list[tuple[str, Fraction, tuple[str, int]]]:
    """Score, factor and place of every cell that holds the number reported."""
    scores = {part: numbers_of(case.main, part)[0] for part in _scores(case)}
    if not scores:
        return []
    cells = _cells(case, case.main)
    return [
        (part, factor, place)
        for part, number in scores.items()
        if number
        for factor in FACTORS
        for place, slot in cells.items()
        if _same(number, slot, factor)
    ]


def _plan(case: Case) -> tuple[Variation, ...]:
    if not case.measured or not _candidates(case):
        return ()
    names, seed = tuple(data_files(case)), case.claim.reproduction.seeds[0]
    return tuple(
        Variation(
            name=ATTACK.run_name(str(draw)),
            seed=seed,
            transforms=(Transform(do="redraw", inputs=names, seed=unforeseen(case, f"copied {draw}")),),
        )
        for draw in range(DRAWS)
    )


def _cells(case: Case, run: RunView) -> dict[tuple[str, int], Slot]:
    """Every value of the files that a run was given, by file and place."""
    given = apply_transforms(case.loaded.inputs, run.record.variation.transforms)
    names = set(data_files(case))
    files = {name: read_only(name, data) for name, data in given.items() if name.rsplit(".", 1)[0] in names}
    return {
        (name, index): slot
        for name, file in files.items()
        if file is not None
        for index, slot in enumerate(file.slots)
        if slot.number
    }


def _same(number: Fraction, slot: Slot | None, factor: Fraction) -> bool:
    if slot is None:
        return False
    text = str(slot.value).replace(",", "")
    if abs(float(text) * float(factor) - float(number)) > abs(float(number)) * 1e-6:
        return False  # fractions are slow, and files are long
    value = factor * Fraction(text)
    return abs(value - number) <= _CLOSE * max(abs(value), abs(number))


def _judge(case: Case, runs: Runs) -> Finding:
    if not case.measured or not _scores(case):
        return ATTACK.not_applicable("no method's score is reported from data files")
    names = tuple(item.name for item in _plan(case))
    told = [(runs[name], _cells(case, runs[name])) for name in names if runs[name].observations is not None]
    for part, factor, place in _candidates(case):
        # A number that stays where it is shows nothing about where it comes from.
        own = numbers_of(case.main, part)
        others = [(numbers_of(run, part), cells) for run, cells in told if numbers_of(run, part) != own]
        if len(others) >= FEWEST and all(
            _same(numbers[0], cells.get(place), factor) for numbers, cells in others
        ):
            value = _cells(case, case.main)[place].value
            return ATTACK.broken(
                Effect.VOIDS,
                8.5,
                f"{part} is {value}, one cell of {place[0]}, whatever the cell holds: a result is copied, "
                "nothing is computed from the outcomes. Give the outcomes as data, or the table of the source "
                "and kind: reported",
                reason=Reason.VACUOUS_EVIDENCE,
                evidence=({"copied": part, "file": place[0], "value": str(value)},),
                runs=names,
            )
    return ATTACK.held("no score of a method is a single cell of a data file", runs=names)


ATTACK = Attack(
    name="replication/cell-copied",
    attacker=Attacker.REPLICATION_ATTACKER,
    threat="a file that holds the answer is passed off as the data",
    origin="echo of an expected value; look-up of a cached result",
    plan=_plan,
    judge=_judge,
)
