"""Quotes: do the words stand in the source, once, and do they say what the record says they say?"""

from __future__ import annotations

from typing import Any

from harness.grounding import locate, number_in, numbers_of, statement_numbers
from harness.loading import Source
from harness.quoting import Passage, Resolved, instead, quotes_of, short
from harness.records.claim import Claim, TableLocator
from harness.records.verdict import Attacker, Effect, Finding, Reason
from harness.redteam.interface import Attack, Case, Runs
from harness.redteam.lexicon import NUMBER_WORDS
from harness.rules.leaves import expected_values
from harness.stats.rounding import exact


def _judge(case: Case, runs: Runs) -> Finding:
    claim, source = case.claim, case.loaded.source
    quotes = quotes_of(claim, source)
    if not quotes:
        return ATTACK.not_applicable("the record quotes no words of the source")
    if not source.documents:
        return ATTACK.broken(
            Effect.VOIDS,
            6.0,
            quotes[0].problem,
            reason=Reason.SOURCE_UNRESOLVED,
            evidence=tuple({"problem": item.problem} for item in quotes),
        )
    absent = [
        (item, passage) for item in quotes if item.document is None for passage in instead(item, source)
    ]
    for item, passage in absent:
        if (finding := _otherwise(item, passage, case)) is not None:
            return finding
    if absent:
        item, passage = max(absent, key=lambda pair: bool(pair[1].closest))
        near = f"; closest there: {short(passage.closest, 160)}" if passage.closest else ""
        return ATTACK.broken(
            Effect.VOIDS,
            8.0,
            f"{item.problem}{near}",
            reason=Reason.SOURCE_UNRESOLVED,
            evidence=tuple(
                {"quote": item.quote.quote, "document": passage.document, "closest": passage.closest}
                for item, passage in absent
            ),
        )
    if ambiguous := [item for item in quotes if item.span is None]:
        return ATTACK.broken(
            Effect.VOIDS,
            6.0,
            ambiguous[0].problem,
            reason=Reason.SOURCE_UNRESOLVED,
            evidence=tuple(_place(item) for item in ambiguous),
        )
    if unsaid := [row for item in quotes for row in _unsaid(item, source)]:
        return ATTACK.broken(
            Effect.VOIDS,
            6.0,
            f"the record says that {short(unsaid[0]['quote'])} says {unsaid[0]['number']}; the number is not in it",
            reason=Reason.SOURCE_UNRESOLVED,
            evidence=tuple(unsaid),
        )
    return ATTACK.held(
        f"all {len(quotes)} quotes stand in the source, each at one place",
        evidence=tuple(_place(item) for item in quotes),
    )


def _otherwise(item: Resolved, passage: Passage, case: Case) -> Finding | None:
    """The finding on a quote that the source has with another number or polarity; None when it has no such."""
    other = passage.otherwise
    if other is None:
        return None
    source = case.loaded.source
    text = source.documents[passage.document].extracted.text[other.span.start : other.span.end]
    evidence: dict[str, Any] = {
        "quote": item.quote.quote,
        "document": passage.document,
        "start": other.span.start,
        "end": other.span.end,
        "printed": text,
    }
    if other.number:
        decisive = _rests_on(other.quoted, case.claim, source)
        return ATTACK.broken(
            Effect.REFUTES if decisive else Effect.VOIDS,
            9.0 if decisive else 8.0,
            f"the record quotes {other.quoted}; the same sentence of {passage.document} prints {other.printed}",
            reason=None if decisive else Reason.SOURCE_UNRESOLVED,
            evidence=(evidence,),
        )
    # A turned sentence shows that the quote is false. It does not show what the source says of the statement.
    return ATTACK.broken(
        Effect.VOIDS,
        8.5,
        f"the same sentence of {passage.document} "
        + (f'says "{other.printed}"' if other.printed else f'does not say "{other.quoted}"')
        + ", the quote turns it round",
        reason=Reason.SOURCE_UNRESOLVED,
        evidence=(evidence,),
    )


def _rests_on(number: str, claim: Claim, source: Source) -> bool:
    """Whether statement or rule says a number that no cited cell of a table prints."""
    value = number_in(number.rstrip("%").lstrip("+-"))
    said = {
        number_in(text)
        for text in (
            *(item.text for item in statement_numbers(claim, source)),
            *expected_values(claim.decision),
        )
    }
    cells = {
        abs(exact(text))
        for item in claim.grounding
        if isinstance(item, TableLocator)
        for text in locate(item, source)[1]
    }
    return (
        value is not None and value in {abs(item) for item in said if item is not None} and value not in cells
    )


def _unsaid(item: Resolved, source: Source) -> list[dict[str, Any]]:
    """Numbers that the record reads out of a quote and that do not stand in it, as printed or as a word."""
    there = set(numbers_of(item.quote.quote, source.base))
    words = {word.strip(".,;:()").lower() for word in item.quote.quote.split()}
    there |= {number for word, number in NUMBER_WORDS.items() if word in words}
    return [
        {"quote": item.quote.quote, "number": number, "stands_there": sorted(there)}
        for number in numbers_of(item.quote.says, source.base)
        if number not in there
    ]


def _place(item: Resolved) -> dict[str, Any]:
    """A quote with its places, as characters of the pinned text."""
    return {
        "quote": item.quote.quote,
        "document": item.document,
        "places": [{"start": span.start, "end": span.end} for span in item.places[:20]],
    }


ATTACK = Attack(
    name="citation/quotes",
    attacker=Attacker.CITATION_AUDITOR,
    threat="the source does not say what it is quoted with",
    origin="W3C text quote selectors; quotation accuracy studies",
    judge=_judge,
)
