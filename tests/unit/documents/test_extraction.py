"""Texts of documents: what a reader sees, nothing a parser invents, and no hostile document that does harm."""

from __future__ import annotations

import time
import zlib
from pathlib import Path

import pytest
from pdf_files import pdf

from harness.documents import bounded, extraction
from harness.documents.bounded import MAX_DOCUMENT_BYTES, NoParser, extract
from harness.documents.extraction import MAX_TEXT, Unreadable, from_html, from_xml


def page(body: str) -> str:
    return from_html(f"<!doctype html><html><head><title>T</title></head><body>{body}</body>".encode())


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ("<p>one<p>two", "one\n\ntwo"),
        ("<p>one\ntwo", "one two"),
        ("<p>a <b>bold</b> word</p>", "a bold word"),
        ("<p>1 &lt; 2 &amp; 3&nbsp;%</p>", "1 < 2 & 3\u00a0%"),
        ("<p>10<sup>5</sup></p>", "10^5"),
        ("<p>R<sub>1</sub></p>", "R_1"),
        ("<math><msup><mn>10</mn><mn>5</mn></msup></math>", "10^5"),
        ("<math><mfrac><mn>1</mn><mn>2</mn></mfrac></math>", "1/2"),
        ("<math><msub><mi>x</mi><mrow><mi>i</mi><mi>j</mi></mrow></msub></math>", "x_ij"),
        ("<math><semantics><mn>5</mn><annotation>\\five</annotation></semantics></math>", "5"),
        ("<table><tr><td>a<td>0.1<tr><td>b<td>0.2</table>", "a\t0.1\n\nb\t0.2"),
        ("<script>p('hidden')</script><style>p{}</style><p>seen", "seen"),
        ("<!-- a note --><p>seen", "seen"),
        ("<p>an <unknown>element</unknown>", "an element"),
        ("</p></div></math><p>stray ends", "stray ends"),
    ],
)
def test_text_of_a_page(body: str, text: str) -> None:
    assert page(body) == f"T\n\n{text}\n"


def test_a_head_without_an_end_hides_nothing() -> None:
    assert from_html(b"<head><title>T</title><p>seen") == "T\n\nseen\n"


def test_a_page_says_how_it_is_encoded() -> None:
    assert "café" in from_html('<meta charset="iso-8859-1"><p>café'.encode("latin-1"))
    with pytest.raises(Unreadable, match="is not utf-8"):
        from_html("<p>café".encode("latin-1"))
    with pytest.raises(Unreadable, match="utf-7"):
        from_html(b'<meta charset="utf-7"><p>x')


def test_text_of_an_article_in_xml() -> None:
    article = b"""<?xml version="1.0"?><article xmlns:mml="http://www.w3.org/1998/Math/MathML"><front/><body><sec>
    <title>Results</title><p>The <italic>MAP</italic> is 10<sup>5</sup> &#8212; or
    <mml:math><mml:mfrac><mml:mn>1</mml:mn><mml:mn>2</mml:mn></mml:mfrac></mml:math>.</p></sec></body></article>"""
    assert from_xml(article) == "Results\n\nThe MAP is 10^5 — or 1/2.\n"


def test_text_of_a_pdf() -> None:
    found = extract(pdf(["The mono-", "lingual MAP is 0.612."], ["Second page."]), "application/pdf")
    assert found.text == "The mono-\nlingual MAP is 0.612.\fSecond page."
    assert found.parser == "pypdf"


def test_a_plain_text_is_its_own_text() -> None:
    assert extract("\ufeffa\r\nb".encode(), "text/plain").text == "a\r\nb"


def test_the_same_bytes_give_the_same_text() -> None:
    data = pdf(["The MAP is 0.612."])
    first = extract(data, "application/pdf")
    extract.cache_clear()
    assert extract(data, "application/pdf") == first


LAUGHS = b"<!DOCTYPE a [<!ENTITY a 'ha'>%s]><a>&l9;</a>" % b"".join(
    b"<!ENTITY l%d '%s'>" % (n, (b"&l%d;" % (n - 1) if n else b"&a;") * 10) for n in range(10)
)
OUTSIDE = b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/hostname">]><a>secret: &x;</a>'


