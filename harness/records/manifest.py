"""What is emitted: one manifest per claim, one document per paper, one summary of all."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from harness.records.base import Record, Sha256
from harness.records.claim import ClaimKind, Fidelity, ProfileName, folder_name
from harness.records.rules import RuleOutcome
from harness.records.run import BackendHost, Isolation, RunHost, RunRecord
from harness.records.suggestion import Suggestions
from harness.records.verdict import ControlResult, Finding, Reason, Status, Verdict

SCHEMA_BASE = "https://claim-harness.dev/schemas/"
"""Prefix of every schema's identifier. An identifier, not an address that anything fetches."""

MANIFEST_SCHEMA = SCHEMA_BASE + "claim-manifest-v1"
PAPER_SCHEMA = SCHEMA_BASE + "paper-manifest-v1.1"
SUMMARY_SCHEMA = SCHEMA_BASE + "summary-v1"
VERDICT_SCHEMA = SCHEMA_BASE + "gate-verdict-v1"
LEVELS_SCHEMA = SCHEMA_BASE + "verification-levels-v1"

DEFINITIONS: dict[Status, str] = {
    Status.VERIFIED: "The claim is grounded in its source, its script ran sealed, the rule fixed beforehand was met, "
    "no attack refuted or voided the evidence and every control behaved.",
    Status.FALSIFIED: "Positively refuted, with the refuting evidence attached: the rule is refuted, a counterexample "
    "was replayed, or the source says otherwise than the claim says it does.",
    Status.UNVERIFIED: "Neither: something needed for a verdict is missing, failed, or cannot tell.",
}
"""What each status means, word for word as it stands in every verdict document."""


class GateRecord(Record):
    """One gate and what came of it."""

    number: Annotated[int, Field(ge=0, le=4)]
    """0 intake · 1 grounding · 2 verification · 3 red team · 4 emission."""
    name: Literal["INTAKE", "GROUNDING", "VERIFICATION", "RED-TEAM", "EMISSION"]
    """Name of the gate."""
    status: Literal["passed", "failed", "not_reached"]
    """Whether the claim passed."""
    summary: str
    """One sentence."""
    problems: tuple[str, ...] = ()
    """Everything that was wrong."""


class GateVerdict(Record):
    """The verdict in the public form ``gate-verdict-v1``."""

    schema_: Literal["https://claim-harness.dev/schemas/gate-verdict-v1"] = Field(alias="schema")
    """Identifier of this form."""
    schema_version: Literal["1"]
    """Version of the schema."""
    contract_version: Literal["gate-verdict-v1"]
    """Version of the contract."""
    status: Status
    """VERIFIED, FALSIFIED or UNVERIFIED."""
    label: str
    """Status with its reason code."""
    definition: str
    """What the status means."""
    reason: str
    """Why, in one sentence."""
    evaluated_at: str | None = None
    """UTC time, RFC 3339. Left out of comparisons."""
    gate: str
    """The gate that decided."""
    enforcement: str
    """What enforces it."""


class PinnedText(Record):
    """The text of one of the source's documents, and what read it. Quotes were looked for in this text."""

    document: Sha256
    """The document's bytes."""
    text: Sha256
    """The extracted text, UTF-8."""
    parser: str
    """Name of the parser."""
    version: str
    """Its version."""
    form: str
    """Name of the harness's own rules for blocks, cells and raised digits."""


class PinnedResource(Record):
    """Files of one resource that the claim uses. They are in no evidence store: whoever runs the claim has them."""

    revision: str
    """Version, as the publisher names it."""
    licence: str
    """Licence, as the paper record states it."""
    files: dict[str, Sha256]
    """Digest of each file by its path in the resource's folder."""


class Pinned(Record):
    """Digests of everything that was fixed before the script ran. All but resources are in the evidence store."""

    claim: Sha256
    """Canonical JSON of the claim record, with all of its profiles."""
    profile: ProfileName | None = None
    """Profile of the record with which it was run; absent for the record as it stands."""
    paper: Sha256
    """Canonical JSON of the paper record of the claim's folder."""
    base: Sha256
    """Canonical JSON of the paper record whose facts and tables count; the same unless based on another."""
    script: Sha256
    """The script's bytes."""
    inputs: dict[str, Sha256]
    """Declared inputs by file name."""
    tables: dict[str, Sha256]
    """Tables of the source by name."""
    documents: dict[str, PinnedText] | None = None
    """Documents of the source by name; absent where no copy is at hand."""
    resources: dict[str, PinnedResource] | None = None
    """Resources by name; absent where the claim uses none."""
    imports: dict[str, Sha256] | None = Field(default=None, alias="library")
    """Files of the library that the script may import, by path; absent without one. Not in the evidence store: they
    are part of the harness."""


