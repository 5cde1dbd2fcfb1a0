"""Reading what a script wrote. It is hostile until every value has the type, unit and range the record declares."""

from __future__ import annotations

import unicodedata
from typing import Any

from pydantic import ValidationError

from harness.json_input import BadJson, parse_json
from harness.records.claim import Claim, Observable
from harness.records.observations import PROTOCOL, Observations, Quantity, ReportedTable
from harness.records.units import RANGE, Unit
from harness.stats.rounding import exact
from harness.tables import is_printed_number

MAX_VALUES = 500_000
MAX_LABEL = 400


class BadObservations(ValueError):
    """The output breaks the protocol or the record. The text says where and how, in one sentence."""


class NothingMeasured(Exception):
    """The script said that it measured nothing; the text is its reason."""


def read_observations(data: bytes, claim: Claim) -> Observations:
    """Parse one observations file against the record that declares it.

    Raises ``BadObservations`` or ``NothingMeasured``.
    """
    try:
        value = parse_json(data, max_bytes=claim.reproduction.limits.output_bytes)
    except BadJson as error:
        raise BadObservations(f"the observations file is {error}") from None
    if not isinstance(value, dict):
        raise BadObservations("the observations file must hold one JSON object")
    if value.get("protocol") != PROTOCOL:
        raise BadObservations(f"protocol must be {PROTOCOL!r}")
    if "not_run" in value:
        reason = value["not_run"]
        if set(value) != {"protocol", "not_run"} or not isinstance(reason, str) or not reason.strip():
            raise BadObservations("not_run must be a reason in words and stand alone")
        raise NothingMeasured(printable(reason)[:400])
    try:
        observations = Observations.model_validate(
            {key: item for key, item in value.items() if key != "protocol"}
        )
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise BadObservations(f"{printable(place)[:200]}: {first['msg']}") from None
    _check_names(observations, claim)
    total = 0
    for wanted in claim.observes:
        if wanted.type == "table":
            total += _check_table(wanted, observations.tables[wanted.name])
        else:
            _check_quantity(wanted, observations.quantities[wanted.name])
            total += 1
    if total > MAX_VALUES:
        raise BadObservations(f"{total} values; at most {MAX_VALUES} are read")
    return observations


def count_values(observations: Observations) -> int:
    """Number of reported values, labels not counted."""
    cells = sum(
        len(table.rows) * sum(column.unit is not None for column in table.columns)
        for table in observations.tables.values()
    )
    return len(observations.quantities) + cells


def printable(text: str) -> str:
    """The text with control and invisible characters spelled out, safe for terminals and reports."""
    return "".join(
        character
        if character == " " or unicodedata.category(character)[0] not in "CZ"
        else f"\\u{ord(character):04x}"
        for character in text
    )


def _check_names(observations: Observations, claim: Claim) -> None:
    wanted_tables = {item.name for item in claim.observes if item.type == "table"}
    wanted_quantities = {item.name for item in claim.observes} - wanted_tables
    for what, wanted, found in (
        ("quantity", wanted_quantities, set(observations.quantities)),
        ("table", wanted_tables, set(observations.tables)),
    ):
        if missing := sorted(wanted - found):
            raise BadObservations(f"{what} {missing[0]!r} was declared but not reported")
        if extra := sorted(found - wanted):
            raise BadObservations(f"{what} {printable(extra[0])[:80]!r} was reported but not declared")


def _check_quantity(wanted: Observable, quantity: Quantity) -> None:
    if quantity.unit != wanted.unit:
        raise BadObservations(f"{wanted.name}: unit is {quantity.unit}, declared {wanted.unit}")
    _check_value(wanted.name, quantity.value, wanted.type, quantity.unit)


def _check_table(wanted: Observable, table: ReportedTable) -> int:
    names = [column.name for column in table.columns]
    if len(set(names)) != len(names):
        raise BadObservations(f"{wanted.name}: a column name stands twice")
    if set(names) != set(wanted.columns):
        raise BadObservations(
            f"{wanted.name}: columns are {printable(', '.join(sorted(names)))[:200]}; "
            f"declared are {', '.join(sorted(wanted.columns))}"
        )
    for column in table.columns:
        declared = wanted.columns[column.name]
        if column.unit != declared.unit:
            raise BadObservations(
                f"{wanted.name}.{column.name}: unit is {column.unit}, declared {declared.unit}"
            )
    labelled = any(column.unit is None for column in table.columns)
    seen: set[tuple[Any, ...]] = set()
    for number, row in enumerate(table.rows):
        if labelled and row in seen:
            raise BadObservations(f"{wanted.name} row {number}: the same row stands there twice")
        seen.add(row)
        if len(row) != len(names):
            raise BadObservations(f"{wanted.name} row {number}: {len(row)} values, {len(names)} columns")
        for name, value in zip(names, row, strict=True):
            declared = wanted.columns[name]
            _check_value(f"{wanted.name} row {number} {name}", value, declared.type, declared.unit)
    return len(table.rows) * len(names)


def _check_value(place: str, value: Any, type_: str, unit: Unit | None) -> None:
    if type_ == "label":
        if not isinstance(value, str) or not value or len(value) > MAX_LABEL or printable(value) != value:
            raise BadObservations(f"{place}: a label must be 1 to {MAX_LABEL} printable characters")
        return
    if type_ == "printed":
        if not isinstance(value, str) or not is_printed_number(value) or len(value) > 40:
            raise BadObservations(f"{place}: a printed number must be text such as '0.487'")
    elif isinstance(value, (str, bool)):
        raise BadObservations(f"{place}: must be a JSON number")
    elif type_ == "integer" and not isinstance(value, int):
        raise BadObservations(f"{place}: must be an integer")
    if unit is not None:
        low, high = RANGE[unit]
        number = exact(value)
        if (low is not None and number < low) or (high is not None and number > high):
            raise BadObservations(
                f"{place}: {value} is outside the range of unit {unit} "
                f"({'' if low is None else low} to {'' if high is None else high})"
            )
