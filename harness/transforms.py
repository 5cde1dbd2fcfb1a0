"""Changes to input tables, as pure functions of bytes, so that an auditor recomputes what a run was given."""

from __future__ import annotations

import random
from collections.abc import Hashable, Mapping
from decimal import Decimal
from typing import Any

from harness.data_files import DataFile, Slot, json_number, parse_data
from harness.records.run import Transform
from harness.rewriting import written_anew
from harness.tables import Row, TableData, is_printed_number, parse_table, write_table


def apply_transforms(inputs: Mapping[str, bytes], transforms: tuple[Transform, ...]) -> dict[str, bytes]:
    """Apply transforms in order to input files by file name; a removed file is absent from the result.

    An input that is not a CSV table (by its ``.csv`` ending) is emptied to zero bytes; other transforms change its
    values where ``data_files`` knows its form, and leave it as it is otherwise.
    """
    result = dict(inputs)
    for transform in transforms:
        for name in sorted(result):
            if not concerns(transform, name):
                continue
            if transform.do == "remove":
                del result[name]
            elif name.endswith(".csv") and transform.do not in _OF_COLUMNS and not transform.rows:
                result[name] = _change(name, result[name], transform)
            elif transform.do == "empty":
                result[name] = b""
            else:
                result[name] = _change_values(name, result[name], transform)
    return result


def concerns(transform: Transform, name: str) -> bool:
    """Whether a transform changes the input file of a name; ``xquad-r/en.json`` is a file of a resource."""
    own = {name, name.partition("/")[0]} if "/" in name else {name.rsplit(".", 1)[0]}
    return not transform.inputs or not own.isdisjoint(transform.inputs)


_OF_ROWS = ("thin", "drop", "duplicate")
"""Transforms that leave rows out or repeat them."""
_OF_COLUMNS = ("redraw", "noise", "exchange", "rescale", "relabel", "nudge", "blank", "thin", "rewrite")
"""Transforms of whole files, whatever their form."""


def _change_values(name: str, data: bytes, transform: Transform) -> bytes:
    file = parse_data(name, data)
    if file is None:
        return data
    rng = random.Random(f"{transform.seed or 0}/{name}")  # noqa: S311 - not cryptography: replayable draws
    chosen = _records(file, transform)
    if transform.do in _OF_ROWS:
        copies = _copies(file, transform, chosen, rng)
        return file.render(copies) if copies else data
    if transform.do == "rewrite":
        return written_anew(name, file.render(), transform.number or "0")
    before = [slot.value for slot in file.slots]
    if transform.do == "exchange" and transform.labels is not None:
        _exchange(file, transform.labels, float(transform.number or "0.5"), rng)
    named = transform.column is not None
    columns = file.columns() if named or transform.do in ("blank", "nudge") else file.free_columns()
    for column, slots in columns.items():
        own = [slot for slot in slots if chosen is None or _belongs(slot, chosen)]
        if named and transform.column not in (column, slots[0].name):
            continue
        if column not in transform.where and slots[0].name not in transform.where:
            _change_column(slots, own, transform, rng)
    # Bytes that a script may compare stay as they are where no value changed.
    return data if before == [slot.value for slot in file.slots] else file.render()


def _change_column(slots: list[Slot], own: list[Slot], transform: Transform, rng: random.Random) -> None:
    """Change the slots of one column that were selected."""
    numbers = all(slot.number for slot in slots)
    values = [slot.value for slot in slots]
    if transform.do == "noise":
        values = [slot.value for slot in own]
        rng.shuffle(values)
        for slot, value in zip(own, values, strict=True):
            slot.value = value
    elif transform.do == "redraw" and numbers:
        for slot in own:
            slot.value = rng.choice(values)
    elif transform.do == "set" and transform.number is not None:
        for slot in own:
            slot.value = transform.number if isinstance(slot.value, str) else json_number(transform.number)
    elif transform.do == "relabel" and not numbers:
        often, share = rng.choice(values), float(transform.number or "0")
        if transform.labels is not None:
            often = next((value for value in values if str(value) == transform.labels[0]), often)
        for slot in own:
            slot.value = often if rng.random() < share else rng.choice(values)
    elif transform.do == "swap" and transform.labels is not None:
        other = dict(zip(transform.labels, reversed(transform.labels), strict=True))
        for slot in own:
            slot.value = other.get(str(slot.value), slot.value)
    elif transform.do == "rescale":
        for slot in own:
            slot.value = _scaled(slot, transform)
    elif transform.do == "nudge":
        for index, slot in enumerate(rng.sample(own, min(len(own), int(transform.number or "1")))):
            slot.value = _nudged(slot, values, index, rng)
    elif transform.do == "blank":
        for slot in own:
            if slot.name and rng.random() < float(transform.number or "0.1"):
                slot.value = "" if isinstance(slot.value, str) else None


