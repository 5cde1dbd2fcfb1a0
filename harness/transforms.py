"""Changes to input tables, as pure functions of bytes, so that an auditor recomputes what a run was given."""

from __future__ import annotations

import random
from collections.abc import Mapping
from decimal import Decimal

from harness.records.run import Transform
from harness.tables import Row, TableData, is_printed_number, parse_table, write_table


def apply_transforms(inputs: Mapping[str, bytes], transforms: tuple[Transform, ...]) -> dict[str, bytes]:
    """Apply transforms in order to input files by file name; a removed file is absent from the result.

    An input that is not a CSV table (by its ``.csv`` ending) can only be emptied (to zero bytes) or removed; other
    transforms leave it as it is.
    """
    result = dict(inputs)
    for transform in transforms:
        for name in sorted(result):
            if transform.inputs and name.rsplit(".", 1)[0] not in transform.inputs:
                continue
            if transform.do == "remove":
                del result[name]
            elif name.endswith(".csv"):
                result[name] = _change(name, result[name], transform)
            elif transform.do == "empty":
                result[name] = b""
    return result


def _change(name: str, data: bytes, transform: Transform) -> bytes:
    table, _ = parse_table(name, data, file=name)
    if table is None:
        return b"" if transform.do == "empty" else data
    if transform.do == "empty":
        return write_table(table.columns, ())
    return write_table(table.columns, _rows(name, table, transform))


def _rows(name: str, table: TableData, transform: Transform) -> list[Row]:
    rows = [dict(row) for row in table.rows]
    column = transform.column
    chosen = [
        index
        for index, row in enumerate(rows)
        if all(row.get(key) in labels for key, labels in transform.where.items())
    ]
    # The seed alone would give tables of equal length the same shuffle; the name keeps them apart.
    rng = random.Random(f"{transform.seed or 0}/{name}")  # noqa: S311 - not cryptography: replayable shuffles
    if transform.do == "drop":
        left_out = set(chosen)
        return [row for index, row in enumerate(rows) if index not in left_out]
    if transform.do == "duplicate":
        twice = set(chosen)
        return [row for index, row in enumerate(rows) for _ in range(2 if index in twice else 1)]
    if transform.do == "reorder":
        rng.shuffle(rows)
        return rows
    if column is None or column not in table.columns:
        return rows
    if transform.do == "permute":
        values = [rows[index][column] for index in chosen]
        rng.shuffle(values)
        for index, value in zip(chosen, values, strict=True):
            rows[index][column] = value
    for index in chosen:
        rows[index][column] = _new_value(rows[index][column], transform)
    return rows


def _new_value(text: str, transform: Transform) -> str:
    if transform.do == "swap" and transform.labels is not None:
        a, b = transform.labels
        return b if text == a else a if text == b else text
    if transform.do == "set" and transform.number is not None:
        return transform.number
    factor = transform.number or ""
    if transform.do in ("scale", "shift") and is_printed_number(factor) and is_printed_number(text):
        old, number = Decimal(text.replace(",", "")), Decimal(factor.replace(",", ""))
        exponent = old.as_tuple().exponent
        # Scaled numbers keep two digits more, so that rounding does not hide what a script does to them; whole
        # numbers stay whole, because a script may count with them.
        more = 2 if transform.do == "scale" and int(exponent) < 0 else 0
        step = Decimal(1).scaleb(int(exponent) - more)
        new = (old * number if transform.do == "scale" else old + number).quantize(step)
        return format(new, "f")
    return text
