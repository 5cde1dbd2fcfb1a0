"""One claim's manifest in plain words: what was said, tried, broken, and what would settle it. Computes nothing."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from typing import Any

from harness.observing import printable
from harness.records.manifest import Manifest
from harness.records.rules import RuleOutcome
from harness.records.verdict import Attacker, ControlResult, Effect, Finding, Reason, Status

MOST_ROWS = 5
NARROWEST = 40

_VERDICT = {
    Status.VERIFIED: "The claim holds.",
    Status.FALSIFIED: "The claim is refuted.",
    Status.UNVERIFIED: "The claim is neither confirmed nor refuted.",
}
_REASON = {
    Reason.RULE_MET: "The measurement meets the rule fixed beforehand, and the evidence withstood the attacks.",
    Reason.PROOF_CHECKED: "The proof was checked.",
    Reason.RULE_REFUTED: "The measurement excludes what the rule asks for.",
    Reason.COUNTEREXAMPLE: "A case was found in which the statement is false.",
    Reason.SOURCE_CONTRADICTS: "The source says otherwise than the claim says it does.",
    Reason.NOT_RUN: "The script says that it measured nothing.",
    Reason.SOURCE_UNRESOLVED: "The record does not say what the source says, or where.",
    Reason.FIDELITY_TOO_LOW: "What was run is too far from what the source did.",
    Reason.UNDERPOWERED: "The data cannot tell.",
    Reason.VACUOUS_EVIDENCE: "The evidence shows nothing: it would have come out like this whatever is true.",
    Reason.UNSTABLE: "The answer changes with things that should not matter.",
    Reason.SCRIPT_FAILED: "The script ended with an error, which says nothing about the claim.",
    Reason.TIMED_OUT: "The script took longer than its record allows, which says nothing about the claim.",
    Reason.LIMIT_EXCEEDED: "The script used more than its record allows, which says nothing about the claim.",
    Reason.POLICY_VIOLATION: "The script tried something that is forbidden, so nothing it reports counts.",
    Reason.INVALID_OUTPUT: "What the script wrote is not what its record declares.",
    Reason.MISSING_RESOURCE: "Something that the claim needs was not there.",
    Reason.ISOLATION_UNAVAILABLE: "The script could not be run sealed, so it was not believed.",
    Reason.NOT_DISCRIMINATING: "The check does not tell a sound case from a spoiled one.",
    Reason.PROOF_REJECTED: "The proof was not accepted.",
    Reason.INTERNAL_ERROR: "The harness failed, which says nothing about the claim.",
}
_ATTACKER = {
    Attacker.COUNTEREXAMPLE_HUNTER: "Looking for cases in which the statement is false",
    Attacker.CITATION_AUDITOR: "Comparing the record with the source",
    Attacker.REPLICATION_ATTACKER: "Asking whether the evidence could have come out otherwise",
}
_EFFECT = {
    Effect.REFUTES: "this refutes the claim",
    Effect.VOIDS: "this takes the evidence its worth",
    Effect.WEAKENS: "this weakens the evidence and decides nothing",
}
_CONTROL = {
    "spoiled-twin": "on spoiled inputs the claim must not hold",
    "known-true": "what is known to be true must hold",
    "known-false": "what is known to be false must be refuted",
}


def explanation(manifest: Manifest, width: int) -> str:
    """The whole explanation, wrapped at ``width`` columns (40 at least). The same manifest gives the same text."""
    width = max(width, NARROWEST)
    lines: list[str] = []
    for indent, text in _paragraphs(manifest):
        if not text:
            lines.append("")
            continue
        hang = " " * (indent + 2) if text.startswith("- ") else " " * indent
        # Commands are copied, so they stay on one line.
        lines += (
            [" " * indent + printable(text.removeprefix("$ "))]
            if text.startswith("$ ")
            else textwrap.wrap(
                printable(text),
                width,
                initial_indent=" " * indent,
                subsequent_indent=hang,
                break_on_hyphens=False,
            )
        )
    return "\n".join(lines) + "\n"


def _paragraphs(manifest: Manifest) -> Iterator[tuple[int, str]]:
    """Indent and text of every paragraph; an empty text is an empty line."""
    verdict = manifest.verdict
    yield 0, f"{manifest.paper}/{manifest.folder}"
    yield 2, manifest.statement
    yield 0, ""
    yield (
        0,
        f"{verdict.status} / {verdict.reason_code}. {_VERDICT[verdict.status]} {_REASON[verdict.reason_code]}",
    )
    yield 2, _sentence(verdict.reason)
    yield 0, ""
    yield 0, "What would settle it"
    yield 2, _sentence(verdict.settles)
    yield from _ran(manifest)
    for attacker in Attacker:
        yield from _attacker(attacker, [item for item in manifest.findings if item.attacker is attacker])
    yield from _controls(manifest.controls)
    yield from _again(manifest)


def _ran(manifest: Manifest) -> Iterator[tuple[int, str]]:
    main = next(run for run in manifest.runs if run.variation.name == "main")
    yield 0, ""
    yield 0, "What was run"
    sealed = main.isolation or "nothing, because it did not start"
    yield (
        2,
        f"A claim of kind {manifest.kind}, run at fidelity {manifest.fidelity}; it needs {manifest.required_fidelity}. "
        f"The script ran {_times(len(manifest.runs))}, sealed by {sealed}: "
        f"once for the claim and {_times(len(manifest.runs) - 1)} for attacks and controls.",
    )
    if main.opened:
        yield 2, f"It opened {', '.join(main.opened)}."
    if manifest.rule is None:
        yield (
            2,
            f"The claim's own run gave no measurement ({main.outcome}). {_sentence(main.detail)}".rstrip(),
        )
    else:
        yield from _rule(manifest.rule, 2)


def _rule(outcome: RuleOutcome, indent: int) -> Iterator[tuple[int, str]]:
    answer = {"MET": "is met", "REFUTED": "is refuted", "UNDECIDED": "cannot be decided"}[outcome.answer]
    yield indent, f"The rule {outcome.rule} {answer}: {_sentence(outcome.summary)}"
    yield from _rows(outcome.violations, indent + 2)
    for part in outcome.parts:
        yield from _rule(part, indent + 2)


def _attacker(attacker: Attacker, findings: list[Finding]) -> Iterator[tuple[int, str]]:
    broke = [item for item in findings if item.status in ("broken", "error")]
    held = [item for item in findings if item.status == "held"]
    idle = [item for item in findings if item.status == "not_applicable"]
    left_out = [item for item in findings if item.status == "left_out"]
    yield 0, ""
    yield (
        0,
        f"{_ATTACKER[attacker]} ({attacker}): {len(broke)} broke something, {len(held)} held, "
        f"{len(idle)} could not be tried",
    )
    for item in sorted(broke, key=lambda item: (-item.severity, item.attack)):
        effect = _EFFECT[item.effect] if item.effect else "the attack itself failed"
        yield (
            2,
            f"- BROKE {item.attack}: {_sentence(item.summary)} Severity {item.severity:.1f} of 10; {effect}.",
        )
        yield from _rows(item.evidence, 6)
    for item in held:
        yield 2, f"- held {item.attack}: {_sentence(item.summary)}"
    for item in left_out:
        yield 2, f"- LEFT OUT {item.attack}: {_sentence(item.summary)}"
    for item in idle:
        yield 2, f"- could not try {item.attack}: {_sentence(item.summary)}"


def _controls(controls: tuple[ControlResult, ...]) -> Iterator[tuple[int, str]]:
    yield 0, ""
    behaved = sum(item.behaved for item in controls)
    yield 0, f"Controls: {behaved} of {len(controls)} behaved" if controls else "Controls: none ran"
    for item in controls:
        word = "ok" if item.behaved else "MISBEHAVED"
        yield (
            2,
            f"- {word} {item.name} ({_CONTROL[item.role]}): answered {item.answer}, expected {item.expected}. "
            f"{_sentence(item.why)}",
        )


def _again(manifest: Manifest) -> Iterator[tuple[int, str]]:
    """How to see the decisive thing again."""
    yield 0, ""
    yield 0, "To see it again"
    decisive = [
        item for item in manifest.findings if item.status == "broken" and item.effect is not Effect.WEAKENS
    ]
    for item in sorted(decisive, key=lambda item: (-item.severity, item.attack))[:1]:
        yield 2, f"$ {item.replay}"
    size = f" --profile {manifest.pinned.profile}" if manifest.pinned.profile else ""
    yield 2, f"$ harness run claims --only {manifest.paper}/{manifest.claim}{size} --out /tmp/again"


def _rows(rows: tuple[dict[str, Any], ...], indent: int) -> Iterator[tuple[int, str]]:
    for row in rows[:MOST_ROWS]:
        yield indent, ("- " + ", ".join(f"{key} = {value}" for key, value in row.items()))[:300]
    if len(rows) > MOST_ROWS:
        yield indent, f"- and {len(rows) - MOST_ROWS} more in the manifest"


def _sentence(text: str) -> str:
    """Text with a full stop at its end."""
    text = text.strip()
    return text if not text or text[-1] in ".!?" else f"{text}."


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"
