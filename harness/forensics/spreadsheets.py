"""CSV files as spreadsheets write them: other separators, a byte-order mark, a first column without a heading."""

from __future__ import annotations

import csv
import io

_BOM = b"\xef\xbb\xbf"


def with_commas(data: bytes) -> bytes:
    """The same table in the form that ``parse_table`` reads; unchanged where that form cannot be told.

    Semicolons or tabs become commas when the first line has no comma outside quotes and they split it; empty
    headings are named after their place; empty lines at the end are dropped. Lines keep their numbers.
    """
    data = data.removeprefix(_BOM)
    data = data.rstrip(b"\r\n") + b"\n" if data.strip() else data
    try:
        first = data[: data.find(b"\n")].decode("utf-8")
        separator = next((sign for sign in (",", ";", "\t") if len(_split(first, sign)) > 1), ",")
        headings = _split(first, separator)
        if separator == "," and all(headings):
            return data
        rows = list(
            csv.reader(io.StringIO(data.decode("utf-8"), newline=""), delimiter=separator, strict=True)
        )
    except (UnicodeDecodeError, csv.Error):
        return data
    rows[0] = [heading or f"column {place + 1}" for place, heading in enumerate(rows[0])]
    out = io.StringIO(newline="")
    csv.writer(out, lineterminator="\n").writerows(rows)
    return out.getvalue().encode()


def _split(line: str, separator: str) -> list[str]:
    return next(csv.reader([line.rstrip("\r")], delimiter=separator), [])
