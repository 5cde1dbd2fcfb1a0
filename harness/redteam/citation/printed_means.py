"""Printed means of the claim's tables against the mean of their printed cells."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from harness.records.verdict import Attacker, Effect, Finding
from harness.redteam.cells import CELL, PRINTED_MEAN, claim_tables, rows_of_subject
from harness.redteam.interface import Attack, Case, Runs
from harness.stats.rounding import Interval, printed_interval


def _judge(case: Case, runs: Runs) -> Finding:
    source = case.loaded.source
    wrong: list[dict[str, Any]] = []
    count = 0
    if case.claim.subject.languages:
        return ATTACK.not_applicable("the subject names single languages; printed means are over all of them")
    for table in claim_tables(case.claim, source):
        roles = table.roles
        if roles.kind is None:
            continue
        cells: dict[tuple[str, ...], list[str]] = {}
        means: dict[tuple[str, ...], str] = {}
        for row in rows_of_subject(table, case.claim, source):
            key = tuple(row[column] for column in (*roles.groups, roles.arm) if column is not None)
            if row[roles.kind] == CELL:
                cells.setdefault(key, []).append(row[roles.value])
            elif row[roles.kind] == PRINTED_MEAN:
                means[key] = row[roles.value]
        for key, printed in sorted(means.items()):
            if key not in cells:
                continue
            count += 1
            intervals = [printed_interval(text) for text in cells[key]]
            low = sum((item.low for item in intervals), Fraction(0)) / len(intervals)
            high = sum((item.high for item in intervals), Fraction(0)) / len(intervals)
            if not Interval(low, high).meets(printed_interval(printed)):
                wrong.append(
                    {
                        "table": table.name,
                        "mean_of": " ".join(key),
                        "printed": printed,
                        "from_cells": f"{float((low + high) / 2):.6f}",
                        "cells": len(intervals),
                    }
                )
    if not count:
        return ATTACK.not_applicable("the claim's tables print no means beside their cells")
    if not wrong:
        return ATTACK.held(f"all {count} printed means agree with their cells within rounding")
    return ATTACK.broken(
        Effect.WEAKENS,
        4.0,
        f"{len(wrong)} of {count} printed means do not follow from their cells, first {wrong[0]['table']} "
        f"{wrong[0]['mean_of']}: printed {wrong[0]['printed']}, cells give {wrong[0]['from_cells']}",
        evidence=tuple(wrong),
    )


ATTACK = Attack(
    name="citation/printed-means",
    attacker=Attacker.CITATION_AUDITOR,
    threat="a mean the claim rests on is not the mean of its table",
    origin="reported-number forensics (statcheck, GRIM)",
    judge=_judge,
)
