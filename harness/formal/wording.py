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
    r"dimension|beyond|and)|<=?|≤|\.\.|-|–)\s*(\d[\d,]*)(?![\w.]*\d)(?!\s*[-+*/^])",
    re.IGNORECASE,
)
_COUNT = re.compile(r"(?<![\w.+*/^-])(?<![+*/^-]\s)(\d[\d,]*)(?![\w.,]*\d)(?!\s*[-+*/^=])")


def endless(statement: str) -> bool:
    """Whether a statement speaks of elements without end: of a letter that stands for any, or of all numbers."""
    return bool(_VARIABLE.search(statement) or _UNIVERSAL.search(statement))


def ends_said(text: str) -> set[Fraction]:
    """Numbers at which a sentence ends its domain: 60 in "n from 0 to 60", 30 in "the first 30"."""
    return _numbers(_END, text)


def numbers_alone(text: str) -> set[Fraction]:
    """Numbers of a sentence that are no part of a formula."""
    return _numbers(_COUNT, text)


def _numbers(pattern: re.Pattern[str], text: str) -> set[Fraction]:
    found = (number_in(match[1].rstrip(",")) for match in pattern.finditer(text))
    return {number for number in found if number is not None}
