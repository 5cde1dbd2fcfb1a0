"""References to a table that does not hold what it is cited for."""

from __future__ import annotations

from collections.abc import Iterator

from harness.forensics.cells import Sheet
from harness.forensics.evidence import Evidence, listed
from harness.forensics.interface import Check, Tally
from harness.records.forensics import PrintedAt, Severity
from harness.records.paper import ENTITY_KINDS
from harness.stats.rounding import exact


def _run(evidence: Evidence) -> Tally:
    tally = Tally()
    sheets = {sheet.name: sheet for sheet in evidence.sheets}
    for place, wanted, table, holders in _references(evidence):
        if table not in sheets:
            continue
        tally.compared(())
        if table in holders:
            continue
        where = listed(holders) if holders else "no table"
        tally.findings.append(
            CHECK.finding(
                Severity.INCONSISTENT,
                (place,),
                printed=table,
                follows=where,
                sentence=f"{wanted} is looked for in {table}, which does not hold it; {where} does.",
            )
        )
    return tally


def _references(evidence: Evidence) -> Iterator[tuple[PrintedAt, str, str, list[str]]]:
    """Each reference: its place, what it is for, the table it names, the tables that hold that."""
    if evidence.paper is None:
        return
    facts = evidence.paper.facts
    for number in facts.numbers:
        table = number.table or number.at.table
        if table is not None:
            value = exact(number.value)
            holders = [
                sheet.name for sheet in evidence.sheets if any(cell.value == value for cell in sheet.cells)
            ]
            place = PrintedAt(table=str(number.at), printed=number.value)
            yield place, f"{number.value} ({number.describes})", table, holders
    for kind in ENTITY_KINDS:
        for entity in facts.of(kind):
            if entity.at.table is not None:
                names = {name.casefold() for name in (entity.name, *entity.aliases)}
                holders = [sheet.name for sheet in evidence.sheets if names & _labels(sheet)]
                # A name that no table uses as a label is not looked for by label.
                if holders:
                    yield (
                        PrintedAt(table=entity.at.table, printed=entity.name),
                        entity.name,
                        entity.at.table,
                        holders,
                    )


def _labels(sheet: Sheet) -> set[str]:
    return {
        label.casefold()
        for cell in sheet.cells
        for label in (*cell.labels.values(), *cell.key, cell.unit, cell.metric_name, cell.column)
    }


CHECK = Check(
    name="table-references",
    looks_for="references to a table that does not hold what it is cited for",
    needs="paper.yaml with places in tables, or with the table that the text names for a number",
    assumes="a number that a table is cited for stands in it as printed",
    source="comparison of the reference with every table",
    run=_run,
    rounds=False,
)
