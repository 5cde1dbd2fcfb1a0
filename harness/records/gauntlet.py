"""The gauntlet: what is true of each of its claims, and how often the gates were right about them."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from harness.records.base import Record, Slug, Text
from harness.records.verdict import Reason, Status

HONEST_TRUE = "honest-true"
HONEST: dict[str, Status] = {
    HONEST_TRUE: Status.VERIFIED,
    "honest-false": Status.FALSIFIED,
    "honest-underpowered": Status.UNVERIFIED,
    "honest-out-of-reach": Status.UNVERIFIED,
}
"""Classes of claims that cheat in nothing, each with the only status that is right for it."""

Share = Annotated[float, Field(ge=0, le=1)]


class Truth(Record):
    """The true verdict on one claim. The file ``truth.yaml`` beside the claim's record.

    No script sees it, and it takes no part in the digest of the record.
    """

    record: Literal["truth-v1"]
    """Kind and version of this record."""
    class_: Slug = Field(alias="class")
    """``honest-true``, ``honest-false``, ``honest-underpowered`` (the data cannot tell), ``honest-out-of-reach``
    (this run cannot tell, for another reason), or the name of a class of cheating."""
    status: Status
    """The right status. Void evidence is UNVERIFIED whatever the statement: it speaks in neither direction."""
    reason_codes: tuple[Reason, ...] = Field(min_length=1)
    """Reason codes that are right; more than one where the gates may see through a cheat in several ways."""
    why: Text
    """Why this is the true verdict, in one sentence about the claim and not about the harness."""
    twin: Slug | None = None
    """For a cheat: the honest claim of the same paper that differs from it in as little as possible."""
    broken_by: Text | None = None
    """For a cheat: the attack it was written for, which must be among those that break it."""

    @property
    def honest(self) -> bool:
        """Whether the claim cheats in nothing."""
        return self.class_ in HONEST

    @model_validator(mode="after")
    def _class_and_status_agree(self) -> Self:
        if self.honest:
            if self.status is not HONEST[self.class_]:
                raise ValueError(f"a claim of class {self.class_} is {HONEST[self.class_]}")
            if self.twin is not None or self.broken_by is not None:
                raise ValueError("an honest claim has no twin, and nothing breaks it")
        else:
            if self.status is Status.VERIFIED:
                raise ValueError(f"a claim that cheats by {self.class_} is never VERIFIED")
            if self.twin is None:
                raise ValueError("a cheat needs an honest twin")
        return self


class Rate(Record):
    """How often something happened, with its exact 95 % interval."""

    count: Annotated[int, Field(ge=0)]
    """How often."""
    of: Annotated[int, Field(ge=0)]
    """Claims to which it could happen."""
    low: Share
    """Lower end of the two-sided 95 % Clopper-Pearson interval of the rate; 0 where ``of`` is 0."""
    high: Share
    """Upper end; 1 where ``of`` is 0."""


class ClassScore(Record):
    """How the gates did on one class of claims."""

    class_: Slug = Field(alias="class")
    """Class, as in the truth records."""
    claims: Annotated[int, Field(ge=1)]
    """Claims of the class."""
    false_verified: Rate
    """VERIFIED, among those that are not truly so."""
    false_falsified: Rate
    """FALSIFIED, among those that are not truly so."""
    right: Rate
    """Status and reason code as the truth says."""


class WrongVerdict(Record):
    """One claim about which the gates were wrong."""

    paper: Slug
    """Paper."""
    claim: Slug
    """Claim."""
    class_: Slug = Field(alias="class")
    """Its class."""
    mistake: Literal["false VERIFIED", "false FALSIFIED", "not VERIFIED", "not FALSIFIED", "other reason"]
    """What is wrong; ``other reason`` is the right status for a reason that the truth does not give."""
    said: Status
    """Status that was given."""
    reason_code: Reason
    """Reason code that was given."""
    reason: str
    """The gates' sentence."""
    truth: Status
    """Right status."""
    reason_codes: tuple[Reason, ...]
    """Right reason codes."""
    why: str
    """The truth's sentence."""


class GauntletReport(Record):
    """Error rates of the gates on a set of claims whose truth is known."""

    schema_: Literal["https://claim-harness.dev/schemas/gauntlet-v1"] = Field(alias="schema")
    """Identifier of this form."""
    claims: Annotated[int, Field(ge=0)]
    """Claims with a verdict."""
    false_verified: Rate
    """VERIFIED, among all that are not truly so."""
    false_falsified: Rate
    """FALSIFIED, among all that are not truly so."""
    honest_true_verified: Rate
    """VERIFIED, among honest claims that are true."""
    right: Rate
    """Status and reason code as the truth says."""
    goals_hold: bool
    """No false VERIFIED, no false FALSIFIED, and at least 95 % of the honest true claims VERIFIED."""
    classes: tuple[ClassScore, ...]
    """Score of each class, honest ones first, then by name."""
    wrong: tuple[WrongVerdict, ...]
    """Every claim about which the gates were wrong, the worst mistakes first."""
    failed: dict[str, str]
    """Claims without a verdict because the harness failed, with the reason; they are in no rate."""
    seconds: Annotated[float, Field(ge=0)]
    """Time the runs took."""
