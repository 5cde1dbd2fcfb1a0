"""Paper documents and summaries: counts, levels and digests that can be worked out by hand."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from doubles import CLAIM, PAPER_ID, always, changed, load_one, make_world

from harness.canonical import document_bytes, sha256
from harness.loading import load_claims
from harness.pipeline import verify_claim
from harness.publication import LEVELS, UNSUPPORTED, counts, derive, paper_document
from harness.records.manifest import Manifest
from harness.records.paper import Paper
from harness.records.run import RunOutcome
from harness.records.verdict import Status

Published = dict[tuple[str, str], tuple[Manifest, bytes]]


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> tuple[Paper, Published]:
    """One claim of each status: a verified one, one about a model only cited, and one whose script fails."""
    root = tmp_path_factory.mktemp("p")
    cited = changed(CLAIM, id="cited", subject__models=["mBERT"], observes__0__measures__models=["mBERT"])
    found: Published = {}
    for claim, script in (
        (CLAIM, None),
        (cited, None),
        (changed(CLAIM, id="late"), always(RunOutcome.TIMED_OUT)),
    ):
        loaded = load_one(root / claim["id"], claim)
        world = make_world(root / "out", script) if script else make_world(root / "out")
        manifest = verify_claim(loaded, world)
        found[PAPER_ID, manifest.claim] = (manifest, document_bytes(manifest))
    return loaded.source.paper, found


def test_counts_name_every_status() -> None:
    assert counts([]) == dict.fromkeys(Status, 0)
    assert counts([Status.VERIFIED, Status.VERIFIED, Status.UNVERIFIED]) == {
        Status.VERIFIED: 2,
        Status.FALSIFIED: 0,
        Status.UNVERIFIED: 1,
    }


def test_paper_document(published: tuple[Paper, Published]) -> None:
    paper, manifests = published
    document = paper_document(paper, {claim: item for (_paper, claim), item in manifests.items()})
    assert document.counts == {Status.VERIFIED: 1, Status.FALSIFIED: 1, Status.UNVERIFIED: 1}
    assert list(document.claims) == ["cited", "late", "new-beats-old"]
    assert document.claims["late"] == sha256(manifests[PAPER_ID, "late"][1])
    # A claim whose script never completed is grounded (2); the others were executed sealed (5).
    assert document.levels.per_claim_levels == {"cited": 5, "late": 2, "new-beats-old": 5}
    assert (document.levels.paper_level, document.levels.paper_level_key) == (2, "source_grounded")
    assert document.levels.claim_summary.sandbox_executed_claims == 2
    assert document.levels.claim_summary.aggregate_claim_records == 3
    assert document.tier.tier is None
    assert document.tier.verified_claim_count == 1
    assert document.dimensions["evidence_strength"].score == 3.3
    assert document.dimensions["evidence_strength"].level == "LOW"
    assert document.dimensions["reproducibility_status"].basis.startswith("2 of 3")
    assert document.dimensions["novelty"].level == "UNASSESSED"
    assert document.dimensions["novelty"].score is None


def test_ladder_of_levels() -> None:
    assert [level.level for level in LEVELS] == list(range(8))
    assert len({level.key for level in LEVELS}) == 8
    assert UNSUPPORTED == (3, 6, 7)


def test_no_claim_is_given_a_level_that_cannot_be_granted(published: tuple[Paper, Published]) -> None:
    _paper, manifests = published
    assert not {manifest.level for manifest, _data in manifests.values()} & set(UNSUPPORTED)


def test_order_in_which_manifests_come_changes_no_byte(published: tuple[Paper, Published]) -> None:
    paper, manifests = published
    backwards = dict(reversed(list(manifests.items())))
    assert derive({paper.id: paper}, manifests) == derive({paper.id: paper}, backwards)


def test_summary_holds_digests_of_everything(published: tuple[Paper, Published]) -> None:
    paper, manifests = published
    documents, data = derive({paper.id: paper}, manifests)
    summary = json.loads(data)
    assert summary["papers"] == {PAPER_ID: sha256(documents[PAPER_ID])}
    assert {entry["claim"]: entry["sha256"] for entry in summary["claims"]} == {
        claim: sha256(item[1]) for (_paper, claim), item in manifests.items()
    }
    assert summary["claims"][0]["manifest"] == f"{PAPER_ID}/cited/manifest.json"
    assert set(summary["claims"][0]) == {
        "paper",
        "claim",
        "status",
        "reason_code",
        "reason",
        "avg_attack_score",
        "manifest",
        "sha256",
    }


def test_nothing_published_is_an_empty_summary() -> None:
    documents, data = derive({}, {})
    assert documents == {}
    assert json.loads(data)["counts"] == {"VERIFIED": 0, "FALSIFIED": 0, "UNVERIFIED": 0}


def test_claim_whose_grounding_does_not_resolve_has_level_one(tmp_path: Path, world: Any) -> None:
    claim = changed(CLAIM, statement="New gains 77 % R@1 over Old for BERT in all 3 languages of Table 1.")
    assert verify_claim(load_one(tmp_path / "c", claim), world).level == 1
    assert load_claims(tmp_path / "c")
