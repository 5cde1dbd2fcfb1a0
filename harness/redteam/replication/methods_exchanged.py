"""Names of two methods exchanged in data files: what was reported for one must now be reported for the other.

Expected beforehand: a script that treats both alike gives the treatment's numbers to the control and the reverse,
exactly; a mean difference changes its sign, a ratio of geometric means becomes its reciprocal, and what does not
depend on which is which stays. Where it is not so, one of them was helped: by the best of its runs, by fewer
of its records, by a summand.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from fractions import Fraction

from harness.records.claim import ClaimKind
from harness.records.rules import Paired
from harness.records.run import Transform, Variation
from harness.records.units import Unit
from harness.records.verdict import Attacker, Effect, Finding, Reason
from harness.redteam.data_inputs import (
    arm_names,
    arm_places,
    changes_something,
    data_files,
    number_parts,
    plain,
)
from harness.redteam.interface import (
    Attack,
    Case,
    Runs,
    RunView,
    labelled_numbers,
    moved,
    numbers_of,
    unforeseen,
    unit_of,
)
from harness.redteam.replication.arms_swapped import swaps
from harness.rules.leaves import leaves
from harness.stats.rounding import unit_of_last_digit

_UNEQUAL = re.compile(
    r"\b(?:best|worst|tuned|oracle|optimal|selected|chosen|strongest|weakest|largest|smallest|highest|lowest|maxim\w+|"
    r"minim\w+|than (?:every|any|all|either|both)|match\w*|normali[sz]\w*|relative\w*|indexed|speed-?ups?|"
    r"(?:percent|per cent|%) of)\b",
    re.IGNORECASE,
)
"""Words of statements in which the two methods need not be treated alike."""
_DIFFERENCE = re.compile(
    r"\b(?:differences?|greater|higher|lower|larger|smaller|more|less|fewer|gains?|faster|slower|shorter|longer|better|worse|"
    r"points|above|below)\b",
    re.IGNORECASE,
)
_MEAN = re.compile(r"\b(?:means?|averages?|averaged|medians?)\b", re.IGNORECASE)
_GEOMETRIC = re.compile(r"\bgeometric\b", re.IGNORECASE)
_RATIO = re.compile(
    r"\b(?:times|ratios?|factors?|fold|relative\w*|percent|per cent|halve[sd]|double[sd]?)\b|%",
    re.IGNORECASE,
)
_OTHER_SCALE = re.compile(
    r"\b(?:standardi[sz]ed|effect size|cohen\w*|hedges|glass|odds|hazard|logs?|correlat\w+|regress\w+|adjust\w+|"
    r"shares?|slopes?|areas?|p-?values?|z|t)\b",
    re.IGNORECASE,
)


def exchanges(case: Case) -> dict[str, tuple[Transform, ...]]:
    """Control to the transforms that exchange it with the treatment in every data file that has both."""
    arms = case.claim.subject.arms
    if arms is None or swaps(case):
        return {}
    found = {}
    for control in arms.controls:
        transforms = []
        for name, file in data_files(case).items():
            places = arm_places(case, file, texts=True)
            if arms.treatment not in places or control not in places:
                continue
            first, second = places[arms.treatment], places[control]
            if first.column is not None and second.column is not None:
                names = (first.column, second.column)
                transforms.append(Transform(do="exchange", inputs=(name,), labels=names, number="1", seed=0))
            elif first.where.keys() == second.where.keys() and len(first.where) == 1:
                (column, own), (others,) = next(iter(first.where.items())), second.where.values()
                if len(own) == len(others) == 1:
                    labels = (own[0], others[0])
                    transforms.append(Transform(do="swap", inputs=(name,), column=column, labels=labels))
        if transforms and changes_something(case, tuple(transforms)):
            found[control] = tuple(transforms)
    return found


def _applies(case: Case) -> bool:
    return (
        case.measured
        and case.claim.kind is ClaimKind.DATASET
        and bool(number_parts(case))
        and _UNEQUAL.search(_said(case)) is None
    )


def _said(case: Case) -> str:
    return " ".join((case.claim.statement, *(item.what for item in case.claim.observes)))


def _plan(case: Case) -> tuple[Variation, ...]:
    if not _applies(case):
        return ()
    return tuple(
        Variation(name=ATTACK.run_name(control), seed=case.claim.reproduction.seeds[0], transforms=transforms)
        for control, transforms in exchanges(case).items()
    )


def _follow_up(case: Case, runs: Runs) -> tuple[Variation, ...]:
    """A run with another seed, where something is not as expected: a number drawn by chance need not come again."""
    if not any(_unlike(case, control, runs) for control in (exchanges(case) if _applies(case) else ())):
        return ()
    return (Variation(name=ATTACK.run_name("/another seed"), seed=unforeseen(case, "methods exchanged")),)


def _pairs(case: Case, control: str) -> Iterator[tuple[str, str]]:
    """Parts that hold the same quantity of the treatment and of the control."""
    arms = case.claim.subject.arms
    assert arms is not None  # noqa: S101 - exchanges() asked
    parts = number_parts(case)
    tested = [
        (f"{leaf.table}.{leaf.treatment}", f"{leaf.table}.{leaf.control}")
        for leaf in leaves(case.claim.decision)
        if isinstance(leaf, Paired)
    ]
    names = arm_names(case)
    for part in parts:
        for other in parts:
            whose = _whose(part, names), _whose(other, names)
            if whose != (arms.treatment, control):
                continue
            if (part, other) in tested or _without(part, names) == _without(other, names):
                yield part, other


def _whose(part: str, names: dict[str, set[str]]) -> str | None:
    """The one method whose name stands in the name of a part."""
    words = {plain(word) for word in re.split(r"[._\W]+", part)} | {plain(part.rpartition(".")[2])}
    found = [arm for arm, spellings in names.items() if words & spellings]
    return found[0] if len(found) == 1 else None


def _without(part: str, names: dict[str, set[str]]) -> tuple[str, ...]:
    spellings = set().union(*names.values())
    table, _dot, column = part.rpartition(".")
    if plain(column) in spellings:
        return (table,)
    return tuple(word for word in re.split(r"[._\W]+", part) if plain(word) not in spellings)


def _unlike(case: Case, control: str, runs: Runs) -> tuple[str, list[Fraction], list[Fraction]] | None:
    """A part that is not as expected after the exchange: its name, the numbers reported, and those expected."""
    run = runs.get(ATTACK.run_name(control))
    arms = case.claim.subject.arms
    if run is None or arms is None or not moved(run, case.main):
        return None
    attributed = set()
    for part, other in _pairs(case, control):
        attributed |= {part, other}
        for one, two in ((part, other), (other, part)):
            found = _compared(sorted(numbers_of(run, one)), sorted(numbers_of(case.main, two)))
            if found:
                return one, *found
    names = arm_names(case)
    for part in number_parts(case):
        by_arm = {arm: _of_arm(case.main, part, names[arm]) for arm in (arms.treatment, control)}
        if all(by_arm.values()):
            attributed.add(part)
            for arm, other in ((arms.treatment, control), (control, arms.treatment)):
                found = _compared(_of_arm(run, part, names[arm]), by_arm[other])
                if found:
                    return part, *found
        elif (
            part not in attributed
            and _whose(part, names) is None
            and not any(by_arm.values())
            and (found := _difference(case, part, run))
        ):
            return part, *found
    return None


def _of_arm(run: RunView, part: str, spellings: set[str]) -> list[Fraction]:
    """Numbers of the rows that one method's name labels."""
    if "." not in part:
        return []
    rows = labelled_numbers(run, part)
    return sorted(
        number for labels, number in rows.items() if any(plain(label) in spellings for label in labels)
    )