@pytest.mark.parametrize(
    ("data", "media_type", "said"),
    [
        (b"", "application/pdf", "cannot be read"),
        (b"%PDF-1.7\nnothing more", "application/pdf", "cannot be read"),
        (pdf([]), "application/pdf", "holds no text"),
        (pdf(["x"], stream=b"\x00" * 40), "application/pdf", ""),
        (pdf(["x"], trailer=b"/Prev 0"), "application/pdf", None),
        (b"   ", "text/plain", "holds no text"),
        (b"\xff\xfe\x00", "text/plain", "is not utf-8"),
        (b"<a><b></a>", "application/xml", "no well-formed XML"),
        (LAUGHS, "application/xml", "entities of its own"),
        (OUTSIDE, "application/xml", "entities of its own"),
        (b"<script>only this</script>", "text/html", "holds no text"),
        (b"<p>" + b"x" * (MAX_TEXT + 1), "text/html", "characters of text"),
        (b"x" * (MAX_TEXT + 1), "text/plain", "characters of text"),
    ],
    ids=lambda value: repr(value[:20]) if isinstance(value, bytes) else str(value),
)
def test_what_has_no_text_is_said_in_one_sentence(data: bytes, media_type: str, said: str | None) -> None:
    if said is None:
        assert extract(data, media_type).text
        return
    with pytest.raises(Unreadable) as error:
        extract(data, media_type)
    assert said in str(error.value)
    assert "\n" not in str(error.value)


def test_a_page_nested_a_hundred_thousand_deep_is_read() -> None:
    deep = b"<div>" * 100_000 + b"deep" + b"</div>" * 100_000
    assert extract(deep, "text/html").text == "deep\n"
    assert extract(b"<a>" * 100_000 + b"deep" + b"</a>" * 100_000, "application/xml").text == "deep\n"


@pytest.mark.parametrize("layers", [1, 2])
def test_a_pdf_that_unpacks_to_gigabytes_is_refused_soon(layers: int) -> None:
    bomb = b"BT /F1 12 Tf " + b" " * (200 << 20)
    for _ in range(layers):
        bomb = zlib.compress(bomb, 9)
    filters = b"[" + b"/FlateDecode " * layers + b"]"
    data = pdf(["x"], stream=bomb).replace(b"/Filter /FlateDecode", b"/Filter " + filters)
    assert len(data) < 1 << 20
    before = time.monotonic()
    with pytest.raises(Unreadable):
        extract(data, "application/pdf")
    assert time.monotonic() - before < 2 * extraction.CPU_SECONDS


def test_a_document_that_is_too_large_is_not_read_at_all() -> None:
    with pytest.raises(Unreadable, match="at most"):
        extract(bytes(MAX_DOCUMENT_BYTES + 1), "application/pdf")


@pytest.mark.parametrize(
    ("program", "said"),
    [
        ("while True: pass", "takes more than 0.3 seconds"),
        ("import os; os.kill(os.getpid(), 9)", "or breaks its parser"),
        ("import sys; sys.exit('Traceback')", "or breaks its parser"),
    ],
)
def test_a_parser_that_does_not_come_back_is_no_failure_of_ours(
    program: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "parser.py").write_text(program)
    monkeypatch.setattr(extraction, "__file__", str(tmp_path / "parser.py"))
    monkeypatch.setattr(bounded, "WALL_SECONDS", 0.3)
    with pytest.raises(Unreadable, match=said):
        extract(f"<p>{program}".encode(), "text/html")


def test_a_parser_that_is_not_installed_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(media_type: str) -> tuple[str, str]:
        raise ImportError("pypdf")

    monkeypatch.setattr(extraction, "parser_of", missing)
    with pytest.raises(NoParser, match="pypdf"):
        extract(pdf(["not installed"]), "application/pdf")


def test_a_machine_that_starts_no_process_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(1, "not permitted here")

    monkeypatch.setattr(bounded.subprocess, "run", refuse)
    with pytest.raises(NoParser, match="not permitted here"):
        extract(b"<p>no process", "text/html")
    assert extract(b"no process", "text/plain").text == "no process"
