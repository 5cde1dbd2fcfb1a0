"""Numbers of the running text against the table cells that they are about."""

from __future__ import annotations

from harness.forensics.cells import Cell
from harness.forensics.evidence import Evidence, listed, opening
from harness.forensics.interface import Check, Tally
from harness.forensics.repairs import nearest
from harness.forensics.stated import Stated, cells_about, every_mean, read_stated
from harness.records.forensics import Correction, ForensicFinding, Severity
from harness.stats.rounding import exact
from harness.stats.rounding_rules import span


def _run(evidence: Evidence) -> Tally:
    tally = Tally()
    for stated in read_stated(evidence):
        if stated.change or len(stated.arms) > 1:
            continue
        cells = cells_about(evidence, stated, stated.arms[0] if stated.arms else None)
        if not cells:
            continue
        tally.compared(cells)
        own = span(stated.number.value, evidence.rounding)
        # The text may quote any of the tables that print the quantity.
        if any(own.meets(evidence.span(cell)) for cell in cells):
            continue
        tally.findings.append(_finding(evidence, stated, cells))
    return tally


def _finding(evidence: Evidence, stated: Stated, cells: list[Cell]) -> ForensicFinding:
    value = exact(stated.number.value)
    finest = max(cells, key=evidence.places)
    elsewhere = [
        cell for cell in every_mean(evidence, stated.metric) if cell.value == value and cell not in cells
    ]
    other = ""
    if elsewhere:
        names = [f"{cell.name()} in {cell.table}" for cell in elsewhere[:3]]
        other = f"; {stated.number.value} is printed for {listed(names)}, which may be what is meant"
    repair = Correction(
        at=stated.place,
        becomes=finest.printed,
        steps=int(abs(finest.value - value) / (span(stated.number.value).high - value) / 2),
    )
    repairs = [repair]
    moved = nearest(finest, span(stated.number.value, evidence.rounding), evidence)
    if len(cells) == 1 and moved is not None and moved.steps < repair.steps:
        repairs = [moved]
    return CHECK.finding(
        Severity.INCONSISTENT,
        (stated.place, *cells, *elsewhere[:3]),
        printed=stated.number.value,
        follows=" or ".join(f"{cell.printed} ({cell.table})" for cell in cells),
        sentence=f"{opening(stated.number.at)} gives {stated.number.value} "
        f"({stated.number.describes}), but "
        f"{' and '.join(f'{cell.table} prints {cell.printed}' for cell in cells)}{other}; "
        f"else the text would have to say {finest.printed}.",
        repairs=repairs,
    )


CHECK = Check(
    name="stated-numbers",
    looks_for="numbers of the running text that the tables contradict",
    needs="paper.yaml with numbers of the text, described in the names of its measures, methods and data sets",
    assumes="a number without a language is a mean over languages; agreeing with one of several tables is enough",
    source="rounding intervals of both numbers",
    run=_run,
)
