"""Names and words that statements use, for finding what a record left out of its subject."""

from __future__ import annotations

import re

_MODELS = (
    "mBERT", "XLM-R", "XLM-RoBERTa", "LaBSE", "BERT", "RoBERTa", "DistilBERT", "mT5", "ByT5", "T5", "GPT-2", "GPT-3",
    "GPT-4", "LLaMA", "mDPR", "DPR", "ColBERT", "Contriever", "mContriever", "mE5", "multilingual-e5", "BGE-M3",
    "LASER", "MiniLM", "mDeBERTa", "DeBERTa", "ELECTRA", "XLNet", "BM25", "SPLADE", "mBART", "InfoXLM",
    "XLM", "Gemini", "Mistral", "Qwen", "PaLM",
)  # fmt: skip
_DATASETS = (
    "XQuAD-R", "MLQA-R", "MIRACL", "Mr. TyDi", "mMARCO", "MS MARCO", "SQuAD", "Natural Questions", "TyDi QA",
    "XOR-TyDi",    "BEIR", "CLEF", "NeuCLIR", "XTREME", "Tatoeba", "BUCC", "HotpotQA", "TriviaQA", "MKQA", "LAReQA",
)  # fmt: skip


def _pattern(name: str) -> re.Pattern[str]:
    # All-capital names are ordinary words in lower case: laser, electra.
    body = "-?".join(re.escape(part) for part in name.split("-"))
    if name[:1] == "m" and name[1:2].isupper():
        body = f"m-?{body[1:]}"
    return re.compile(rf"(?<![\w-]){body}s?(?!\w)", 0 if name.isalpha() and name.isupper() else re.IGNORECASE)


KNOWN_NAMES: dict[str, tuple[tuple[str, re.Pattern[str]], ...]] = {
    "models": tuple((name, _pattern(name)) for name in _MODELS),
    "datasets": tuple((name, _pattern(name)) for name in _DATASETS),
}
"""Well-known models and data sets of the field: named in a statement, they must be known to the source."""

CATEGORY_WORDS: dict[str, re.Pattern[str]] = {
    "low-resource": re.compile(
        r"\b(?:(?:low|lower|under|less|poorly|little|scarce)[- ]resourced?|resource[- ](?:poor|scarce|lean|deprived)|"
        r"(?:low[- ]data|data[- ](?:poor|scarce)|low[- ]density) (?:languages?|pairs?|language pairs?)|"
        r"languages? (?:pairs? )?(?:with|that have|which have|having|for which there (?:is|are)) (?:only |very |too )?"
        r"(?:little|limited|scarce|few|scant|hardly any|insufficient) (?:[\w-]+ ){0,3}?"
        r"(?:data|resources|corpora|texts?|examples))\b",
        re.IGNORECASE,
    ),
    "high-resource": re.compile(r"\bhigh(?:er)?[- ]resourced?\b", re.IGNORECASE),
    "zero-shot": re.compile(
        r"\b(?:(?:zero|0)[- ]?shot|unseen (?:languages?|tasks?|domains?|data ?sets?)|"
        r"(?:never|not|neither) seen (?:in|during) training|(?:absent|missing) from (?:the )?training|"
        r"without (?:any |further )?(?:[\w-]+ ){0,2}?(?:training|fine-?tuning|labell?ed|annotated|supervised)"
        r"(?: [\w-]+){0,2}? (?:data|examples|samples|pairs))\b",
        re.IGNORECASE,
    ),
    "few-shot": re.compile(
        r"\b(?:few|one|two|three|four|five|[1-9]\d*)[- ]shot\b|\bhandful of (?:[\w-]+ )?(?:examples|samples)\b",
        re.IGNORECASE,
    ),
    "out-of-domain": re.compile(r"\bout[- ]of[- ]domain\b", re.IGNORECASE),
    "state-of-the-art": re.compile(r"\bstate[- ]of[- ]the[- ]art\b", re.IGNORECASE),
}
"""Scope words with a meaning of their own: the source must define or use the category."""

SIGNIFICANCE = re.compile(r"\b(?:significant(?:ly)?|significance)\b", re.IGNORECASE)
"""Words that promise a statistical test."""

UNIVERSAL = re.compile(
    r"\b(?:(?<!in )(?<!at )all|in all(?=\s+\w)|every|always|consistently|each|wherever|in no case|never|invariably|"
    r"without exception|across the board|in any (?:language|case|setting))\b",
    re.IGNORECASE,
)
"""Words that promise that no case is left out."""

MAJORITY = re.compile(
    r"\b(?:(?<!the )(?<!at )most (?:of (?:the )?)?(?:[\w-]+ ){0,2}?(?:languages|cases|settings|pairs|models|"
    r"data ?sets|cells|comparisons|queries|tasks|metrics|measures|rows|combinations)|majority of|more than half of|"
    r"mostly)\b",
    re.IGNORECASE,
)
"""Words that promise more than half of the cases."""

ORDER_MEASURE = re.compile(
    r"\b(?:MRR|MAP|mAP|n?DCG|ERR|RBP|A(?:verage )?P(?:recision)?|reciprocal rank|discounted cumulative gain|"
    r"(?:RO?C[- ]?)?AUC|AUROC|area under|rank distance)(?![a-z])",
    re.IGNORECASE,
)
"""Measures of an order: where scores make the order, other scores make another value (Manning et al. 2008, ch. 8)."""

_SMALL = (
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
    "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen", "twenty",
)  # fmt: skip
NUMBER_WORDS: dict[str, str] = {word: str(number) for number, word in enumerate(_SMALL)}
"""Small numbers in words."""
