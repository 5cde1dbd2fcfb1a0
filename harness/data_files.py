"""Data files of any usual form as columns of values that can be changed in place: CSV, TSV, JSON, JSON lines, text.

A column is what stands at one place of every record: a column of a table, a key of the objects of a list, one of
the words of every line. Changing a column keeps the form of the file, so an honest script still reads it.
"""

from __future__ import annotations

import csv
import io
import json
import math
import re
from collections import Counter
from collections.abc import Callable, Hashable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import combinations
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
_BLANK = frozenset(("", "na", "n/a", "nan", "null", "none", "-", "."))
MANY_KEYS = 3
"""An object with this many numbers and no sibling is itself a column, its keys naming the records."""
MIN_DESIGN = 3
"""Least number of different values, all equally frequent, that say a column is part of the design."""

MOST_LEVELS = 12
"""Most values of a number that is a factor of a design, and most labels that it is crossed with."""


@dataclass
class Slot:
    """One value in a file."""

    column: str
    """Place that it shares with the same value of other records."""
    name: str
    """Name of the column alone; empty where it has none."""
    record: Hashable
    """Which record it belongs to; parts of a record, as in nested lists, have tuples that begin with its own."""
    row: Hashable
    """The outermost record it belongs to, a row or an item of a list; None for what stands beside the records."""
    value: Any
    """Text, or a JSON number or truth value."""

    @property
    def blank(self) -> bool:
        """Whether it says that there is no value."""
        return isinstance(self.value, str) and self.value.strip().casefold() in _BLANK

    @property
    def number(self) -> bool:
        """Whether it is a number or text that is one."""
        if isinstance(self.value, str):
            return is_printed_number(self.value) or _SCIENTIFIC.fullmatch(self.value) is not None
        if isinstance(self.value, bool) or not isinstance(self.value, (int, float)):
            return False
        return math.isfinite(self.value)


@dataclass
class DataFile:
    """A parsed file."""

    write: Callable[[Mapping[Hashable, int]], bytes]
    """Bytes with the present values of all slots, each row as many times as given, once where nothing is given."""
    slots: list[Slot] = field(default_factory=list)
    """Every value, in file order."""

    def render(self, copies: Mapping[Hashable, int] | None = None) -> bytes:
        """The file with its present values; rows with 0 copies are left out, with 2 given twice."""
        return self.write(copies or {})

    def rows(self) -> list[Hashable]:
        """The rows, in file order."""
        return list(dict.fromkeys(slot.row for slot in self.slots if slot.row is not None))

    def label_columns(self) -> dict[str, list[Slot]]:
        """Columns of text or truth values alone, those that name the records included."""
        return {
            name: slots
            for name, slots in self.columns().items()
            if all(isinstance(slot.value, (str, bool)) for slot in slots)
            and not all(slot.number for slot in slots)
        }

    def columns(self) -> dict[str, list[Slot]]:
        """Slots by column, in file order; in columns of numbers without the cells that say that there is none."""
        found: dict[str, list[Slot]] = {}
        for slot in self.slots:
            found.setdefault(slot.column, []).append(slot)
        for name, slots in found.items():
            filled = [slot for slot in slots if not slot.blank]
            if filled and all(slot.number for slot in filled):
                found[name] = filled
        return found

    def free_columns(self) -> dict[str, list[Slot]]:
        """Columns that hold measurements or labels given by somebody: not constant, and no part of the design."""
        columns = self.columns()
        labels = [slots for slots in columns.values() if not any(slot.number for slot in slots)]
        return {
            name: slots
            for name, slots in columns.items()
            if (not _fixed(slots) or _property(slots, labels))
            and not any(_crossed(slots, other) for other in labels)
        }


def known_form(name: str) -> bool:
    """Whether a file's ending is one whose form is known."""
    return name.lower().endswith((".csv", ".tsv", ".json", *_JSON_LINES, *_TEXT))


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


def json_number(text: str) -> int | float:
    """A number as JSON holds it: whole where it is written so."""
    return int(text) if re.fullmatch(r"[+-]?\d+", text) else float(text)


def _fixed(slots: list[Slot]) -> bool:
    """Whether a column names or orders the records, or is the same in all of them."""
    counts = Counter(str(slot.value) for slot in slots)
    if len(counts) < 2 or _DESIGN_NAME.search(slots[0].name):
        return True
    if any(slot.number and re.search(r"[.eE]", str(slot.value)) for slot in slots):
        return False
    # Names of records, and factors of a balanced design, come equally often.
    return len(counts) >= MIN_DESIGN and len(set(counts.values())) == 1


def _property(numbers: list[Slot], labels: list[list[Slot]]) -> bool:
    """Whether whole numbers that come equally often are measured of what two columns of labels name together.

    The size of each program under each compiler stands in every repetition; a code of a person is no such property.
    """
    own = {slot.row: str(slot.value) for slot in numbers}
    counts = Counter(own.values())
    if (
        len(own) != len(numbers)
        or not all(slot.number for slot in numbers)
        or len(counts) <= MOST_LEVELS
        or min(counts.values()) < 2
        or _DESIGN_NAME.search(numbers[0].name)
    ):
        return False
    by_row = [{slot.row: str(slot.value) for slot in slots} for slots in labels]
    for one, other in combinations(by_row, 2):
        if one.keys() != own.keys() or other.keys() != own.keys():
            continue
        both = {(one[row], other[row]): value for row, value in own.items()}
        fewer = max(len(set(one.values())), len(set(other.values())))
        if fewer < len(both) < len(own) and all(
            both[one[row], other[row]] == value for row, value in own.items()
        ):
            return True
    return False


