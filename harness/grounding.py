"""Gate 1: does the source say it there? Locators, the numbers of the statement, the entities of the subject."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from harness.loading import Source
from harness.quoting import resolve
from harness.records.claim import Claim, ClaimKind, SectionLocator, TableLocator
from harness.records.paper import ENTITY_KINDS, Entity, EntityKind, Facts, Paper
from harness.stats.rounding import exact, rounds_to

# A digit that follows a letter, or a letter and a hyphen, belongs to a name: mT5, GPT-4.
_NUMBER = re.compile(
    r"(?<![\w.@])(?<![A-Za-z]-)(?:\d{1,3}(?:,\d{3})+(?!\d)|\d+)?(?:\.\d+|(?<=\d))(?:[eE][-+]?\d+)?", re.ASCII
)
_AFTER = re.compile(r"\s?(%|[a-zµ]+(?: cent)?)(?!\w)", re.IGNORECASE)
_IN_UNIT = {
    word: Fraction(factor)
    for words, factor in (
        ("%,percent,per cent", "0.01"),
        ("ms,milliseconds,millisecond", "0.001"),
        ("µs,us,microseconds,microsecond", "0.000001"),
        ("ns,nanoseconds", "0.000000001"),
        ("min,minutes,minute", "60"),
        ("h,hours,hour", "3600"),
        ("kb,kilobytes", "1000"),
        ("mb,megabytes", "1000000"),
        ("gb,gigabytes", "1000000000"),
        ("kib", "1024"),
        ("mib", "1048576"),
        ("gib", "1073741824"),
    )
    for word in words.split(",")
}
"""What a number before this word is in the units of rules: shares, seconds, bytes."""
_TABLES = re.compile(
    r"\bTables?\s+([0-9]+(?:\s*(?:,\s*and\b|,|and\b|to\b|through\b|-|–)\s*[0-9]+)*)", re.IGNORECASE
)
_SECTIONS = re.compile(
    r"(?:\bSections?|§+)\s*([0-9]+(?:\.[0-9]+)*(?:\s*(?:,\s*and\b|,|and\b)\s*[0-9]+(?:\.[0-9]+)*)*)",
    re.IGNORECASE,
)
_LEVEL = re.compile(r"\b(?:level|alpha|significan\w*|confidence|tests?|tested)\b", re.IGNORECASE)
_ARXIV = re.compile(r"\b(?:arXiv:?\s*)?\d{4}\.\d{4,5}(?:v\d+)?\b", re.IGNORECASE)


@dataclass(frozen=True)
class NumberFound:
    """One number of the statement and where it comes from."""

    text: str
    """As it stands in the statement."""
    source: str | None
    """Locator or rule field that has it; None when nothing has."""


@dataclass(frozen=True)
class Mismatch:
    """A record says that a number stands somewhere, and something else stands there."""

    place: str
    """Table with its selection, or section."""
    says: tuple[str, ...]
    """What the record says."""
    stands: tuple[str, ...]
    """What stands there."""


def locate(locator: TableLocator, source: Source) -> tuple[str, list[str]]:
    """Name of the place and the printed numbers that stand there."""
    table = source.tables[locator.table]
    roles = next(item.roles for item in source.base.tables if item.name == locator.table)
    column = locator.column or roles.value
    selection = " ".join(
        f"{key}={labels if isinstance(labels, str) else '|'.join(labels)}"
        for key, labels in sorted(locator.where.items())
    )
    place = f"{locator.table} {selection}".strip()
    return place, [row[column] for row in table.select(locator.where)]


def mismatches(claim: Claim, source: Source) -> list[Mismatch]:
    """Table locators whose ``says`` cannot be what the table prints there, not even rounded."""
    found = []
    for place, says, stands in _quoted(claim, source):
        pairs = zip(sorted(says, key=exact), sorted(stands, key=exact), strict=False)
        if len(says) == len(stands) and not all(_quotes(quote, cell) for quote, cell in pairs):
            found.append(Mismatch(place, says, stands))
    return found


def _quotes(quote: str, cell: str) -> bool:
    """Whether a quoted number is the printed one, rounded or as a percentage of it."""
    return rounds_to(exact(cell), quote) or rounds_to(100 * exact(cell), quote)


def rounded_quotes(claim: Claim, source: Source) -> list[Mismatch]:
    """Table locators whose ``says`` is what the table prints only after rounding, or as a percentage."""
    wrong = mismatches(claim, source)
    found = []
    for place, says, stands in _quoted(claim, source):
        quote = Mismatch(place, says, stands)
        same = sorted(map(exact, says)) == sorted(map(exact, stands))
        if len(says) == len(stands) and not same and quote not in wrong:
            found.append(quote)
    return found


def _quoted(claim: Claim, source: Source) -> Iterator[tuple[str, tuple[str, ...], tuple[str, ...]]]:
    """Place, quoted numbers and printed numbers of every table locator that quotes any."""
    for locator in claim.grounding:
        if isinstance(locator, TableLocator) and locator.says is not None:
            place, stands = locate(locator, source)
            says = (locator.says,) if isinstance(locator.says, str) else locator.says
            if len(says) == 1 and len({exact(cell) for cell in stands}) == 1:
                # One number for many cells that all print it.
                stands = stands[:1]
            yield place, says, tuple(stands)


def unresolved(claim: Claim, source: Source) -> list[str]:
    """Sentences on everything in the grounding that does not resolve, quotes apart; empty when all does."""
    problems: list[str] = []
    for locator in claim.grounding:
        if isinstance(locator, TableLocator):
            _place, stands = locate(locator, source)
            if not stands:
                problems.append(f"{locator.table}: the locator selects nothing")
        elif isinstance(locator, SectionLocator):
            printed = {
                number.value for number in source.base.facts.numbers if number.at.section == locator.section
            }
            problems += [
                f"section {locator.section}: {value} is not among the numbers known to be printed there"
                for value in locator.values
                if value not in printed
            ]
    problems += [
        f"{place}: the record quotes {len(says)} number{'s' * (len(says) != 1)}, the locator selects {len(stands)}"
        for place, says, stands in _quoted(claim, source)
        if len(says) != len(stands)
    ]
    problems += [
        f"the statement's number {number.text} is neither at a locator nor in the rule (as a value, a threshold, a "
        "margin, a share, a number of rows, or the level of a test that the statement speaks of)"
        for number in statement_numbers(claim, source)
        if number.source is None
    ]
    return problems


def statement_numbers(claim: Claim, source: Source) -> list[NumberFound]:
    """Every number written in digits in the statement, with where it comes from.

    Numbers that are part of a name (``R@1``), of a table or section reference, or of an arXiv identifier are not
    counted: the attack on table references looks at those.
    """
    # Signs are words in a statement ("falls by 30.1 %") and marks in a rule ("-30.1").
    known = {abs(number): place for number, place in _known_numbers(claim, source)}
    text = bare(claim.statement, source.base)
    return [
        NumberFound(match[0], next((known[value] for value in _values(match, text) if value in known), None))
        for match in _NUMBER.finditer(text)
    ]


def _values(match: re.Match[str], text: str) -> Iterator[Fraction]:
    """A written number, and the same in the unit in which rules have it: 2.5 ms is 0.0025 s, 36 % is 0.36."""
    if (value := number_in(match[0])) is None:
        return
    yield value
    word = _AFTER.match(text, match.end())
    if word is not None and (factor := _IN_UNIT.get(word[1].lower())) is not None:
        yield value * factor


def numbers_written(text: str) -> list[str]:
    """Every number written in digits in a sentence, those that belong to a word left out."""
    return _NUMBER.findall(text)


def bare_statement(claim: Claim, paper: Paper) -> str:
    """The statement as :func:`bare` leaves it."""
    return bare(claim.statement, paper)


def numbers_of(text: str, paper: Paper) -> list[str]:
    """Every number written in digits in a text, as it stands there, names and references apart."""
    return numbers_written(bare(text, paper))


def bare(text: str, paper: Paper) -> str:
    """A text without entity names that hold digits, table and section references and arXiv identifiers."""
    text = _ARXIV.sub(" ", text)
    text = _SECTIONS.sub(" ", _TABLES.sub(" ", text))
    names = {
        name
        for kind in ENTITY_KINDS
        for entity in paper.facts.of(kind)
        for name in (entity.name, *entity.aliases)
        if any(character.isdigit() for character in name)
    }
    for name in sorted(names, key=lambda item: (-len(item), item)):
        text = re.sub(rf"(?<!\w){re.escape(name)}(?!\w)", " ", text)
    return text


def _known_numbers(claim: Claim, source: Source) -> Iterator[tuple[Fraction, str]]:
    def numbers_in(value: Any, place: str) -> Iterator[tuple[Fraction, str]]:
        if isinstance(value, dict):
            for key, item in value.items():
                yield from numbers_in(item, f"{place}.{key}")
        elif isinstance(value, (list, tuple)):
            for item in value:
                yield from numbers_in(item, place)
        elif isinstance(value, (int, float)) and not isinstance(value, bool):
            yield exact(value), place
        elif isinstance(value, str):
            for match in re.findall(
                r"(?<![\w.])[0-9]+(?:,[0-9]{3})*(?:\.[0-9]+)?(?!\w)|(?<![\w.])\.[0-9]+", value
            ):
                if (number := number_in(match)) is not None:
                    yield number, place

    # A later source of the same number replaces an earlier one: the rule is named only when no locator has it.
    yield from numbers_in(_deciding(claim.decision.as_json(), claim.statement), "decision")
    yield from ((number, "decision") for number in _percentages(claim.decision.as_json()))
    if claim.predicate is not None and claim.kind is ClaimKind.FORMAL:
        # What it says is computed over its whole domain; a number of another kind of claim needs the source.
        stated = claim.predicate.model_copy(update={"script": None})
        yield from numbers_in(stated.as_json(), "predicate")
    for locator in claim.grounding:
        if isinstance(locator, TableLocator):
            place, stands = locate(locator, source)
            yield Fraction(len(stands)), f"number of cells at {place}"
            yield Fraction(_units_at(locator, source)), f"number of units at {place}"
            yield from numbers_in(stands, place)
        elif isinstance(locator, SectionLocator):
            yield from numbers_in(locator.values, f"section {locator.section}")
        elif resolve(locator, source).span is not None:
            yield from numbers_in(bare(locator.quote, source.base), f"quote in section {locator.section}")


def _percentages(rule: Any) -> Iterator[Fraction]:
    """Shares of a rule as percentages, the way statements say them."""
    if isinstance(rule, dict):
        if rule.get("rule") == "proportion" and "/" not in rule["at_least"]:
            yield 100 * exact(rule["at_least"])
        for part in rule.get("parts", []):
            yield from _percentages(part)


def _units_at(locator: TableLocator, source: Source) -> int:
    """How many languages (or other units) a locator selects."""
    roles = next(item.roles for item in source.base.tables if item.name == locator.table)
    if roles.unit is None:
        return 0
    return len({row[roles.unit] for row in source.tables[locator.table].select(locator.where)})


def _deciding(rule: Any, statement: str) -> Any:
    """The parts of a rule that a statement can owe its numbers to: not names, seeds, power or shown margins."""
    if isinstance(rule, list):
        return [_deciding(part, statement) for part in rule]
    if not isinstance(rule, dict):
        return rule
    left_out = {"power", "seed", "resamples", "sensitivity", "multiplicity", "place", "table", "of"}
    if not _LEVEL.search(statement):
        left_out.add("alpha")
    if rule.get("rule") == "forall":
        left_out.add("at_least")
    return {key: _deciding(value, statement) for key, value in rule.items() if key not in left_out}


def number_in(text: str) -> Fraction | None:
    """A number as it stands in a sentence; None for one that is too long or too large to be a measured number."""
    try:
        return exact(float(text)) if "e" in text.lower() else exact(text)
    except ValueError:
        return None


def referenced_tables(statement: str) -> list[int]:
    """Table numbers that the statement names; ranges such as ``Tables 3 to 6`` are spelled out."""
    numbers: list[int] = []
    for group in _TABLES.findall(statement):
        parts = re.split(r"\s*(,\s*and|,|and|to|through|-|–)\s*", group)
        previous, joiner = None, None
        for part in parts:
            if not part.isdigit():
                joiner = part or joiner
                continue
            number = int(part)
            if previous is not None and joiner in ("to", "through", "-", "–") and number - previous < 100:
                numbers += range(previous + 1, number + 1)
            else:
                numbers.append(number)
            previous = number
    return sorted(set(numbers))


def referenced_sections(statement: str) -> list[str]:
    """Section labels that the statement names."""
    return sorted(
        {label for group in _SECTIONS.findall(statement) for label in re.findall(r"[0-9][0-9.]*", group)}
    )


def find_entity(facts: Facts, kind: EntityKind, name: str) -> Entity | None:
    """The source's entity of a name or alias, upper and lower case alike."""
    wanted = name.casefold()
    for entity in facts.of(kind):
        if wanted in (spelling.casefold() for spelling in (entity.name, *entity.aliases)):
            return entity
    return None


