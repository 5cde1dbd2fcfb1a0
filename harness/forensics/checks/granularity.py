"""Shares of n items that are no k/n, whatever k (GRIM for proportions), against the counts a table prints."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from fractions import Fraction

from harness.forensics import belief
from harness.forensics.cells import CELL, Cell
from harness.forensics.counts import Counts
from harness.forensics.evidence import Evidence, listed
from harness.forensics.interface import Check, Tally
from harness.forensics.repairs import nearest, said, smallest
from harness.forensics.scales import scale_of
from harness.records.forensics import Correction, ForensicFinding, Severity
from harness.stats.rounding_rules import Span, integers_in

_SHARES = {"proportion", "hit"}
_MAYBE = {"recall"}
Pairs = list[tuple[Cell, Cell]]
CLEAR, MOST = 1000, 0.8
"""Likelihood ratio and share of agreeing cells from which a measure is read as k/n."""
WINDOW = Fraction(1, 10)
"""Other counts are tried up to this share away from the printed one."""


def _possible(allowed: Span, n: int, scale: int) -> bool:
    """Whether some k/n, 0 <= k <= n, lies in ``allowed``."""
    found = integers_in(allowed.times(Fraction(n, scale)))
    return max(found.start, 0) < min(found.stop, n + 1)


def _run(evidence: Evidence) -> Tally:
    tally = Tally()
    counts = Counts(evidence)
    scales = scale_of(evidence)
    by_reading: dict[tuple[str, frozenset[str]], list[tuple[Cell, Cell]]] = defaultdict(list)
    for sheet in evidence.sheets:
        for cell in sheet.cells:
            if cell.metric is None or cell.metric.family not in _SHARES | _MAYBE or cell.kind != CELL:
                continue
            count = counts.of(cell)
            if count is None or cell.number.relation:
                continue
            # What a measure means is settled for all data sets with the same other labels.
            by_reading[cell.metric_name, cell.key - count.key].append((cell, count))
    judged: list[tuple[Cell, Cell]] = []
    unclear: dict[str, int] = defaultdict(int)
    clear = _borne_out(evidence, by_reading, scales)
    for (metric, labels), pairs in by_reading.items():
        sure = pairs[0][0].metric is not None and pairs[0][0].metric.family in _SHARES
        if not (sure or any((metric, label) in clear for label in (*labels, ""))):
            unclear[metric] += len(pairs)
            continue
        judged += pairs
    tally.assumptions += [
        f"{count} values of {metric} are not read as shares k/n of the printed counts, because where they could "
        f"disagree with that they do, or they cannot."
        for metric, count in unclear.items()
    ]
    by_count: dict[int, list[tuple[Cell, Cell]]] = defaultdict(list)
    for cell, count in judged:
        n, scale = int(count.value), scales(cell)
        tally.compared((cell, count), could_fail=Fraction(scale, n) > evidence.step(cell))
        by_count[id(count)].append((cell, count))
    for pairs in by_count.values():
        wrong = [
            (cell, count)
            for cell, count in pairs
            if not _possible(evidence.span(cell), int(count.value), scales(cell))
        ]
        if not wrong:
            continue
        other = _other_count(evidence, pairs, scales)
        if len(wrong) > 1 and other is not None:
            tally.findings.append(_about_count(evidence, pairs, wrong, other))
        else:
            tally.findings += [_about_cell(evidence, cell, count, scales(cell)) for cell, count in wrong]
    return tally


def _borne_out(
    evidence: Evidence,
    readings: Mapping[tuple[str, frozenset[str]], Pairs],
    scales: Callable[[Cell], int],
) -> set[tuple[str, str]]:
    """Measures that are clearly k/n in at least one data set: of all their cells, or of those with one label.

    The label (such as monolingual) is empty where all cells of the measure are meant.
    """
    outcomes: dict[tuple[str, str], dict[frozenset[str], list[tuple[bool, float]]]] = defaultdict(
        lambda: defaultdict(list)
    )
    for (metric, labels), pairs in readings.items():
        for cell, count in pairs:
            n, scale = int(count.value), scales(cell)
            chance = float(evidence.step(cell) * n / scale)
            outcome = _possible(evidence.span(cell), n, scale), chance
            for label in (*labels, ""):
                outcomes[metric, label][count.key].append(outcome)
    return {
        reading
        for reading, by_data in outcomes.items()
        if any(
            belief.ratio(rows) >= CLEAR and sum(agrees for agrees, _ in rows) >= MOST * len(rows)
            for rows in by_data.values()
        )
    }


def _other_count(
    evidence: Evidence, pairs: list[tuple[Cell, Cell]], scales: Callable[[Cell], int]
) -> list[int] | None:
    """Counts near the printed one that all cells agree with, the nearest first; None when there are none."""
    n = int(pairs[0][1].value)
    reach = max(3, int(n * WINDOW))
    fitting = [
        m
        for m in range(max(1, n - reach), n + reach + 1)
        if all(_possible(evidence.span(cell), m, scales(cell)) for cell, _ in pairs)
    ]
    # With many fitting counts the agreement of one says nothing.
    return sorted(fitting, key=lambda m: abs(m - n)) if 0 < len(fitting) <= 3 else None


def _about_count(evidence: Evidence, pairs: Pairs, wrong: Pairs, other: list[int]) -> ForensicFinding:
    count = pairs[0][1]
    n = int(count.value)
    repair = Correction(
        at=count.at(),
        becomes=f"{other[0]:,}" if "," in count.printed else str(other[0]),
        steps=abs(other[0] - n),
    )
    tables = listed(sorted({cell.table for cell, _ in pairs}))
    only = (
        "and to no other count within a tenth of it"
        if len(other) == 1
        else f"(also to {listed([str(m) for m in other[1:]])})"
    )
    return CHECK.finding(
        Severity.IMPOSSIBLE,
        (count, *(cell for cell, _ in wrong)),
        printed=count.printed,
        follows=" or ".join(str(m) for m in other),
        sentence=f"{count.table} prints {count.printed} for {count.name()}, but {len(wrong)} of the {len(pairs)} "
        f"values of {wrong[0][0].metric_name} for it in {tables} are no k/{n} "
        f"({listed([cell.printed for cell, _ in wrong[:6]])}); "
        f"all {len(pairs)} belong to {other[0]} {only}; {said([repair])}, "
        f"unless these values were computed on fewer or other items than are printed.",
        repairs=(repair,),
    )


def _about_cell(evidence: Evidence, cell: Cell, count: Cell, scale: int) -> ForensicFinding:
    n = int(count.value)
    k = cell.value * n / scale
    below, above = int(k // 1), int(k // 1) + 1
    repairs = smallest(
        [
            nearest(cell, Span(Fraction(m * scale, n), Fraction(m * scale, n)), evidence)
            for m in (below, above)
            if 0 <= m <= n
        ]
    )
    return CHECK.finding(
        Severity.IMPOSSIBLE,
        (cell, count),
        printed=cell.printed,
        follows=" or ".join(
            f"{m}/{n} = {float(Fraction(m * scale, n)):.{evidence.places(cell) + 2}f}"
            for m in (below, above)
            if 0 <= m <= n
        ),
        sentence=f"{cell.table} prints {cell.printed} for {cell.name()}, but {count.table} gives {count.printed} items "
        f"and no k/{n} is printed as {cell.printed}; {said(repairs)}.",
        repairs=repairs,
    )


CHECK = Check(
    name="granularity",
    looks_for="shares of n items that are no k/n",
    needs="a share (recall, hit rate, accuracy) and the number of items, in its row or in a table of counts",
    assumes="every item counts once, as a yes or a no; for recall only where another data set bears that out",
    source="Brown and Heathers (2017), Social Psychological and Personality Science 8, doi:10.1177/1948550616673876",
    run=_run,
)
