"""What a column or metric name means, where that can be told from the name alone."""

from __future__ import annotations

import re
from typing import NamedTuple


class Metric(NamedTuple):
    """A measure recognised by its name."""

    family: str
    """recall, hit, precision, map, mrr, ndcg, proportion, score, count, rank, or a statistic such as sd or p."""
    cutoff: int | None = None
    """The k of an ``@k`` measure."""
    note: str = ""
    """Of a p: one-sided or two-sided, or corrected and how (bonferroni, holm, corrected)."""


_AT_K = re.compile(r"^(.*?)[ _@-]*(?:@|_at_|\bat\b)[ _@-]*([0-9]{1,6})$")
_FAMILIES: dict[str, str] = {
    **dict.fromkeys(("r", "recall", "rec"), "recall"),
    **dict.fromkeys(("hit", "hits", "h", "hr", "hit rate", "hitrate", "success", "s", "top", "acc"), "hit"),
    **dict.fromkeys(("p", "precision", "prec"), "precision"),
    **dict.fromkeys(("map", "mean average precision"), "map"),
    **dict.fromkeys(("mrr", "mean reciprocal rank", "rr"), "mrr"),
    **dict.fromkeys(("ndcg", "n dcg"), "ndcg"),
}
_PLAIN: dict[str, str] = {
    **dict.fromkeys(("map", "mean average precision"), "map"),
    **dict.fromkeys(("mrr", "mean reciprocal rank"), "mrr"),
    "ndcg": "ndcg",
    **dict.fromkeys(
        ("accuracy", "acc", "exact match", "em", "error rate", "success rate", "pass rate", "win rate"),
        "proportion",
    ),
    **dict.fromkeys(("proportion", "prop", "share", "fraction"), "proportion"),
    **dict.fromkeys(
        ("f1", "f score", "f1 score", "macro f1", "micro f1", "auc", "auroc", "roc auc"), "score"
    ),
    **dict.fromkeys(("recall", "precision", "sensitivity", "specificity"), "score"),
    **dict.fromkeys(
        ("n", "queries", "num queries", "n queries", "number of queries", "questions", "sample size"), "n"
    ),
    **dict.fromkeys(
        (
            "participants",
            "subjects",
            "respondents",
            "items",
            "n items",
            "samples",
            "examples",
            "test size",
            "support",
        ),
        "n",
    ),
    **dict.fromkeys(("candidates", "passages", "documents", "corpus size", "num candidates"), "candidates"),
    **dict.fromkeys(("sd", "s d", "std", "stdev", "std dev", "standard deviation"), "sd"),
    **dict.fromkeys(("se", "sem", "standard error"), "se"),
    **dict.fromkeys(("mean", "m", "average", "avg"), "mean"),
    **dict.fromkeys(("median", "mdn", "med"), "median"),
    **dict.fromkeys(("min", "minimum"), "min"),
    **dict.fromkeys(("max", "maximum"), "max"),
    **dict.fromkeys(("p", "p value", "pvalue", "p val", "sig"), "p"),
    **dict.fromkeys(("t", "t value", "t stat", "t statistic"), "t"),
    **dict.fromkeys(("z", "z value", "z score", "z stat", "z statistic"), "z"),
    **dict.fromkeys(("f", "f value", "f stat", "f statistic"), "f"),
    **dict.fromkeys(("chi2", "chi 2", "χ2", "χ²", "chi square", "chi squared", "chisq"), "chi2"),
    **dict.fromkeys(("r", "pearson r", "correlation"), "r"),
    **dict.fromkeys(("df", "dof", "degrees of freedom", "df2", "df den", "df error"), "df"),
    **dict.fromkeys(("df1", "df num", "df between"), "df1"),
    **dict.fromkeys(("rank distance", "rank dist"), "rank"),
    **dict.fromkeys(
        ("percent change", "pct change", "change", "relative change", "improvement", "rel improvement"),
        "change",
    ),
    **dict.fromkeys(
        ("relative improvement", "reduction", "change pct", "gain", "delta", "δ", "diff"), "change"
    ),
}
_P_NOTES: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("bonferroni", re.compile(r"\bbonf\w*")),
    ("holm", re.compile(r"\bholm\w*")),
    (
        "corrected",
        re.compile(
            r"(?<!un)(?:adj(?:usted)?|corr(?:ected)?)\b|\bfdr\b|\bbh\b|\bbenjamini\w*|\btukey\w*"
            r"|\bq[ -]?value|\bs[ií]d[aá]k"
        ),
    ),
    ("one-sided", re.compile(r"\b(?:one|1)[ -]?(?:sided|tailed|tail)\b")),
    ("two-sided", re.compile(r"\b(?:two|2)[ -]?(?:sided|tailed|tail)\b")),
)
_P_WORD = re.compile(r"(?<![\w@])(?:p(?: ?val(?:ue)?s?)?|q ?val(?:ue)?s?|sig)(?![\w@])")
_CHANGE_WORD = re.compile(
    r"[δ∆]|\b(?:delta|diff(?:erence)?|improvement|change|gain|reduction)\b|^(?:abs(?:olute)?|rel(?:ative)?) imp\w*"
)
POOLED = frozenset(
    {"overall", "all", "pooled", "combined", "micro avg", "micro average", "micro mean", "micro"}
)
"""Labels of rows or columns that stand for all others together, and so are not among the cells of a mean."""
SPREADS = frozenset(
    {"sd", "std", "std dev", "stdev", "standard deviation", "se", "sem", "variance", "var", "range", "iqr"}
    | {"p", "p value", "δ", "delta", "∆", "difference", "diff", "improvement", "gain", "change"}
)
"""Labels of rows that describe the rows above them, and so are not among the cells of a mean."""
AGGREGATES: dict[str, str] = {
    **dict.fromkeys(("mean", "avg", "average", "macro avg", "macro average", "macro mean"), "mean"),
    **dict.fromkeys(("printed mean", "column mean", "row mean"), "mean"),
    **dict.fromkeys(("weighted avg", "weighted average", "weighted mean", "w avg"), "weighted mean"),
    **dict.fromkeys(("median", "printed median", "mdn"), "median"),
    **dict.fromkeys(("total", "sum", "printed sum", "printed total", "grand total"), "sum"),
    **dict.fromkeys(("min", "minimum", "printed min", "printed minimum"), "min"),
    **dict.fromkeys(("max", "maximum", "printed max", "printed maximum"), "max"),
}
"""Words in a label that make its row or column an aggregate of others."""
UNIT_RANGE = frozenset({"recall", "hit", "precision", "map", "mrr", "ndcg", "proportion", "score"})
"""Families whose values lie between 0 and 1 (or 0 and 100 as percentages)."""
RECALL_LIKE = frozenset({"recall", "hit"})
"""Families that cannot fall when the cutoff grows."""
WHOLE = frozenset({"n", "candidates"})
"""Families of counts."""
STATISTICS = frozenset(
    {"sd", "se", "p", "t", "z", "f", "chi2", "r", "df", "df1", "n", "candidates", "change"}
)
"""Families that are never part of a mean or sum over columns."""


