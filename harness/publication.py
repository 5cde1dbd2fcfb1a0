"""From manifests to a paper's document and the summary. Pure: the auditor derives both again, byte for byte."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from harness.canonical import document_bytes, sha256
from harness.records.manifest import (
    LEVELS_SCHEMA,
    PAPER_SCHEMA,
    SUMMARY_SCHEMA,
    ClaimCounters,
    Dimension,
    Level,
    Manifest,
    PaperDocument,
    Summary,
    SummaryEntry,
    Tier,
    VerificationLevels,
)
from harness.records.paper import Paper
from harness.records.run import RunOutcome
from harness.records.verdict import Status

LEVELS: tuple[Level, ...] = tuple(
    Level(level=number, key=key, label=label, definition=definition)
    for number, key, label, definition in (
        (0, "unassessed", "Unassessed", "Nothing is known."),
        (1, "record_present", "Record present", "A valid claim record exists."),
        (
            2,
            "source_grounded",
            "Source-grounded",
            "Every locator and every number of the statement resolves.",
        ),
        (3, "cross_source", "Cross-source corroborated", "A second, independent source says the same."),
        (4, "artifact_inspected", "Artifact-inspected", "The inputs were read and matched their digests."),
        (5, "sandbox_executed", "Sandbox-executed", "The script completed sealed and its output was valid."),
        (6, "independently_reproduced", "Independently reproduced", "Somebody else came to the same result."),
        (
            7,
            "externally_verified",
            "Externally reviewed or formally verified",
            "An outside review or a checked proof.",
        ),
    )
)
"""The ladder of verification-levels-v1."""

UNSUPPORTED = (3, 6, 7)
"""Levels that this harness cannot grant."""

_DEFINITIONS = {
    "evidence_strength": "Do the sources support the main claims directly and sufficiently?",
    "citation_grounding": "Are the claims tied to material that can be inspected?",
    "numerical_consistency": "Do numbers, units, ranges and comparisons agree?",
    "benchmark_validity": "Are task, data set, metric and protocol kept in context?",
    "novelty": "Is the contribution new?",
    "uncertainty_disclosure": "Is uncertainty stated?",
    "reproducibility_status": "Do the artifacts allow independent inspection?",
    "safety_impact": "Could the work do harm?",
}


def paper_document(paper: Paper, manifests: Mapping[str, tuple[Manifest, bytes]]) -> PaperDocument:
    """The document of one paper from its claims' manifests: claim name to manifest and its bytes."""
    ordered = dict(sorted(manifests.items()))
    records = [manifest for manifest, _data in ordered.values()]
    any_manifest = records[0]
    dimensions = _dimensions(records)
    return PaperDocument(
        schema_=PAPER_SCHEMA,
        schema_version="1.1",
        contract_version="paper-manifest-v1.1",
        paper=paper.id,
        title=paper.title,
        authors=paper.authors,
        year=paper.year,
        arxiv=f"{paper.arxiv.id}v{paper.arxiv.version}" if paper.arxiv else None,
        machine_written=paper.machine_written,
        based_on=paper.based_on,
        counts=counts([record.verdict.status for record in records]),
        claims={name: sha256(data) for name, (_manifest, data) in ordered.items()},
        provenance={"paper": any_manifest.pinned.base, **any_manifest.pinned.tables},
        levels=_levels(ordered),
        dimensions=dimensions,
        tier=Tier(
            contract_version="quality-tiers-v1",
            tier=None,
            review_score=None,
            verified_claim_count=sum(record.verdict.status is Status.VERIFIED for record in records),
            reproducibility_level=dimensions["reproducibility_status"].level,
            basis="Every tier needs a review score from outside; the harness makes none, so no tier is given.",
        ),
        limitations=(
            "Verdicts are about the statements in the claim records, not about the paper as a whole.",
            "Digests bind manifests to evidence; nothing here is signed, so they do not say who ran the harness.",
        ),
    )


def summary_document(
    manifests: Mapping[tuple[str, str], tuple[Manifest, bytes]], papers: Mapping[str, bytes]
) -> Summary:
    """The summary of all claims: (paper, claim) to manifest and bytes; paper to its document's bytes."""
    ordered = sorted(manifests.items())
    return Summary(
        schema_=SUMMARY_SCHEMA,
        claims=tuple(
            SummaryEntry(
                paper=paper,
                claim=claim,
                status=manifest.verdict.status,
                reason_code=manifest.verdict.reason_code,
                reason=manifest.verdict.reason,
                avg_attack_score=manifest.avg_attack_score,
                manifest=f"{paper}/{claim}/manifest.json",
                sha256=sha256(data),
            )
            for (paper, claim), (manifest, data) in ordered
        ),
        papers={paper: sha256(data) for paper, data in sorted(papers.items())},
        counts=counts([manifest.verdict.status for _key, (manifest, _data) in ordered]),
    )


