"""Which quantities, tables and columns a rule uses, so that a record can be checked before anything runs."""

from __future__ import annotations

from typing import assert_never

from harness.records.reported_rules import PercentChange, PValue, SameValue, SampleSummary, SumOfCells
from harness.records.rules import (
    AllOf,
    AnyOf,
    Bound,
    Equals,
    ForAll,
    Granularity,
    MeanOfCells,
    Paired,
    Proportion,
    Rank,
    Rerun,
    Rule,
    Sequential,
    Trend,
    Unpaired,
    Where,
)
from harness.rules.expression import ExpressionError, names

Reference = tuple[str, str | None]
"""Name of a quantity or table, and the column for a table."""


def references(rule: Rule) -> list[Reference]:
    """Every quantity (name, None) and table column (name, column) the rule uses, sorted, each once.

    A table of which the rule uses no column, because its expression is not well formed or names none, comes
    as (name, None); ``expression.check`` says what is wrong with it.
    """
    return sorted(set(_references(rule)), key=lambda reference: (reference[0], reference[1] or ""))


def _references(rule: Rule) -> list[Reference]:
    match rule:
        case Equals() | Bound():
            return _named(rule.of)
        case ForAll():
            return _columns(rule.table, *_used(rule.holds), *(_used(rule.when) if rule.when else ()))
        case Proportion():
            return _columns(rule.table, *_used(rule.holds))
        case Rank():
            return _columns(rule.table, *rule.blocks, rule.arm_column, rule.value_column)
        case Paired():
            levels = [name for name in (rule.cluster, rule.seed_column) if name is not None]
            return _columns(rule.table, *rule.groups, rule.unit, *levels, rule.treatment, rule.control)
        case Unpaired():
            levels = [name for name in (rule.cluster, rule.seed_column) if name is not None]
            return _columns(rule.table, *rule.groups, rule.unit, *levels, rule.arm_column, rule.value_column)
        case Trend():
            return _columns(rule.table, *rule.blocks, rule.dose_column, rule.value_column)
        case Rerun():
            return _columns(rule.table, rule.run, rule.value_column)
        case Sequential():
            return _columns(rule.table, rule.order, rule.treatment, rule.control)
        case Granularity():
            return _columns(rule.table, rule.value, rule.n)
        case MeanOfCells() | SumOfCells():
            return _columns(rule.table, *rule.groups, rule.kind_column, rule.value)
        case SameValue():
            return _columns(rule.table, rule.first, rule.second)
        case PercentChange():
            return _columns(rule.table, rule.before, rule.after, rule.change)
        case PValue():
            return _columns(rule.table, rule.value, *rule.df, rule.p)
        case SampleSummary():
            return _columns(rule.table, rule.mean, rule.sd, rule.n)
        case AllOf() | AnyOf():
            return [reference for part in rule.parts for reference in _references(part)]
        case _:
            assert_never(rule)


def _named(where: Where) -> list[Reference]:
    found: list[Reference] = [] if where.quantity is None else [(where.quantity, None)]
    if where.table is not None:
        found += _columns(where.table, *where.row, *([where.column] if where.column else []))
    return found


def _columns(table: str, *columns: str) -> list[Reference]:
    return [(table, column) for column in columns] or [(table, None)]


def _used(expression: str) -> frozenset[str]:
    try:
        return names(expression)
    except ExpressionError:
        return frozenset()
