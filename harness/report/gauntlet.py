"""Error rates of the gates as text for a terminal. Computes nothing."""

from __future__ import annotations

from collections.abc import Iterator

from rich.table import Table
from rich.text import Text

from harness.observing import printable
from harness.records.gauntlet import GauntletReport, Rate, WrongVerdict


def class_table(report: GauntletReport) -> Table:
    """One row for each class: claims, false verdicts and right ones, with 95 % intervals."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("class", no_wrap=True)
    for name in ("claims", "false VERIFIED", "false FALSIFIED", "right"):
        table.add_column(name, justify="right", no_wrap=True)
    for row in report.classes:
        table.add_row(
            Text(row.class_),
            str(row.claims),
            Text(_short(row.false_verified), style="red" if row.false_verified.count else ""),
            Text(_short(row.false_falsified), style="red" if row.false_falsified.count else ""),
            Text(_short(row.right), style="" if row.right.count == row.right.of else "yellow"),
        )
    return table


def totals(report: GauntletReport) -> list[str]:
    """One line for each rate over all claims, and whether the goals hold."""
    return [
        f"false VERIFIED         {rate_text(report.false_verified)}   goal: 0",
        f"false FALSIFIED        {rate_text(report.false_falsified)}   goal: 0",
        f"honest true, VERIFIED  {rate_text(report.honest_true_verified)}   goal: at least 95 %",
        f"status and reason      {rate_text(report.right)}",
        "",
        f"{report.claims} claims in {report.seconds:.0f} s. Intervals are exact (Clopper-Pearson), 95 %. "
        f"The goals {'hold' if report.goals_hold else 'do not hold'}.",
    ]


def wrong_lines(report: GauntletReport) -> Iterator[str]:
    """Every wrong verdict with both sentences, and every claim without one."""
    for row in report.wrong:
        yield from _wrong(row)
    for name, why in report.failed.items():
        yield f"{printable(name)}: no verdict, the harness failed: {printable(why)}"


def _wrong(row: WrongVerdict) -> Iterator[str]:
    yield f"{row.mistake}: {row.paper}/{row.claim} ({row.class_})"
    yield f"  said   {row.said} / {row.reason_code}: {printable(row.reason)}"
    yield f"  truth  {row.truth} / {' or '.join(row.reason_codes)}: {printable(row.why)}"


def rate_text(rate: Rate) -> str:
    """``2 of 30, 1-22 %``; a dash where there was nothing to count."""
    if rate.of == 0:
        return "-"
    return f"{rate.count} of {rate.of}, {100 * rate.low:.0f}-{100 * rate.high:.0f} %"


def _short(rate: Rate) -> str:
    """``2/30 1-22 %``: what fits into a table of a narrow terminal."""
    return rate_text(rate).replace(" of ", "/").replace(",", "")
