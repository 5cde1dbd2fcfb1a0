"""Facts that CLDR knows in eleven languages: a parallel collection that needs no download.

Names come from the Unicode CLDR as Babel ships it: currency, official language, continent, a city of the time zone,
script and main country. Questions and statements set names beside a label (``entity: value``), which no language
inflects. An entity (a territory or a language) is the topic: its facts go together when topics are split.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from harness.retrieval.types import Collection, Judgement, Passage, Query, collect

LANGUAGES = ("ar", "de", "el", "en", "es", "hi", "ru", "th", "tr", "vi", "zh")
"""Those of XQuAD-R."""
LATIN = ("de", "en", "es", "tr", "vi")
"""Those written in Latin letters."""
CONTINENTS = {
    "Africa": "002",
    "America": "019",
    "Asia": "142",
    "Europe": "150",
    "Australia": "009",
    "Pacific": "009",
}
"""UN M49 code of the continent that a time zone's name begins with."""
LABELS: dict[str, dict[str, str]] = {
    "currency": dict(
        zip(
            LANGUAGES,
            (
                "العملة",
                "Währung",
                "Νόμισμα",
                "Currency",
                "Moneda",
                "मुद्रा",
                "Валюта",
                "สกุลเงิน",
                "Para birimi",
                "Tiền tệ",
                "货币",
            ),
            strict=True,
        )
    ),
    "language": dict(
        zip(
            LANGUAGES,
            (
                *(
                    "اللغة الرسمية",
                    "Amtssprache",
                    "Επίσημη γλώσσα",
                    "Official language",
                    "Idioma oficial",
                    "राजभाषा",
                ),
                *("Официальный язык", "ภาษาราชการ", "Resmî dil", "Ngôn ngữ chính thức", "官方语言"),
            ),
            strict=True,
        )
    ),
    "continent": dict(
        zip(
            LANGUAGES,
            (
                "القارة",
                "Kontinent",
                "Ήπειρος",
                "Continent",
                "Continente",
                "महाद्वीप",
                "Континент",
                "ทวีป",
                "Kıta",
                "Châu lục",
                "大洲",
            ),
            strict=True,
        )
    ),
    "city": dict(
        zip(
            LANGUAGES,
            (
                "مدينة",
                "Stadt",
                "Πόλη",
                "City",
                "Ciudad",
                "शहर",
                "Город",
                "เมือง",
                "Şehir",
                "Thành phố",
                "城市",
            ),
            strict=True,
        )
    ),
    "script": dict(
        zip(
            LANGUAGES,
            (
                "نظام الكتابة",
                "Schrift",
                "Γραφή",
                "Script",
                "Escritura",
                "लिपि",
                "Письмо",
                "อักษร",
                "Yazı",
                "Chữ viết",
                "文字",
            ),
            strict=True,
        )
    ),
    "country": dict(
        zip(
            LANGUAGES,
            (
                "البلد",
                "Land",
                "Χώρα",
                "Country",
                "País",
                "देश",
                "Страна",
                "ประเทศ",
                "Ülke",
                "Quốc gia",
                "国家",
            ),
            strict=True,
        )
    ),
}
"""What each relation is called in each language."""


@dataclass(frozen=True, slots=True)
class Fact:
    """One relation between an entity and a value, with their names in every language."""

    relation: str
    """Key of ``LABELS``."""
    entity: str
    """CLDR code with its kind in front, such as ``territory-FR`` or ``language-fr``."""
    names: tuple[str, ...]
    """Name of the entity in each of ``LANGUAGES``."""
    values: tuple[str, ...]
    """Name of the value in each of ``LANGUAGES``."""

    @property
    def id(self) -> str:
        """Relation and entity."""
        return f"{self.relation}-{self.entity}"


def facts(per_relation: int = 200) -> tuple[Fact, ...]:
    """The facts that all languages have names for, by relation and code; at most so many of each relation."""
    found = []
    for relation, candidates in (
        ("currency", _currencies()),
        ("language", _official_languages()),
        ("continent", _continents()),
        ("city", _cities()),
        ("script", _scripts()),
        ("country", _countries()),
    ):
        complete = (
            Fact(relation, entity, tuple(names), tuple(values))
            for entity, names, values in candidates
            if all(names) and all(values)
        )
        found += [fact for _, fact in zip(range(per_relation), complete, strict=False)]
    return tuple(found)


