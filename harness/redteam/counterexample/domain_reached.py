"""Does the script look as far as the record says, and is a statement without end searched beyond the rows shown?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fractions import Fraction
from typing import Any

from harness.formal.wording import endless, ends_said, least_said, numbers_alone, whole_range
from harness.records.claim import ClaimKind
from harness.records.run import Variation
from harness.records.verdict import Attacker, Effect, Finding, Reason
from harness.redteam.counterexample.formal_domain import ATTACK as SEARCHED
from harness.redteam.counterexample.formal_domain import universal
from harness.redteam.interface import Attack, Case, Runs, RunView
from harness.rules import decide

_MOST = 3
"""Parameters of a record's searches that are tried."""
_TIMES = (2, 4)
"""How many times as far as the search a statement without end is tried."""


def _raised(case: Case) -> Iterator[tuple[int, str, int, int]]:
    """Number of the search, parameter, its value one short of the search's, and a value beyond it.

    Only whole numbers that a search makes larger: they say how far to look.
    """
    own = case.claim.reproduction.parameters
    for index, search in enumerate(case.claim.search):
        for name, wide in sorted(search.parameters.items()):
            narrow = own.get(name)
            if (
                isinstance(narrow, int)
                and isinstance(wide, int)
                and narrow < wide
                and type(narrow) is not bool
            ):
                yield index, name, wide - 1, wide + max(1, (wide - narrow) // 2)


def _planned(case: Case) -> list[tuple[int, str, int, int]]:
    formal = case.claim.kind is ClaimKind.FORMAL and case.measured and universal(case.claim.decision)
    return list(_raised(case))[:_MOST] if formal else []


def _name(index: int, parameter: str, value: int) -> str:
    return ATTACK.run_name(f"{index}/{parameter}/{value}")


def _plan(case: Case) -> tuple[Variation, ...]:
    near = [
        (index, parameter, value)
        for index, parameter, short, beyond in _planned(case)
        for value in (short, beyond)
    ]
    return _farther(case, dict.fromkeys((*near, *_far(case)[:1])))


def _far(case: Case) -> list[tuple[int, str, int]]:
    """Two and four times as far as the record's search goes, where the statement names no end at all."""
    if not endless(case.claim.statement):
        return []
    return [
        (index, parameter, times * int(str(case.claim.search[index].parameters[parameter])))
        for index, parameter, _short, _beyond in _planned(case)[:1]
        for times in _TIMES
    ]


def _farther(case: Case, places: Iterable[tuple[int, str, int]]) -> tuple[Variation, ...]:
    return tuple(
        Variation(
            name=_name(index, parameter, value),
            seed=case.claim.reproduction.seeds[0],
            parameters={**case.claim.search[index].parameters, parameter: value},
        )
        for index, parameter, value in places
    )


def _follow_up(case: Case, runs: Runs) -> tuple[Variation, ...]:
    """Farther still, where the script came as far as twice the search."""
    far = _far(case)
    reached = far and (run := runs.get(_name(*far[0]))) is not None and run.observations is not None
    return _farther(case, far[1:]) if reached else ()


def _rows(run: RunView, case: Case) -> frozenset[str] | None:
    """Different rows of the tables that the rule is about every row of."""
    if run.observations is None:
        return None
    tables = sorted({rule.table for rule in universal(case.claim.decision)})
    return frozenset(
        f"{name} {sorted(row.items())}" for name in tables for row in run.observations.tables[name].records()
    )


def _judge(case: Case, runs: Runs) -> Finding:
    if case.claim.kind is not ClaimKind.FORMAL or not case.measured or not universal(case.claim.decision):
        return ATTACK.not_applicable("the claim is not formal, or its rule is not about every element")
    if (skipped := _skipped(case)) is not None:
        return ATTACK.broken(
            Effect.VOIDS,
            8.0,
            f"the statement speaks of every whole number in its range, and the script shows none with {skipped}",
            reason=Reason.VACUOUS_EVIDENCE,
        )
    if not case.claim.search and case.claim.predicate is None:
        return _without_search(case)
    planned = _planned(case)
    names = tuple(_name(index, name, value) for index, name, *values in planned for value in values)
    for index, parameter, short, beyond in planned:
        wide = case.claim.search[index].parameters[parameter]
        searched = _rows(runs[SEARCHED.run_name(str(index))], case)
        less, more = (_rows(runs[_name(index, parameter, value)], case) for value in (short, beyond))
        if searched is not None and searched == less and more in (searched, None):
            return ATTACK.broken(
                Effect.VOIDS,
                8.5,
                f"the script shows the same {len(searched)} rows for {parameter} = {short} and {wide}"
                + (f", and for {beyond}" if more is not None else f", and no result for {beyond}")
                + ": it does not look as far as it is asked to",
                reason=Reason.VACUOUS_EVIDENCE,
                runs=names,
            )
    searched_runs = [runs[SEARCHED.run_name(str(index))] for index in range(len(case.claim.search))]
    tried = [(index, parameter, beyond) for index, parameter, _short, beyond in planned]
    tried += [place for place in _far(case) if _name(*place) in runs]
    names = tuple(dict.fromkeys((*names, *(_name(*place) for place in tried))))
    refuted = [place for place in tried if _fails(runs[_name(*place)], case)]
    # What fails within the record's own domains is a counterexample, and another attack's.
    if refuted and not any(_fails(run, case) for run in searched_runs):
        _index, parameter, beyond = refuted[0]
        if case.main.answer == "MET" and not _bounded(case, runs):
            return ATTACK.broken(
                Effect.VOIDS,
                8.0,
                f"beyond the domains that the record names, at {parameter} = {beyond}, the rule is refuted, and "
                "the statement names no end",
                reason=Reason.VACUOUS_EVIDENCE,
                runs=names,
            )
    if not planned:
        return ATTACK.not_applicable("no search makes a whole number of the record's parameters larger")
    return ATTACK.held("the script shows more rows the further it is asked to look", runs=names)


def _skipped(case: Case) -> str | None:
    """A whole number of the statement's range that no row has, where one column alone runs from end to end."""
    observations, ends = case.main.observations, whole_range(case.claim.statement)
    if observations is None or ends is None:
        return None
    columns = {
        column.name: {row[column.name] for row in observations.tables[name].records()}
        for name in {rule.table for rule in universal(case.claim.decision)}
        for column in observations.tables[name].columns
    }
    running = {
        name: values
        for name, values in columns.items()
        if all(isinstance(value, int) for value in values) and (min(values), max(values)) == ends
    }
    if len(running) != 1:
        return None
    [(name, values)] = running.items()
    missing = sorted(set(range(ends[0], ends[1] + 1)) - values)
    return f"{name} = {missing[0]}" if missing else None


def _without_search(case: Case) -> Finding:
    if endless(case.claim.statement) and not _bounded(case, {}):
        return ATTACK.broken(
            Effect.VOIDS,
            7.5,
            "the statement names no end to its domain, and the evidence is a handful of cases: give a `search` over a "
            "wider domain or a `predicate`, or say in the statement up to where it was checked",
            reason=Reason.VACUOUS_EVIDENCE,
        )
    return ATTACK.held("the cases that the statement speaks of are those that the script shows")


def _fails(run: RunView, case: Case) -> bool:
    observations = run.observations
    return observations is not None and any(
        decide(rule, observations).answer == "REFUTED" for rule in universal(case.claim.decision)
    )


def _bounded(case: Case, runs: Runs) -> bool:
    """Whether a number of the statement, outside its formulas, is where the rows that were shown end."""
    text = case.claim.statement
    shown = [case.main, *(runs[SEARCHED.run_name(str(i))] for i in range(len(case.claim.search)) if runs)]
    given: list[Any] = [case.claim.reproduction.parameters, *(item.parameters for item in case.claim.search)]
    whole = {Fraction(value) for item in given for value in item.values() if isinstance(value, int)}
    least = least_said(text)
    ends = {end for run in shown for end in _ends(run, case)}
    return bool((numbers_alone(text) - least) & ends or (ends_said(text) - least) & whole)


def _ends(run: RunView, case: Case) -> Iterator[Fraction]:
    """How many rows there are, the largest number of each column, and the longest label."""
    if run.observations is None:
        return
    for name in {rule.table for rule in universal(case.claim.decision)}:
        rows = run.observations.tables[name].records()
        yield Fraction(len(rows))
        for column in run.observations.tables[name].columns:
            values = [row[column.name] for row in rows]
            if whole := [value for value in values if isinstance(value, int)]:
                # A column of zeros and ones says whether something is so, and has no end.
                if max(whole) > 1:
                    yield Fraction(max(whole))
            elif values and column.unit is None:
                yield Fraction(max(len(str(value)) for value in values))


ATTACK = Attack(
    name="counterexample/domain-reached",
    attacker=Attacker.COUNTEREXAMPLE_HUNTER,
    threat="the script stops short of the cases in which the statement fails",
    origin="bounded exhaustive testing; silently capped loops",
    plan=_plan,
    follow_up=_follow_up,
    judge=_judge,
)
