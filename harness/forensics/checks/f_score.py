"""F1 scores that are not the harmonic mean of the precision and the recall printed beside them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction

from harness.forensics import belief
from harness.forensics.cells import CELL, Cell
from harness.forensics.evidence import Evidence
from harness.forensics.interface import Check, Tally
from harness.forensics.metrics import plain
from harness.forensics.repairs import nearest, said, smallest
from harness.forensics.scales import scale_of
from harness.records.forensics import Severity
from harness.stats.rounding import decimal_text
from harness.stats.rounding_rules import Span

_PRECISION = frozenset({"p", "prec", "precision"})
_RECALL = frozenset({"r", "rec", "recall", "sensitivity"})
_F1 = frozenset({"f", "f1", "f 1", "f score", "f1 score", "f measure"})
COUNTED = 10.0
"""Prior for a table with a column of counts: one row for each class, and not a mean over classes."""
Row = tuple[Cell, Cell, Cell]


def harmonic(precision: Span, recall: Span) -> Span:
    """Every 2PR/(P + R); it rises with both, so the corners bound it."""

    def mean(p: Fraction, r: Fraction) -> Fraction:
        p, r = max(p, Fraction(0)), max(r, Fraction(0))
        return 2 * p * r / (p + r) if p + r else Fraction(0)

    return Span(mean(precision.low, recall.low), mean(precision.high, recall.high))


def _run(evidence: Evidence) -> Tally:
    tally = Tally()
    scales = scale_of(evidence)
    for sheet in evidence.sheets:
        rows = [row for record in sheet.records for row in _rows(record)]
        rows = [row for row in rows if len({scales(cell) for cell in row}) == 1]
        counted = any(
            cell.metric is not None and cell.metric.family == "n"
            for row in sheet.records
            for cell in row.values()
        )
        if rows:
            _judge(evidence, tally, sheet.name, rows, COUNTED if counted else 1.0)
    return tally


def _judge(evidence: Evidence, tally: Tally, table: str, rows: list[Row], prior: float) -> None:
    """Means over classes have an F1 that does not follow from the mean P and R: most rows must agree."""
    outcomes = []
    for row in rows:
        allowed = harmonic(evidence.span(row[0]), evidence.span(row[1]))
        # Were it another mean, F1 would lie about anywhere near P and R.
        room = abs(row[0].value - row[1].value) / 2 + 10 * evidence.step(row[2])
        width = allowed.high - allowed.low + evidence.step(row[2])
        outcomes.append((evidence.span(row[2]).meets(allowed), min(1.0, float(width / room)), allowed))
    agreeing = sum(good for good, _, _ in outcomes)
    strength = belief.ratio(((good, luck) for good, luck, _ in outcomes), prior)
    if agreeing < len(rows) and (strength < belief.WEAK or 2 * agreeing <= len(rows)):
        tally.assumptions.append(
            f"{table}: F1 is not the harmonic mean of P and R in {len(rows) - agreeing} of {len(rows)} rows, as in "
            f"means over classes, so that is not judged."
        )
        return
    severity = Severity.INCONSISTENT if strength >= belief.STRONG else Severity.SUSPICIOUS
    for row, (good, _, allowed) in zip(rows, outcomes, strict=True):
        tally.compared(row)
        if good:
            continue
        precision, recall, score = row
        places = evidence.places(score) + 2
        low, high = decimal_text(allowed.low, places), decimal_text(allowed.high, places)
        repairs = smallest([nearest(score, allowed, evidence)])
        tally.findings.append(
            CHECK.finding(
                severity,
                (score, precision, recall),
                printed=score.printed,
                follows=f"between {low} and {high}",
                sentence=f"{table} prints {score.printed} for {score.name()}, but precision {precision.printed} and "
                f"recall {recall.printed} there give an F1 between {low} and {high}; {said(repairs)}.",
                repairs=repairs,
            )
        )


def _rows(record: Mapping[str, Cell]) -> Iterator[Row]:
    """Precision, recall and F1 of one row; not of a row of means."""
    found: dict[str, Cell] = {}
    for name, cell in record.items():
        if cell.kind == CELL and not cell.number.relation:
            for part, names in (("p", _PRECISION), ("r", _RECALL), ("f", _F1)):
                if plain(name) in names:
                    found.setdefault(part, cell)
    if len(found) == 3:
        yield found["p"], found["r"], found["f"]


CHECK = Check(
    name="f-score",
    looks_for="F1 scores that are not the harmonic mean of precision and recall",
    needs="precision, recall and F1 in one row",
    assumes="all three are about the same decisions, where most rows of the table bear that out; means over classes "
    "are left out",
    source="van Rijsbergen (1979), Information Retrieval, chapter 7",
    run=_run,
)
