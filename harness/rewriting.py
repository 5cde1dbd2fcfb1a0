"""A data file with the same values in other bytes: what a reader of its form reads alike."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

WAYS = ("0", "1", "2")
"""Ways of writing: as the harness writes it; with CR LF, or JSON without blanks; with neither a final line end nor the
same quotes, or JSON with the keys of records the other way round."""


def written_anew(name: str, data: bytes, way: str) -> bytes:
    """A file that the harness wrote, in one of the other ``WAYS`` where its form has one.

    Raises ``UnicodeDecodeError``, ``csv.Error`` or ``ValueError`` for a file that is not of its form.
    """
    text, suffix = data.decode("utf-8"), name.rsplit(".", 1)[-1].lower()
    if way == WAYS[0]:
        return data
    if suffix in ("csv", "tsv"):
        return _separated(text, "\t" if suffix == "tsv" else ",", way).encode()
    if suffix == "json":
        return _json(json.loads(text), way).encode()
    if suffix in ("jsonl", "ndjson"):
        lines = [_json(json.loads(line), way) for line in text.splitlines() if line.strip()]
        return "\n".join((*lines, "") if way == WAYS[1] else lines).encode()
    return _lines(text, way).encode()


def _separated(text: str, separator: str, way: str) -> str:
    rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True))
    out = io.StringIO(newline="")
    end = "\r\n" if way == WAYS[1] else "\n"
    # Scripts may part lines themselves. Quotes are added only where the file has some.
    if way == WAYS[2] and '"' in text:
        csv.writer(out, delimiter=separator, lineterminator=end, quoting=csv.QUOTE_ALL).writerows(rows)
    else:
        csv.writer(out, delimiter=separator, lineterminator=end).writerows(rows)
    return out.getvalue() if way == WAYS[1] else out.getvalue().rstrip("\n")


def _lines(text: str, way: str) -> str:
    plain = text.replace("\r\n", "\n")
    return plain.replace("\n", "\r\n") if way == WAYS[1] else plain.rstrip("\n")


def _json(value: Any, way: str) -> str:
    turned = value if way == WAYS[1] else _keys_turned(value)
    return json.dumps(turned, ensure_ascii=way == WAYS[1], separators=(",", ":") if way == WAYS[1] else None)


def _keys_turned(value: Any) -> Any:
    """The same objects, with their keys in the other order wherever all values of an object are plain.

    Keys of an object of objects name records, and the order of records may count.
    """
    if isinstance(value, list):
        return [_keys_turned(item) for item in value]
    if not isinstance(value, dict):
        return value
    items = [(key, _keys_turned(item)) for key, item in value.items()]
    if any(isinstance(item, (dict, list)) for item in value.values()) or not _of_records(value):
        return dict(items)
    return dict(reversed(items))


def _of_records(value: dict[str, Any]) -> bool:
    """Whether the values of an object are of several kinds, as the columns of a record are."""
    return len({isinstance(item, str) for item in value.values()}) > 1
