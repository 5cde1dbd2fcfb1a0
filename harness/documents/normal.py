"""The form in which texts are compared, with the way back to the text itself.

Two texts are the same when they differ only in what typesetting changes and no number depends on:

 1. invisible characters (soft hyphen, zero-width space, word joiner, byte order mark) are left out;
 2. ligatures, full-width and mathematical letters and digits become plain ones, and letters with accents are composed;
    raised and lowered digits stand after ``^`` and ``_``: ten to the fifth is never one hundred and five;
 3. curly quotation marks become straight, the hyphens U+2010 and U+2011 and the minus sign become ``-``, figure
    dash, em dash and bar become an en dash: a dash between two numbers stays another sign than a minus;
 4. white space of any length and kind is one space;
 5. a hyphen between two letters is left out, with the line end that may follow it: ``mono-`` at the end of a line and
    ``cross-lingual`` look alike. After a hyphen beside a digit only the line end is left out.

Digits, signs, points, commas, percent signs and the case of letters are compared as they stand.
"""

from __future__ import annotations

import re
import unicodedata
from array import array
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

_INVISIBLE = re.compile("[\u00ad\u200b\u2060\ufeff]")
_RAISED = re.compile("[⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻]+|[₀₁₂₃₄₅₆₇₈₉₊₋]+")
_FOREIGN = re.compile("[A-Za-z][\u0300-\u036f]+|[^\x00-\x7f][\u0300-\u036f]*")
_DOUBLED = re.compile("``|''")
_SPACE = re.compile(r"\s+")
_IN_WORD = re.compile(r"(?<=[^\W\d_])-\n?(?=[^\W\d_])")
_LINE_END = re.compile(r"(?<=\S-)\n(?=\S)")
_BREAK = re.compile("\n")
_SIGNS = {
    **dict.fromkeys("\u2018\u2019\u201a\u201b\u02bc", "'"),
    **dict.fromkeys("\u201c\u201d\u201e\u201f", '"'),
    **dict.fromkeys("\u2010\u2011\u2212\ufe63\uff0d", "-"),
    **dict.fromkeys("\u2012\u2013\u2014\u2015", "–"),
    "\u00b5": "μ",
    "…": "...",
}
_SAME_SIGN = ("<wide>", "<narrow>", "<font>", "<noBreak>")
"""Compatibility mappings of Unicode that change the look of a character and not what it says."""


@dataclass(frozen=True)
class NormalText:
    """A text in the form in which texts are compared."""

    text: str
    """The form itself."""
    starts: array[int]
    """For each character of it, where in the original text it begins."""
    ends: array[int]
    """For each character of it, where in the original text it ends."""

    def original(self, start: int, end: int) -> tuple[int, int]:
        """Offsets in the original text of a stretch of at least one character."""
        return self.starts[start], self.ends[end - 1]


@lru_cache(maxsize=16)
def normal(text: str) -> NormalText:
    """The comparison form of a text."""
    positions = array("I", range(len(text) + 1))
    form = NormalText(text, positions[:-1], positions[1:])
    form = _rewritten(form, _INVISIBLE, lambda found: "")
    form = _rewritten(form, _RAISED, _marked)
    form = _rewritten(form, _FOREIGN, lambda found: _plain(found.group()))
    form = _rewritten(form, _DOUBLED, lambda found: '"')
    form = _rewritten(form, _SPACE, lambda found: "\n" if "\n" in found.group() else " ")
    form = _rewritten(form, _IN_WORD, lambda found: "")
    form = _rewritten(form, _LINE_END, lambda found: "")
    return _rewritten(form, _BREAK, lambda found: " ")


def _rewritten(
    form: NormalText, pattern: re.Pattern[str], replace: Callable[[re.Match[str]], str]
) -> NormalText:
    """Every match replaced; what replaces it comes from the whole of what it replaced."""
    parts: list[str] = []
    starts, ends = array("I"), array("I")
    done = 0
    for found in pattern.finditer(form.text):
        new = replace(found)
        start, end = found.span()
        if new == found.group():
            continue
        parts += (form.text[done:start], new)
        starts.extend(form.starts[done:start])
        ends.extend(form.ends[done:start])
        starts.extend([form.starts[start]] * len(new))
        ends.extend([form.ends[end - 1]] * len(new))
        done = end
    if not parts:
        return form
    starts.extend(form.starts[done:])
    ends.extend(form.ends[done:])
    return NormalText("".join((*parts, form.text[done:])), starts, ends)


def _marked(found: re.Match[str]) -> str:
    """Raised or lowered digits after a sign that says so."""
    digits = unicodedata.normalize("NFKC", found.group()).replace("\u2212", "-")
    return ("^" if unicodedata.decomposition(found.group()[0]).startswith("<super>") else "_") + digits


def _plain(characters: str) -> str:
    """One character, with the accents that follow it, as a plain one."""
    first = characters[0]
    if first in _SIGNS:
        return _SIGNS[first] + characters[1:]
    kind = unicodedata.decomposition(first).split(" ")[0]
    if kind in _SAME_SIGN or "\ufb00" <= first <= "\ufb06":
        return unicodedata.normalize("NFKC", first) + characters[1:]
    return unicodedata.normalize("NFC", characters)
