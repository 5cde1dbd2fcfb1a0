"""A statement of mathematics as data: typed variables, what is assumed of them, and what then holds."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from harness.records.base import DecimalText, Identifier, Record, Text


class Integers(Record):
    """Whole numbers."""

    type: Literal["integer"]
    """Kind of domain."""
    least: int | None = None
    """Smallest; absent: there is none."""
    most: int | None = None
    """Largest; absent: there is none."""


class Rationals(Record):
    """Fractions. A statement over the real numbers is searched over its fractions."""

    type: Literal["rational", "real"]
    """rational: fractions · real: real numbers, of which only fractions can be counterexamples here."""
    least: DecimalText | None = None
    """Smallest; absent: there is none."""
    most: DecimalText | None = None
    """Largest; absent: there is none."""


class Labels(Record):
    """A finite set of names, which can only be compared by ``==`` and ``!=``."""

    type: Literal["label"]
    """Kind of domain."""
    values: tuple[Text, ...] = Field(min_length=1, max_length=200)
    """The names, simplest first."""


class Truths(Record):
    """True and false."""

    type: Literal["boolean"]
    """Kind of domain."""


class Lists(Record):
    """Lists of numbers."""

    type: Literal["list"]
    """Kind of domain."""
    of: Annotated[Integers | Rationals, Field(discriminator="type")]
    """What every element is."""
    least_length: Annotated[int, Field(ge=0, le=16)] = 0
    """Shortest length."""
    most_length: Annotated[int, Field(ge=1, le=16)]
    """Longest length."""


Scalar = Integers | Rationals | Labels | Truths
"""A domain whose elements are no lists."""

Domain = Annotated[Scalar | Lists, Field(discriminator="type")]
"""Any domain of a variable."""


class ScriptTie(Record):
    """How the predicate and what the script reports belong together, so that neither can be about something else."""

    parameters: dict[Identifier, str] = Field(default_factory=dict)
    """Variable to the script's parameter that carries it. If every variable is there, the script is run at points
    of the domain that nobody can foresee, and the quantities it reports are compared."""
    table: Identifier | None = None
    """Table that the script reports, with a column for every variable, named as the variable: every row is compared."""
    reports: dict[Identifier, Text] = Field(min_length=1)
    """Quantity, or column of ``table``, to the expression over the variables that it must equal."""


class Predicate(Record):
    """For all values of the variables that satisfy the assumptions, a relation holds."""

    variables: dict[Identifier, Domain] = Field(min_length=1, max_length=12)
    """Name to domain."""
    assumptions: tuple[Text, ...] = Field(default=(), max_length=12)
    """Expressions that choose the points the statement is about."""
    holds: Text
    """Expression that holds at each of these points. Allowed: variables, numbers, ``'labels'``,
    ``+ - * / // % **``, comparisons (also chained), ``and or not``, ``min max abs``, and for lists
    ``sum len min max`` and ``list[i]``. Computed in exact fractions; exponents are whole numbers from 0 to 64."""
    script: ScriptTie | None = None
    """How it belongs to what the script reports."""