def _nudged(slot: Slot, values: list[Any], index: int, rng: random.Random) -> Any:
    """A number one or a few units of its last digit away; another label of its column."""
    if isinstance(slot.value, bool):
        return not slot.value
    if not slot.number:
        others = sorted({value for value in values if isinstance(value, str) and value != slot.value})
        return rng.choice(others) if others else slot.value
    step = (index + 1) * (1 if rng.random() < 0.5 else -1)
    if isinstance(slot.value, int):
        return slot.value + step
    if isinstance(slot.value, str) and is_printed_number(slot.value):
        unit = Decimal(1).scaleb(int(Decimal(slot.value.replace(",", "")).as_tuple().exponent))
        return format(Decimal(slot.value.replace(",", "")) + step * unit, "f")
    changed = float(slot.value) * (1 + step * 1e-6)
    return repr(changed) if isinstance(slot.value, str) else changed


def _copies(
    file: DataFile, transform: Transform, chosen: set[Hashable] | None, rng: random.Random
) -> dict[Hashable, int]:
    """How often each selected row is to stand in the file."""
    rows = file.rows()
    if chosen is not None:
        own = {slot.row for slot in file.slots if _belongs(slot, chosen)}
        rows = [row for row in rows if row in own]
    if transform.do == "thin":
        # At least two rows stay: a file with fewer is no sample of itself.
        keep = max(2, round(len(rows) * float(transform.number or "0.5")))
        left = set(rng.sample(range(len(rows)), min(keep, len(rows))))
        return {row: 0 for index, row in enumerate(rows) if index not in left}
    return dict.fromkeys(rows, 0 if transform.do == "drop" else 2)


def _records(file: DataFile, transform: Transform) -> set[Hashable] | None:
    """Records that ``rows`` and ``where`` select; None for all."""
    chosen: set[Hashable] | None = None
    if transform.rows:
        places = set(transform.rows)
        rows = {row for place, row in enumerate(file.rows()) if place in places}
        chosen = {slot.record for slot in file.slots if slot.row in rows}
    for key, labels in transform.where.items():
        found = {
            slot.record
            for slot in file.slots
            if key in (slot.column, slot.name) and str(slot.value) in labels
        }
        chosen = found if chosen is None else chosen & found
    return chosen


def _belongs(slot: Slot, chosen: set[Hashable]) -> bool:
    """Whether a slot stands in one of these records or in a part of one."""
    if not isinstance(slot.record, tuple):
        return slot.record in chosen
    return any(slot.record[:length] in chosen for length in range(1, len(slot.record) + 1))


def _exchange(file: DataFile, names: tuple[str, str], share: float, rng: random.Random) -> None:
    """Exchange the values of two columns in about a share of the records that have both."""
    by_record: dict[Hashable, dict[str, Slot]] = {}
    for slot in file.slots:
        if slot.name in names:
            by_record.setdefault(slot.record, {})[slot.name] = slot
    for pair in by_record.values():
        if len(pair) == len(names) and rng.random() < share:
            first, second = (pair[name] for name in names)
            first.value, second.value = second.value, first.value


def _scaled(slot: Slot, transform: Transform) -> Any:
    """A number times the factor; whole numbers stay whole."""
    if not slot.number:
        return slot.value
    if isinstance(slot.value, str) and not is_printed_number(slot.value):
        return repr(float(slot.value) * float(transform.number or "1"))
    if isinstance(slot.value, str):
        return _new_value(slot.value, transform.model_copy(update={"do": "scale"}))
    scaled = slot.value * float(transform.number or "1")
    return round(scaled) if isinstance(slot.value, int) else scaled


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
        together: dict[tuple[str | None, ...], list[int]] = {}
        for index in chosen:
            key = tuple(rows[index].get(name) for name in transform.within or ())
            together.setdefault(key, []).append(index)
        for indices in together.values():
            values = [rows[index][column] for index in indices]
            rng.shuffle(values)
            for index, value in zip(indices, values, strict=True):
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
