"""What a check is and what it hands back."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from harness.forensics.cells import Cell
from harness.forensics.evidence import Evidence
from harness.records.forensics import Correction, ForensicFinding, PrintedAt, Severity


@dataclass
class Tally:
    """What one check did: how much it compared and what it found."""

    comparisons: int = 0
    """Comparisons made."""
    could_fail: int = 0
    """Comparisons that some printed number could have failed."""
    cells: set[tuple[str, int, str]] = field(default_factory=set)
    """Printed numbers that took part: table, line and column."""
    findings: list[ForensicFinding] = field(default_factory=list)
    """Findings."""
    assumptions: list[str] = field(default_factory=list)
    """What the check guessed, one sentence each."""

    def compared(self, cells: Iterable[Cell], *, could_fail: bool = True) -> None:
        """Count one comparison of these cells."""
        self.comparisons += 1
        self.could_fail += could_fail
        self.cells.update((cell.table, cell.line, cell.column) for cell in cells)


@dataclass(frozen=True)
class Check:
    """One check. ``run`` is pure: the same evidence gives the same tally."""

    name: str
    """Name, as in the report."""
    looks_for: str
    """What it looks for, in one line."""
    needs: str
    """What a table must have for it to speak."""
    assumes: str
    """What it takes for granted."""
    source: str
    """Publication, or the definition it follows from."""
    run: Callable[[Evidence], Tally]
    """Look at everything."""
    rounds: bool = True
    """Whether its answer depends on the rounding rule."""

    def finding(
        self,
        severity: Severity,
        cells: Iterable[Cell | PrintedAt],
        *,
        printed: str,
        follows: str,
        sentence: str,
        repairs: Iterable[Correction] = (),
    ) -> ForensicFinding:
        """A finding of this check."""
        return ForensicFinding(
            check=self.name,
            severity=severity,
            at=tuple(item.at() if isinstance(item, Cell) else item for item in cells),
            printed=printed,
            follows=follows,
            repairs=tuple(repairs),
            sentence=sentence,
        )
