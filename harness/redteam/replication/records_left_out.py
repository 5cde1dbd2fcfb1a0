"""Records of a data file that take no part, or take part and should not, although the statement names no reason.

Two looks. A test that reports its units shows by itself which records it left out. A number shows it when the
values of all records with one label are changed: some label of a column counts, others never do, and
no word of the statement tells them apart.
"""

from __future__ import annotations

import re
from typing import Any

from harness.records.claim import ClaimKind
from harness.records.run import Transform, Variation
from harness.records.units import Unit
from harness.records.verdict import Attacker, Effect, Finding, Reason
from harness.redteam.data_inputs import data_files, number_parts
from harness.redteam.interface import Attack, Case, Runs, moved, unforeseen, unit_of
from harness.redteam.label_splits import (
    PROTOCOL,
    TRAINING_OR_TEST,
    Split,
    is_named,
    is_universal,
    label_splits,
    statement_words,
)
from harness.redteam.left_out_units import TOO_MANY, left_out_units, tested_units, unit_columns
from harness.redteam.universal import universal_labels

COLUMNS = 4
"""Most columns tried."""
_COMPARES = re.compile(
    r"\b(?:than(?!\s+[\d.])|others?|overall|rest|all|compared|relative|versus|vs|differ\w*|between|average|share|"
    r"contribut\w*|weight\w*|normali[sz]\w*|ranks?|best|worst)\b",
    re.IGNORECASE,
)
"""Words of statements in which records that they do not name may count as well."""
_WAYS = ("drawn", "larger", "smaller", "again", "skewed", "fewer")
"""Ways in which the records of a label change. A share of few records may come out the same in one or two of them."""


def _unnamed(case: Case) -> list[Split]:
    """Columns of which the statement names neither label nor name, or speaks of each.

    Not those that hold test records apart: that a score is one on test records goes without saying.
    """
    words = statement_words(case)
    return [
        split
        for split in label_splits(case)
        if not split.named
        and not TRAINING_OR_TEST.issuperset(label.casefold() for label in split.labels)
        and not any(PROTOCOL.search(text) for text in (split.column, *split.labels))
        and (is_universal(split.column, case) or not is_named(split.column.strip(".[]*"), words, case))
    ][:COLUMNS]


def _others(case: Case) -> list[tuple[Split, tuple[str, ...]]]:
    """Columns that tell training from test records of which the statement names one, and the labels of the others."""
    if _COMPARES.search(case.claim.statement):
        return []
    return [
        (split, tuple(label for label in split.labels if label not in split.named))
        for split in label_splits(case)
        if split.named
        and len(split.named) < len(split.labels)
        and all(label.casefold() in TRAINING_OR_TEST for label in split.labels)
    ]


def _transforms(split: Split, labels: tuple[str, ...], way: str, case: Case) -> tuple[Transform, ...]:
    """Other values in the records with these labels, which keep their labels."""
    at: dict[str, Any] = {"inputs": (split.file,), "where": {split.column: labels}}
    if way in ("larger", "smaller"):
        return (Transform(do="rescale", number="10" if way == "larger" else "0.05", **at),)
    at["seed"] = unforeseen(case, f"{split.file} {split.column} {labels} {way}")
    if way == "fewer":
        return (Transform(do="thin", number="0.3", **at),)
    share = "0.8" if way == "skewed" else None
    return Transform(do="redraw", **at), Transform(do="relabel", number=share, **at)


def _name(split: Split, labels: tuple[str, ...], way: str) -> str:
    return ATTACK.run_name(f"{split.file}/{split.column}/{'+'.join(labels)}/{way}")


def _numbers(case: Case) -> bool:
    """Whether the claim is about numbers of a data set that labels alone do not make."""
    return (
        case.measured
        and case.claim.kind is ClaimKind.DATASET
        and (not tested_units(case) or unit_columns(case) == [])
        and any(unit_of(part, case.claim) is not Unit.COUNT for part in number_parts(case))
    )


