"""Words by which a sentence says less than it seems to, and words by which a statement says more."""

from __future__ import annotations

import re


def _words(text: str) -> re.Pattern[str]:
    return re.compile(rf"\b(?:{text})\b", re.IGNORECASE)


HEDGES: dict[str, tuple[re.Pattern[str], re.Pattern[str]]] = {
    "only a possibility": (
        _words(
            r"may(?!\s+\d{4})|might|could|possibly|perhaps|potential(?:ly)?|suggests?|suggesting|seems?|appears? to|"
            r"is likely|are likely|likely to|we (?:believe|hypothesi[sz]e|conjecture|expect)"
        ),
        _words(
            r"may|might|could|can|possibly|perhaps|potential(?:ly)?|suggest\w*|seems?|appears?|likely|believed?|"
            r"hypothesi\w+|conjectur\w+|expect\w*"
        ),
    ),
    "most cases and not all": (
        _words(
            r"in most (?:cases|languages|settings|tasks|experiments)|in many cases|in some cases|mostly|generally|"
            r"typically|often|usually|sometimes|in general|tends? to|for the most part|with (?:few|some) exceptions"
        ),
        _words(
            r"most|mostly|many|some|generally|typically|often|usually|sometimes|tends?|exceptions?|except|majority|"
            r"\d+ (?:of|out of) (?:the )?\d+|\d+/\d+"
        ),
    ),
    "an average": (
        _words(r"on average|averaged|in the mean"),
        _words(r"averag\w+|mean|means|overall"),
    ),
    "a difference that is small or none": (
        _words(r"comparable|on par|similar to|competitive with|marginal(?:ly)?|slight(?:ly)?"),
        _words(
            r"comparable|on par|par|similar|competitive|marginal(?:ly)?|slight(?:ly)?|non-?inferior|equivalent|"
            r"at least as|no worse|within"
        ),
    ),
}
"""What a hedge leaves: words that say so in a source, and words by which a statement still says it."""

UP_TO = _words(
    r"up to|at most|as much as|as many as|no more than|a maximum of|maximum|max|at best|highest|largest"
)
"""Words that make a number the most of many."""

CAUSAL = _words(
    r"causes?|caused|causing|because|leads? to|led to|leading to|results? in|resulted in|due to|thanks to|owing to|"
    r"responsible for|makes? it|drives?"
)
"""Words that name a cause."""

SUPERLATIVE = _words(r"state[- ]of[- ]the[- ]art|SOTA|best|unrivalled|unmatched|unprecedented")
"""Words that compare with everything there is."""

UNIVERSAL_SOURCE = _words(r"all|every|always|consistently|each|invariably|never|without exception")
"""Words by which a source itself leaves no case out."""

GENERAL = _words(
    r"(?:across|for|in|over) (?:different |various |many )?(languages|models|tasks|datasets|data sets|domains)"
)
"""A plural without a number."""

COUNTED = re.compile(
    r"\b(?:\d+|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve)\s+(?:\w+\s+){0,2}?"
    r"(languages|models|tasks|datasets|data sets|domains)\b",
    re.IGNORECASE,
)
"""The same plural with a number."""
