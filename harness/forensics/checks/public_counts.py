"""Counts of public data sets against the counts their makers publish."""

from __future__ import annotations

from harness.forensics.cells import CELL, Cell
from harness.forensics.evidence import Evidence
from harness.forensics.interface import Check, Tally
from harness.forensics.public_data import PublicCounts, published
from harness.records.forensics import Correction, ForensicFinding, Severity

AGREEING = 0.6
"""Share of a table's counts that must be the published ones for the table to be about that data set."""


def _run(evidence: Evidence) -> Tally:
    tally = Tally()
    for sheet in evidence.sheets:
        by_set: dict[tuple[str, str], tuple[PublicCounts, list[Cell]]] = {}
        for cell in sheet.cells:
            if cell.metric is None or cell.metric.family not in ("n", "candidates") or cell.kind != CELL:
                continue
            unit = cell.unit or next(iter(cell.labels.values()), "")
            labels = {*cell.key, *cell.labels.values(), sheet.name, sheet.title}
            known = published(labels, cell.metric.family)
            if known is not None and unit.casefold() in known.counts:
                by_set.setdefault((known.name, known.family), (known, []))[1].append(cell)
        for known, cells in by_set.values():
            _compare(tally, known, cells)
    return tally


def _unit(cell: Cell) -> str:
    return (cell.unit or next(iter(cell.labels.values()), "")).casefold()


def _compare(tally: Tally, known: PublicCounts, cells: list[Cell]) -> None:
    wrong = [cell for cell in cells if cell.value != known.counts[_unit(cell)]]
    if len(cells) - len(wrong) < AGREEING * len(cells):
        if len(cells) > 1:
            tally.assumptions.append(
                f"{cells[0].table}: most counts are not those published for {known.name}, so it may be another "
                f"version or split and is not compared."
            )
        return
    for cell in cells:
        tally.compared((cell,))
    done: set[int] = set()
    for cell in wrong:
        if id(cell) in done:
            continue
        partner = next(
            (
                other
                for other in wrong
                if other is not cell
                and cell.value == known.counts[_unit(other)]
                and other.value == known.counts[_unit(cell)]
            ),
            None,
        )
        group = [cell] if partner is None else [cell, partner]
        done |= {id(item) for item in group}
        tally.findings.append(_finding(known, group))


def _finding(known: PublicCounts, cells: list[Cell]) -> ForensicFinding:
    repairs = [
        Correction(
            at=cell.at(),
            becomes=f"{known.counts[_unit(cell)]:,}"
            if "," in cell.printed
            else str(known.counts[_unit(cell)]),
            steps=int(abs(cell.value - known.counts[_unit(cell)])),
        )
        for cell in cells
    ]
    parts = [
        f"{cell.printed} {cell.metric_name} for {_unit(cell)} where {repair.becomes} are published"
        for cell, repair in zip(cells, repairs, strict=True)
    ]
    hint = ""
    if len(cells) == 2:
        hint = "; the two numbers stand in each other's place"
    elif sorted(cells[0].number.text) == sorted(repairs[0].becomes):
        hint = "; the same digits in another order"
    return CHECK.finding(
        Severity.INCONSISTENT,
        cells,
        printed=" and ".join(cell.printed for cell in cells),
        follows=" and ".join(repair.becomes for repair in repairs),
        sentence=f"{cells[0].table} prints {' and '.join(parts)} ({known.name}, {known.source}){hint}.",
        repairs=repairs,
    )


CHECK = Check(
    name="public-counts",
    looks_for="counts of public data sets that differ from the published ones",
    needs="a table of queries or candidates of MIRACL (development set), XQuAD-R or MLQA-R",
    assumes="the published version and split was used, where most counts of the table are the published ones",
    source="the data sets' own papers and repositories, named in each finding",
    run=_run,
    rounds=False,
)
