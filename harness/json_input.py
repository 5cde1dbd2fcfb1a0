"""Strict reading of JSON that somebody else wrote: scripts' observations, manifests, requests."""

from __future__ import annotations

import json
import math
from typing import Any

MAX_DEPTH = 40
MAX_INTEGER = 2**53


class BadJson(ValueError):
    """The bytes are not JSON the harness accepts. The text says why in one sentence."""


def parse_json(data: bytes, *, max_bytes: int) -> Any:
    """Parse UTF-8 JSON of at most ``max_bytes`` bytes.

    Refused: NaN and infinities, duplicate keys, nesting deeper than 40, integers beyond 2**53, lone
    surrogates, a byte-order mark, anything after the value.
    """
    if len(data) > max_bytes:
        raise BadJson(f"{len(data)} bytes are more than the {max_bytes} allowed")
    try:
        text = data.decode("utf-8", errors="strict")
    except UnicodeDecodeError as error:
        raise BadJson(f"not UTF-8 at byte {error.start}") from None
    if text.startswith("\ufeff"):
        raise BadJson("starts with a byte-order mark")
    _refuse_deep_nesting(text)
    try:
        value = json.loads(
            text,
            object_pairs_hook=_unique,
            parse_constant=_refuse_constant,
            parse_float=_finite,
            parse_int=_bounded,
        )
    except BadJson:
        raise
    except (ValueError, RecursionError) as error:
        raise BadJson(f"not JSON: {error}") from None
    _refuse_surrogates(value)
    return value


def _refuse_deep_nesting(text: str) -> None:
    depth, inside, escaped = 0, False, False
    for character in text:
        if inside:
            if escaped:
                escaped = False
            elif character == "\\":
                escaped = True
            elif character == '"':
                inside = False
        elif character == '"':
            inside = True
        elif character in "[{":
            depth += 1
            if depth > MAX_DEPTH:
                raise BadJson(f"nested deeper than {MAX_DEPTH}")
        elif character in "]}":
            depth -= 1


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for key, value in pairs:
        if key in result:
            raise BadJson(f"key {key!r} stands twice in one object")
        result[key] = value
    return result


def _refuse_constant(name: str) -> Any:
    raise BadJson(f"{name} is not a number")


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise BadJson(f"{text} is too large for a number")
    return value


def _bounded(text: str) -> int:
    if len(text) > 20 or abs(int(text)) > MAX_INTEGER:
        raise BadJson(f"integer {text[:24]} is beyond 2^53; report it as text")
    return int(text)


def _refuse_surrogates(value: Any) -> None:
    if isinstance(value, str):
        try:
            value.encode("utf-8")
        except UnicodeEncodeError:
            raise BadJson("a string holds a lone surrogate") from None
    elif isinstance(value, dict):
        for key, item in value.items():
            _refuse_surrogates(key)
            _refuse_surrogates(item)
    elif isinstance(value, list):
        for item in value:
            _refuse_surrogates(item)
