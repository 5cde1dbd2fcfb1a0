"""Forensics of printed numbers: can they all be true? ``granularity`` (GRIM) and ``mean_of_cells``."""

from __future__ import annotations

from fractions import Fraction

from harness.records.observations import Observations
from harness.records.rules import Answer, Comparison, Granularity, MeanOfCells, RuleOutcome
from harness.rules.outcomes import listed, named, row_as_reported
from harness.rules.reading import Row, Table, UnreadableError, parameter, read_table
from harness.stats.rounding import (
    Interval,
    could_fail_granularity,
    decimal_text,
    granularity,
    printed_interval,
)


def decide_granularity(rule: Granularity, observations: Observations) -> RuleOutcome:
    """MET when every printed mean can come from n yes/no outcomes, REFUTED when some cannot.

    UNDECIDED when no row could have failed, because every step k/n is finer than the printed digits.
    """
    table = read_table(observations, rule.table)
    if rule.rows is not None and len(table.rows) != rule.rows:
        raise UnreadableError(
            f"Table {rule.table!r} has {len(table.rows)} rows, the rule is about {rule.rows}."
        )
    scale = parameter("scale", rule.scale)
    if scale <= 0:
        raise UnreadableError(f"The rule's scale is {rule.scale}, but must be positive.")
    cells = [
        (row, table.printed(row, rule.value), _positive_integer(table, row, rule.n)) for row in table.rows
    ]
    impossible = [row for row, printed, n in cells if granularity(printed, n, scale) is None]
    testable = sum(could_fail_granularity(printed, n, scale) for _, printed, n in cells)
    answer = Answer.REFUTED if impossible else Answer.MET if testable else Answer.UNDECIDED
    numbers = {"rows": len(cells), "could_fail": testable, "violating": len(impossible)}
    found = f"{len(cells) - len(impossible)} of {len(cells)} printed means are some k/n"
    found += f", {testable} could have failed"
    where = f"; impossible: {listed(table.row_name(row) for row in impossible)}" if impossible else ""
    return RuleOutcome(
        rule=rule.rule,
        answer=answer,
        summary=f"{found}{where}.",
        settles="Means with more digits, or over fewer items." if answer is Answer.UNDECIDED else "",
        comparisons=(Comparison(name="rows", answer=answer, numbers=numbers),),
        violations=tuple(row_as_reported(row) for row in impossible),
        assumptions=("Every item has one yes/no outcome and counts the same.",),
    )


def decide_mean_of_cells(rule: MeanOfCells, observations: Observations) -> RuleOutcome:
    """MET when every printed mean can be the mean of its cells, REFUTED when some cannot.

    The true cells lie in their rounding intervals, so their mean lies in the mean of these intervals; that
    must share a value with the rounding interval of the printed mean. Every group needs cells and one mean.
    """
    table = read_table(observations, rule.table)
    cells: dict[tuple[str, ...], list[str]] = {}
    means: dict[tuple[str, ...], str] = {}
    for row in table.rows:
        key, kind = table.key(row, rule.groups), table.label(row, rule.kind_column)
        if kind == rule.cell:
            cells.setdefault(key, []).append(table.printed(row, rule.value))
        elif kind == rule.mean:
            if key in means:
                raise UnreadableError(f"{named(rule.groups, key, 'The table')} has two printed means.")
            means[key] = table.printed(row, rule.value)
    if not means:
        raise UnreadableError(f"Table {rule.table!r} has no row of kind {rule.mean!r}.")
    if alone := sorted(cells.keys() ^ means.keys()):
        lacking = "a printed mean" if alone[0] in cells else "cells"
        raise UnreadableError(f"{named(rule.groups, alone[0], 'The table')} has no row that is {lacking}.")
    violations = []
    for key, printed in sorted(means.items()):
        intervals = [printed_interval(cell) for cell in cells[key]]
        n = len(intervals)
        low, high = sum(i.low for i in intervals) / Fraction(n), sum(i.high for i in intervals) / Fraction(n)
        if not Interval(low, high).meets(printed_interval(printed)):
            violations.append(
                {
                    "group": dict(zip(rule.groups, key, strict=True)),
                    "printed": printed,
                    "recomputed": decimal_text((low + high) / 2, 6),
                    "n": n,
                }
            )
    answer = Answer.REFUTED if violations else Answer.MET
    return RuleOutcome(
        rule=rule.rule,
        answer=answer,
        summary=f"{len(means) - len(violations)} of {len(means)} printed means are the mean of their cells, "
        "within what rounding allows.",
        comparisons=(
            Comparison(
                name="means", answer=answer, numbers={"means": len(means), "violating": len(violations)}
            ),
        ),
        violations=tuple(violations),
        assumptions=("The mean is unweighted and its cells are all in the table.",),
    )


def _positive_integer(table: Table, row: Row, column: str) -> int:
    value = table.number(row, column)
    if value.denominator != 1 or value < 1:
        raise UnreadableError(
            f"Table {table.name!r}, {table.row_name(row)}: {column} is not a positive integer."
        )
    return int(value)
