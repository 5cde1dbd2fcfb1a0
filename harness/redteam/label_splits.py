"""Columns of labels in data files, and which of their labels a statement names.

A statement that is about some records only says so: by a label of a column, by a word for it, or by the column's name.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass

from harness.grounding import find_entity
from harness.records.paper import ENTITY_KINDS
from harness.redteam.data_inputs import arm_places, data_files, plain
from harness.redteam.interface import Case

LABELS = 6
"""Most labels of a column that is tried."""
_YES_NO = frozenset(
    ("yes", "no", "true", "false", "y", "n", "pass", "fail", "ok", "correct", "incorrect", "")
)
PROTOCOL = re.compile(
    r"exclu|inclu|valid|attention|check|complet|drop|withdr|missing|outlier|quality|warm|practice|eligib|consent|"
    r"keep|flag|status|filter|ignore|burn",
    re.IGNORECASE,
)
"""Columns and labels that say which records to leave out: a protocol, not a choice of result."""
_ARTICLES = ("a", "i")
"""Labels that are words of any sentence; written large after another word they are names."""
_SYNONYMS = tuple(
    frozenset(words.split())
    for words in (
        "train training trained learned fitted",
        "test testing held heldout unseen evaluation eval",
        "dev development validation valid val",
        "f female females women woman girls girl",
        "m male males men man boys boy",
        "pre before baseline start initial first begin beginning",
        "post after follow followup end final last later",
        "n north northern",
        "e east eastern",
        "s south southern",
        "w west western",
        "en english",
        "de german germany",
        "fr french france",
        "es spanish spain",
        "it italian italy",
        "zh chinese china",
        "ja japanese japan",
        "ru russian russia",
        "ar arabic",
    )
)
"""Words that stand for each other; labels are often the short one."""
_RESTRICTED = (
    r"(?!\s+(?:with|where|that|which|who|whose|in|of|from|within|inside|outside|under|over|on|at|except|but|other|besides|"
    r"without|above|below|when|if|for|considered|tested|used|named|listed|shown)\b)"
)
"""What follows a noun that is not about all that bear it."""
TRAINING_OR_TEST = frozenset().union(*_SYNONYMS[:3])


@dataclass(frozen=True)
class Split:
    """A column of labels and what the statement says about it."""

    file: str
    """Name of the input."""
    column: str
    """The column."""
    labels: dict[str, int]
    """Label to number of records."""
    named: frozenset[str]
    """Labels that the statement names."""


def statement_words(case: Case) -> set[str]:
    """Words of the statement, and those that labels use for them."""
    words = set(re.findall(r"[^\W_]+", case.claim.statement.casefold()))
    return words | {other for group in _SYNONYMS if words & group for other in group}


def is_named(label: str, words: set[str], case: Case) -> bool:
    """Whether the statement names a label: by a word, an entity with that spelling, or a word of the same stem."""
    if label.casefold() in _ARTICLES:
        return re.search(rf"(?<=[a-z] ){label.upper()}\b", case.claim.statement) is not None
    facts, statement = case.loaded.source.base.facts, plain(case.claim.statement)
    for kind in ENTITY_KINDS:
        entity = find_entity(facts, kind, label)
        # One letter stands somewhere in any sentence; as a word it is looked for below.
        if entity is not None and any(
            len(plain(text)) > 1 and plain(text) in statement for text in (entity.name, *entity.aliases)
        ):
            return True
    parts = re.findall(r"[^\W_]+", label.casefold())
    return any(
        part in words or (len(part) > 2 and any(_one_stem(part, word) for word in words)) for part in parts
    )


def _one_stem(part: str, word: str) -> bool:
    """Whether a word may be a form of another: acc and accuracy, responder and respond, week12 and weeks."""
    return word.startswith(part[:4]) or (len(word) > 2 and part.startswith(word))


def label_splits(case: Case) -> list[Split]:
    """Columns of a few labels that repeat, apart from those of the compared methods."""
    words = statement_words(case)
    found = []
    for name, file in data_files(case).items():
        arms = {key for place in arm_places(case, file).values() for key in place.where}
        for column, slots in file.label_columns().items():
            counts = dict(Counter(str(slot.value) for slot in slots))
            if (
                (slots[0].name or slots[0].column) in arms
                or not 2 <= len(counts) <= LABELS
                or min(counts.values()) < 2
                or {label.casefold() for label in counts} <= _YES_NO
            ):
                continue
            named = frozenset(label for label in counts if is_named(label, words, case))
            found.append(Split(name, column, counts, named))
    return found


def is_universal(column: str, case: Case) -> bool:
    """Whether the statement speaks of each, every, all or both of what a column names, and gives no number of them."""
    parts = re.findall(r"[^\W_]+", column.rpartition(".")[2].strip("[]*").casefold())
    if not parts:
        return False
    noun = r"[\s_-]+".join(map(re.escape, parts))
    spoken = re.compile(
        rf"\b(?:each|every|all|both)(?:\s+one)?(?:\s+of)?(?:\s+the)?\s+{noun}(?:e?s)?\b{_RESTRICTED}",
        re.IGNORECASE,
    )
    return spoken.search(case.claim.statement) is not None
