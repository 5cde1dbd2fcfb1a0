"""From a document's bytes to its text. Also a program of its own: bytes on standard input, text on standard output.

It imports nothing of the harness, because it is started alone, in a process that may take no more than the limits it
sets for itself before it reads a byte. It opens no file and no connection; external entities are never fetched.

Text of every format: blocks (paragraph, heading, list item, table row) separated by an empty line, table cells of a
row by tabs, pages of a PDF by form feeds. What is set high or low stands after ``^`` or ``_`` and a fraction has a
``/``, so that ten to the fifth, ``10^5``, does not turn into one hundred and five.
"""

from __future__ import annotations

import json
import logging
import re
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from html.parser import HTMLParser
from importlib.metadata import version
from io import BytesIO
from platform import python_version
from xml.parsers import expat

FORM = "text-v1"
"""Version of the rules above; another set of rules gets another name."""
MAX_TEXT = 4 << 20
"""Characters of text that are kept; a document with more is refused. A long book has about two million."""
MEMORY_BYTES = 1 << 30
CPU_SECONDS = 30
CANNOT = 3
"""Exit status for a document without readable text; one sentence stands on standard error."""

_CHARSET = re.compile(rb"""<meta[^>]{0,200}?charset\s*=\s*["']?\s*([A-Za-z0-9_-]{1,40})""", re.IGNORECASE)
_CODECS = {
    "utf-8": "utf-8",
    "utf8": "utf-8",
    "us-ascii": "ascii",
    "iso-8859-1": "cp1252",
    "windows-1252": "cp1252",
}
_SILENT = frozenset({"script", "style", "template", "annotation", "annotation-xml", "iframe"})
"""Elements whose text no reader sees. The end of ``head`` may be left out in HTML, so ``head`` is not one of them."""
_BLOCKS = frozenset((
    "address", "article", "aside", "blockquote", "body", "br", "caption", "center", "dd", "details", "dialog",
    "div", "dl", "dt", "fieldset", "figcaption", "figure", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6",
    "header", "hr", "html", "legend", "li", "main", "nav", "ol", "option", "p", "pre", "section", "select",
    "summary", "table", "tbody", "tfoot", "thead", "title", "tr", "ul",
))  # fmt: skip
_CELLS = frozenset({"td", "th", "cell"})
_INLINE_XML = frozenset((
    "abbrev", "bold", "c", "email", "emph", "ext-link", "fixed-case", "formula", "g", "hi", "inline-formula",
    "italic", "math", "mi", "mn", "mo", "monospace", "mrow", "ms", "mtext", "name", "named-content", "orig",
    "overline", "ptr", "ref", "roman", "rs", "sans-serif", "sc", "strike", "styled-content", "sub", "sup", "term",
    "underline", "uri", "w", "xref", "pc", "persName", "surname", "forename", "mfrac", "msup", "msub", "msubsup",
    "mstyle",
))  # fmt: skip
"""Elements of JATS and TEI that stand within a line; every other element starts one."""
_RAISED = {"sup": "^", "sub": "_"}
_SECOND = {"msup": ("^",), "msub": ("_",), "msubsup": ("_", "^"), "mfrac": ("/",)}
"""MathML elements by what stands before their second and third child."""


class Unreadable(Exception):
    """The document has no text that can be read. The text is one sentence that says why."""


@dataclass
class _Formula:
    """An open element of a formula."""

    name: str
    children: int = 0


class _Lines:
    """Text as it comes in, bounded."""

    def __init__(self) -> None:
        self.parts: list[str] = []
        self.length = 0
        self.silent = 0
        self.math: list[_Formula] = []

    def add(self, text: str) -> None:
        if self.silent:
            return
        self.length += len(text)
        if self.length > MAX_TEXT:
            raise Unreadable(f"has more than {MAX_TEXT} characters of text")
        self.parts.append(text)

    def start(self, name: str, *, block: bool) -> None:
        if name in _SILENT:
            self.silent += 1
            return
        if self.math:
            parent = self.math[-1]
            marks = _SECOND.get(parent.name, ())
            if 1 <= parent.children <= len(marks):
                self.add(marks[parent.children - 1])
            parent.children += 1
        if name == "math" or self.math:
            self.math.append(_Formula(name))
        elif name in _CELLS:
            self.add("\t")
        elif block:
            self.add("\n")
        elif name in _RAISED:
            self.add(_RAISED[name])

    def end(self, name: str, *, block: bool) -> None:
        if name in _SILENT:
            self.silent = max(0, self.silent - 1)
        elif self.math:
            names = [item.name for item in self.math]
            if name in names:
                del self.math[len(names) - 1 - names[::-1].index(name) :]
        elif block:
            self.add("\n")

    def text(self) -> str:
        return tidy("".join(self.parts))


