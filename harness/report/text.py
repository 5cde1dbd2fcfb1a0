"""Tables for a terminal. Everything shown has had its control characters spelled out."""

from __future__ import annotations

from collections.abc import Sequence

from rich.table import Table
from rich.text import Text

from harness.observing import printable
from harness.records.manifest import Manifest
from harness.records.verdict import Reason, Status

STYLE = {Status.VERIFIED: "green", Status.FALSIFIED: "red", Status.UNVERIFIED: "yellow"}


def closing_table(manifests: Sequence[Manifest]) -> Table:
    """One row per claim: status, reason code, attack score."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("claim", "status", "reason", "attacks"):
        table.add_column(name, justify="right" if name == "attacks" else "left", no_wrap=name != "claim")
    paper = None
    for manifest in manifests:
        if manifest.paper != paper:
            paper = manifest.paper
            table.add_row(Text(paper, style="bold"), "", "", "")
        table.add_row(
            Text(f"  {manifest.folder}"),
            Text(manifest.verdict.status, style=STYLE[manifest.verdict.status]),
            Text(manifest.verdict.reason_code),
            Text(f"{manifest.avg_attack_score:.1f}/10"),
        )
    return table


def reasons(manifests: Sequence[Manifest]) -> list[str]:
    """One paragraph per claim that is not VERIFIED."""
    return [
        f"{manifest.folder}: {printable(manifest.verdict.reason)}{_way_out(manifest)}"
        for manifest in manifests
        if manifest.verdict.status is not Status.VERIFIED
    ]


def _way_out(manifest: Manifest) -> str:
    """What the reader can do at once where something was missing."""
    verdict = manifest.verdict
    missing = verdict.reason_code is Reason.MISSING_RESOURCE
    return f". What would settle it: {printable(verdict.settles)}" if missing else ""


def counts_line(manifests: Sequence[Manifest]) -> str:
    """``4 VERIFIED, 5 FALSIFIED, 3 UNVERIFIED``."""
    return ", ".join(
        f"{sum(manifest.verdict.status is status for manifest in manifests)} {status}" for status in Status
    )
