"""Languages (or other units) that a table, or the text, has more or fewer of than another."""

from __future__ import annotations

import re
from collections import defaultdict

from harness.forensics.cells import CELL, Cell, Sheet
from harness.forensics.evidence import Evidence, listed, opening
from harness.forensics.interface import Check, Tally
from harness.forensics.repairs import smallest
from harness.grounding import named_in
from harness.records.forensics import Correction, PrintedAt, Severity
from harness.stats.rounding import exact

_OF_LANGUAGES = re.compile(r"\b(?:languages|monolingual settings)\b", re.IGNORECASE)
_OFFERED = re.compile(r"\boffers?\b|\bavailable\b|\bas published\b", re.IGNORECASE)
_PAIRS = re.compile(r"\bcross-lingual settings\b", re.IGNORECASE)


def _run(evidence: Evidence) -> Tally:
    tally = Tally()
    units = _units(evidence)
    _within(evidence, tally)
    _across(tally, units)
    _text(evidence, tally, units)
    return tally


def _units(evidence: Evidence) -> dict[str, dict[str, dict[str, Cell]]]:
    """Data set, table, unit: a cell. A data set is any label that the paper's record lists as one."""
    names = {entity.name for entity in evidence.paper.facts.datasets} if evidence.paper else None
    found: dict[str, dict[str, dict[str, Cell]]] = defaultdict(lambda: defaultdict(dict))
    for sheet in evidence.sheets:
        for cell in sheet.cells:
            if not cell.unit or cell.kind != CELL:
                continue
            for label in cell.key if names is None else cell.key & names:
                if names is not None or cell.labels.get("dataset") == label:
                    found[label][sheet.name].setdefault(cell.unit, cell)
    return found


def _within(evidence: Evidence, tally: Tally) -> None:
    """Columns of one table that have not the same units."""
    for sheet in evidence.sheets:
        averaged = {(group.aggregate.key, group.aggregate.metric_name) for group in sheet.groups}
        for missing, have, cell in _gaps(sheet):
            # Without a mean nothing says that the columns should have the same units.
            if (cell.key, cell.metric_name) not in averaged:
                continue
            tally.findings.append(
                CHECK.finding(
                    Severity.SUSPICIOUS,
                    (cell,),
                    printed=f"{have} units",
                    follows=f"{have + len(missing)} units",
                    sentence=f"{sheet.name}: {' '.join(sorted(cell.key))} {cell.metric_name} has no number for "
                    f"{listed(missing)}, which the others have; its mean is over {have} numbers and theirs over "
                    f"{have + len(missing)}.",
                )
            )
        if sheet.long and sheet.unit_column:
            tally.compared(sheet.cells[:1])


def _gaps(sheet: Sheet) -> list[tuple[list[str], int, Cell]]:
    """Series of a table that lack units which most of the others with the same data set label have."""
    series: dict[tuple[frozenset[str], str], dict[str, Cell]] = defaultdict(dict)
    for cell in sheet.cells:
        if cell.unit and cell.kind == CELL:
            series[cell.key, cell.metric_name][cell.unit] = cell
    found = []
    for (key, metric), cells in series.items():
        # Series that differ in a single label are the same thing under another method, model or measure.
        near = [
            others
            for (other, other_metric), others in series.items()
            if (other == key) != (other_metric == metric) and len(other ^ key) <= 2
        ]
        wanted = {
            unit
            for others in near
            for unit in others
            if 2 * sum(unit in item for item in near) > len(near) and len(near) > 1
        }
        overlap = len(wanted & cells.keys())
        missing = sorted(wanted - cells.keys())
        if missing and overlap * 2 > len(wanted) and len(cells) > 1:
            found.append((missing, len(cells), next(iter(cells.values()))))
    return found