def _compared(got: list[Fraction], expected: list[Fraction]) -> tuple[list[Fraction], list[Fraction]] | None:
    """Both, if they are not the same numbers; numbers of another count are no same quantity."""
    if len(got) != len(expected) or all(map(_near, got, expected)):
        return None
    return got, expected


def _near(one: Fraction, other: Fraction) -> bool:
    return abs(one - other) <= max(Fraction(1), abs(one), abs(other)) / 10**9


def _difference(case: Case, part: str, run: RunView) -> tuple[list[Fraction], list[Fraction]] | None:
    """A difference of means must change its sign, a ratio of geometric means become its reciprocal, or stay."""
    text, unit = _said(case), unit_of(part, case.claim)
    item = next(item for item in case.claim.observes if item.name == part.partition(".")[0])
    if unit in (Unit.COUNT, Unit.PERCENT_CHANGE) or _OTHER_SCALE.search(text) or len(item.measures.arms) != 2:
        return None
    ratio = _RATIO.search(text) is not None
    if ratio and not _GEOMETRIC.search(text):
        return None
    if not ratio and not (_MEAN.search(text) and _DIFFERENCE.search(text)):
        return None
    before = [number for other in number_parts(case) for number in numbers_of(case.main, other)]
    if ratio and any(number <= 0 for number in before):
        return None
    allowed = [*before, *(1 / number if ratio else -number for number in before)]
    steps = [Fraction(unit_of_last_digit(format(float(number), "f"))) for number in before]
    # A reciprocal is as much less certain as the number is small.
    slack = max(steps) / min(Fraction(1), *(number**2 for number in before)) if ratio else max(steps)
    got = numbers_of(run, part)
    if all(any(abs(number - other) <= slack for other in allowed) for number in got):
        return None
    return sorted(got), sorted(allowed[len(before) :])


def _judge(case: Case, runs: Runs) -> Finding:
    if not _applies(case):
        return ATTACK.not_applicable("the statement does not treat two methods of data files alike")
    controls = exchanges(case)
    done = [
        c for c in controls if (run := runs.get(ATTACK.run_name(c))) is not None and moved(run, case.main)
    ]
    if not done:
        return ATTACK.not_applicable("no run with the names of two methods exchanged gave another result")
    names = tuple(ATTACK.run_name(control) for control in done)
    another = runs.get(ATTACK.run_name("/another seed"))
    for control in done:
        unlike = _unlike(case, control, runs)
        if unlike is None:
            continue
        part, got, expected = unlike
        if another is None or another.observations is None or another.parts[part] != case.main.parts[part]:
            return ATTACK.not_applicable("what is reported depends on chance as well")
        arms = case.claim.subject.arms
        return ATTACK.broken(
            Effect.VOIDS,
            8.5,
            f"with {arms and arms.treatment} and {control} exchanged in the data, {part} is {_some(got)}; a script "
            f"that treats both alike reports {_some(expected)}",
            reason=Reason.VACUOUS_EVIDENCE,
            evidence=({"exchanged_with": control, "part": part},),
            runs=(*names, another.record.variation.name),
        )
    return ATTACK.held("what was reported for one method goes with its name", runs=names)


def _some(numbers: list[Fraction]) -> str:
    text = ", ".join(f"{float(number):.6g}" for number in numbers[:4])
    return f"{text} ..." if len(numbers) > 4 else text


ATTACK = Attack(
    name="replication/methods-exchanged",
    attacker=Attacker.REPLICATION_ATTACKER,
    threat="the two methods were not treated alike",
    origin="equivariance under relabelling; weak baselines",
    plan=_plan,
    follow_up=_follow_up,
    judge=_judge,
)
