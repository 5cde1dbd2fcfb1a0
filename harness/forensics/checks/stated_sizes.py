"""Sizes of data sets in the text against the sizes in a table."""

from __future__ import annotations

import re

from harness.forensics.evidence import Evidence, opening
from harness.forensics.interface import Check, Tally
from harness.grounding import named_in
from harness.records.forensics import PrintedAt, Severity
from harness.stats.rounding import exact, printed_interval

_SIZE = re.compile(r"\b(?:size|number of)\b", re.IGNORECASE)
_LEAST = re.compile(r"\b(?:over|more than|at least|above)\b", re.IGNORECASE)
_BEFORE = re.compile(r"\b(?:before filtering|unfiltered|original)\b", re.IGNORECASE)
FAR = 10
"""A printed size this many times the stated one is not what "over" says."""


def _run(evidence: Evidence) -> Tally:
    tally = Tally()
    if evidence.paper is None:
        return tally
    facts = evidence.paper.facts
    for number in facts.numbers:
        datasets = named_in(number.describes, facts, "datasets")
        if len(datasets) != 1 or not _SIZE.search(number.describes):
            continue
        cells = [
            cell
            for sheet in evidence.sheets
            for cell in sheet.cells
            if datasets[0].name in cell.key
            and "size" in cell.metric_name.casefold().replace("_", " ").split()
        ]
        if not cells:
            continue
        tally.compared(cells)
        stated = exact(number.value)
        least, before = _LEAST.search(number.describes), _BEFORE.search(number.describes)
        largest = max(cells, key=lambda cell: cell.value)
        ratio = float(largest.value / stated) if stated else 0.0
        place = PrintedAt(table=str(number.at), printed=number.value)
        head = (
            f"{opening(number.at)} gives {number.value} for the {number.describes}, and {largest.table} "
            f"prints {largest.printed}"
        )
        if least and ratio >= FAR:
            tally.findings.append(
                CHECK.finding(
                    Severity.SUSPICIOUS,
                    (place, largest),
                    printed=number.value,
                    follows=f"not {ratio:.1f} times as much",
                    sentence=f"{head}, {ratio:.1f} times as much; one of the two counts something else.",
                )
            )
        elif (least and not before and largest.value < stated) or (
            not least
            and not before
            and not printed_interval(number.value).meets(printed_interval(largest.number.text))
        ):
            tally.findings.append(
                CHECK.finding(
                    Severity.INCONSISTENT,
                    (place, largest),
                    printed=number.value,
                    follows=largest.printed,
                    sentence=f"{head}.",
                )
            )
    return tally


CHECK = Check(
    name="stated-sizes",
    looks_for="sizes of data sets in the text that a table of sizes contradicts",
    needs="paper.yaml with a size of a data set in the text, and a table of sizes",
    assumes="both count the same items; a set is not larger after filtering than before",
    source="comparison of both numbers",
    run=_run,
    rounds=False,
)
