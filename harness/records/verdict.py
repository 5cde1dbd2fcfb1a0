"""Status, reason, findings: what a verdict is made of."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import Field

from harness.records.base import Record
from harness.records.claim import Fidelity
from harness.records.rules import Answer
from harness.records.run import RunOutcome


class Status(StrEnum):
    """One of three."""

    VERIFIED = "VERIFIED"
    FALSIFIED = "FALSIFIED"
    UNVERIFIED = "UNVERIFIED"


class Reason(StrEnum):
    """Why. Fixed, because people and programs depend on the codes."""

    RULE_MET = "RULE_MET"
    PROOF_CHECKED = "PROOF_CHECKED"
    RULE_REFUTED = "RULE_REFUTED"
    COUNTEREXAMPLE = "COUNTEREXAMPLE"
    SOURCE_CONTRADICTS = "SOURCE_CONTRADICTS"
    NOT_RUN = "NOT_RUN"
    SOURCE_UNRESOLVED = "SOURCE_UNRESOLVED"
    FIDELITY_TOO_LOW = "FIDELITY_TOO_LOW"
    UNDERPOWERED = "UNDERPOWERED"
    VACUOUS_EVIDENCE = "VACUOUS_EVIDENCE"
    UNSTABLE = "UNSTABLE"
    SCRIPT_FAILED = "SCRIPT_FAILED"
    TIMED_OUT = "TIMED_OUT"
    LIMIT_EXCEEDED = "LIMIT_EXCEEDED"
    POLICY_VIOLATION = "POLICY_VIOLATION"
    INVALID_OUTPUT = "INVALID_OUTPUT"
    MISSING_RESOURCE = "MISSING_RESOURCE"
    ISOLATION_UNAVAILABLE = "ISOLATION_UNAVAILABLE"
    NOT_DISCRIMINATING = "NOT_DISCRIMINATING"
    PROOF_REJECTED = "PROOF_REJECTED"
    INTERNAL_ERROR = "INTERNAL_ERROR"


class Attacker(StrEnum):
    """The three attackers."""

    COUNTEREXAMPLE_HUNTER = "COUNTEREXAMPLE_HUNTER"
    CITATION_AUDITOR = "CITATION_AUDITOR"
    REPLICATION_ATTACKER = "REPLICATION_ATTACKER"


class Effect(StrEnum):
    """What a broken attack does to the verdict."""

    REFUTES = "REFUTES"
    """Gives FALSIFIED."""
    VOIDS = "VOIDS"
    """Gives UNVERIFIED: the evidence shows nothing, in either direction."""
    WEAKENS = "WEAKENS"
    """Is shown; decides nothing."""


class Finding(Record):
    """What one attack found."""

    attack: str
    """Name of the attack, ``<attacker>/<attack>``."""
    attacker: Attacker
    """Whose attack it is."""
    threat: str
    """What it would mean if the attack broke the evidence."""
    status: Literal["held", "broken", "not_applicable", "left_out", "error"]
    """held: tried, evidence stands · broken: tried, evidence fell · not_applicable: nothing to try, and why ·
    left_out: runs that it wanted were not made · error: the attack itself failed. The last two leave the claim
    unverified."""
    severity: Annotated[float, Field(ge=0, le=10)] = 0.0
    """0 to 10; 0 unless broken."""
    effect: Effect | None = None
    """Effect of a broken attack; None otherwise."""
    reason_code: Reason | None = None
    """For VOIDS: the reason code that UNVERIFIED then carries."""
    summary: str
    """One sentence with what was found."""
    evidence: tuple[dict[str, Any], ...] = ()
    """The cells, rows, entities or answers that show it."""
    runs: tuple[str, ...] = ()
    """Names of the recorded runs it rests on."""
    replay: str = ""
    """Command that does this attack again."""


class ControlResult(Record):
    """What one control answered."""

    name: str
    """Name of the control."""
    role: Literal["spoiled-twin", "known-true", "known-false"]
    """Which of the three."""
    expected: str
    """Answer that had to come out."""
    answer: str
    """Answer that came out, or the run's outcome when there was none."""
    behaved: bool
    """Whether it came out as expected."""
    why: str
    """Why it had to."""


class VerdictFacts(Record):
    """Everything a verdict depends on. Nothing else is looked at."""

    intake_problems: tuple[str, ...] = ()
    """Inputs missing or not matching their digests."""
    grounding_problems: tuple[str, ...] = ()
    """Locators that do not resolve, numbers of the statement found nowhere."""
    sealed: bool
    """Whether every run on which the verdict rests was isolated enough to count."""
    outcome: RunOutcome
    """How the main run ended."""
    outcome_detail: str = ""
    """One sentence on it."""
    remedy: str = ""
    """What would give the main run the resource that it lacks; empty where it lacks none."""
    answer: Answer | None
    """Answer of the decision rule; None when there are no valid observations."""
    rule_summary: str = ""
    """One sentence from the rule."""
    rule_settles: str = ""
    """What would settle an undecided rule."""
    rule_incomplete: bool = False
    """Whether an undecided rule lacked observations rather than power."""
    observed_values: Annotated[int, Field(ge=0)]
    """Number of values observed in the main run; none is a failure."""
    findings: tuple[Finding, ...]
    """Findings of every attack."""
    controls: tuple[ControlResult, ...]
    """Results of every control."""
    fidelity: Fidelity
    """Fidelity reached."""
    required: Fidelity
    """Fidelity demanded."""


class Verdict(Record):
    """The decision on one claim."""

    status: Status
    """VERIFIED, FALSIFIED or UNVERIFIED."""
    reason_code: Reason
    """Why, as a code."""
    reason: str
    """Why, in one sentence."""
    settles: str
    """What would settle it or overturn it."""