def cldr_facts(per_relation: int = 200) -> Collection:
    """The facts as a collection: ``label? entity`` asks, ``entity: value (label)`` answers, in each language."""
    known = facts(per_relation)
    queries, passages, judgements = [], [], []
    for fact in known:
        for place, language in enumerate(LANGUAGES):
            label, name, value = LABELS[fact.relation][language], fact.names[place], fact.values[place]
            queries.append(Query(fact.id, language, f"{label}? {name}", fact.entity))
            passages.append(Passage(fact.id, language, f"{name}: {value} ({label})", fact.entity))
            judgements.append(Judgement(fact.id, (language, fact.id)))
    return collect("cldr-facts", queries, passages, judgements)


Candidate = tuple[str, list[str], list[str]]
"""Entity, its names and the names of the value; a name that CLDR lacks is empty."""


def _names(kind: str, code: str) -> list[str]:
    """Names of a code in every language; ``kind`` is a table of Babel's locales."""
    return [str(table.get(code) or "") for table in _tables(kind)]


@cache
def _tables(kind: str) -> tuple[Any, ...]:
    """One table of Babel's locales for every language; looking it up takes longer than a name in it."""
    from babel import Locale  # part of the extra; loads data when used

    return tuple(getattr(Locale.parse(language), kind) for language in LANGUAGES)


def _territories() -> Iterator[str]:
    from babel import Locale

    return iter(sorted(code for code in Locale.parse("en").territories if len(code) == 2 and code.isalpha()))


def _of_territories(value: Callable[[str], list[str]]) -> Iterator[Candidate]:
    for code in _territories():
        yield f"territory-{code}", _names("territories", code), value(code)


def _currencies() -> Iterator[Candidate]:
    from babel.numbers import get_territory_currencies

    def value(code: str) -> list[str]:
        current = get_territory_currencies(code)
        return _names("currencies", current[0]) if current else [""]

    return _of_territories(value)


def _official_languages() -> Iterator[Candidate]:
    from babel.languages import get_official_languages

    def value(code: str) -> list[str]:
        spoken = get_official_languages(code, de_facto=True)
        return _names("languages", spoken[0]) if spoken else [""]

    return _of_territories(value)


def _zone(code: str) -> str:
    from babel.core import get_global

    zones = get_global("territory_zones").get(code) or [""]
    return str(zones[0])


def _continents() -> Iterator[Candidate]:
    def value(code: str) -> list[str]:
        continent = CONTINENTS.get(_zone(code).partition("/")[0])
        return _names("territories", continent) if continent else [""]

    return _of_territories(value)


def _cities() -> Iterator[Candidate]:
    from babel import Locale

    def value(code: str) -> list[str]:
        zone = _zone(code)
        known = [Locale.parse(language).time_zones.get(zone, {}) for language in LANGUAGES]
        # Where a name in Latin letters is missing, CLDR means the one in the name of the zone.
        spelled = zone.rpartition("/")[2].replace("_", " ")
        return [
            str(entry.get("city") or (spelled if language in LATIN else ""))
            for entry, language in zip(known, LANGUAGES, strict=True)
        ]

    return _of_territories(value)


def _of_languages(place: int, kind: str) -> Iterator[Candidate]:
    """A part of the likely subtags (language_Script_TERRITORY) of each language without subtags."""
    from babel.core import get_global

    for code, likely in sorted(get_global("likely_subtags").items()):
        parts = str(likely).split("_")
        if code.isalpha() and code.islower() and len(parts) == 3 and parts[0] == code:
            yield f"language-{code}", _names("languages", code), _names(kind, parts[place])


def _scripts() -> Iterator[Candidate]:
    return _of_languages(1, "scripts")


def _countries() -> Iterator[Candidate]:
    return _of_languages(2, "territories")
