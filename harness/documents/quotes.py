"""Quotes in a text: the W3C text quote selector (exact, prefix, suffix), and what stands there instead of one.

W3C Recommendation "Web Annotation Data Model" (2017), section 4.2.4, with two differences: texts are compared in the
form of ``normal``, and a quote may not cut a word or a number, because ``2.5`` does not stand in ``12.5``.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from harness.documents.normal import NormalText, normal

MOST_PLACES = 1000
"""Places that are counted of one quote."""
FEWEST_WORDS = 5
"""Words that must be the same before two sentences count as one sentence with a change."""
_TOKEN = re.compile(r"\S+")
_EDGES = "()[]{},;:!?\"'"
_NUMBER = re.compile(r"[-+]?(?:\d[\d,]*)?\.?\d+", re.ASCII)
_NEGATIONS = frozenset({"not", "no", "never", "neither", "nor", "cannot", "without"})
_LABELS = frozenset((
    "table", "tables", "section", "sections", "sec", "figure", "figures", "fig", "eq", "equation", "appendix",
    "row", "column", "chapter", "page", "line", "footnote",
))  # fmt: skip


@dataclass(frozen=True)
class Span:
    """A stretch of a text, in characters (code points) from its beginning."""

    start: int
    """First character."""
    end: int
    """One past the last character."""


@dataclass(frozen=True)
class Otherwise:
    """A sentence of the source that is the quoted one but for one thing."""

    span: Span
    """Where it stands."""
    quoted: str
    """The number or the negation as quoted; empty where the quote has no negation."""
    printed: str
    """The number or the negation as printed; empty where the source has no negation."""
    number: bool
    """Whether it is a number that differs; otherwise it is a negation."""


def find(quote: str, prefix: str, suffix: str, text: str) -> list[Span]:
    """Places at which a quote stands between its prefix and suffix, in order; at most ``MOST_PLACES``."""
    form, wanted = normal(text), normal(quote).text.strip(" ")
    before, after = normal(prefix).text.strip(" "), normal(suffix).text.strip(" ")
    found: list[Span] = []
    start = form.text.find(wanted) if wanted else -1
    while start >= 0 and len(found) < MOST_PLACES:
        end = start + len(wanted)
        if (
            not _cuts(form.text, start, end)
            and form.text[max(0, start - len(before) - 1) : start].rstrip(" ").endswith(before)
            and form.text[end : end + len(after) + 1].lstrip(" ").startswith(after)
        ):
            found.append(Span(*form.original(start, end)))
        start = form.text.find(wanted, start + 1)
    return found


_CUT_BEFORE = re.compile(r"(?:\d[.,]|(?<![^\W_])[-+–]|[\^_.]|[<>≤≥±≈~]\s?)$", re.ASCII)
_CUT_AFTER = re.compile(r"\d|[.,]\d|\s?[%‰]|\^|[eE][-+]?\d")


def _cuts(text: str, start: int, end: int) -> bool:
    """Whether a stretch begins or ends inside a word or a number, or leaves a sign or a percent sign behind."""
    first, last = text[start], text[end - 1]
    before, after = text[max(0, start - 3) : start], text[end : end + 3]
    if (before and _one_word(before[-1], first)) or (after and _one_word(last, after[0])):
        return True
    if first in ".,":
        return bool(before) and before[-1].isdigit()
    if first.isdigit() and _CUT_BEFORE.search(before):
        return True
    return last.isdigit() and bool(_CUT_AFTER.match(after))


def _one_word(left: str, right: str) -> bool:
    """Whether two neighbours belong to one word or number.

    Scripts without capitals, such as Chinese or Thai, may write words without spaces between them.
    """
    return all(sign.isdigit() or sign.lower() != sign.upper() for sign in (left, right))


@dataclass(frozen=True)
class _Word:
    text: str
    start: int
    end: int


def _words(form: NormalText) -> list[_Word]:
    """Words of a text without the punctuation around them, with their offsets in the comparison form."""
    found = []
    for match in _TOKEN.finditer(form.text):
        word = match.group().strip(_EDGES)
        # The point that ends a sentence, and not the one in ".792".
        word = word.rstrip(".")
        if word:
            start = match.start() + match.group().index(word)
            found.append(_Word(word, start, start + len(word)))
    return found


def said_otherwise(quote: str, text: str) -> Otherwise | None:
    """The one sentence of the text that is the quote with another number, or with or without a negation.

    None when there is none, or several: then nothing is known. At least ``FEWEST_WORDS`` words must be the same, and
    the number may not be the number of a table, section or figure.
    """
    form = normal(text)
    source, wanted = _words(form), [word.text for word in _words(normal(quote))]
    found = [*_other_number(wanted, source), *_other_polarity(wanted, source)]
    if len(found) != 1:
        return None
    (start, end), quoted, printed, number = found[0]
    return Otherwise(Span(*form.original(start, end)), quoted, printed, number)


_Change = tuple[tuple[int, int], str, str, bool]


def _other_number(wanted: Sequence[str], source: Sequence[_Word]) -> Iterator[_Change]:
    size = len(wanted)
    for first in range(len(source) - size + 1):
        wrong = -1
        for index, word in enumerate(wanted):
            if source[first + index].text != word:
                if wrong >= 0:
                    break
                wrong = index
        else:
            if wrong < 0:
                continue
            quoted, printed = wanted[wrong], source[first + wrong].text
            label = wrong > 0 and wanted[wrong - 1].lower().rstrip(".") in _LABELS
            if _is_number(quoted) and _is_number(printed) and not label and _spoken(wanted) >= FEWEST_WORDS:
                yield (source[first].start, source[first + size - 1].end), quoted, printed, True


def _other_polarity(wanted: Sequence[str], source: Sequence[_Word]) -> Iterator[_Change]:
    mine = [word for word in wanted if not _negation(word)]
    theirs = [index for index, word in enumerate(source) if not _negation(word.text)]
    if _spoken(mine) < FEWEST_WORDS:
        return
    mine_no = [word for word in wanted if _negation(word)]
    for first in range(len(theirs) - len(mine) + 1):
        if any(source[theirs[first + index]].text != word for index, word in enumerate(mine)):
            continue
        low, high = theirs[first], theirs[first + len(mine) - 1]
        their_no = [word.text for word in source[low : high + 1] if _negation(word.text)]
        if abs(len(their_no) - len(mine_no)) == 1:
            yield (source[low].start, source[high].end), " ".join(mine_no), " ".join(their_no), False


def _negation(word: str) -> bool:
    return word.lower() in _NEGATIONS


def _is_number(word: str) -> bool:
    return bool(_NUMBER.fullmatch(word.rstrip("%")))


def _spoken(words: Sequence[str]) -> int:
    return sum(any(letter.isalpha() for letter in word) for word in words)


def closest(quote: str, text: str) -> str:
    """The passage of a text that shares most words with a quote; empty when it shares less than half of them."""
    form = normal(text)
    source, wanted = _words(form), [word.text for word in _words(normal(quote))]
    size = min(len(wanted), len(source))
    if not size:
        return ""
    known = {word.casefold() for word in wanted}
    hits = [word.text.casefold() in known for word in source]
    shared = best = sum(hits[:size])
    place = 0
    for first in range(1, len(source) - size + 1):
        shared += hits[first + size - 1] - hits[first - 1]
        if shared > best:
            best, place = shared, first
    window = source[place : place + size]
    alike = difflib.SequenceMatcher(None, wanted[:400], [word.text for word in window][:400], autojunk=False)
    if alike.ratio() < 0.5:
        return ""
    start, end = form.original(window[0].start, window[-1].end)
    return text[start:end]
