"""Last digits that are not evenly spread over a table."""

from __future__ import annotations

from collections import Counter, defaultdict

from scipy.special import chdtrc

from harness.forensics.cells import CELL, Cell
from harness.forensics.evidence import Evidence
from harness.forensics.interface import Check, Tally
from harness.forensics.metrics import STATISTICS
from harness.records.forensics import Severity

ALPHA = 0.001
"""Chance, after correction for the tables looked at, below which it is worth a question."""
LEAST = 100
"""Numbers a table must have."""


def _run(evidence: Evidence) -> Tally:
    tally = Tally()
    tested: list[tuple[str, Counter[int], float, Cell]] = []
    for sheet in evidence.sheets:
        by_places: dict[int, list[Cell]] = defaultdict(list)
        for cell in sheet.cells:
            family = cell.metric.family if cell.metric else ""
            if (
                cell.kind == CELL
                and cell.shown >= 2
                and family not in STATISTICS
                and abs(cell.value) >= evidence.step(cell) * 100
            ):
                by_places[evidence.places(cell)].append(cell)
        for places, cells in by_places.items():
            # Where zeros are left out, a shorter number ends in one.
            digits = Counter(int(abs(cell.value) * 10**places) % 10 for cell in cells)
            if len(cells) < LEAST:
                continue
            tally.compared(cells)
            each = len(cells) / 10
            p = float(chdtrc(9, sum((digits[digit] - each) ** 2 / each for digit in range(10))))
            tested.append((sheet.name, digits, p, cells[0]))
    for table, digits, p, cell in tested:
        corrected = min(1.0, p * len(tested))
        if corrected < ALPHA:
            shown = ", ".join(f"{digit}: {digits[digit]}" for digit in range(10))
            tally.findings.append(
                CHECK.finding(
                    Severity.SUSPICIOUS,
                    (cell,),
                    printed=shown,
                    follows=f"about {sum(digits.values()) / 10:.0f} of each",
                    sentence=f"{table}: the last digits are not evenly spread ({shown}); chance {corrected:.1g}, "
                    f"corrected for {len(tested)} tables.",
                )
            )
    return tally


CHECK = Check(
    name="terminal-digits",
    looks_for="last digits that are not evenly spread",
    needs="a table of at least 100 numbers with two decimals or more",
    assumes="last digits of measured numbers are close to uniform; chi-squared test, Bonferroni over tables",
    source="Mosimann, Wiseman and Edelman (1995), Accountability in Research 4; only ever a question",
    run=_run,
    rounds=False,
)
