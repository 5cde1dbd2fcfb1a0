"""Labels of a data file about which a statement speaks without exception: "on each workload", "at every site"."""

from __future__ import annotations

from collections.abc import Hashable

from harness.data_files import DataFile
from harness.redteam.data_inputs import arm_places
from harness.redteam.interface import Case
from harness.redteam.label_splits import PROTOCOL, is_named, is_universal, statement_words
from harness.redteam.measurements import few_values, numbers_said, value_said


def universal_labels(case: Case, file: DataFile) -> dict[str, set[str]]:
    """Columns of which the statement speaks without exception, and the labels that this is about.

    A label counts where every compared method has a record with it that is complete and has the labels and
    numbers that the statement names in other columns.
    """
    words = statement_words(case)
    gaps = {slot.row for slot in file.slots if slot.value in ("", None)}
    found = {}
    for column, slots in file.columns().items():
        labels: dict[str, set[Hashable]] = {}
        for slot in slots:
            if slot.row is not None and slot.row not in gaps:
                labels.setdefault(str(slot.value), set()).add(slot.row)
        plain = not any(PROTOCOL.search(text) or is_named(text, words, case) for text in labels)
        if is_universal(column, case) and plain:
            complete = _rows_about(case, file, column)
            found[column] = {
                label for label, rows in labels.items() if all(rows & group for group in complete)
            }
    return found


def _rows_about(case: Case, file: DataFile, column: str) -> list[set[Hashable]]:
    """Rows of each compared method that have the labels and numbers that the statement names in other columns."""
    words, said = statement_words(case), numbers_said(case)
    named: set[Hashable] = set(file.rows())
    arms = {key for place in arm_places(case, file).values() for key in place.where}
    for other, slots in file.columns().items():
        if other == column or (slots[0].name or other) in arms:
            continue
        if all(slot.number for slot in slots):
            own = {slot.row for slot in slots if value_said(slot, said)} if few_values(slots) else set()
        else:
            few = len({str(slot.value) for slot in slots}) <= len(slots) // 2
            own = {slot.row for slot in slots if few and is_named(str(slot.value), words, case)}
        named &= own or named
    of_arms = [
        {slot.row for slot in file.slots if (slot.name or slot.column) == key and str(slot.value) in labels}
        for place in arm_places(case, file).values()
        for key, labels in place.where.items()
    ]
    return [named & rows for rows in of_arms] or [named]
