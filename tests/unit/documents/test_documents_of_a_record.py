"""A paper's documents from record to audit: refused when broken, pinned with their text, and read again."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest
from doubles import CLAIM, CLAIM_ID, PAPER, PAPER_ID, changed, make_world, write_claims
from pdf_files import pdf

from harness import source_texts
from harness.audit import audit
from harness.canonical import digest, document_bytes, sha256
from harness.documents.bounded import Extracted, NoParser
from harness.documents.extraction import MAX_TEXT, Unreadable
from harness.errors import InvalidRecord
from harness.evidence import load_pinned
from harness.loading import load_claims
from harness.pipeline import verify_claim
from harness.quoting import quotes_of
from harness.records.manifest import Manifest
from harness.records.paper import Paper
from harness.runner import publish
from harness.source_texts import check_texts
from harness.store import Store

PDF = pdf(["New has a higher R@1", "than Old in three lan-", "guages."], ["R@1 of New: 0.62"])
HTML = b"<p>New has a higher R@1 than Old in three languages.</p>"
XML = b"<article><p>New has a higher R@1 than Old in three languages.</p></article>"
PAPER_DIGEST = "7b9f412acc3c687b04ccc7a449554c4c42396dee2e2082cb32a1c2669d5cceea"
OTHER = pdf(["Nothing of the kind stands here."])
QUOTE = {
    "quote": "New has a higher R@1 than Old in three languages.",
    "says": "It is higher.",
    "section": "1",
}


def written(root: Path, data: bytes, media_type: str = "application/pdf", **places: Any) -> Path:
    """A claims folder whose paper has one document."""
    item = {"name": "print", "file": "paper.bin", "sha256": sha256(data), "media_type": media_type}
    paper = changed({**PAPER, "documents": [item]}, **places)
    claim = changed(CLAIM, grounding=[*CLAIM["grounding"], QUOTE])
    folder = write_claims(root / "claims", claim, paper=paper)
    (folder / PAPER_ID / "paper.bin").write_bytes(data)
    return folder


def problems(root: Path) -> list[tuple[str, str]]:
    with pytest.raises(InvalidRecord) as error:
        load_claims(root)
    assert all(problem.line > 0 and problem.file.endswith("paper.yaml") for problem in error.value.problems)
    return [(problem.field, problem.message) for problem in error.value.problems]


@pytest.mark.parametrize(
    ("data", "media_type"),
    [(PDF, "application/pdf"), (HTML, "text/html"), (XML, "application/xml"), (HTML[3:-4], "text/plain")],
)
def test_the_same_words_are_found_in_every_kind_of_document(
    tmp_path: Path, data: bytes, media_type: str
) -> None:
    [loaded] = load_claims(written(tmp_path, data, media_type))
    [found] = quotes_of(loaded.claim, loaded.source)
    assert found.span is not None
    text = loaded.source.documents["print"].extracted.text[found.span.start : found.span.end]
    assert text.split()[0] == "New"
    assert text.endswith("guages.")


@pytest.mark.parametrize(
    ("data", "places", "field", "said"),
    [
        (b"%PDF nothing", {}, "file", "cannot be read as application/pdf"),
        (PDF, {"documents__0__media_type": "text/html"}, "file", "is not utf-8"),
        (PDF, {"documents__0__file": "gone.pdf"}, "file", "there is no file"),
        (PDF, {"documents__0__file": "../../etc/passwd"}, "file", "must be a path inside the folder"),
        (PDF, {"documents__0__sha256": "0" * 64}, "sha256", "has digest"),
        (b" \n", {"documents__0__media_type": "text/plain"}, "file", "holds no text"),
    ],
)
def test_a_document_that_cannot_be_used_is_a_mistake_of_the_record(
    tmp_path: Path, data: bytes, places: dict[str, Any], field: str, said: str
) -> None:
    if field == "file" and data == PDF and "documents__0__media_type" in places:
        data = b"\xff" + data
        places = {**places, "documents__0__sha256": sha256(data)}
    [(where, message)] = problems(written(tmp_path, data, **places))
    assert where == f"documents[0].{field}"
    assert said in message


def test_names_of_documents_stand_once_and_quotes_name_one_that_is_there(tmp_path: Path) -> None:
    folder = written(tmp_path, HTML, "text/html")
    paper = json.loads((folder / PAPER_ID / "paper.yaml").read_text())
    twice = {**paper, "documents": paper["documents"] * 2}
    (folder / PAPER_ID / "paper.yaml").write_text(json.dumps(twice, indent=2))
    assert ("documents", "'print' stands twice") in problems(folder)
    (folder / PAPER_ID / "paper.yaml").write_text(json.dumps(paper, indent=2))
    claim = folder / PAPER_ID / CLAIM_ID / "claim.yaml"
    claim.write_text(json.dumps(changed(CLAIM, grounding=[{**QUOTE, "document": "web"}]), indent=2))
    with pytest.raises(InvalidRecord, match=r"grounding\[0\].document: 'web' is not one of the documents"):
        load_claims(folder)


def test_a_record_without_documents_has_the_digest_it_always_had() -> None:
    """The digest of this record before papers had documents."""
    assert digest(Paper.model_validate(PAPER)) == PAPER_DIGEST
    assert "documents" not in Paper.model_validate(PAPER).as_json()


def run(root: Path, data: bytes = PDF) -> tuple[Path, Manifest]:
    """Artifacts of one claim with a PDF."""
    [loaded] = load_claims(written(root, data))
    world = make_world(root / "artifacts")
    manifest = verify_claim(loaded, world)
    publish(world.store)
    return root / "artifacts", manifest


def pinned_as(root: Path, manifest: Manifest, text: str, version: str | None = None) -> Path:
    """The folder of somebody who pinned another text, with every digest made to fit."""
    store = Store(root)
    loaded = load_pinned(manifest, store, "manifest")
    before = loaded.source.documents["print"].extracted
    extracted = Extracted(text, before.parser, version or before.version)
    source = dataclasses.replace(
        loaded.source,
        documents={"print": dataclasses.replace(loaded.source.documents["print"], extracted=extracted)},
    )
    verify_claim(dataclasses.replace(loaded, source=source), make_world(root))
    if len(text) <= MAX_TEXT:
        publish(store)
    return root


def test_an_honest_folder_holds_without_a_word(tmp_path: Path) -> None:
    root, manifest = run(tmp_path)
    assert manifest.verdict.reason_code == "RULE_MET"
    [finding] = [item for item in manifest.findings if item.attack == "citation/quotes"]
    assert finding.status == "held"
    report = audit(root)
    assert report.failures == []
    assert report.notes == []
    assert manifest.pinned.documents is not None
    pinned = manifest.pinned.documents["print"]
    assert (pinned.document, pinned.parser, pinned.form) == (sha256(PDF), "pypdf", "text-v1")
    assert document_bytes(manifest)


FORGED = str(QUOTE["quote"])


def test_a_forged_text_is_found_by_the_parser_it_names(tmp_path: Path) -> None:
    root, manifest = run(tmp_path, OTHER)
    assert manifest.verdict.reason_code == "SOURCE_UNRESOLVED"
    report = audit(pinned_as(root, manifest, FORGED))
    assert any("is not what pypdf" in failure.message for failure in report.failures)


def test_a_forged_text_under_the_name_of_another_version_is_found_by_its_quote(tmp_path: Path) -> None:
    root, manifest = run(tmp_path, OTHER)
    report = audit(pinned_as(root, manifest, FORGED, "0.0.1"))
    assert any("and not in the text that" in failure.message for failure in report.failures)


def test_a_text_that_another_version_read_otherwise_is_noted(tmp_path: Path) -> None:
    root, manifest = run(tmp_path)
    report = audit(pinned_as(root, manifest, f"Page one. {FORGED}", "0.0.1"))
    assert report.failures == []
    assert ["quotes were checked against both" in note for note in report.notes] == [True]
    # The claims folder is read by the parser that is here; what counts there are the documents.
    assert audit(root, claims=tmp_path / "claims").failures == []


def test_a_document_without_a_text_has_none_that_could_be_pinned(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root, _manifest = run(tmp_path)

    def broken(data: bytes, media_type: str) -> Extracted:
        raise Unreadable("holds no text")

    monkeypatch.setattr(source_texts, "extract", broken)
    assert any("is not from it" in failure.message for failure in audit(root).failures)


def test_where_no_document_can_be_read_the_pinned_text_counts_and_this_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root, manifest = run(tmp_path)
    error = NoParser("the package pypdf is not installed")

    def missing(data: bytes, media_type: str) -> Extracted:
        raise error

    monkeypatch.setattr(source_texts, "extract", missing)
    checked = check_texts(load_pinned(manifest, Store(root), "manifest"))
    assert checked.failures == ()
    [note] = checked.notes
    assert "pinned text" in note
    assert str(error) in note
    assert audit(root).holds


def test_a_document_of_another_digest_is_no_evidence(tmp_path: Path) -> None:
    root, manifest = run(tmp_path)
    assert manifest.pinned.documents is not None
    text = manifest.pinned.documents["print"].text
    (root / "evidence" / text[:2] / text[2:]).write_text("something else")
    assert not audit(root).holds


def test_a_pinned_text_longer_than_any_that_is_extracted_is_no_evidence(tmp_path: Path) -> None:
    root, manifest = run(tmp_path)
    report = audit(pinned_as(root, manifest, "x" * (MAX_TEXT + 1)))
    assert any("longer than any" in failure.message for failure in report.failures)
