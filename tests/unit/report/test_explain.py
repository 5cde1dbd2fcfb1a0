"""What ``harness explain`` says: everything that was tried, what broke, what would settle it, how to see it again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from doubles import World
from hypothesis import given
from hypothesis import strategies as st

from harness.loading import load_claims
from harness.pipeline import verify_claim
from harness.records.manifest import Manifest, Pinned
from harness.records.rules import Answer, RuleOutcome
from harness.records.verdict import Attacker, Effect, Finding, Reason, Status, Verdict
from harness.report.explain import explanation


@pytest.fixture
def verified(claims: Path, world: World) -> Manifest:
    [loaded] = load_claims(claims)
    return verify_claim(loaded, world)


def flat(text: str) -> str:
    """The text without its line breaks."""
    return " ".join(text.split())


def broken(attack: str, effect: Effect, **changes: Any) -> Finding:
    return Finding(
        attack=attack,
        attacker={"c": Attacker.COUNTEREXAMPLE_HUNTER, "r": Attacker.REPLICATION_ATTACKER}[attack[0]],
        threat="a threat",
        status="broken",
        severity=9.0,
        effect=effect,
        summary="row 3 breaks it",
        replay=f"harness replay tiny-2020/new-beats-old --attack {attack}",
        **changes,
    )


def decided(manifest: Manifest, status: Status, code: Reason, *findings: Finding, **changes: Any) -> Manifest:
    verdict = Verdict(status=status, reason_code=code, reason="This is why", settles="This would settle it")
    return manifest.model_copy(
        update={"verdict": verdict, "findings": (*manifest.findings, *findings), **changes}
    )


def test_a_verified_claim_is_explained_in_full(verified: Manifest) -> None:
    text = flat(explanation(verified, 100))
    assert verified.statement in text
    assert "VERIFIED / RULE_MET. The claim holds." in text
    assert flat(verified.verdict.settles) in text
    assert f"The script ran {len(verified.runs)} times" in text
    for finding in verified.findings:
        word = {"held": "held", "broken": "BROKE", "not_applicable": "could not try"}[finding.status]
        assert f"{word} {finding.attack}: {flat(finding.summary)}" in text
    for control in verified.controls:
        assert f"ok {control.name} " in text
    assert "harness run claims --only tiny-2020/new-beats-old" in text


@pytest.mark.parametrize("code", list(Reason))
def test_every_reason_has_plain_words_and_says_what_settles_it(verified: Manifest, code: Reason) -> None:
    status = {
        "RULE_MET": Status.VERIFIED,
        "PROOF_CHECKED": Status.VERIFIED,
        "RULE_REFUTED": Status.FALSIFIED,
        "COUNTEREXAMPLE": Status.FALSIFIED,
        "SOURCE_CONTRADICTS": Status.FALSIFIED,
    }.get(code, Status.UNVERIFIED)
    text = flat(explanation(decided(verified, status, code), 80))
    head = {
        Status.VERIFIED: "The claim holds.",
        Status.FALSIFIED: "The claim is refuted.",
        Status.UNVERIFIED: "The claim is neither confirmed nor refuted.",
    }[status]
    assert f"{status} / {code}. {head}" in text
    assert "This is why." in text
    assert "What would settle it This would settle it." in text


def test_failures_of_the_run_are_no_statement_about_the_claim(verified: Manifest) -> None:
    for code in ("SCRIPT_FAILED", "TIMED_OUT", "LIMIT_EXCEEDED", "INTERNAL_ERROR"):
        text = explanation(decided(verified, Status.UNVERIFIED, Reason(code)), 200)
        assert "says nothing about the claim" in text


def test_a_refuted_rule_lists_its_violations(verified: Manifest) -> None:
    rows = tuple({"language": f"l{index}", "new": "0.1"} for index in range(7))
    rule = RuleOutcome(
        rule="forall", answer=Answer.REFUTED, summary="7 of 9 rows violate it", violations=rows
    )
    text = explanation(decided(verified, Status.FALSIFIED, Reason.RULE_REFUTED, rule=rule), 100)
    assert "The rule forall is refuted: 7 of 9 rows violate it." in text
    assert "language = l0, new = 0.1" in text
    assert "language = l5" not in text
    assert "and 2 more in the manifest" in text


@pytest.mark.parametrize(
    ("attack", "effect", "code", "words"),
    [
        ("counterexample/every-row", Effect.REFUTES, Reason.COUNTEREXAMPLE, "this refutes the claim"),
        ("replication/noise", Effect.VOIDS, Reason.VACUOUS_EVIDENCE, "this takes the evidence its worth"),
    ],
)
def test_what_broke_is_first_and_can_be_replayed(
    verified: Manifest, attack: str, effect: Effect, code: Reason, words: str
) -> None:
    status = Status.FALSIFIED if effect is Effect.REFUTES else Status.UNVERIFIED
    finding = broken(attack, effect, evidence=({"row": "3"},))
    text = explanation(decided(verified, status, code, finding), 60)
    assert f"BROKE {attack}: row 3 breaks it. Severity 9.0 of 10; {words}." in flat(text)
    assert "row = 3" in text
    assert f"  {finding.replay}\n" in text, "commands stay on one line"
    assert text.index("BROKE") < text.index(f"held {attack.split('/')[0]}")


def test_what_only_weakens_is_not_offered_as_decisive(verified: Manifest) -> None:
    finding = broken("replication/other-analyses", Effect.WEAKENS)
    text = explanation(decided(verified, Status.VERIFIED, Reason.RULE_MET, finding), 80)
    assert "decides nothing" in flat(text)
    assert finding.replay not in text


def test_hostile_text_is_spelled_out(verified: Manifest) -> None:
    hostile = "\x1b[31mred\x1b[0m [bold]x[/bold]\u202e \r\n"
    verdict = verified.verdict.model_copy(update={"reason": hostile, "settles": hostile})
    text = explanation(verified.model_copy(update={"verdict": verdict, "statement": hostile}), 80)
    assert {character for character in text if not character.isprintable()} == {"\n"}
    assert "[bold]x[/bold]" in text


@given(width=st.integers(-5, 300))
def test_lines_fit_the_width_but_for_commands(width: int) -> None:
    manifest = Manifest.model_construct(
        paper="p",
        claim="c",
        statement="A statement of some words. " * 9,
        kind="formal",
        fidelity="exact",
        required_fidelity="exact",
        pinned=Pinned.model_construct(profile=None),
        verdict=Verdict(
            status=Status.UNVERIFIED, reason_code=Reason.NOT_RUN, reason="a " * 99, settles="b " * 99
        ),
        runs=(RUN,),
        rule=None,
        findings=(),
        controls=(),
    )
    lines = explanation(manifest, width).splitlines()
    assert all(len(line) <= max(width, 40) for line in lines if "harness run" not in line)
    assert explanation(manifest, width) == explanation(manifest, width)


class _Run:
    """The little of a run that an explanation reads."""

    isolation, opened, outcome, detail = None, (), "NOT_RUN", ""

    class variation:
        name = "main"


RUN: Any = _Run()
