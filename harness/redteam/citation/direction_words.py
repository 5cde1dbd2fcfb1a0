"""Words of a statement that say which way it points: more or less of something, better or worse, faster or slower."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Literal

Way = Literal["higher", "lower"]
"""Which values the statement gives to its subject."""

NOT_WORSE = re.compile(r"\b(?:non-?inferior\w*|(?:not|no|never)\s+(?:worse|inferior|weaker|slower))\b", re.I)
"""Says that one method is at least as good, which is no direction of a difference."""
_OUTCOME = re.compile(
    r"\bin\s+(?:the\s+)?(?:mean\s+)?(?:reduction|increase|decrease|rise|fall|drop)\s+(?:of|in)\b", re.I
)
"""In "not inferior in the reduction of pressure" it names what is compared."""
_AMOUNT: dict[Way, str] = {
    "higher": r"highest|higher|increas\w*|rais\w*|rises?|rising|grows?|growing|gains?|larger|largest|greater|greatest|"
    r"longer|longest",
    "lower": r"lowest|lower\w*|decreas\w*|reduc\w*|falls?|falling|drops?|shrinks?|smaller|smallest|declin\w*|"
    r"shorter|shortest",
}
UP, DOWN = (re.compile(rf"\b(?:{_AMOUNT[way]})\b", re.I) for way in ("higher", "lower"))
"""More, and less, of any amount."""
_QUANTITY: dict[Way, str] = {"higher": r"more|most", "lower": r"less|least|fewer|fewest"}
"""Words that are everywhere in English; they count beside a measure of the subject or in a comparison alone."""
_LIES = r"(?:(?:is|are|was|were|stays?|lies|lay|remains?|far|well|points|%)\s+)"
_PLACE: dict[Way, str] = {"higher": r"above|exceed\w*|surpass\w*", "lower": rf"below|beneath|{_LIES}under"}
"""Prepositions before the name of a method. A method may be something under which one measures."""
_GOOD = (
    r"better|best|superior|outperform\w*|outscor\w*|beats?|beating|improv\w*|faster|fastest|quicker|stronger|"
    r"strongest|wins?|advantage|ahead"
)
_BAD = r"worse|worst|inferior|worsen\w*|degrad\w*|underperform\w*|slower|slowest|weaker|weakest|loses?\s+to"
_NEGATED = (
    r"(?P<negated>\b(?:not|no|never|nowhere|neither|nor|\w+n't|cannot)\s+"
    r"(?:(?:be|is|are|has|have|any|a|an|\w+ly)\s+)*)?"
)
_OF_CASES = (
    r"\s+(?:\w+\s+)?(?:models?|encoders?|networks?|languages?|data\s?sets?|collections?|corpora|batch\w*|quer(?:y|ies)|"
    r"texts?|documents?|passages?|samples?|groups?|trials?|patients?|people|inputs?|arrays?|lists?|sizes?|resources?)\b"
)
"""In "smaller models" the word says which cases, not which way."""
_NO_AMOUNT = r"(?!\s*(?:\d|half\b|one\b|two\b|twice\b|once\b|a\b|chance\b))"
"""A comparison with a number is a threshold, which ``bound`` rules are compared with."""


def _other(way: Way) -> Way:
    return "lower" if way == "higher" else "higher"


def _found(words: str, text: str, way: Way) -> set[Way]:
    return {
        _other(way) if match["negated"] else way
        for match in re.finditer(rf"{_NEGATED}\b(?:{words})\b", text, re.I)
    }


def ways_said(statement: str, measures: Iterable[str], arms: Iterable[str], good: set[Way]) -> set[Way]:
    """Directions that a statement speaks of; empty when it speaks of none that can be told.

    ``measures`` and ``arms`` are the spellings of the subject's measures and methods, ``good`` the directions that
    the source calls better for those measures. Words that stand beside a measure of the subject ("less MRR", "MRR is
    lower") count alone; without such words, every word of direction does.
    """
    text = NOT_WORSE.sub(" ", statement)
    if text != statement:
        text = _OUTCOME.sub(" ", text)
    names = sorted(measures, key=len, reverse=True)
    return _beside(text, names) or _anywhere(_without(names, text), list(arms), good)


def _without(names: list[str], text: str) -> str:
    """A text without names of measures, of which some hold a word of direction: ``systolic reduction``."""
    for name in names:
        text = re.sub(rf"(?<![\w-]){re.escape(name)}(?!\w)", " ", text, flags=re.I)
    return text


def _beside(text: str, measures: list[str]) -> set[Way]:
    if not measures:
        return set()
    measure = rf"(?<![\w-])(?:{'|'.join(re.escape(name) for name in measures)})(?!\w)"
    found: set[Way] = set()
    for way in _AMOUNT:
        words = f"{_AMOUNT[way]}|{_QUANTITY[way]}"
        # A measure can have a direction for its name: "gain", "improvement".
        found |= _found(
            rf"(?:{words})\s+(?:(?!than\b|and\b|or\b|but\b|with\b|at\b|of\b)[\w-]+\s+){{0,2}}{measure}",
            text,
            way,
        )
        be = r"(?:is|are|was|were|stays?|remains?|becomes?)\s+(?:\w+ly\s+)?"
        negated = re.search(rf"{measure}\s+{be}(?:not|never|no)\s+(?:\w+ly\s+)?(?:{words})\b", text, re.I)
        plain = re.search(rf"{measure}\s+{be}(?:{words})\b", text, re.I)
        found |= {_other(way)} if negated else {way} if plain else set()
    return found


def _anywhere(text: str, arms: list[str], good: set[Way]) -> set[Way]:
    found: set[Way] = set()
    arm = "|".join(re.escape(name) for name in arms)
    for way in _AMOUNT:
        found |= _found(rf"(?:{_AMOUNT[way]})(?!{_OF_CASES})", text, way)
        found |= _found(rf"(?:{_QUANTITY[way]})\s+than{_NO_AMOUNT}", text, way)
        if arm:
            found |= _found(rf"(?:{_PLACE[way]})\s+(?:that\s+of\s+)?(?:the\s+)?(?:{arm})(?!\w)", text, way)
    if len(good) == 1:
        [best] = good
        found |= _found(_GOOD, text, best) | _found(_BAD, text, _other(best))
    return found


def threshold_ways(statement: str, number: str) -> set[Way]:
    """How a statement bounds one number: ``higher`` for "at least 5", ``lower`` for "below 5".

    Nothing is said of a sentence with a negation, in which "below" may mean its opposite.
    """
    if re.search(r"\b(?:not?|never|none|nowhere|neither|nor|without|cannot|\w+n't)\b", statement, re.I):
        return set()
    end = rf"\s+{re.escape(number)}(?![\w.,]*\d)"
    least = (
        r"at\s+least|above|over|more\s+than|greater\s+than|higher\s+than|larger\s+than|exceed\w*|minimum\s+of"
    )
    most = r"at\s+most|below|under|less\s+than|fewer\s+than|lower\s+than|smaller\s+than|up\s+to|maximum\s+of"
    found: set[Way] = set()
    if re.search(rf"\b(?:{least}){end}", statement, re.I):
        found.add("higher")
    if re.search(rf"\b(?:{most}){end}", statement, re.I):
        found.add("lower")
    return found
