"""The source's own cells that a claim is about, paired over arms. Read by attacks that need no script."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

from harness.grounding import find_entity, named_in
from harness.loading import Source
from harness.records.claim import Claim, TableLocator
from harness.records.paper import Entity, EntityKind, Table
from harness.stats.rounding import exact
from harness.tables import Row

CELL = "cell"
PRINTED_MEAN = "printed_mean"
_KINDS: tuple[EntityKind, ...] = ("models", "datasets", "metrics", "settings", "languages")


@dataclass(frozen=True)
class PairedCell:
    """One cell of the treatment beside the same cell of one control."""

    table: str
    """Table name."""
    group: str
    """What the numbers are about, without unit and arm."""
    control: str
    """Arm compared with."""
    unit: str
    """Paired unit, such as the language."""
    treatment_text: str
    """Printed number of the treatment."""
    control_text: str
    """Printed number of the control."""
    better: str
    """higher or lower."""

    @property
    def gain(self) -> Fraction:
        """Treatment minus control, turned so that positive is better."""
        difference = exact(self.treatment_text) - exact(self.control_text)
        return -difference if self.better == "lower" else difference


def claim_tables(claim: Claim, source: Source) -> list[Table]:
    """Tables of the source that the claim is grounded in or reads, in name order."""
    names = {item.table for item in claim.grounding if isinstance(item, TableLocator)}
    names |= set(claim.reproduction.inputs)
    return [table for table in source.base.tables if table.name in names]


def rows_of_subject(table: Table, claim: Claim, source: Source) -> list[Row]:
    """Rows of a table that are about the claim's subject."""
    columns = [*table.roles.groups, *([table.roles.unit] if table.roles.unit else [])]
    known: dict[str, bool] = {}

    def fits(label: str) -> bool:
        # A table has thousands of cells and a few dozen labels.
        if label not in known:
            known[label] = label_fits(label, claim, source)
        return known[label]

    return [row for row in source.tables[table.name].rows if all(fits(row[column]) for column in columns)]


def label_fits(label: str, claim: Claim, source: Source) -> bool:
    """Whether a label is one of the subject's, or of a kind that the subject does not restrict."""
    for kind in _KINDS:
        wanted = about(claim, source, kind)
        entity = find_entity(source.base.facts, kind, label)
        if not wanted or entity is None:
            continue
        if entity not in wanted:
            return False
    return True


def about(claim: Claim, source: Source, kind: EntityKind) -> list[Entity]:
    """Entities of a kind that the claim is about: its subject's, or those its statement names if it lists none."""
    facts = source.base.facts
    if kind == "arms":
        arms = claim.subject.arms
        declared: tuple[str, ...] = (arms.treatment, *arms.controls) if arms else ()
    else:
        declared = getattr(claim.subject, kind)
    if not declared and kind != "languages":
        # Language codes are words too: "de", "el", "is".
        return named_in(claim.statement, facts, kind)
    return [entity for name in declared if (entity := find_entity(facts, kind, name)) is not None]


def canonical_names(source: Source) -> dict[str, str]:
    """Every spelling of a model, data set, metric or setting to its one name."""
    kinds: tuple[EntityKind, ...] = ("models", "datasets", "metrics", "settings")
    return {
        spelling: entity.name
        for kind in kinds
        for entity in source.base.facts.of(kind)
        for spelling in (entity.name, *entity.aliases)
    }


def paired_cells(claim: Claim, source: Source) -> list[PairedCell]:
    """Every cell of the claim's tables that the treatment shares with a control; empty without arms."""
    return sorted(_paired(claim, source), key=lambda cell: (cell.table, cell.group, cell.control, cell.unit))


def _paired(claim: Claim, source: Source) -> Iterator[PairedCell]:
    arms = claim.subject.arms
    if arms is None:
        return
    for table in claim_tables(claim, source):
        roles = table.roles
        if roles.arm is None or roles.unit is None:
            continue
        by_key: dict[tuple[str, ...], dict[str, Row]] = {}
        for row in rows_of_subject(table, claim, source):
            if roles.kind is None or row[roles.kind] == CELL:
                key = (*(row[column] for column in roles.groups), row[roles.unit])
                by_key.setdefault(key, {})[row[roles.arm]] = row
        for key, by_arm in by_key.items():
            treatment = by_arm.get(arms.treatment)
            for control in arms.controls:
                other = by_arm.get(control)
                if treatment is None or other is None:
                    continue
                yield PairedCell(
                    table=table.name,
                    group=" ".join(key[:-1]),
                    control=control,
                    unit=key[-1],
                    treatment_text=treatment[roles.value],
                    control_text=other[roles.value],
                    better=_better(key[:-1], source),
                )


def _better(labels: tuple[str, ...], source: Source) -> str:
    for label in labels:
        metric = find_entity(source.base.facts, "metrics", label)
        if metric is not None and metric.better is not None:
            return metric.better
    return "higher"