class Host(Record):
    """Where and when the runs took place. Left out of comparisons between runs."""

    started_at: str
    """UTC time, RFC 3339."""
    finished_at: str
    """UTC time, RFC 3339."""
    harness: str
    """Version of the harness."""
    python: str
    """Version of the interpreter that ran the scripts."""
    platform: str
    """Operating system and machine architecture."""
    packages: dict[str, str]
    """Versions of the packages that decide: numpy, scipy, pydantic ..."""
    backend: BackendHost | None = None
    """Sandbox program and kernel."""
    isolation: Isolation | None = None
    """Isolation of the runs with every limit and who enforces it; None when nothing was started."""
    attack_seconds: float | None = None
    """Attack budget of this claim, in seconds of attack runs; None without a limit."""
    runs: tuple[RunHost, ...]
    """Times, usage and streams of each run."""


class PluginUsed(Record):
    """A plug-in whose attacks were among those made. Without it nobody can derive their findings again."""

    name: str
    """Name of its entry point."""
    distribution: str
    """Distribution that offers it."""
    version: str
    """Version of that distribution."""


class LeftOut(Record):
    """A run that an attack wanted and that was not made."""

    variation: str
    """Name of the variation."""
    why: Literal["the attack budget was used up", "the fidelity of the run is too low to decide the claim"]
    """Why it was not made."""


class Manifest(Record):
    """Everything known about one claim. ``artifacts/<paper>/<claim>/manifest.json``."""

    schema_: Literal["https://claim-harness.dev/schemas/claim-manifest-v1"] = Field(alias="schema")
    """Identifier of this form."""
    schema_version: Literal["1"]
    """Version of the schema."""
    paper: str
    """Folder of the paper."""
    claim: str
    """Folder of the claim."""
    statement: str
    """The claim in one sentence."""
    kind: ClaimKind
    """Kind of evidence it needs."""
    fidelity: Fidelity
    """Fidelity that the run reached."""
    required_fidelity: Fidelity
    """Fidelity that the claim demands."""
    pinned: Pinned
    """What was fixed before the run."""
    suggestions: Suggestions | None = None
    """Work that somebody suggested for the red team; absent where nobody was asked. It decides nothing."""
    gates: tuple[GateRecord, ...]
    """The five gates."""
    runs: tuple[RunRecord, ...]
    """Every run: the claim's own first, then those of attacks and controls."""
    left_out: tuple[LeftOut, ...] = ()
    """Runs that attacks wanted and that were not made. With any, the claim is never VERIFIED."""
    plugins: tuple[PluginUsed, ...] = ()
    """Plug-ins whose attacks were made beside the harness's own, in name order."""
    rule: RuleOutcome | None = None
    """What the decision rule answered; None without valid observations."""
    findings: tuple[Finding, ...]
    """What every attack found."""
    attack_scores: dict[str, float]
    """Highest broken severity of each attacker, 0 to 10."""
    avg_attack_score: float
    """Mean of the three, to one decimal."""
    red_team: str
    """The red team in one line, in the seed system's form."""
    controls: tuple[ControlResult, ...]
    """What every control answered."""
    verdict: Verdict
    """The decision."""
    level: Annotated[int, Field(ge=0, le=7)]
    """Verification level that the evidence of this claim reaches."""
    gate_verdict: GateVerdict
    """The decision in the public form."""
    host: Host
    """Where and when. Left out of comparisons."""

    @property
    def folder(self) -> str:
        """Name of its folder among those of the paper: the claim, and the profile where it was run with one."""
        return folder_name(self.claim, self.pinned.profile)


class SummaryEntry(Record):
    """One claim in the summary."""

    paper: str
    """Folder of the paper."""
    claim: str
    """Folder of the claim's manifest: its id, and ``@`` with the profile where it was run with one."""
    status: Status
    """VERIFIED, FALSIFIED or UNVERIFIED."""
    reason_code: Reason
    """Why, as a code."""
    reason: str
    """Why, in one sentence."""
    avg_attack_score: float
    """Mean of the attackers' scores."""
    manifest: str
    """Path of the manifest, relative to the summary."""
    sha256: Sha256
    """Digest of the manifest's bytes."""


class Summary(Record):
    """All claims. ``artifacts/summary.json``, derived from the manifests and nothing else."""

    schema_: Literal["https://claim-harness.dev/schemas/summary-v1"] = Field(alias="schema")
    """Identifier of this form."""
    claims: tuple[SummaryEntry, ...]
    """Claims in name order."""
    papers: dict[str, Sha256]
    """Digest of each paper's document."""
    counts: dict[Status, int]
    """Number of claims of each status."""


