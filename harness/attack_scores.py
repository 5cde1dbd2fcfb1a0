"""Scores of the attackers, and the line that reports them in the seed system's form."""

from __future__ import annotations

from collections.abc import Sequence

from harness.records.verdict import Attacker, Effect, Finding


def scores(findings: Sequence[Finding]) -> dict[str, float]:
    """Highest broken severity of each attacker, 0 to 10; 0 when nothing broke."""
    return {
        attacker.value: max((finding.severity for finding in broken_by(findings, attacker)), default=0.0)
        for attacker in Attacker
    }


def average(findings: Sequence[Finding]) -> float:
    """Mean of the three scores, to one decimal."""
    values = scores(findings).values()
    return round(sum(values) / len(values), 1)


def broken_by(findings: Sequence[Finding], attacker: Attacker) -> list[Finding]:
    """An attacker's broken attacks, the most severe first, by name among equals."""
    broken = [item for item in findings if item.attacker is attacker and item.status == "broken"]
    return sorted(broken, key=lambda finding: (-finding.severity, finding.attack))


def red_team_word(findings: Sequence[Finding]) -> str:
    """FALSIFIED, VOID, WEAKENED or HELD: the strongest effect of any broken attack."""
    effects = {finding.effect for finding in findings if finding.status == "broken"}
    for effect, word in ((Effect.REFUTES, "FALSIFIED"), (Effect.VOIDS, "VOID"), (Effect.WEAKENS, "WEAKENED")):
        if effect in effects:
            return word
    return "HELD"


def red_team_line(findings: Sequence[Finding]) -> str:
    """``[Gate 3 RED-TEAM FALSIFIED] avg_attack_score=6.3/10. COUNTEREXAMPLE_HUNTER(0.0): ...; ...``."""
    parts = []
    for attacker in Attacker:
        broken = broken_by(findings, attacker)
        own = [item for item in findings if item.attacker is attacker]
        held = sum(item.status == "held" for item in own)
        text = (
            " | ".join(item.summary for item in broken if item.effect is not Effect.WEAKENS)
            or (broken[0].summary if broken else "")
            or f"{held} of {len(own)} attacks applied and held"
        )
        parts.append(f"{attacker.value}({scores(findings)[attacker.value]:.1f}): {text}")
    return (
        f"[Gate 3 RED-TEAM {red_team_word(findings)}] avg_attack_score={average(findings):.1f}/10. "
        + "; ".join(parts)
    )
