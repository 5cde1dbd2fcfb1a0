"""Quotes of a record against the texts of its source's documents."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from harness.documents.quotes import Otherwise, Span, closest, find, said_otherwise
from harness.documents.sentences import around
from harness.loading import Source
from harness.records.claim import Claim, QuoteLocator


@dataclass(frozen=True)
class Resolved:
    """Where a quote stands."""

    quote: QuoteLocator
    """The locator."""
    document: str | None
    """Document in which it was found; None when it was found in none."""
    places: tuple[Span, ...]
    """Every place in that document, in characters of its text; a quote resolves when there is exactly one."""
    searched: tuple[str, ...]
    """Documents that were searched, in this order."""

    @property
    def span(self) -> Span | None:
        """The one place, or None."""
        return self.places[0] if len(self.places) == 1 else None

    @property
    def problem(self) -> str:
        """One sentence when the quote does not resolve; empty when it does."""
        place = f"section {self.quote.section}"
        if not self.searched:
            return f"{place}: no text of the source is at hand to check the quote against"
        if self.document is None:
            return (
                f"{place}: the quote {short(self.quote.quote)} does not stand in {', '.join(self.searched)}"
            )
        if self.span is None:
            return (
                f"{place}: the quote {short(self.quote.quote)} stands in {len(self.places)} places of {self.document}; "
                "give the words before or after it as prefix or suffix"
            )
        return ""


@dataclass(frozen=True)
class Passage:
    """What a document says in place of a quote."""

    document: str
    """Name of the document."""
    closest: str
    """The passage that shares most words with the quote; empty when none shares half of them."""
    otherwise: Otherwise | None
    """The same sentence with another number or polarity, if exactly one place has it."""


def resolve(quote: QuoteLocator, source: Source) -> Resolved:
    """Look for a quote in the document it names, or in all of them until one has it."""
    searched = tuple(name for name in source.documents if quote.document in (None, name))
    for name in searched:
        text = source.documents[name].extracted.text
        if places := find(quote.quote, quote.prefix, quote.suffix, text):
            return Resolved(quote, name, tuple(places), searched)
    return Resolved(quote, None, (), searched)


def quotes_of(claim: Claim, source: Source) -> list[Resolved]:
    """Every quote of a record with its place."""
    return [resolve(item, source) for item in claim.grounding if isinstance(item, QuoteLocator)]


def unresolved_quotes(claim: Claim, source: Source) -> list[str]:
    """Sentences on every quote that does not resolve."""
    return [item.problem for item in quotes_of(claim, source) if item.problem]


def instead(resolved: Resolved, source: Source) -> Iterator[Passage]:
    """What the searched documents say in place of a quote that stands in none of them."""
    for name in resolved.searched:
        text = source.documents[name].extracted.text
        words = resolved.quote.quote
        yield Passage(name, closest(words, text), said_otherwise(words, text))


def sentence_of(resolved: Resolved, source: Source) -> str:
    """The whole sentence in which a quote stands, so that what was cut off is seen; empty without a place."""
    if resolved.span is None or resolved.document is None:
        return ""
    text = source.documents[resolved.document].extracted.text
    span = around(resolved.span, text)
    return " ".join(text[span.start : span.end].split())


def short(text: str, length: int = 60) -> str:
    """A text in quotation marks, cut in the middle of nowhere when it is long."""
    text = " ".join(text.split())
    return f'"{text}"' if len(text) <= length else f'"{text[: length - 3].rstrip()}..."'
