"""Which number columns of data files are measurements, and whether a statement is about means of such."""

from __future__ import annotations

import re
from collections import Counter
from fractions import Fraction

from harness.data_files import Slot
from harness.grounding import bare_statement, number_in, numbers_written
from harness.records.claim import ClaimKind
from harness.records.paper import ENTITY_KINDS
from harness.records.rules import Bound, Equals, ForAll
from harness.redteam.data_inputs import data_files
from harness.redteam.interface import Case
from harness.redteam.levels import without_names
from harness.rules.leaves import leaves

FEW = 10
"""Most different values of a number column that may say which records to take, such as a dose or a week."""
_MEAN = re.compile(
    r"\b(?:means?|averages?|averaged|medians?|quantiles?|quartiles?|percentiles?|p\d\d)\b", re.IGNORECASE
)
_OTHERWISE = re.compile(
    r"\b(?:shares?|proportions?|fractions?|percentages?|rates?|number of|counts?|how (?:many|much|often)|log\w*|"
    r"decibels?|dB|odds|probabilit\w*|responders?|respond\w*|p-values?|thresholds?|cut\w*|clip\w*|cap(?:ped|s)|"
    r"limit\w*|trunc\w*|round\w*|bins?|binned|exclu\w*|without|except|except\w*|valid\w*|outliers?|remain\w*|filter\w*|"
    r"eligib\w*|plausib\w*|only|among|those|who|whose|where|when|while|if|after|aged|older|younger|elderly|adults?|"
    r"children|fast\w*|slow\w*|best|worst|top|bottom|high-\w+|low-\w+|mean (?:reciprocal|average|squared?|absolute)|"
    r"root|exponent\w*|squared?|reciprocal|decay\w*|half-life|index|kappa|alpha|"
    r"train\w*|learn\w*|classif\w*|regress\w*|predict\w*|fit\w*|forecast\w*)\b",
    re.IGNORECASE,
)
"""Words of statements about something that need not follow the scale of what was measured."""


def says_mean(case: Case) -> bool:
    """Whether a statement calls what its rule decides a mean or a quantile, or compares such, and nothing else.

    Where in doubt it does not: a threshold, a selection by a number or a transformation breaks the laws of scale.
    """
    plain = case.claim.kind is ClaimKind.DATASET and all(
        isinstance(leaf, (Equals, Bound, ForAll)) for leaf in leaves(case.claim.decision)
    )
    text, facts = without_names(case), case.loaded.source.base.facts
    entities = [entity for kind in ENTITY_KINDS for entity in facts.of(kind)]
    names = [name for entity in entities for name in (entity.name, *entity.aliases)]
    # A method may be called Training, and a data set Valid.
    for name in sorted(names, key=len, reverse=True):
        text = text.replace(name, " ")
    return plain and _MEAN.search(text) is not None and _OTHERWISE.search(text) is None


def measured_columns(case: Case) -> list[tuple[str, str]]:
    """File and column of every number column that is no part of a design, and has no value that the statement names."""
    said = numbers_said(case)
    return [
        (name, column)
        for name, file in data_files(case).items()
        for column, slots in file.free_columns().items()
        if all(slot.number for slot in slots)
        and not (few_values(slots) and any(value_said(slot, said) for slot in slots))
    ]


def value_said(slot: Slot, said: set[Fraction]) -> bool:
    """Whether a statement's numbers hold a value, as it is or as a percentage."""
    number = number_in(str(slot.value))
    return number is not None and (number in said or 100 * number in said)


def numbers_said(case: Case) -> set[Fraction]:
    """Numbers of the statement, without those that belong to names."""
    texts = numbers_written(bare_statement(case.claim, case.loaded.source.base))
    return {number for text in texts if (number := number_in(text)) is not None}


def numbers_of_records(case: Case) -> set[int]:
    """How many records there are in a data file, with any one label of it, and how many different labels and keys."""
    found: set[int] = set()
    for file in data_files(case).values():
        free = file.free_columns()
        found.add(len(file.rows()))
        for name, slots in file.columns().items():
            counts = Counter(str(slot.value) for slot in slots)
            if name not in free or not all(slot.number for slot in slots):
                found |= {len(counts), *counts.values()}
    return found


def few_values(slots: list[Slot]) -> bool:
    """Whether a column has few different numbers, each of them more than once."""
    counts = Counter(str(slot.value) for slot in slots)
    return len(counts) <= FEW and min(counts.values()) > 1


def whole(slots: list[Slot]) -> bool:
    """Whether a column holds some whole number, which stays one when it is scaled."""
    return any(re.fullmatch(r"[+-]?[\d,]+", str(slot.value)) is not None for slot in slots)