def _plan(case: Case) -> tuple[Variation, ...]:
    if not _numbers(case):
        return ()
    wanted = {
        (split.file, split.column, label): (split, (label,))
        for split in _unnamed(case)
        for label in split.labels
    }
    return tuple(
        _variation(case, split, labels, "drawn") for split, labels in (*wanted.values(), *_others(case))
    )


def _variation(case: Case, split: Split, labels: tuple[str, ...], way: str) -> Variation:
    return Variation(
        name=_name(split, labels, way),
        seed=case.claim.reproduction.seeds[0],
        transforms=_transforms(split, labels, way, case),
    )


def _follow_up(case: Case, runs: Runs) -> tuple[Variation, ...]:
    """Labels whose records did not count are tried again: an extreme moves only when it is passed."""
    if not _numbers(case):
        return ()
    return tuple(
        _variation(case, split, (label,), way)
        for split in _unnamed(case)
        for label in split.labels
        if _completed_still(_name(split, (label,), "drawn"), case, runs)
        for way in _WAYS[1:]
    )


def _completed_still(name: str, case: Case, runs: Runs) -> bool:
    run = runs.get(name)
    return run is not None and run.observations is not None and not moved(run, case.main)


def _judge(case: Case, runs: Runs) -> Finding:
    if not case.measured or case.claim.kind is not ClaimKind.DATASET or not data_files(case):
        return ATTACK.not_applicable("the script reported nothing from data files of the source")
    if found := left_out_units(case):
        name, left_out, rows = found
        return ATTACK.broken(
            Effect.VOIDS,
            8.0,
            f"{left_out} of {rows} records in {name} are left out of the test, and the statement names no reason; "
            "if it is about some of them only, say which",
            reason=Reason.VACUOUS_EVIDENCE,
            evidence=({"file": name, "left_out": left_out, "records": rows},),
        )
    planned = _plan(case)
    if not planned:
        if tested_units(case):
            return ATTACK.held("no large part of the records is left out of the test")
        return ATTACK.not_applicable(
            "no column of labels divides the records in a way that the statement leaves open"
        )
    names = tuple(item.name for item in (*planned, *_follow_up(case, runs)))
    for split, labels in _others(case):
        if moved(runs[_name(split, labels, "drawn")], case.main):
            return ATTACK.broken(
                Effect.VOIDS,
                8.0,
                f"what is reported moves with records whose {split.column} is {', '.join(labels)}; the statement is "
                f"about {', '.join(sorted(split.named))}",
                reason=Reason.VACUOUS_EVIDENCE,
                evidence=({"file": split.file, "column": split.column, "counted": list(labels)},),
                runs=names,
            )
    for split in _unnamed(case):
        unused = [label for label in split.labels if _never(split, label, case, runs)]
        records = sum(split.labels.values())
        if len(unused) < len(split.labels) and (
            sum(split.labels[label] for label in unused) >= TOO_MANY * records
            or universal_labels(case, data_files(case)[split.file]).get(split.column, set()) & set(unused)
        ):
            return ATTACK.broken(
                Effect.VOIDS,
                8.0,
                f"records whose {split.column} is {', '.join(unused)} change nothing whatever they hold, and the "
                "statement names no such restriction; if it is about some records only, say which",
                reason=Reason.VACUOUS_EVIDENCE,
                evidence=({"file": split.file, "column": split.column, "left_out": unused},),
                runs=names,
            )
    return ATTACK.held("the records that count are those that the statement is about", runs=names)


def _never(split: Split, label: str, case: Case, runs: Runs) -> bool:
    """Whether no change of a label's records moves anything, and every one gave a result."""
    own = [_name(split, (label,), way) for way in _WAYS]
    return all(name in runs and _completed_still(name, case, runs) for name in own)


ATTACK = Attack(
    name="replication/records-left-out",
    attacker=Attacker.REPLICATION_ATTACKER,
    threat="a subgroup was hunted in which the statement holds, or records were added that it is not about",
    origin="p-hacking by subgroups (Simmons et al. 2011); leakage between training and test sets",
    plan=_plan,
    follow_up=_follow_up,
    judge=_judge,
)