def derive(
    papers: Mapping[str, Paper], manifests: Mapping[tuple[str, str], tuple[Manifest, bytes]]
) -> tuple[dict[str, bytes], bytes]:
    """Bytes of every paper's document, and of the summary."""
    documents: dict[str, bytes] = {}
    for name, paper in sorted(papers.items()):
        own = {claim: item for (of, claim), item in manifests.items() if of == name}
        documents[name] = document_bytes(paper_document(paper, own))
    return documents, document_bytes(summary_document(manifests, documents))


def counts(statuses: Sequence[Status]) -> dict[Status, int]:
    """How many of each status, all three named."""
    return {status: sum(item is status for item in statuses) for status in Status}


def _levels(manifests: Mapping[str, tuple[Manifest, bytes]]) -> VerificationLevels:
    records = [manifest for manifest, _data in manifests.values()]
    lowest = min(record.level for record in records)
    return VerificationLevels(
        schema_=LEVELS_SCHEMA,
        schema_version="1",
        contract_version="verification-levels-v1",
        paper_level=lowest,
        paper_level_key=LEVELS[lowest].key,
        paper_level_label=LEVELS[lowest].label,
        basis="The lowest level of any claim of the paper.",
        generated_from=tuple(f"{name}/manifest.json" for name in manifests),
        claim_summary=ClaimCounters(
            source_grounded_claims=sum(record.gates[1].status == "passed" for record in records),
            aggregate_claim_records=len(records),
            claim_record_source="claim.yaml files, pinned by digest in each manifest",
            per_claim_public_record_count=len(records),
            cross_source_corroborated_claims=0,
            artifact_inspected_claims=sum(
                bool(record.pinned.inputs or record.pinned.resources) and record.gates[0].status == "passed"
                for record in records
            ),
            sandbox_executed_claims=sum(_executed(record) for record in records),
            independently_reproduced_claims=0,
            externally_reviewed_or_formally_verified_claims=0,
        ),
        per_claim_levels={name: manifest.level for name, (manifest, _data) in manifests.items()},
        artifact_types=("claim record", "reproduction script", "observations", "manifest"),
        levels=LEVELS,
        unsupported_upper_levels=UNSUPPORTED,
        enforcement="Computed from the manifests by harness run and again by harness audit.",
        limitations=("A level says how far a claim was checked, not whether it is true.",),
    )


def _executed(record: Manifest) -> bool:
    return record.rule is not None and record.runs[0].outcome is RunOutcome.COMPLETED


def _dimensions(records: Sequence[Manifest]) -> dict[str, Dimension]:
    total = len(records)

    def share(count: int, basis: str, name: str) -> Dimension:
        score = round(10 * count / total, 1)
        level = "LOW" if score < 4 else "MEDIUM" if score < 7.5 else "HIGH"
        return Dimension.model_validate(
            {
                "score": score,
                "level": level,
                "basis": f"{count} of {total} {basis}",
                "definition": _DEFINITIONS[name],
            }
        )

    assessed = {
        "evidence_strength": share(
            sum(record.verdict.status is Status.VERIFIED for record in records),
            "claims are VERIFIED",
            "evidence_strength",
        ),
        "citation_grounding": share(
            sum(record.gates[1].status == "passed" for record in records),
            "claims pass the grounding gate",
            "citation_grounding",
        ),
        "numerical_consistency": share(
            sum(not _numbers_disagree(record) for record in records),
            "claims show no disagreement among the source's own numbers",
            "numerical_consistency",
        ),
        "reproducibility_status": share(
            sum(_executed(record) for record in records),
            "claims have a script that completed sealed with valid output",
            "reproducibility_status",
        ),
    }
    return {
        name: assessed.get(name)
        or Dimension(
            score=None, level="UNASSESSED", basis="The harness does not assess this.", definition=text
        )
        for name, text in _DEFINITIONS.items()
    }


def _numbers_disagree(record: Manifest) -> bool:
    forensic = ("citation/contradictions", "citation/printed-means", "citation/numbers")
    return any(item.status == "broken" and item.attack in forensic for item in record.findings)