class _Html(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.lines = _Lines()

    def handle_starttag(self, tag: str, attrs: Iterable[tuple[str, str | None]]) -> None:
        self.lines.start(tag, block=tag in _BLOCKS)

    def handle_startendtag(self, tag: str, attrs: Iterable[tuple[str, str | None]]) -> None:
        self.lines.start(tag, block=tag in _BLOCKS)
        # HTML knows no such thing as an empty <script/>; MathML inside it does.
        if tag not in _SILENT or self.lines.math:
            self.lines.end(tag, block=False)

    def handle_endtag(self, tag: str) -> None:
        self.lines.end(tag, block=tag in _BLOCKS)

    def handle_data(self, data: str) -> None:
        # A line end in the file is a space on the page.
        self.lines.add(re.sub(r"[\r\n]", " ", data))


def tidy(text: str) -> str:
    """Blocks without spaces at their ends, an empty line between them."""
    lines = (re.sub(r"[ \r]+", " ", line).strip(" \t") for line in text.split("\n"))
    return "\n\n".join(line for line in lines if line) + "\n"


def from_html(data: bytes) -> str:
    """Text of an HTML page."""
    declared = _CHARSET.search(data[:2048])
    name = declared.group(1).decode("ascii").lower() if declared else "utf-8"
    if name not in _CODECS:
        raise Unreadable(f"is written in {name}; only UTF-8, ISO-8859-1 and Windows-1252 pages are read")
    parser = _Html()
    parser.feed(_decoded(data, _CODECS[name]))
    parser.close()
    return parser.lines.text()


def from_xml(data: bytes) -> str:
    """Text of an XML document (JATS, TEI). Entities that the document itself declares are refused."""
    lines = _Lines()
    parser = expat.ParserCreate()
    parser.buffer_text = True

    def local(name: str) -> str:
        return name.rsplit(":", 1)[-1]

    def refuse(*_: object) -> None:
        raise Unreadable("declares entities of its own")

    def opened(name: str, _attributes: object) -> None:
        lines.start(local(name), block=local(name) not in _INLINE_XML)

    def closed(name: str) -> None:
        lines.end(local(name), block=local(name) not in _INLINE_XML)

    parser.EntityDeclHandler = refuse
    parser.StartElementHandler = opened
    parser.EndElementHandler = closed
    parser.CharacterDataHandler = lambda text: lines.add(re.sub(r"[\r\n]", " ", text))
    try:
        parser.Parse(data, True)
    except expat.ExpatError as error:
        raise Unreadable(f"is no well-formed XML: {error}") from None
    return lines.text()


def from_pdf(data: bytes) -> str:
    """Text of a PDF, page by page. Line ends and hyphens at line ends stay as they are on the page."""
    from pypdf import PdfReader  # the only format that needs a package

    reader = PdfReader(BytesIO(data), strict=False)
    if reader.is_encrypted:
        raise Unreadable("is encrypted")
    pages, length = [], 0
    for page in reader.pages:
        text = page.extract_text()
        length += len(text)
        if length > MAX_TEXT:
            raise Unreadable(f"has more than {MAX_TEXT} characters of text")
        pages.append(text)
    return "\f".join(pages)


def from_plain(data: bytes) -> str:
    """A plain text, which is its own text."""
    text = _decoded(data, "utf-8")
    if len(text) > MAX_TEXT:
        raise Unreadable(f"has more than {MAX_TEXT} characters of text")
    return text


def _decoded(data: bytes, codec: str) -> str:
    try:
        return data.decode("utf-8-sig" if codec == "utf-8" else codec)
    except UnicodeDecodeError as error:
        raise Unreadable(f"is not {codec}: byte {error.start} is wrong") from None


def parser_of(media_type: str) -> tuple[str, str]:
    """Name and version of the parser of a media type. Raises ``ImportError`` where it is not installed."""
    if media_type == "application/pdf":
        try:
            return "pypdf", version("pypdf")
        except Exception as error:
            raise ImportError("pypdf") from error
    name = {"text/html": "html.parser", "application/xml": "expat", "text/plain": "utf-8"}[media_type]
    return name, {"expat": expat.EXPAT_VERSION.removeprefix("expat_"), "utf-8": "1"}.get(
        name, python_version()
    )


def extract(data: bytes, media_type: str) -> str:
    """Text of a document.

    Raises ``Unreadable`` with one sentence, whatever is wrong with the document.
    """
    readers = {
        "text/plain": from_plain,
        "text/html": from_html,
        "application/xml": from_xml,
        "application/pdf": from_pdf,
    }
    try:
        text = readers[media_type](data)
    except Unreadable:
        raise
    except MemoryError:
        raise Unreadable(f"takes more than {MEMORY_BYTES} bytes of memory to read") from None
    except RecursionError:
        raise Unreadable("is nested too deeply") from None
    except Exception as error:
        # A parser may stumble over a hostile document in any way; none of them is a failure of the harness.
        raise Unreadable(f"cannot be read as {media_type}: {type(error).__name__}: {error}"[:300]) from None
    # Lone surrogates come out of broken PDF fonts; no file can hold them.
    text = text.encode("utf-8", errors="replace").decode("utf-8")
    if not text.strip():
        raise Unreadable("holds no text; a scan has to be read by a person first")
    return text


def main() -> int:
    """Read a document of the media type named on the command line; write parser, version and text. Exit status."""
    import resource

    # Parsers log what they stumble over; standard error is for our own sentence.
    logging.disable(logging.CRITICAL)
    for which, most in ((resource.RLIMIT_AS, MEMORY_BYTES), (resource.RLIMIT_CPU, CPU_SECONDS)):
        resource.setrlimit(which, (most, most))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        text = extract(sys.stdin.buffer.read(), sys.argv[1])
    except Unreadable as error:
        sys.stderr.write(str(error))
        return CANNOT
    name, number = parser_of(sys.argv[1])
    sys.stdout.buffer.write(json.dumps([name, number]).encode() + b"\n" + text.encode("utf-8"))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
