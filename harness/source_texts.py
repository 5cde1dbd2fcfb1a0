"""For the auditor: do the pinned texts of a source come from its pinned documents, as far as can be seen here?

With the parser and version that are named in the manifest, the document must give the same text again. With another
version it may give another text; then the quotes are looked for in both. Where no parser can be started nothing can be
said. A document that gives no text at all has none that could be pinned.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from harness.documents.bounded import NoParser, extract
from harness.documents.extraction import FORM, Unreadable
from harness.loading import Document, LoadedClaim
from harness.quoting import quotes_of, short


@dataclass(frozen=True)
class TextCheck:
    """What came of reading the documents of one claim again."""

    failures: tuple[str, ...] = ()
    """Sentences on texts that are not those of their documents."""
    notes: tuple[str, ...] = ()
    """Sentences on texts that could not be compared."""


def check_texts(loaded: LoadedClaim) -> TextCheck:
    """Read every document of a claim's source again and compare with the pinned text."""
    failures: list[str] = []
    notes: list[str] = []
    types = {item.name: item.media_type for item in loaded.source.base.documents or ()}
    for name, document in loaded.source.documents.items():
        pinned = document.extracted
        made = f"{pinned.parser} {pinned.version}"
        try:
            again = extract(document.data, types[name])
        except NoParser as error:
            notes.append(
                f"the text of document {name} cannot be extracted here ({error}); quotes were checked against the "
                f"pinned text, which names {made}"
            )
            continue
        except Unreadable as error:
            failures.append(f"the text of document {name} is not from it: the document {error}")
            continue
        here = f"{again.parser} {again.version}"
        if again.text != pinned.text and (here, FORM) == (made, pinned.form):
            failures.append(f"the text of document {name} is not what {made} extracts from it")
        elif again.text != pinned.text:
            notes.append(
                f"{here} extracts another text from document {name} than the pinned one, which names {made}; quotes "
                "were checked against both"
            )
            failures += _only_pinned(loaded, name, replace(document, extracted=again))
    return TextCheck(tuple(failures), tuple(notes))


def _only_pinned(loaded: LoadedClaim, name: str, again: Document) -> list[str]:
    """Quotes that stand in the pinned text of a document and not in the text that is extracted here."""
    source = replace(loaded.source, documents={**loaded.source.documents, name: again})
    pairs = zip(quotes_of(loaded.claim, loaded.source), quotes_of(loaded.claim, source), strict=True)
    return [
        f"the quote {short(before.quote.quote)} stands in the pinned text of document {name} and not in the text that "
        f"{again.extracted.parser} {again.extracted.version} extracts from it"
        for before, after in pairs
        if before.document == name and before.span is not None and after.span is None
    ]
