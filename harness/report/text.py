"""Tables and explanations for a terminal. Everything shown has had its control characters spelled out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rich.markup import escape
from rich.table import Table
from rich.text import Text

from harness.observing import printable
from harness.records.manifest import Manifest
from harness.records.rules import RuleOutcome
from harness.records.verdict import Finding, Status

STYLE = {Status.VERIFIED: "green", Status.FALSIFIED: "red", Status.UNVERIFIED: "yellow"}
MOST_ROWS = 12


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
            Text(f"  {manifest.claim}"),
            Text(manifest.verdict.status, style=STYLE[manifest.verdict.status]),
            Text(manifest.verdict.reason_code),
            Text(f"{manifest.avg_attack_score:.1f}/10"),
        )
    return table


def reasons(manifests: Sequence[Manifest]) -> list[str]:
    """One paragraph per claim that is not VERIFIED."""
    return [
        f"{manifest.claim}: {printable(manifest.verdict.reason)}"
        for manifest in manifests
        if manifest.verdict.status is not Status.VERIFIED
    ]


def counts_line(manifests: Sequence[Manifest]) -> str:
    """``4 VERIFIED, 5 FALSIFIED, 3 UNVERIFIED``."""
    return ", ".join(
        f"{sum(manifest.verdict.status is status for manifest in manifests)} {status}" for status in Status
    )


def explanation(manifest: Manifest) -> str:
    """Why this verdict, what would settle it, and how to replay what broke; rich markup."""
    verdict = manifest.verdict
    style = STYLE[verdict.status]
    lines = [
        f"[bold]{_safe(manifest.paper)}/{_safe(manifest.claim)}[/bold]",
        _safe(manifest.statement),
        "",
        f"[{style}]{verdict.status}[/{style}] / {verdict.reason_code}: {_safe(verdict.reason)}",
        f"What would settle it: {_safe(verdict.settles)}",
        "",
        "[bold]Gates[/bold]",
    ]
    lines += [
        f"  {gate.number} {gate.name:<12} {gate.status:<11} {_safe(gate.summary)}" for gate in manifest.gates
    ]
    if manifest.rule is not None:
        lines += ["", "[bold]Rule[/bold]", *_rule(manifest.rule, "  ")]
    lines += ["", "[bold]Red team[/bold]", f"  {_safe(manifest.red_team)}"]
    for finding in manifest.findings:
        if finding.status in ("broken", "error"):
            lines += _finding(finding)
    held = [finding.attack for finding in manifest.findings if finding.status == "held"]
    idle = [finding for finding in manifest.findings if finding.status == "not_applicable"]
    lines += [f"  held: {', '.join(held) or 'none'}"]
    lines += [f"  not applicable: {finding.attack} ({_safe(finding.summary)})" for finding in idle]
    lines += ["", "[bold]Controls[/bold]"]
    lines += [
        f"  {'ok ' if control.behaved else 'BAD'} {_safe(control.name)} ({control.role}): answered "
        f"{_safe(control.answer)}, expected {control.expected}"
        for control in manifest.controls
    ] or ["  none ran"]
    return "\n".join(lines)


def _rule(outcome: RuleOutcome, indent: str) -> list[str]:
    lines = [f"{indent}{outcome.rule}: {outcome.answer}: {_safe(outcome.summary)}"]
    if outcome.settles:
        lines.append(f"{indent}  to settle: {_safe(outcome.settles)}")
    lines += [f"{indent}  {_row(row)}" for row in outcome.violations[:MOST_ROWS]]
    if len(outcome.violations) > MOST_ROWS:
        lines.append(
            f"{indent}  and {len(outcome.violations) - MOST_ROWS} more violating rows in the manifest"
        )
    undecided = [
        item for item in outcome.comparisons if item.answer != "MET" or item.name.startswith("margin")
    ]
    for item in undecided[:MOST_ROWS]:
        lines.append(f"{indent}  {_safe(item.name)}: {item.answer} ({_row(item.numbers)})")
    for part in outcome.parts:
        lines += _rule(part, indent + "  ")
    return lines


def _finding(finding: Finding) -> list[str]:
    head = f"  [bold]{finding.status}[/bold] {finding.attack} severity {finding.severity:.1f}"
    lines = [f"{head} {finding.effect or ''}: {_safe(finding.summary)}"]
    lines += [f"      {_row(row)}" for row in finding.evidence[:5]]
    if len(finding.evidence) > 5:
        lines.append(f"      and {len(finding.evidence) - 5} more in the manifest")
    lines.append(f"      replay: {_safe(finding.replay)}")
    return lines


def _row(row: dict[str, Any]) -> str:
    return _safe(", ".join(f"{key}={value}" for key, value in row.items())[:300])


def _safe(text: str) -> str:
    return escape(printable(text))