_SPREAD_BEHIND = re.compile(
    r"\(\s*±?\s*(?:s\.?d|std(?:\.? dev)?|s\.?e|sem|n|%|percent|pct)\.?\s*\)|(?:±|\+/-)\s*(?:sd|std(?: dev)?|se|sem)\b"
)


def plain(name: str) -> str:
    """A name in lower case with one kind of separator: ``R@1 (%)`` and ``M (SD)`` become ``r@1`` and ``m``."""
    text = re.sub(r"[%↑↓#*]", " ", _SPREAD_BEHIND.sub(" ", name.casefold()))
    return re.sub(r"[\s_.\-]+", " ", text).strip(" :")


def metric_of(name: str) -> Metric | None:
    """The measure a name stands for; None when the name alone does not say."""
    text = plain(name)
    at = _AT_K.match(text.replace(" @", "@"))
    if at:
        family = _FAMILIES.get(at[1].strip())
        return Metric(family, int(at[2])) if family else None
    if match := re.fullmatch(r"top ?([0-9]{1,4})(?: acc(?:uracy)?)?", text):
        return Metric("hit", int(match[1]))
    family = _PLAIN.get(text)
    if family is None and len(text) <= 60:
        family, note = _qualified(text)
        return Metric(family, None, note) if family else None
    return Metric(family) if family else None


def _qualified(text: str) -> tuple[str | None, str]:
    """Family and note of a heading such as ``p (Bonferroni)`` or ``Δ F1``."""
    if _P_WORD.search(text):
        rest = _P_WORD.sub(" ", text)
        note = correction_in(text)
        for _, pattern in _P_NOTES:
            rest = pattern.sub(" ", rest)
        if not re.sub(
            r"\b(?:hochberg|corrected|adjusted|uncorrected|raw|exact|values?)\b|[\s()\[\],;:-]", "", rest
        ):
            return "p", note
    # "EM (Δ)" is a measure with its changes in brackets.
    before, bracket, _ = text.partition("(")
    return ("change" if _CHANGE_WORD.search(before if bracket and before.strip() else text) else None), ""


def correction_in(text: str) -> str:
    """How p-values are said to be made: bonferroni, holm, corrected, one-sided, two-sided, or nothing."""
    text = plain(text)
    return next((note for note, pattern in _P_NOTES if pattern.search(text)), "")


def aggregate_of(label: str) -> str | None:
    """mean, median, sum, min or max when a label is one of the usual words for it; else None."""
    return AGGREGATES.get(plain(label).strip("() "))


def is_percent_name(name: str) -> bool:
    """Whether a column name says that its numbers are percentages."""
    return "%" in name or re.search(r"\b(?:percent|pct|percentage)\b", name.casefold()) is not None
