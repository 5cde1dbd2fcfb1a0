"""Published counts of public data sets, each with its source."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class PublicCounts:
    """Counts of one data set by language."""

    name: str
    """Data set and split."""
    words: tuple[str, ...]
    """Words that labels or title must all hold."""
    family: str
    """n (queries) or candidates (passages, sentences)."""
    counts: Mapping[str, int]
    """Language code to count."""
    source: str
    """Where they are published."""


_MIRACL = "Zhang et al. (2023), TACL 11, Table 1, and the qrels of MIRACL v1.0"
_LAREQA = "Roy et al. (2020), LAReQA, and google-research-datasets/lareqa"

# fmt: off
PUBLIC: tuple[PublicCounts, ...] = (
    PublicCounts("MIRACL development set", ("miracl", "dev"), "n", {
        "ar": 2896, "bn": 411, "en": 799, "es": 648, "fa": 632, "fi": 1271, "fr": 343, "hi": 350,
        "id": 960, "ja": 860, "ko": 213, "ru": 1252, "sw": 482, "te": 828, "th": 733, "zh": 393,
    }, _MIRACL),
    PublicCounts("MIRACL corpus", ("miracl",), "candidates", {
        "ar": 2061414, "bn": 297265, "en": 32893221, "es": 10373953, "fa": 2207172, "fi": 1883509,
        "fr": 14636953, "hi": 506264, "id": 1446315, "ja": 6953614, "ko": 1486752, "ru": 9543918,
        "sw": 131924, "te": 518079, "th": 542166, "zh": 4934368,
    }, _MIRACL),
    PublicCounts("XQuAD-R", ("xquad",), "n", dict.fromkeys(
        ("ar", "de", "el", "en", "es", "hi", "ru", "th", "tr", "vi", "zh"), 1190), _LAREQA),
    PublicCounts("XQuAD-R", ("xquad",), "candidates", {
        "ar": 1222, "de": 1276, "el": 1234, "en": 1180, "es": 1215, "hi": 1244, "ru": 1219, "th": 852,
        "tr": 1167, "vi": 1209, "zh": 1196,
    }, _LAREQA),
    PublicCounts("MLQA-R", ("mlqa",), "n", {
        "ar": 517, "de": 512, "en": 1148, "es": 500, "hi": 507, "vi": 511, "zh": 504,
    }, _LAREQA),
    PublicCounts("MLQA-R", ("mlqa",), "candidates", {
        "ar": 2545, "de": 2362, "en": 6264, "es": 1787, "hi": 2426, "vi": 2828, "zh": 2322,
    }, _LAREQA),
)
# fmt: on


def published(labels: Iterable[str], family: str) -> PublicCounts | None:
    """The published counts that labels and title speak of; None when none or several do."""
    words = set(re.split(r"[^a-z0-9]+", " ".join(labels).casefold()))
    found = [item for item in PUBLIC if item.family == family and set(item.words) <= words]
    return found[0] if len(found) == 1 else None