def _across(tally: Tally, units: dict[str, dict[str, dict[str, Cell]]]) -> None:
    for dataset, tables in units.items():
        full = set().union(*(set(cells) for cells in tables.values()))
        sizes = {table: len(cells) for table, cells in tables.items()}
        for cells in tables.values():
            tally.compared(list(cells.values())[:1])
        if len(set(sizes.values())) < 2:
            continue
        parts = [f"{table} has {size}" for table, size in sizes.items()]
        lacking = {
            unit: [table for table, cells in tables.items() if unit not in cells] for unit in sorted(full)
        }
        gaps = [f"{unit} is missing in {listed(absent)}" for unit, absent in lacking.items() if absent]
        tally.findings.append(
            CHECK.finding(
                Severity.SUSPICIOUS,
                [next(iter(cells.values())) for cells in tables.values()],
                printed=" / ".join(str(size) for size in sizes.values()),
                follows="the same number of units in each table",
                sentence=f"{dataset} does not have the same languages everywhere: {listed(parts)}; {listed(gaps)}.",
            )
        )


def _text(evidence: Evidence, tally: Tally, units: dict[str, dict[str, dict[str, Cell]]]) -> None:
    """Numbers of languages or settings in the text against each other and against the tables."""
    if evidence.paper is None:
        return
    facts = evidence.paper.facts
    by_dataset: dict[str, list[tuple[PrintedAt, int]]] = defaultdict(list)
    for number in facts.numbers:
        datasets = named_in(number.describes, facts, "datasets")
        pairs = _PAIRS.search(number.describes) is not None
        if len(datasets) != 1 or not (pairs or _OF_LANGUAGES.search(number.describes)):
            continue
        place = PrintedAt(table=str(number.at), printed=number.value)
        dataset, value = datasets[0].name, exact(number.value)
        tables = units.get(dataset, {})
        sizes = {table: len(cells) for table, cells in tables.items()}
        fitting = [table for table, size in sizes.items() if value == (size * (size - 1) if pairs else size)]
        tally.compared(())
        if not pairs:
            by_dataset[dataset].append((place, int(value)))
        offered = _OFFERED.search(number.describes) is not None
        if sizes and not fitting and not offered and len(named_in(number.describes, facts, "metrics")) == 0:
            said = listed([f"{table} has {size}" for table, size in sizes.items()])
            tally.findings.append(
                CHECK.finding(
                    Severity.SUSPICIOUS,
                    (place, *(next(iter(cells.values())) for cells in tables.values())),
                    printed=number.value,
                    follows=" or ".join(sorted({str(size) for size in sizes.values()})),
                    repairs=smallest(
                        [
                            _instead(place, size * (size - 1) if pairs else size)
                            for size in sorted(set(sizes.values()))
                        ]
                    ),
                    sentence=f"{opening(number.at)} gives {number.value} for the {number.describes}, but {said} "
                    f"languages of it.",
                )
            )
    for dataset, places in by_dataset.items():
        if len({value for _, value in places}) > 1:
            parts = [f"{place.table} says {place.printed}" for place, _ in places]
            tally.findings.append(
                CHECK.finding(
                    Severity.INCONSISTENT,
                    [place for place, _ in places],
                    printed=places[0][0].printed,
                    follows=" or ".join(dict.fromkeys(other.printed for other, _ in places[1:])),
                    repairs=_one_for_all(places),
                    sentence=f"The text gives different numbers of languages for {dataset}: {listed(parts)}.",
                )
            )


def _instead(place: PrintedAt, value: int) -> Correction:
    return Correction(at=place, becomes=str(value), steps=int(abs(exact(place.printed) - value)))


def _one_for_all(places: list[tuple[PrintedAt, int]]) -> tuple[Correction, ...]:
    """Of two places, either could say what the other says; of more, the one that disagrees with all others."""
    values = [value for _, value in places]
    return smallest(
        [
            _instead(place, rest[0])
            for index, (place, value) in enumerate(places)
            if len(set(rest := values[:index] + values[index + 1 :])) == 1 and value != rest[0]
        ]
    )


CHECK = Check(
    name="listed-units",
    looks_for="tables and sentences with different numbers of languages for one data set",
    needs="a column of languages (or other units) and a column of data sets",
    assumes="a data set has the same languages wherever it is used",
    source="comparison of label sets",
    run=_run,
    rounds=False,
)
