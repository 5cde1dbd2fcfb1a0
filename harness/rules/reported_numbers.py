"""``sum_of_cells``, ``same_value``, ``percent_change``, ``p_value``, ``grimmer`` and ``debit``.

Each is MET when all printed numbers can be true together, REFUTED when some cannot. Both ends of a rounding
interval count as inside, so that a rule is refuted only if no way of rounding halves saves it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any

from harness.records.observations import Observations
from harness.records.reported_rules import PercentChange, PValue, SameValue, SampleSummary, SumOfCells
from harness.records.rules import Answer, Comparison, RuleOutcome
from harness.rules.outcomes import named, row_as_reported
from harness.rules.reading import Row, Table, UnreadableError, read_table
from harness.stats.debit import debit
from harness.stats.grimmer import grimmer
from harness.stats.percent import change_span
from harness.stats.reported_p import agrees, p_range
from harness.stats.rounding import decimal_text
from harness.stats.rounding_rules import Span, span

_DIVISORS: dict[str, tuple[int, ...]] = {"n-1": (1,), "n": (0,), "either": (1, 0)}


def decide_same_value(rule: SameValue, observations: Observations) -> RuleOutcome:
    """MET when in every row the two rounding intervals share a value."""
    table = _table(rule.table, rule.rows, observations)
    return _by_row(
        rule.rule,
        table,
        lambda row: span(table.printed(row, rule.first)).meets(span(table.printed(row, rule.second))),
        "pairs of printed numbers can be one number",
        "Both columns give the same quantity.",
    )


def decide_percent_change(rule: PercentChange, observations: Observations) -> RuleOutcome:
    """MET when in every row the printed change lies among those that the two numbers allow."""
    table = _table(rule.table, rule.rows, observations)

    def holds(row: Row) -> bool:
        try:
            allowed = change_span(
                span(table.printed(row, rule.after)),
                span(table.printed(row, rule.before)),
                relative=rule.relative,
            )
        except ValueError as error:
            raise UnreadableError(f"Table {table.name!r}, {table.row_name(row)}: {error}.") from None
        turned = allowed.times(Fraction(-1)) if rule.direction == "reduction" else allowed
        return span(table.printed(row, rule.change)).meets(turned)

    basis = f"relative to {rule.before}, in percent" if rule.relative else "a difference in points"
    return _by_row(rule.rule, table, holds, "printed changes follow", f"The change is {basis}.")


def decide_p_value(rule: PValue, observations: Observations) -> RuleOutcome:
    """MET when in every row the printed p lies among those that the printed statistic allows."""
    table = _table(rule.table, rule.rows, observations)

    def holds(row: Row) -> bool:
        dfs = []
        for column in rule.df:
            text = (
                table.printed(row, column)
                if isinstance(row.get(column), str)
                else str(table.number(row, column))
            )
            value = table.number(row, column)
            # Whole degrees of freedom are exact; those with decimals were rounded.
            dfs.append(Span(value, value) if value.denominator == 1 else span(text))
        try:
            low, high = p_range(rule.statistic, span(table.printed(row, rule.value)), dfs, rule.sides)
        except ValueError as error:
            raise UnreadableError(f"Table {table.name!r}, {table.row_name(row)}: {error}.") from None
        return agrees(span(table.printed(row, rule.p)), "", low, high)

    return _by_row(
        rule.rule,
        table,
        holds,
        "printed p follow from their statistic",
        f"Every p is {'two' if rule.sides == 2 else 'one'}-sided and not corrected.",
    )


def decide_sample_summary(rule: SampleSummary, observations: Observations) -> RuleOutcome:
    """MET when in every row some sample can have the printed mean and standard deviation."""
    table = _table(rule.table, rule.rows, observations)
    possible = grimmer if rule.rule == "grimmer" else debit

    def holds(row: Row) -> bool:
        n = table.number(row, rule.n)
        if n.denominator != 1 or not 2 <= n <= 10**9:
            raise UnreadableError(
                f"Table {table.name!r}, {table.row_name(row)}: {rule.n} is not an integer of at least 2."
            )
        return possible(
            span(table.printed(row, rule.mean)),
            span(table.printed(row, rule.sd)),
            int(n),
            divisors=_DIVISORS[rule.divisor],
        )

    kind = "whole numbers" if rule.rule == "grimmer" else "zeros and ones"
    return _by_row(rule.rule, table, holds, f"samples of {kind} are possible", f"The values are {kind}.")


def decide_sum_of_cells(rule: SumOfCells, observations: Observations) -> RuleOutcome:
    """MET when every printed total can be the sum of its cells. Every group needs cells and one total."""
    table = read_table(observations, rule.table)
    cells: dict[tuple[str, ...], list[str]] = {}
    totals: dict[tuple[str, ...], str] = {}
    for row in table.rows:
        key, kind = table.key(row, rule.groups), table.label(row, rule.kind_column)
        if kind == rule.cell:
            cells.setdefault(key, []).append(table.printed(row, rule.value))
        elif kind == rule.total:
            if key in totals:
                raise UnreadableError(f"{named(rule.groups, key, 'The table')} has two printed totals.")
            totals[key] = table.printed(row, rule.value)
    if not totals:
        raise UnreadableError(f"Table {rule.table!r} has no row of kind {rule.total!r}.")
    if alone := sorted(cells.keys() ^ totals.keys()):
        lacking = "a printed total" if alone[0] in cells else "cells"
        raise UnreadableError(f"{named(rule.groups, alone[0], 'The table')} has no row that is {lacking}.")

    def reading(text: str) -> Span:
        allowed = span(text)
        middle = (allowed.low + allowed.high) / 2
        return Span(middle, middle) if rule.counts else allowed

    violations: list[dict[str, Any]] = []
    for key, printed in sorted(totals.items()):
        allowed = reading(cells[key][0])
        for text in cells[key][1:]:
            allowed = allowed.plus(reading(text))
        if not allowed.meets(reading(printed)):
            violations.append(
                {
                    "group": dict(zip(rule.groups, key, strict=True)),
                    "printed": printed,
                    "recomputed": decimal_text((allowed.low + allowed.high) / 2, 6),
                    "n": len(cells[key]),
                }
            )
    return _outcome(
        rule.rule,
        len(totals),
        violations,
        "printed totals are the sum of their cells",
        "Every cell of a total is in the table.",
    )


def _table(name: str, rows: int | None, observations: Observations) -> Table:
    table = read_table(observations, name)
    if rows is not None and len(table.rows) != rows:
        raise UnreadableError(f"Table {name!r} has {len(table.rows)} rows, the rule is about {rows}.")
    return table


def _by_row(rule: str, table: Table, holds: Callable[[Row], bool], what: str, assumption: str) -> RuleOutcome:
    answers = [(row, holds(row)) for row in table.rows]
    violations = [row_as_reported(row) for row, held in answers if not held]
    return _outcome(rule, len(answers), violations, what, assumption)


def _outcome(
    rule: str, count: int, violations: Sequence[dict[str, Any]], what: str, assumption: str
) -> RuleOutcome:
    answer = Answer.REFUTED if violations else Answer.MET
    numbers = {"rows": count, "violating": len(violations)}
    return RuleOutcome(
        rule=rule,
        answer=answer,
        summary=f"{count - len(violations)} of {count} {what}, within what rounding allows.",
        comparisons=(Comparison(name="rows", answer=answer, numbers=numbers),),
        violations=tuple(violations),
        assumptions=(assumption,),
    )
