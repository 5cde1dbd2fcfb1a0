"""Further ``consistency`` rules: printed numbers of one row, or of one group of rows, that must go together."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from harness.records.base import Identifier, Record, Text


class SumOfCells(Record):
    """Every printed total is the sum of its printed cells, within what rounding of all of them allows."""

    rule: Literal["sum_of_cells"]
    """Kind of rule, a ``consistency`` rule of the design."""
    table: Identifier
    """Long table holding cells and printed totals."""
    groups: tuple[Identifier, ...]
    """Label columns that together name a total."""
    kind_column: Identifier
    """Label column telling cells from totals."""
    cell: Text = "cell"
    """Label of a cell in that column."""
    total: Text = "printed_total"
    """Label of a printed total in that column."""
    value: Identifier
    """Column of printed values."""
    counts: bool = False
    """Whether the values are counts, which are not rounded."""


class SameValue(Record):
    """In every row two printed numbers can be the same number, each rounded to its own digits."""

    rule: Literal["same_value"]
    """Kind of rule, a ``consistency`` rule of the design."""
    table: Identifier
    """Table that the script reports."""
    first: Identifier
    """Column of the number as printed at one place."""
    second: Identifier
    """Column of the number as printed at another place."""
    rows: Annotated[int, Field(ge=1)] | None = None
    """Number of rows the table must have; another number makes the rule UNDECIDED."""


class PercentChange(Record):
    """In every row a printed change follows from the two printed numbers that it compares."""

    rule: Literal["percent_change"]
    """Kind of rule, a ``consistency`` rule of the design."""
    table: Identifier
    """Table that the script reports."""
    before: Identifier
    """Column of the number compared with."""
    after: Identifier
    """Column of the number compared."""
    change: Identifier
    """Column of the printed change."""
    direction: Literal["increase", "reduction"] = "increase"
    """increase: 100 (after - before) / before · reduction: the same with the other sign."""
    relative: bool = True
    """Whether the change is relative, in percent; else it is the difference, in points."""
    rows: Annotated[int, Field(ge=1)] | None = None
    """Number of rows the table must have; another number makes the rule UNDECIDED."""


class PValue(Record):
    """In every row a printed p follows from the printed test statistic and its degrees of freedom."""

    rule: Literal["p_value"]
    """Kind of rule, a ``consistency`` rule of the design."""
    table: Identifier
    """Table that the script reports."""
    statistic: Literal["z", "t", "r", "f", "chi2"]
    """What was tested with."""
    value: Identifier
    """Column of the statistic."""
    df: tuple[Identifier, ...] = Field(default=(), max_length=2)
    """Columns of the degrees of freedom: none for z, two for F, else one."""
    p: Identifier
    """Column of the printed p."""
    sides: Literal[1, 2] = 2
    """Sides of the test."""
    rows: Annotated[int, Field(ge=1)] | None = None
    """Number of rows the table must have; another number makes the rule UNDECIDED."""


class SampleSummary(Record):
    """In every row some sample of n values has the printed mean and standard deviation."""

    rule: Literal["grimmer", "debit"]
    """grimmer: the values are whole numbers · debit: each is 0 or 1."""
    table: Identifier
    """Table that the script reports."""
    mean: Identifier
    """Column of the printed mean."""
    sd: Identifier
    """Column of the printed standard deviation."""
    n: Identifier
    """Column with the number of values, an integer of at least 2."""
    divisor: Literal["n-1", "n", "either"] = "either"
    """What the standard deviation divides by."""
    rows: Annotated[int, Field(ge=1)] | None = None
    """Number of rows the table must have; another number makes the rule UNDECIDED."""
