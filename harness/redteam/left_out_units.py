"""Records of a data file that a test leaves out, seen by the units that it reports."""

from __future__ import annotations

from collections.abc import Hashable
from fractions import Fraction

from harness.data_files import DataFile
from harness.records.rules import Paired, Sequential, Unpaired
from harness.redteam.data_inputs import arm_names, arm_places, data_files, plain
from harness.redteam.interface import Case
from harness.redteam.label_splits import PROTOCOL, is_named, statement_words
from harness.rules.leaves import leaves

TOO_MANY = Fraction(2, 5)
"""Share of the records from which leaving them out needs a word in the statement."""


def tested_units(case: Case) -> set[str]:
    """Labels of the units that statistical rules test."""
    observations = case.main.observations
    if observations is None:
        return set()
    found = set()
    for leaf in leaves(case.claim.decision):
        if isinstance(leaf, (Paired, Unpaired, Sequential)):
            unit = leaf.order if isinstance(leaf, Sequential) else leaf.unit
            found |= {str(row[unit]) for row in observations.tables[leaf.table].records()}
    return found


def unit_columns(case: Case) -> list[tuple[str, DataFile, dict[Hashable, str]]]:
    """Columns that name every row and in which all units of the rule's tests stand: file and name of each row."""
    units = tested_units(case)
    found = []
    for name, file in data_files(case).items():
        for slots in file.columns().values():
            by_row = {slot.row: str(slot.value) for slot in slots if slot.row is not None}
            if len(units) > 1 and len(set(by_row.values())) == len(by_row) and units <= set(by_row.values()):
                found.append((name, file, by_row))
    return found


def left_out_units(case: Case) -> tuple[str, int, int] | None:
    """File, records about the subject left out, and records about the subject: where the units name records."""
    units, words = tested_units(case), statement_words(case)
    for name, file, by_row in unit_columns(case):
        rows = set(by_row) & _about(case, file)
        left_out = {row for row in rows if by_row[row] not in units}
        if len(left_out) >= TOO_MANY * len(rows) and not _explained(file, rows, left_out, words, case):
            return name, len(left_out), len(rows)
    return None


def _about(case: Case, file: DataFile) -> set[Hashable]:
    """Rows with a label of a compared method; all where methods are no labels."""
    names = set().union(*arm_names(case).values())
    keys = {key for place in arm_places(case, file).values() for key in place.where}
    if not keys:
        return set(file.rows())
    return {
        slot.row
        for slot in file.slots
        if (slot.name or slot.column) in keys and plain(str(slot.value)) in names
    }


def _explained(
    file: DataFile, rows: set[Hashable], left_out: set[Hashable], words: set[str], case: Case
) -> bool:
    """Whether some column tells the records left out from the others, and the statement or a protocol names it."""
    for slots in file.label_columns().values():
        labels = {slot.row: str(slot.value) for slot in slots if slot.row in rows}
        kept = {label for row, label in labels.items() if row not in left_out}
        gone = {label for row, label in labels.items() if row in left_out} - kept
        if not gone:
            continue
        texts = (slots[0].name, *kept, *gone)
        if len(kept | gone) <= len(labels) // 2 and (
            any(PROTOCOL.search(text) for text in texts)
            or any(is_named(text, words, case) for text in texts if text)
        ):
            return True
    return False
