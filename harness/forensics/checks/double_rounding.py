"""Numbers that agree only because a rounded number was rounded again."""

from __future__ import annotations

import math
from fractions import Fraction

from harness.forensics.cells import Cell, Group
from harness.forensics.checks.same_quantity import shared_cells
from harness.forensics.evidence import Evidence
from harness.forensics.interface import Check, Tally
from harness.forensics.repairs import nearest, said, smallest
from harness.records.forensics import Severity
from harness.stats.rounding import decimal_text
from harness.stats.rounding_rules import Rounding, Span

ALPHA = 0.01
"""Chance, after correction for the number of ties looked at, below which the mean itself is no explanation."""


def share_of_sums_above(n: int, threshold: Fraction) -> Fraction:
    """P(U_1 + ... + U_n >= threshold) for U_i independent and uniform on [-1/2, 1/2] (Irwin-Hall)."""
    x = Fraction(n, 2) - threshold  # by symmetry, P(sum of uniforms on [0, 1] <= x)
    if x <= 0:
        return Fraction(0)
    if x >= n:
        return Fraction(1)
    terms = sum((-1) ** k * math.comb(n, k) * (x - k) ** n for k in range(math.floor(x) + 1))
    return Fraction(terms) / math.factorial(n)


def _run(evidence: Evidence) -> Tally:
    tally = Tally()
    groups = {
        (item.aggregate.table, item.aggregate.line, item.aggregate.column): item
        for sheet in evidence.sheets
        for item in sheet.groups
        if item.aggregate.kind == "mean"
    }
    ties: list[tuple[Cell, Cell, Group]] = []
    for pair in shared_cells(evidence):
        short, long = sorted(pair, key=evidence.places)
        group = groups.get((long.table, long.line, long.column))
        if evidence.places(short) == evidence.places(long) or group is None:
            continue
        if not evidence.span(short).meets(evidence.span(long)):
            continue
        tie = abs(long.value - short.value) == evidence.step(short) / 2
        tally.compared((short, long, *group.cells), could_fail=tie)
        if tie:
            ties.append((short, long, group))
    for short, long, group in ties:
        cells_mean = sum((cell.value for cell in group.cells), Fraction(0)) / len(group.cells)
        n, step = len(group.cells), evidence.step(group.cells[0])
        same_step = all(evidence.step(cell) == step for cell in group.cells)
        beyond = abs(long.value - cells_mean)
        towards = (long.value - cells_mean) * (short.value - long.value) > 0
        if not towards or not same_step or evidence.rounding is Rounding.TRUNCATION:
            continue
        chance = float(share_of_sums_above(n, beyond * n / step)) * len(ties)
        if chance > ALPHA:
            continue
        places = evidence.places(long) + 2
        repairs = smallest([nearest(short, Span(cells_mean, cells_mean), evidence)])
        tally.findings.append(
            CHECK.finding(
                Severity.SUSPICIOUS,
                (short, long, *group.cells),
                printed=short.printed,
                follows=decimal_text(cells_mean, places),
                sentence=f"{short.table} prints {short.printed} for {short.name()}; it follows from {long.printed} "
                f"in {long.table}, itself rounded, but not from the mean of the {n} cells, "
                f"{decimal_text(cells_mean, places)}: it was rounded twice (chance that the unrounded mean reaches "
                f"{long.printed}: {chance:.1g}, corrected for {len(ties)} ties). Not an error in the data; "
                f"rounded once, {said(repairs)}.",
                repairs=repairs,
            )
        )
    return tally


CHECK = Check(
    name="double-rounding",
    looks_for="numbers that follow from another printed number but not from the cells behind it",
    needs="a mean printed with more and with fewer digits, and its cells",
    assumes="the further digits of the cells are independent and uniform",
    source="Irwin (1927) and Hall (1927), Biometrika 19: distribution of a sum of uniform numbers",
    run=_run,
)