class Level(Record):
    """One verification level."""

    level: Annotated[int, Field(ge=0, le=7)]
    """Number, 0 to 7."""
    key: str
    """Name for programs."""
    label: str
    """Name for people."""
    definition: str
    """What the evidence must show."""


class ClaimCounters(Record):
    """Counters of verification-levels-v1."""

    source_grounded_claims: int
    """Claims whose grounding resolves."""
    aggregate_claim_records: int
    """Claim records."""
    claim_record_source: str
    """Where the records come from."""
    per_claim_public_record_count: int
    """Claims with a public manifest."""
    cross_source_corroborated_claims: int
    """Claims corroborated by a second source; this harness does not look for one."""
    artifact_inspected_claims: int
    """Claims whose inputs were read and matched their digests."""
    sandbox_executed_claims: int
    """Claims whose script completed sealed."""
    independently_reproduced_claims: int
    """Claims reproduced by somebody else; this harness cannot grant that."""
    externally_reviewed_or_formally_verified_claims: int
    """Claims with an outside review or a checked proof."""


class VerificationLevels(Record):
    """verification-levels-v1 of a paper, computed from its manifests."""

    schema_: Literal["https://claim-harness.dev/schemas/verification-levels-v1"] = Field(alias="schema")
    """Identifier of this form."""
    schema_version: Literal["1"]
    """Version of the schema."""
    contract_version: Literal["verification-levels-v1"]
    """Version of the contract."""
    paper_level: Annotated[int, Field(ge=0, le=7)]
    """Level that every claim of the paper reaches."""
    paper_level_key: str
    """Its name for programs."""
    paper_level_label: str
    """Its name for people."""
    basis: str
    """How it was computed."""
    generated_from: tuple[str, ...]
    """The manifests."""
    claim_summary: ClaimCounters
    """Counters."""
    per_claim_levels: dict[str, int]
    """Level of each claim."""
    artifact_types: tuple[str, ...]
    """Kinds of artifacts there are."""
    levels: tuple[Level, ...]
    """All levels with their definitions."""
    unsupported_upper_levels: tuple[int, ...]
    """Levels this harness cannot grant."""
    enforcement: str
    """What enforces the levels."""
    limitations: tuple[str, ...]
    """What they do not say."""


class Dimension(Record):
    """One quality dimension."""

    score: Annotated[float, Field(ge=0, le=10)] | None = None
    """0 to 10; absent when not assessed."""
    level: Literal["UNASSESSED", "LOW", "MEDIUM", "HIGH"]
    """Band of the score: LOW below 4, MEDIUM below 7.5, HIGH from there."""
    basis: str
    """What it was computed from."""
    definition: str
    """What the dimension is."""


class Tier(Record):
    """quality-tiers-v1: descriptive, never a verdict."""

    contract_version: Literal["quality-tiers-v1"]
    """Version of the contract."""
    tier: (
        Literal["FLAGSHIP_CANDIDATE", "DOI_GRADE", "PUBLIC_RECORD", "WATCHLIST", "QUARANTINE_CANDIDATE"]
        | None
    ) = None
    """Tier; absent: tiers need a review score, and the harness makes none."""
    review_score: float | None = None
    """Review score from outside, if any."""
    verified_claim_count: int
    """Number of VERIFIED claims."""
    reproducibility_level: Literal["UNASSESSED", "LOW", "MEDIUM", "HIGH"]
    """Level of the dimension reproducibility_status."""
    basis: str
    """Why this tier, or why none."""


class PaperDocument(Record):
    """paper-manifest-v1.1: one paper with the counts and levels of its claims. ``artifacts/<paper>/paper.json``."""

    schema_: Literal["https://claim-harness.dev/schemas/paper-manifest-v1.1"] = Field(alias="schema")
    """Identifier of this form."""
    schema_version: Literal["1.1"]
    """Version of the schema."""
    contract_version: Literal["paper-manifest-v1.1"]
    """Version of the contract."""
    paper: str
    """Folder of the paper."""
    title: str
    """Title."""
    authors: tuple[str, ...]
    """Authors."""
    year: int
    """Year."""
    arxiv: str | None = None
    """arXiv identifier with version."""
    machine_written: bool
    """True when no person wrote it."""
    based_on: str | None = None
    """Paper that it makes claims about."""
    counts: dict[Status, int]
    """Number of claims of each status."""
    claims: dict[str, Sha256]
    """Digest of each claim's manifest."""
    provenance: dict[str, Sha256]
    """source-provenance-v1: digest of the paper record and of each table of the source."""
    levels: VerificationLevels
    """Verification levels."""
    dimensions: dict[str, Dimension]
    """quality-dimensions-v1."""
    tier: Tier
    """quality-tiers-v1."""
    limitations: tuple[str, ...]
    """What this document does not say."""