_COMPOUND = (
    r"-(?!(?:controlled|matched|adjusted|corrected|blinded)\b)"
    r"(?:\w+ed|style|like|only|specific|level|side|group|arm)\b"
)
"""What may follow a name after a hyphen so that it is still that name: ``mBERT-based``, not ``VELORA-84``."""


def spelling_pattern(name: str) -> re.Pattern[str]:
    """A name in running text: any case, hyphens optional, a plural, not inside another word or hyphenated name."""
    body = "-?".join(re.escape(part) for part in name.split("-"))
    return re.compile(rf"(?<![\w-]){body}s?(?!\w)(?:(?!-\w)|(?={_COMPOUND}))", re.IGNORECASE)


@dataclass(frozen=True)
class Mention:
    """One name of the source as it stands in a sentence."""

    start: int
    """Where it begins, in characters."""
    end: int
    """Where it ends."""
    kind: EntityKind
    """Kind of the entity."""
    entity: Entity
    """The entity."""


def mentions(statement: str, facts: Facts, kind: EntityKind) -> list[Mention]:
    """Every place at which a statement names one of the source's entities, in the order of the sentence.

    The longest name wins where names overlap, whatever its kind: who says "Recall Trial" names a data set and not
    the measure Recall. A name that entities of several kinds share is taken as one of ``kind``.
    """
    spellings = [
        (name, entity, other)
        for other in ENTITY_KINDS
        for entity in facts.of(other)
        for name in (entity.name, *entity.aliases)
    ]
    text, found = statement, []
    for name, entity, other in sorted(spellings, key=lambda item: (-len(item[0]), item[2] != kind, item[0])):
        for match in spelling_pattern(name).finditer(text):
            found.append(Mention(match.start(), match.end(), other, entity))
        text = spelling_pattern(name).sub(lambda match: " " * len(match.group()), text)
    return sorted(found, key=lambda mention: mention.start)


def named_in(statement: str, facts: Facts, kind: EntityKind) -> list[Entity]:
    """The source's entities of a kind that the statement names; the longest name wins where names overlap."""
    named = {
        mention.entity.name: mention.entity
        for mention in mentions(statement, facts, kind)
        if mention.kind == kind
    }
    return sorted(named.values(), key=lambda entity: entity.name)
