"""Records for the laws of the verdict, from which any part can be missing or broken."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from harness.records.claim import FIDELITY_ORDER, Fidelity
from harness.records.rules import Answer
from harness.records.run import RunOutcome
from harness.records.verdict import Attacker, ControlResult, Effect, Finding, Reason, VerdictFacts

ROLES = ("spoiled-twin", "known-true", "known-false")
FAILED = [outcome for outcome in RunOutcome if outcome is not RunOutcome.COMPLETED]
OURS = [RunOutcome.ISOLATION_UNAVAILABLE, RunOutcome.INTERNAL_ERROR]
VOID_REASONS = [Reason.VACUOUS_EVIDENCE, Reason.UNSTABLE, Reason.SOURCE_UNRESOLVED]

names = st.text("abcdef", min_size=1, max_size=6)
sentences = st.sampled_from(["", "one sentence", "another sentence with 3 numbers"])


@st.composite
def findings(
    draw: Any,
    attackers: tuple[Attacker, ...] = tuple(Attacker),
    statuses: tuple[str, ...] = ("held", "broken", "not_applicable", "error"),
    effects: tuple[Effect, ...] = tuple(Effect),
) -> Finding:
    """Any finding of the given attackers, states and effects."""
    attacker, status = draw(st.sampled_from(attackers)), draw(st.sampled_from(statuses))
    broken = status == "broken"
    effect = draw(st.sampled_from(effects)) if broken else None
    return Finding(
        attack=f"{attacker.value.lower()}/{draw(names)}",
        attacker=attacker,
        threat="a threat",
        status=status,
        severity=draw(st.sampled_from([0.5, 3.0, 7.0, 9.5, 10.0])) if broken else 0.0,
        effect=effect,
        reason_code=draw(st.sampled_from(VOID_REASONS)) if effect is Effect.VOIDS else None,
        summary=draw(sentences),
        replay="harness replay x --attack y",
    )


def refuting(attacker: Attacker | None = None) -> SearchStrategy[Finding]:
    """A broken finding that refutes."""
    return findings((attacker,) if attacker else tuple(Attacker), ("broken",), (Effect.REFUTES,))


def voiding() -> SearchStrategy[Finding]:
    """A broken finding that voids the evidence."""
    return findings(statuses=("broken",), effects=(Effect.VOIDS,))


@st.composite
def controls(draw: Any, behaved: bool | None = None, role: str | None = None) -> ControlResult:
    """Any control."""
    return ControlResult.model_validate(
        {
            "name": draw(names),
            "role": role or draw(st.sampled_from(ROLES)),
            "expected": "not-met",
            "answer": "REFUTED",
            "behaved": draw(st.booleans()) if behaved is None else behaved,
            "why": "it had to",
        }
    )


def distinct(items: SearchStrategy[Finding], **sizes: int) -> SearchStrategy[tuple[Finding, ...]]:
    """Findings of attacks with different names, as a red team gives them."""
    return st.lists(items, unique_by=lambda finding: finding.attack, **sizes).map(tuple)  # type: ignore[arg-type]


def every_attacker_held() -> tuple[Finding, ...]:
    """One held attack of each attacker."""
    return tuple(
        Finding(
            attack=f"{attacker.value.lower()}/held",
            attacker=attacker,
            threat="a threat",
            status="held",
            summary="ok",
        )
        for attacker in Attacker
    )


def every_control_behaved() -> tuple[ControlResult, ...]:
    """One well-behaved control of each role."""
    return tuple(
        ControlResult.model_validate(
            {"name": role, "role": role, "expected": "x", "answer": "x", "behaved": True, "why": "it had to"}
        )
        for role in ROLES
    )


@st.composite
def sound_facts(draw: Any) -> VerdictFacts:
    """Facts with nothing wrong, in which whatever decides nothing varies; they give VERIFIED."""
    required = draw(st.sampled_from(Fidelity))
    reached = [level for level in Fidelity if FIDELITY_ORDER[level] >= FIDELITY_ORDER[required]]
    harmless = findings(statuses=("held", "broken", "not_applicable"), effects=(Effect.WEAKENS,))
    return VerdictFacts(
        sealed=True,
        outcome=RunOutcome.COMPLETED,
        answer=Answer.MET,
        rule_summary=draw(sentences),
        rule_settles=draw(sentences),
        rule_incomplete=draw(st.booleans()),
        observed_values=draw(st.integers(1, 10_000)),
        findings=(*every_attacker_held(), *draw(distinct(harmless, max_size=4))),
        controls=(*every_control_behaved(), *draw(st.lists(controls(behaved=True), max_size=3))),
        fidelity=draw(st.sampled_from(reached)),
        required=required,
    )


@st.composite
def any_facts(draw: Any, attackers_speak: bool = False) -> VerdictFacts:
    """Any facts, sound in about half of their parts so that every step of the decision is reached."""

    def mostly(good: Any, other: SearchStrategy[Any]) -> Any:
        return good if draw(st.integers(0, 3)) else draw(other)

    base: VerdictFacts = draw(sound_facts())
    found = mostly(base.findings, distinct(findings(), max_size=6))
    if draw(st.booleans()):
        found = (*found, *draw(distinct(findings(statuses=("broken",)), max_size=2)))
    if attackers_speak:
        found = (*every_attacker_held(), *found)
    problems = st.lists(sentences.filter(bool), min_size=1, max_size=2).map(tuple)
    return VerdictFacts(
        intake_problems=mostly((), problems),
        grounding_problems=mostly((), problems),
        sealed=mostly(True, st.booleans()),
        outcome=mostly(RunOutcome.COMPLETED, st.sampled_from(RunOutcome)),
        outcome_detail=draw(sentences),
        answer=mostly(Answer.MET, st.sampled_from([*Answer, None])),
        rule_summary=draw(sentences),
        rule_settles=draw(sentences),
        rule_incomplete=draw(st.booleans()),
        observed_values=mostly(base.observed_values, st.integers(0, 2)),
        findings=found,
        controls=mostly(base.controls, st.lists(controls(), max_size=5).map(tuple)),
        fidelity=mostly(base.fidelity, st.sampled_from(Fidelity)),
        required=base.required,
    )
