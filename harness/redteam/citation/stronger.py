"""A claim that is stronger than the sentences it quotes.

Only sentences that were found in the source speak here, and they are read whole: a hedge that the quote cut off counts.
Words are a weak witness, so nearly everything here weakens and decides nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from harness.grounding import bare, locate, number_in, numbers_of
from harness.quoting import quotes_of, sentence_of
from harness.records.claim import TableLocator
from harness.records.rules import ForAll, Rank
from harness.records.verdict import Attacker, Effect, Finding, Reason
from harness.redteam.citation.scope_words import COVERING_RULES
from harness.redteam.hedges import CAUSAL, COUNTED, GENERAL, HEDGES, SUPERLATIVE, UNIVERSAL_SOURCE, UP_TO
from harness.redteam.interface import Attack, Case, Runs
from harness.redteam.lexicon import SIGNIFICANCE, UNIVERSAL
from harness.rules.leaves import leaves
from harness.stats.rounding import exact

_NEAR = 40
"""Characters before a number in which "up to" belongs to it."""


def _judge(case: Case, runs: Runs) -> Finding:
    source = case.loaded.source
    found = ((item, sentence_of(item, source)) for item in quotes_of(case.claim, source))
    sentences = [(item.document or "", sentence) for item, sentence in found if sentence]
    if not sentences:
        return ATTACK.not_applicable("no sentence of the source is quoted, or none was found there")
    texts = [sentence for _document, sentence in sentences]
    places = tuple({"document": document, "sentence": sentence} for document, sentence in sentences)
    if provable := [*_up_to(case, texts), *_some_called_all(case, texts)]:
        return ATTACK.broken(
            Effect.VOIDS,
            7.0,
            provable[0]["sentence"],
            reason=Reason.SOURCE_UNRESOLVED,
            evidence=(*provable, *places),
        )
    if weaker := [*_hedges(case, texts), *_words(case, texts)]:
        return ATTACK.broken(Effect.WEAKENS, 4.0, weaker[0]["sentence"], evidence=(*weaker, *places))
    return ATTACK.held(
        f"the statement is no stronger than the {len(sentences)} sentences it quotes", evidence=places
    )


def _up_to(case: Case, texts: list[str]) -> Iterator[dict[str, Any]]:
    """Numbers that the source gives as the most of many, and the statement as the number."""
    claim, source = case.claim, case.loaded.source
    cells = {
        exact(text)
        for item in claim.grounding
        if isinstance(item, TableLocator)
        for text in locate(item, source)[1]
    }
    for text in dict.fromkeys(numbers_of(claim.statement, source.base)):
        value = number_in(text)
        if value is None or value in cells or _bounded(text, bare(claim.statement, source.base)):
            continue
        where = [sentence for sentence in texts if text in numbers_of(sentence, source.base)]
        if where and all(_bounded(text, bare(sentence, source.base)) for sentence in where):
            yield {
                "number": text,
                "sentence": f"the source says {text} is the most that was seen; the statement says {text}",
            }


def _bounded(number: str, text: str) -> bool:
    """Whether every place of a number in a text has words before it that make it the most of many."""
    places = [match.start() for match in re.finditer(rf"(?<![\w.,]){re.escape(number)}(?!\w|[.,]\d)", text)]
    return bool(places) and all(UP_TO.search(text[max(0, at - _NEAR) : at]) for at in places)


def _some_called_all(case: Case, texts: list[str]) -> Iterator[dict[str, Any]]:
    """ "In most cases" quoted as "in all", where the rule does not look at each case itself."""
    statement = case.claim.statement
    if {leaf.rule for leaf in leaves(case.claim.decision)} & COVERING_RULES:
        return
    source_word, kept = HEDGES["most cases and not all"]
    universal = UNIVERSAL.search(statement)
    for text in texts:
        hedge = source_word.search(text)
        if universal and hedge and not kept.search(statement) and not UNIVERSAL_SOURCE.search(text):
            yield {
                "words": [hedge.group(), universal.group()],
                "sentence": f'the source says "{hedge.group()}", the statement says "{universal.group()}", and the '
                "rule does not look at each case",
            }


def _hedges(case: Case, texts: list[str]) -> Iterator[dict[str, Any]]:
    """Hedges of the source that the statement left out."""
    for left_out, (said, kept) in HEDGES.items():
        hedge = next((match for text in texts if (match := said.search(text))), None)
        # One sentence without the hedge may be the one the statement rests on.
        if hedge and all(said.search(text) for text in texts) and not kept.search(case.claim.statement):
            yield {
                "word": hedge.group(),
                "sentence": f'the source says "{hedge.group()}"; the statement leaves out that it is {left_out}',
            }


def _words(case: Case, texts: list[str]) -> Iterator[dict[str, Any]]:
    """Causes, tests, superlatives and generalities that no quoted sentence has."""
    statement = case.claim.statement
    ranked = any(isinstance(leaf, (Rank, ForAll)) for leaf in leaves(case.claim.decision))
    for what, pattern, applies in (
        ("names a cause", CAUSAL, True),
        ("speaks of significance", SIGNIFICANCE, True),
        ("compares with everything there is", SUPERLATIVE, not ranked),
    ):
        word = pattern.search(statement)
        if applies and word and not any(pattern.search(text) for text in texts):
            yield {
                "word": word.group(),
                "sentence": f'the statement {what} ("{word.group()}"), no sentence that it quotes does',
            }
    general = GENERAL.search(statement)
    if general and not COUNTED.search(statement):
        plural = general.group(1).lower()
        counted = next(
            (match for text in texts for match in COUNTED.finditer(text) if match.group(1).lower() == plural),
            None,
        )
        if counted:
            yield {
                "word": general.group(),
                "sentence": f'the statement speaks of {plural} in general, the source of "{counted.group()}"',
            }


ATTACK = Attack(
    name="citation/stronger",
    attacker=Attacker.CITATION_AUDITOR,
    threat="the statement is stronger than the sentences it quotes",
    origin="spin in abstracts and press releases; overgeneralisation by language models",
    judge=_judge,
)
