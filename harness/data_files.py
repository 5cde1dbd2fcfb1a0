"""Data files of any usual form as columns of values that can be changed in place: CSV, TSV, JSON, JSON lines, text.

A column is what stands at one place of every record: a column of a table, a key of the objects of a list, one of
the words of every line. Changing a column keeps the form of the file, so an honest script still reads it.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections import Counter
from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass, field
from typing import Any

from harness.tables import is_printed_number

_JSON_LINES = (".jsonl", ".ndjson")
_TEXT = (".txt", ".dat", ".run", ".qrels", ".trec")
_DESIGN_NAME = re.compile(
    r"(?:^|[_. -])(?:id|key|index|number|seed|fold|year|date|session|trial|rank|order|unit|query|qid|doc|docid|item|"
    r"subject|participant|name|split)s?$",
    re.IGNORECASE,
)
_SCIENTIFIC = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)[eE][+-]?\d{1,3}", re.ASCII)
MANY_KEYS = 3
"""An object with this many numbers and no sibling is itself a column, its keys naming the records."""
MIN_DESIGN = 3
"""Least number of different values, all equally frequent, that say a column is part of the design."""


@dataclass
class Slot:
    """One value in a file."""

    column: str
    """Place that it shares with the same value of other records."""
    name: str
    """Name of the column alone; empty where it has none."""
    record: Hashable
    """Which record it belongs to."""
    value: Any
    """Text, or a JSON number."""

    @property
    def number(self) -> bool:
        """Whether it is a number or text that is one."""
        if isinstance(self.value, str):
            return is_printed_number(self.value) or _SCIENTIFIC.fullmatch(self.value) is not None
        return isinstance(self.value, (int, float)) and not isinstance(self.value, bool)


@dataclass
class DataFile:
    """A parsed file."""

    render: Callable[[], bytes]
    """Bytes with the present values of all slots."""
    slots: list[Slot] = field(default_factory=list)
    """Every value, in file order."""

    def columns(self) -> dict[str, list[Slot]]:
        """Slots by column, in file order."""
        found: dict[str, list[Slot]] = {}
        for slot in self.slots:
            found.setdefault(slot.column, []).append(slot)
        return found

    def free_columns(self) -> dict[str, list[Slot]]:
        """Columns that hold measurements or labels given by somebody: not constant, and no part of the design."""
        return {name: slots for name, slots in self.columns().items() if not _fixed(slots)}


def parse_data(name: str, data: bytes) -> DataFile | None:
    """A file by its ending, or None when it is of no known form, or not what its ending says."""
    suffix = f".{name.rsplit('.', 1)[-1].lower()}" if "." in name else ""
    try:
        text = data.decode("utf-8")
        if suffix in (".csv", ".tsv"):
            return _separated(text, "\t" if suffix == ".tsv" else ",")
        if suffix == ".json":
            return _json([json.loads(text)], lines=False)
        if suffix in _JSON_LINES:
            return _json([json.loads(line) for line in text.splitlines() if line.strip()], lines=True)
        if suffix in _TEXT:
            return _words(text)
    except (ValueError, csv.Error, RecursionError):
        return None
    return None


def _fixed(slots: list[Slot]) -> bool:
    """Whether a column names or orders the records, or is the same in all of them."""
    counts = Counter(str(slot.value) for slot in slots)
    if len(counts) < 2 or _DESIGN_NAME.search(slots[0].name):
        return True
    if any(slot.number and re.search(r"[.eE]", str(slot.value)) for slot in slots):
        return False
    # Names of records, and factors of a balanced design, come equally often.
    return len(counts) >= MIN_DESIGN and len(set(counts.values())) == 1


def _separated(text: str, separator: str) -> DataFile | None:
    rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True))
    if not rows or any(len(row) != len(rows[0]) for row in rows):
        return None
    header, *body = rows
    slots = [
        Slot(column, column, index, value)
        for index, row in enumerate(body)
        for column, value in zip(header, row, strict=True)
    ]

    def render() -> bytes:
        out = io.StringIO(newline="")
        writer = csv.writer(out, delimiter=separator, lineterminator="\n")
        writer.writerow(header)
        values = [slot.value for slot in slots]
        writer.writerows(values[start : start + len(header)] for start in range(0, len(values), len(header)))
        return out.getvalue().encode()

    return DataFile(render, slots)


def _words(text: str) -> DataFile:
    """Words between spaces and tabs; the spaces are kept."""
    lines = [re.split(r"([ \t]+)", line) for line in text.split("\n")]
    slots = []
    places = []
    for index, parts in enumerate(lines):
        for number, place in enumerate(place for place, part in enumerate(parts) if part.strip()):
            slots.append(Slot(str(number), "", index, parts[place]))
            places.append((index, place))

    def render() -> bytes:
        for (index, place), slot in zip(places, slots, strict=True):
            lines[index][place] = slot.value
        return "\n".join("".join(parts) for parts in lines).encode()

    return DataFile(render, slots)


def _json(documents: list[Any], *, lines: bool) -> DataFile:
    places: list[tuple[Any, Any, Slot]] = []
    for index, document in enumerate(documents):
        places += _walk(document, "", (index,))

    def render() -> bytes:
        for container, key, slot in places:
            container[key] = slot.value
        if lines:
            return "".join(json.dumps(item, ensure_ascii=False) + "\n" for item in documents).encode()
        return (json.dumps(documents[0], ensure_ascii=False, indent=1) + "\n").encode()

    return DataFile(render, [slot for _container, _key, slot in places])


def _walk(value: Any, path: str, record: tuple[Hashable, ...]) -> Iterator[tuple[Any, Any, Slot]]:
    """Containers, keys and slots of every text and number below a JSON value."""
    if isinstance(value, dict):
        merged = _keys_name_records(value, path)
        for key, item in value.items():
            place = f"{path}.*" if merged else f"{path}.{key}"
            own = (*record, key) if merged else record
            if _scalar(item):
                yield value, key, Slot(place, "" if merged else key, own, item)
            else:
                yield from _walk(item, place, own)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            if _scalar(item):
                name = path.rsplit(".", 1)[-1].strip("[]*")
                yield value, index, Slot(f"{path}[]", name, (*record, index), item)
            else:
                yield from _walk(item, f"{path}[]", (*record, index))


def _scalar(value: Any) -> bool:
    return isinstance(value, (str, int, float)) and not isinstance(value, bool)


def _keys_name_records(value: dict[str, Any], path: str) -> bool:
    """Whether the keys of an object are names of records, ``{"q1": 0.4, "q2": 0.7}``, and not of columns."""
    if "[]" in path or "*" in path or len(value) < MANY_KEYS:
        return False
    items = list(value.values())
    if all(_scalar(item) and not isinstance(item, str) for item in items):
        return True
    return all(isinstance(item, dict) for item in items) and len({tuple(sorted(item)) for item in items}) == 1
