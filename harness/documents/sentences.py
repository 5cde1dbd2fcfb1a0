"""Sentences of a text, told by punctuation: enough to see what stands around a quote."""

from __future__ import annotations

import re
from collections.abc import Iterator

from harness.documents.quotes import Span

LONGEST = 1500
"""A stretch without an end for this many characters is no sentence."""
_END = re.compile(r"(?:(?<=[.!?])|(?<=[.!?][\"'”’)\]]))\s+(?=[\"'“‘(\[]?[A-Z0-9])|\n\s*\n|\f")
_ABBREVIATION = re.compile(
    r"(?:\b(?:e\.g|i\.e|cf|et al|Fig|Figs|Tab|Eq|Sec|vs|resp|approx|no|Dr|Prof|ca)|\b[A-Z])\.\s*$"
)


def sentences(text: str) -> Iterator[Span]:
    """Sentences in order, without the white space between them; a stretch that is too long is cut there."""
    start = 0
    for match in _END.finditer(text):
        if _ABBREVIATION.search(text[max(start, match.start() - 10) : match.start() + 1]):
            continue
        yield from _trimmed(text, start, match.start())
        start = match.end()
    yield from _trimmed(text, start, len(text))


def around(span: Span, text: str) -> Span:
    """The sentence or sentences that hold a stretch of text."""
    touching = [item for item in _near(span, text) if item.start < span.end and span.start < item.end]
    if not touching:
        return span
    return Span(min(span.start, touching[0].start), max(span.end, touching[-1].end))


def _near(span: Span, text: str) -> Iterator[Span]:
    low, high = max(0, span.start - LONGEST), min(len(text), span.end + LONGEST)
    for item in sentences(text[low:high]):
        yield Span(item.start + low, item.end + low)


def _trimmed(text: str, start: int, end: int) -> Iterator[Span]:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    for first in range(start, end, LONGEST):
        yield Span(first, min(end, first + LONGEST))
