"""Numbers of the running text, and the printed cells that they speak about."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from harness.forensics.cells import CELL, Cell
from harness.forensics.evidence import Evidence
from harness.grounding import named_in, spelling_pattern
from harness.records.forensics import PrintedAt
from harness.records.paper import EntityKind, StatedNumber

_CHANGE = re.compile(
    r"\b(?P<down>reduc\w*|decreas\w*|drop\w*|lower\w*|declin\w*|fall\w*|sav\w*|cut)"
    r"|\b(?P<up>increas\w*|improv\w*|gain\w*|higher|rais\w*|grow\w*|better)"
    r"|\b(?P<either>chang\w*|differ\w*)",
    re.IGNORECASE,
)
_PERCENT = re.compile(r"%|\bper ?cent\b|\bpercentage\b", re.IGNORECASE)
_POINTS = re.compile(r"\b(?:percentage )?points?\b|\babsolute\w*", re.IGNORECASE)
_AGAINST = re.compile(
    r"\b(?:against|over|versus|vs|compared (?:with|to)|relative to|than|from|above|below)\b", re.IGNORECASE
)
_MEAN = re.compile(r"\b(?:mean|average|averaged|macro)\b", re.IGNORECASE)
_LABELS: tuple[EntityKind, ...] = ("models", "datasets", "settings")


@dataclass(frozen=True)
class Stated:
    """A number of the text, read with the help of the paper's own names."""

    number: StatedNumber
    """As recorded."""
    metric: str
    """Measure it is about."""
    labels: frozenset[str]
    """Models, data sets and settings it is about."""
    arms: tuple[str, ...]
    """Methods in the order named; those after "against" last."""
    units: frozenset[str]
    """Languages it is about; empty for a mean over them."""
    change: str
    """down, up, either, or empty when it is no change."""
    points: bool
    """Whether the change is in points and not in percent."""

    @property
    def place(self) -> PrintedAt:
        """Where it stands."""
        return PrintedAt(table=str(self.number.at), printed=self.number.value)


def read_stated(evidence: Evidence) -> list[Stated]:
    """Numbers of the text whose description names a measure that the tables print."""
    if evidence.paper is None:
        return []
    facts = evidence.paper.facts
    found = []
    for number in facts.numbers:
        text = number.describes
        metrics = named_in(text, facts, "metrics")
        if len(metrics) != 1:
            continue
        labels = frozenset(entity.name for kind in _LABELS for entity in named_in(text, facts, kind))
        change = _CHANGE.search(text) if _PERCENT.search(text) or _POINTS.search(text) else None
        found.append(
            Stated(
                number=number,
                metric=metrics[0].name,
                labels=labels,
                arms=_arms(evidence, text),
                units=frozenset(
                    entity.name
                    for entity in facts.languages
                    for name in (entity.name, *entity.aliases)
                    # Language codes are words too: only full names count in running text.
                    if len(name) > 3 and spelling_pattern(name).search(text)
                ),
                change=next((name for name, hit in change.groupdict().items() if hit), "") if change else "",
                points=bool(_POINTS.search(text)),
            )
        )
    return found


def _arms(evidence: Evidence, text: str) -> tuple[str, ...]:
    """Methods named before the word "against" (or its like), then those named after it."""
    if evidence.paper is None:
        return ()
    parts = _AGAINST.split(text, maxsplit=1)
    return tuple(entity.name for part in parts for entity in named_in(part, evidence.paper.facts, "arms"))


def cells_about(evidence: Evidence, stated: Stated, arm: str | None) -> list[Cell]:
    """Printed numbers of the quantity that a number of the text is about; means unless it names a language.

    Empty when its labels leave more than one quantity open.
    """
    wanted = stated.labels | ({arm} if arm else set())
    found = [
        cell
        for sheet in evidence.sheets
        for cell in sheet.cells
        if cell.metric_name == stated.metric
        and wanted <= cell.key
        and (cell.unit in stated.units if stated.units else cell.kind == "mean")
        and (cell.kind == CELL) == bool(stated.units)
    ]
    return found if len({(cell.key, cell.unit) for cell in found}) == 1 else []


def every_mean(evidence: Evidence, metric: str) -> Sequence[Cell]:
    """All printed numbers of a measure."""
    return [cell for sheet in evidence.sheets for cell in sheet.cells if cell.metric_name == metric]
