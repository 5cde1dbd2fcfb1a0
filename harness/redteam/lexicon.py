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
    "low-resource": re.compile(r"\b(?:low|lower|under)[- ]resourced?\b", re.IGNORECASE),
    "high-resource": re.compile(r"\bhigh(?:er)?[- ]resourced?\b", re.IGNORECASE),
    "zero-shot": re.compile(r"\bzero[- ]shot\b", re.IGNORECASE),
    "few-shot": re.compile(r"\bfew[- ]shot\b", re.IGNORECASE),
    "out-of-domain": re.compile(r"\bout[- ]of[- ]domain\b", re.IGNORECASE),
    "state-of-the-art": re.compile(r"\bstate[- ]of[- ]the[- ]art\b", re.IGNORECASE),
}
"""Scope words with a meaning of their own: the source must define or use the category."""

SIGNIFICANCE = re.compile(r"\b(?:significant(?:ly)?|significance)\b", re.IGNORECASE)
"""Words that promise a statistical test."""

UNIVERSAL = re.compile(
    r"\b(?:(?<!in )(?<!at )all|every|always|consistently|each|wherever|in no case|never)\b", re.IGNORECASE
)
"""Words that promise that no case is left out."""
