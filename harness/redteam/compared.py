"""What a claim compares: its methods, else its models, data sets ..., and the rows that hold the numbers of each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from harness.grounding import find_entity
from harness.records.paper import EntityKind, Facts, Table
from harness.records.run import Transform
from harness.redteam.interface import Case
from harness.redteam.replication.subject_rows import subject_labels
from harness.transforms import apply_transforms

_FACTOR = "0.9"
_EVERYTHING = "all"
_COMPARED: tuple[EntityKind, ...] = ("arms", "models", "datasets", "metrics", "settings")


def compared_rows(case: Case) -> dict[str, tuple[Transform, ...]]:
    """What is compared (methods, models ..., or ``all``) to the changes of its rows about the subject."""
    tables = [
        table for table in case.loaded.source.base.tables if table.name in case.claim.reproduction.inputs
    ]
    splits = {table.name: subject_labels(table, case) for table in tables}
    compared = _compared(tables, splits, case.loaded.source.base.facts)
    found: dict[str, list[Transform]] = {}
    for table in tables:
        split = splits[table.name]
        if not all(own for own, _other in split.values()):
            continue
        where = {column: own for column, (own, other) in split.items() if other}
        labels = split[compared][0] if compared in split else (_EVERYTHING,)
        for label in labels:
            own = {**where, compared: (label,)} if compared in split else where
            found.setdefault(label, []).append(
                Transform(
                    do="scale", inputs=(table.name,), column=table.roles.value, where=own, number=_FACTOR
                )
            )
    # Numbers printed without decimals may be too coarse to move by a tenth.
    return {
        label: tuple(transforms)
        for label, transforms in sorted(found.items())
        if apply_transforms(case.loaded.inputs, tuple(transforms)) != case.loaded.inputs
    }


def _compared(
    tables: Sequence[Table],
    splits: Mapping[str, dict[str, tuple[tuple[str, ...], tuple[str, ...]]]],
    facts: Facts,
) -> str:
    """The column whose labels the claim compares: the methods', else that of models, data sets ...; or empty.

    Changing everything alike would leave a difference or a ratio as it is. The labels may stand in different
    tables, one model in each.
    """
    columns = [table.roles.arm for table in tables] + [
        name for table in tables for name in table.roles.groups
    ]
    for column in columns:
        if column is None:
            continue
        labels = {label for split in splits.values() for label in split.get(column, ((), ()))[0]}
        # Only what the facts know is compared; "queries" and "candidates" are just two kinds of rows.
        known = all(any(find_entity(facts, kind, label) for kind in _COMPARED) for label in labels)
        if len(labels) > 1 and known:
            return column
    return ""