def _crossed(numbers: list[Slot], labels: list[Slot]) -> bool:
    """Whether a column of few numbers is a factor of a design: it stands about equally often beside each label."""
    if not all(slot.number for slot in numbers) or len({str(slot.value) for slot in numbers}) > MOST_LEVELS:
        return False
    by_row = {slot.row: slot.value for slot in labels}
    if len(by_row) != len(labels) or not 2 <= len(set(map(str, by_row.values()))) <= MOST_LEVELS:
        return False
    counts = Counter((str(by_row.get(slot.row)), str(slot.value)) for slot in numbers)
    different = len(set(counts.values()))
    return (
        len(counts) >= MIN_DESIGN
        and min(counts.values()) >= MIN_DESIGN
        and different <= max(1, len(counts) // 4)
    )


def _separated(text: str, separator: str) -> DataFile | None:
    rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True))
    if not rows or any(len(row) != len(rows[0]) for row in rows):
        return None
    header, *body = rows
    slots = [
        Slot(column, column, index, index, value)
        for index, row in enumerate(body)
        for column, value in zip(header, row, strict=True)
    ]

    def write(copies: Mapping[Hashable, int]) -> bytes:
        out = io.StringIO(newline="")
        writer = csv.writer(out, delimiter=separator, lineterminator="\n")
        writer.writerow(header)
        values = [slot.value for slot in slots]
        for index in range(len(body)):
            row = values[index * len(header) : (index + 1) * len(header)]
            writer.writerows([row] * copies.get(index, 1))
        return out.getvalue().encode()

    return DataFile(write, slots)


def _words(text: str) -> DataFile:
    """Words between spaces and tabs; the spaces are kept."""
    lines = [re.split(r"([ \t]+)", line) for line in text.split("\n")]
    slots = []
    places = []
    for index, parts in enumerate(lines):
        for number, place in enumerate(place for place, part in enumerate(parts) if part.strip()):
            slots.append(Slot(str(number), "", index, index, parts[place]))
            places.append((index, place))

    def write(copies: Mapping[Hashable, int]) -> bytes:
        for (index, place), slot in zip(places, slots, strict=True):
            lines[index][place] = slot.value
        found = ["".join(parts) for index, parts in enumerate(lines) for _ in range(copies.get(index, 1))]
        return "\n".join(found).encode()

    return DataFile(write, slots)


def _json(documents: list[Any], *, lines: bool) -> DataFile:
    places: list[tuple[Any, Any, Slot]] = []
    for index, document in enumerate(documents):
        places += _walk(document, "", (index,))
    depth = 1 if lines else 2
    for _container, _key, slot in places:
        record = tuple(slot.record) if isinstance(slot.record, tuple) else ()
        slot.row = record[:depth] if len(record) >= depth else None

    def write(copies: Mapping[Hashable, int]) -> bytes:
        for container, key, slot in places:
            container[key] = slot.value
        if lines:
            repeated = [item for index, item in enumerate(documents) for _ in range(copies.get((index,), 1))]
            return "".join(json.dumps(item, ensure_ascii=False) + "\n" for item in repeated).encode()
        document = _repeated(documents[0], "", copies)
        return (json.dumps(document, ensure_ascii=False, indent=1) + "\n").encode()

    return DataFile(write, [slot for _container, _key, slot in places])


def _repeated(value: Any, path: str, copies: Mapping[Hashable, int]) -> Any:
    """A JSON document with the items of its outermost lists as many times as given."""
    if isinstance(value, list):
        return [item for index, item in enumerate(value) for _ in range(copies.get((0, index), 1))]
    if isinstance(value, dict) and _keys_name_records(value, path):
        return {key: item for key, item in value.items() if copies.get((0, key), 1)}
    if isinstance(value, dict):
        return {key: _repeated(item, f"{path}.{key}", copies) for key, item in value.items()}
    return value


def _walk(value: Any, path: str, record: tuple[Hashable, ...]) -> Iterator[tuple[Any, Any, Slot]]:
    """Containers, keys and slots of every text, number and truth value below a JSON value."""
    if isinstance(value, dict):
        merged = _keys_name_records(value, path)
        for key, item in value.items():
            place = f"{path}.*" if merged else f"{path}.{key}"
            own = (*record, key) if merged else record
            if _scalar(item):
                yield value, key, Slot(place, "" if merged else key, own, None, item)
            else:
                yield from _walk(item, place, own)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            if _scalar(item):
                name = path.rsplit(".", 1)[-1].strip("[]*")
                yield value, index, Slot(f"{path}[]", name, (*record, index), None, item)
            else:
                yield from _walk(item, f"{path}[]", (*record, index))


def _scalar(value: Any) -> bool:
    return isinstance(value, (str, int, float))


def _keys_name_records(value: dict[str, Any], path: str) -> bool:
    """Whether the keys of an object are names of records, ``{"q1": 0.4, "q2": 0.7}``, and not of columns."""
    if "[]" in path or "*" in path or len(value) < MANY_KEYS:
        return False
    items = list(value.values())
    if all(_scalar(item) and not isinstance(item, (str, bool)) for item in items):
        return True
    return all(isinstance(item, dict) for item in items) and len({tuple(sorted(item)) for item in items}) == 1
