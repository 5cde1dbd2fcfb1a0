"""What a statement of mathematics says about its domain, read from its words."""

from __future__ import annotations

import re
from fractions import Fraction

from harness.grounding import number_in

_ALL = r"\b(?:every|all|any|each|always|never|no|whatever|arbitrary)\b"
_ENDLESS = (
    r"(?:natural|positive|whole|real|rational|odd|even|prime|composite|square|perfect|complex)\s+(?:\w+\s+)?numbers?|"
    r"numbers?|integers?|naturals?|reals?|primes?|squares?|lengths?|sizes?|orders?|dimensions?|degrees?|words?|strings?|"
    r"graphs?|trees?|paths?|permutations?|sets?|sequences?|lists?|polynomials?|matri(?:x|ces)|polygons?|groups?"
)
_VARIABLE = re.compile(r"(?<![\w'.-])(?!a\b|I\b|A\b)[A-Za-z](?![\w'])(?!-\w)")
"""A letter that stands for any element: ``n``, ``N``, ``x``."""
_UNIVERSAL = re.compile(rf"{_ALL}\s+(?:\w+\s+)?(?:{_ENDLESS})\b", re.IGNORECASE)
_END = re.compile(
    r"(?:\b(?:to|through|till|until|below|under|beneath|exceeding|than|most|first|smallest|length|size|order|degree|"
    r"dimension|beyond|and)|<=?|≤|\.\.|(?<=\d)[-–]|(?<=\d\s)[-–])\s*(\d[\d,]*)(?![\w.]*\d)(?!\s*[-+*/^])",
    re.IGNORECASE,
)
_COUNT = re.compile(r"(?<![\w.+*/^-])(?<![+*/^-]\s)(\d[\d,]*)(?![\w.,]*\d)(?!\s*[-+*/^=])")


_LEAST = re.compile(
    r"(?:\b(?:above|from|over|beyond|at\s+least|(?:greater|more|larger|longer)\s+than)|>=?|≥)\s*(\d[\d,]*)(?![\w.]*\d)(?!\s*[-+*/^])",
    re.IGNORECASE,
)
_FROM_TO = re.compile(
    r"\b(?:from|between)\s+(\d+(?:,\d{3})*)\s+(?:up\s+)?(?:to|through|till|until|and)\s+(\d+(?:,\d{3})*)(?![\w.]*\d)(?!\s*[-+*/^])",
    re.IGNORECASE,
)
_SOME = re.compile(
    r"\b(?:odd|even|prime|primes|composite|square\w*|cube\w*|power\w*|multiple\w*|divisible|coprime|perfect|step\w*|"
    r"steps?\s+of|every\s+(?:second|third|other))\b",
    re.IGNORECASE,
)
"""Words that leave numbers of a range out."""


_OF_RESTS = (
    r"odd|even|prime|primes|composite|multiples?|divisible|divides?|divisors?|coprime|modulo|mod|congruent|parity|"
    r"remainders?|residues?|rests?|digits?|ends?|ending|leap|halves|half|squares?|cubes?|powers?|factors?|"
    r"(?:every|each)\s+(?:second|third|other|\w+th)"
)
_CONDITION = re.compile(
    rf"\b(?:if|when|whenever|where|with|such|that|provided|given|suppose|unless|whose)\b[^,;.]*\b(?:{_OF_RESTS})\b",
    re.IGNORECASE,
)
_FOR_SOME = re.compile(
    rf"\b(?:for|over|of)\s+(?:every|all|any|each)\s+(?:\w+\s+){{0,2}}?(?:{_OF_RESTS})\b", re.IGNORECASE
)
_PREDICATE = re.compile(
    r"\b(?:is|are|be|divides?|equals?|leaves?|gives?)\b(?:\s+(?:not|never|always|an?|the))*.*$", re.IGNORECASE
)


def narrowed_by_rests(statement: str) -> bool:
    """Whether a sentence says, of what it is about, that only numbers of some rests or divisors are meant.

    Words after the verb of a clause that is no condition are what it says of them.
    """
    for clause in re.split(r"[,;.:](?!\d)", statement):
        about = _PREDICATE.sub("", clause)
        if (
            _CONDITION.search(clause)
            or _FOR_SOME.search(clause)
            or re.search(rf"\b(?:{_OF_RESTS})\b", about, re.IGNORECASE)
        ):
            return True
    return False


def endless(statement: str) -> bool:
    """Whether a statement speaks of elements without end: of a letter that stands for any, or of all numbers."""
    return bool(_VARIABLE.search(statement) or _UNIVERSAL.search(statement))


def ends_said(text: str) -> set[Fraction]:
    """Numbers at which a sentence ends its domain: 60 in "n from 0 to 60", 30 in "the first 30"."""
    return _numbers(_END, text)


def least_said(text: str) -> set[Fraction]:
    """Numbers at which a sentence begins its domain: 1 in "every n above 1"."""
    return _numbers(_LEAST, text)


def whole_range(text: str) -> tuple[int, int] | None:
    """First and last of the whole numbers that a sentence speaks of without exception, where it names one range."""
    found = list(_FROM_TO.finditer(text))
    if len(found) != 1:
        return None
    [match] = found
    low, high = (int(number.replace(",", "")) for number in match.groups())
    said_of_them = f"{text[: match.start()]} {text[match.end() :].partition(',')[0]}"
    return (low, high) if low < high and not _SOME.search(said_of_them) else None


def numbers_alone(text: str) -> set[Fraction]:
    """Numbers of a sentence that are no part of a formula."""
    return _numbers(_COUNT, text)


def _numbers(pattern: re.Pattern[str], text: str) -> set[Fraction]:
    found = (number_in(match[1].rstrip(",")) for match in pattern.finditer(text))
    return {number for number in found if number is not None}
