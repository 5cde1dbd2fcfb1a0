"""All measurements of the data files times one number: what is reported of them follows, with nothing added.

Expected beforehand, by homogeneity: a mean, a quantile and a difference of such are scaled alike, a ratio stays. A
change of unit or a scale turned round adds the same to every method. What is added to one of them, to a
difference, or only while the numbers are those of the record, was put there by the script.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from harness.grounding import find_entity
from harness.records.rules import ForAll
from harness.records.run import Transform, Variation
from harness.records.units import Unit
from harness.records.verdict import Attacker, Effect, Finding, Reason
from harness.redteam.data_inputs import (
    arm_names,
    changes_something,
    counts_records,
    data_files,
    number_parts,
    plain,
)
from harness.redteam.interface import Attack, Case, Runs, unit_of
from harness.redteam.measurements import (
    few_values,
    measured_columns,
    numbers_of_records,
    numbers_said,
    says_mean,
    whole,
)
from harness.redteam.scale_laws import ScaleLaw, scale_laws
from harness.rules.leaves import leaves

_WHOLE, _DECIMAL = ("2", "3"), ("0.5", "0.9")
"""Factors: whole numbers stay exact, and numbers with decimals stay in the range of a percentage."""
_ALL, _MANY = "all", "many"
"""Columns that are scaled: all measurements, or only those of more than a few different values."""
_COMPARES = re.compile(r"\b(?:differences?|than|gaps?|gains?)\b", re.IGNORECASE)
_FEWEST = 5
"""Least number in a statement that is taken for a number of records."""
_PLAIN = (Unit.FRACTION, Unit.PERCENT, Unit.SECONDS, Unit.BYTES, Unit.RANKS)
"""Units of numbers to which no change of unit adds anything."""


def _columns(case: Case, which: str) -> list[tuple[str, str]]:
    files = data_files(case)
    return [
        (name, column)
        for name, column in measured_columns(case)
        if which == _ALL or not few_values(files[name].columns()[column])
    ]


def _factors(case: Case, columns: list[tuple[str, str]]) -> tuple[str, str]:
    files = data_files(case)
    return _WHOLE if any(whole(files[name].columns()[column]) for name, column in columns) else _DECIMAL


def _variations(case: Case, which: str) -> tuple[Variation, ...]:
    columns = _columns(case, which)
    seed = case.claim.reproduction.seeds[0]
    planned = tuple(
        Variation(
            name=ATTACK.run_name(f"{which}/{factor}"),
            seed=seed,
            transforms=tuple(
                Transform(do="rescale", inputs=(name,), column=column, number=factor)
                for name, column in columns
            ),
        )
        for factor in _factors(case, columns)
    )
    return planned if all(changes_something(case, item.transforms) for item in planned) else ()


def _plan(case: Case) -> tuple[Variation, ...]:
    return _variations(case, _ALL) if case.measured and says_mean(case) else ()


def _follow_up(case: Case, runs: Runs) -> tuple[Variation, ...]:
    """Without the columns of few values, by which a script may select, where those say something or nothing."""
    planned = _plan(case)
    if not planned or _columns(case, _MANY) == _columns(case, _ALL):
        return ()
    broken = _broken(case, runs, planned)
    return () if broken == [] else _variations(case, _MANY)


def _judge(case: Case, runs: Runs) -> Finding:
    planned = _plan(case)
    if not planned:
        return ATTACK.not_applicable(
            "the statement calls nothing a mean or a quantile of what a data file holds"
        )
    tried = [planned, *([further] if (further := _follow_up(case, runs)) else [])]
    names = tuple(item.name for variations in tried for item in variations)
    results = [found for variations in tried if (found := _broken(case, runs, variations)) is not None]
    if not results:
        return ATTACK.not_applicable("the script reports nothing on data of another scale")
    if all(results):
        first = results[-1][0]
        return ATTACK.broken(
            Effect.VOIDS,
            8.5,
            f"with all measurements times {first['factor']}, {first['part']} goes from {first['before']} to "
            f"{first['after']}: {first['why']}",
            reason=Reason.VACUOUS_EVIDENCE,
            evidence=tuple(results[-1][:20]),
            runs=names,
        )
    return ATTACK.held("what is reported follows the scale of the measurements", runs=names)


def _broken(case: Case, runs: Runs, variations: Iterable[Variation]) -> list[dict[str, Any]] | None:
    """Numbers that do not follow; None where the runs do not say."""
    scaled = {item.transforms[0].number or "": runs[item.name] for item in variations}
    if any(run.observations is None for run in scaled.values()):
        return None
    laws = {
        (part, key): law
        for part in number_parts(case)
        if not counts_records(part, case)
        for key, law in scale_laws(part, case.main, scaled).items()
    }
    found: list[dict[str, Any]] = []
    for (part, key), law in laws.items():
        if why := _wrong(law, part, case):
            found.append(_told(part, key, law) | {"why": why})
    return found or _added_to_one(case, laws)


def _wrong(law: ScaleLaw, part: str, case: Case) -> str:
    """What is wrong with the way in which one number goes with the scale; empty where nothing is."""
    if law.follows:
        return ""
    if law.added is not None:
        free = abs(law.added) in numbers_said(case) or law.turned
        if not free and (_is_difference(case) or unit_of(part, case.claim) in _PLAIN):
            return f"{float(law.added):.6g} of it does not come from the data"
    elif _speaks_of_all(case) and (law.only_elsewhere or _under_its_name(case)):
        return "it neither scales with them nor stays"
    return ""


def _added_to_one(case: Case, laws: Mapping[tuple[str, tuple[str, ...]], ScaleLaw]) -> list[dict[str, Any]]:
    """Numbers of one method to which something is added and not to the same numbers of another."""
    together: dict[tuple[str, ...], list[tuple[str, tuple[str, ...], ScaleLaw]]] = {}
    spellings = set().union(*arm_names(case).values())
    for (part, key), law in laws.items():
        table, _dot, column = part.partition(".")
        rest = tuple(label for label in key if plain(label) not in spellings)
        if plain(column) in spellings:
            together.setdefault((table, *key), []).append((part, key, law))
        elif len(rest) < len(key):
            together.setdefault((part, *rest), []).append((part, key, law))
    for items in together.values():
        known = [(law.added, part, key, law) for part, key, law in items if law.added is not None]
        most = max(known, key=lambda item: abs(item[0]), default=None)
        least = min(known, key=lambda item: abs(item[0]), default=None)
        if (
            most is not None
            and least is not None
            and most[3].slack + least[3].slack < abs(most[0] - least[0])
        ):
            _added, part, key, law = most
            return [
                _told(part, key, law) | {"why": "something is added to it that is not added to the others"}
            ]
    return []


def _told(part: str, key: tuple[str, ...], law: ScaleLaw) -> dict[str, Any]:
    return {
        "part": " ".join((part, *key)),
        "factor": f"{float(law.factor):g}",
        "before": f"{float(law.own):.6g}",
        "after": f"{float(law.scaled):.6g}",
    }


def _is_difference(case: Case) -> bool:
    """Whether what is reported is one difference of methods, from which anything done to all of them falls out."""
    return (
        _COMPARES.search(case.claim.statement) is not None
        and not any(isinstance(leaf, ForAll) for leaf in leaves(case.claim.decision))
        and all(len(item.measures.arms) > 1 for item in case.claim.observes)
    )


def _under_its_name(case: Case) -> bool:
    """Whether a measured column has the name of a measure of the subject, so that nothing is computed from it."""
    facts, files = case.loaded.source.base.facts, data_files(case)
    names = set()
    for name in case.claim.subject.metrics:
        entity = find_entity(facts, "metrics", name)
        names |= {plain(text) for text in (name, *((entity.name, *entity.aliases) if entity else ()))}
    return any(
        plain(files[name].columns()[column][0].name) in names for name, column in measured_columns(case)
    )


def _speaks_of_all(case: Case) -> bool:
    """Whether the statement gives a number of records that the files have: then none is left out by its value."""
    return any(number >= _FEWEST and number in numbers_of_records(case) for number in numbers_said(case))


ATTACK = Attack(
    name="replication/file-scale",
    attacker=Attacker.REPLICATION_ATTACKER,
    threat="the script adds a correction, or answers from memory while the data are near the record's own",
    origin="metamorphic testing; homogeneity of means, quantiles and differences",
    plan=_plan,
    follow_up=_follow_up,
    judge=_judge,
)
