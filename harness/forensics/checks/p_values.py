"""p-values that do not follow from the test statistic and degrees of freedom printed beside them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import cast

from harness.forensics.cells import Cell
from harness.forensics.evidence import Evidence
from harness.forensics.interface import Check, Tally
from harness.forensics.repairs import nearest, said, smallest
from harness.records.forensics import Correction, PrintedAt, Severity
from harness.stats.reported_p import Kind, agrees, p_range
from harness.stats.rounding import significant
from harness.stats.rounding_rules import Span, span

_NUMBER = r"[-−]?\s*(?:[0-9]+(?:\.[0-9]+)?|\.[0-9]+)"
_APA = re.compile(
    rf"\b(?P<kind>t|r|z|F|χ2|χ²|chi2|X2)\s*(?:\(\s*(?P<df1>{_NUMBER})\s*(?:,\s*(?:N\s*=\s*)?(?P<df2>{_NUMBER})\s*)?\))?"
    rf"\s*=\s*(?P<value>{_NUMBER})\s*[,;]\s*p\s*(?P<relation>[<>=])\s*(?P<p>{_NUMBER})"
)
_KINDS: tuple[Kind, ...] = ("t", "z", "f", "chi2", "r")
_LEVEL = 0.05


@dataclass(frozen=True)
class _Test:
    kind: Kind
    statistic: Span
    dfs: tuple[Span, ...]
    p: Span
    relation: str
    shown: str
    p_shown: str
    cells: tuple[Cell | PrintedAt, ...]
    p_cell: Cell | None
    statistic_cell: Cell | None


def _run(evidence: Evidence) -> Tally:
    tally = Tally()
    for test in _tests(evidence):
        try:
            two = p_range(test.kind, test.statistic, test.dfs, 2)
            one = p_range(test.kind, test.statistic, test.dfs, 1)
        except ValueError:
            continue
        tally.compared([cell for cell in test.cells if isinstance(cell, Cell)])
        if agrees(test.p, test.relation, *two):
            continue
        follows = f"between {significant(two[0], 4):g} and {significant(two[1], 4):g}, two-sided"
        if test.kind in ("z", "t", "r") and agrees(test.p, test.relation, *one):
            tally.findings.append(
                CHECK.finding(
                    Severity.SUSPICIOUS,
                    test.cells,
                    printed=test.p_shown,
                    follows=follows,
                    sentence=f"p {test.p_shown} follows from {test.shown} only as a one-sided p; the two-sided one "
                    f"lies {follows.removesuffix(', two-sided')}.",
                )
            )
            continue
        repairs: tuple[Correction, ...] = ()
        if test.p_cell is not None and not test.relation:
            allowed = Span(Fraction(repr(two[0])), Fraction(repr(two[1])))
            repairs = smallest([nearest(test.p_cell, allowed, evidence)])
        decision = _decision(test, two)
        tally.findings.append(
            CHECK.finding(
                Severity.INCONSISTENT,
                test.cells,
                printed=test.p_shown,
                follows=follows,
                sentence=f"p {test.p_shown} does not follow from {test.shown}, whose p lies {follows}{decision}"
                + (f"; {said(repairs)}." if repairs else "."),
                repairs=repairs,
            )
        )
    return tally


def _decision(test: _Test, two: tuple[float, float]) -> str:
    """Says so when the printed p is on the other side of 0.05."""
    below = (test.relation == "<" and float(test.p.high) <= _LEVEL) or (
        not test.relation and float(test.p.high) < _LEVEL
    )
    above = (test.relation == ">" and float(test.p.low) >= _LEVEL) or (
        not test.relation and float(test.p.low) > _LEVEL
    )
    if (below and two[0] > _LEVEL) or (above and two[1] < _LEVEL):
        return f", which is on the other side of {_LEVEL}"
    return ""


def _tests(evidence: Evidence) -> Iterator[_Test]:
    for sheet in evidence.sheets:
        for record in sheet.records:
            if (test := _from_record(evidence, record)) is not None:
                yield test
        for line, text in sheet.texts:
            for match in _APA.finditer(text):
                if (test := _from_text(evidence, sheet.name, line, match)) is not None:
                    yield test


def _from_record(evidence: Evidence, record: Mapping[str, Cell]) -> _Test | None:
    by: dict[str, Cell] = {}
    for cell in record.values():
        if cell.metric is not None and cell.metric.cutoff is None:
            by.setdefault(cell.metric.family, cell)
    p = by.get("p")
    kinds = [kind for kind in _KINDS if kind in by]
    if p is None or len(kinds) != 1 or by[kinds[0]].number.relation:
        return None
    kind = kinds[0]
    dfs: list[Cell] = []
    if kind == "f":
        if "df1" not in by or "df" not in by:
            return None
        dfs = [by["df1"], by["df"]]
    elif kind != "z":
        df = by.get("df") or by.get("df1")
        if df is None:
            return None
        dfs = [df]
    statistic = by[kind]
    name = {"f": "F", "chi2": "chi2"}.get(kind, kind)
    shown = (
        f"{name}({', '.join(df.printed for df in dfs)}) = {statistic.printed}"
        if dfs
        else f"{name} = {statistic.printed}"
    )
    relation = p.number.relation
    return _Test(
        kind,
        evidence.span(statistic),
        tuple(_df(df.number.text) for df in dfs),
        _bound(p.number.text) if relation else evidence.span(p),
        relation,
        f"{shown} in {statistic.table} ({statistic.name()})",
        p.printed,
        (p, statistic, *dfs),
        p,
        statistic,
    )


def _from_text(evidence: Evidence, table: str, line: int, match: re.Match[str]) -> _Test | None:
    def clean(group: str) -> str:
        return match[group].replace("−", "-").replace(" ", "")

    kind = cast(Kind, {"F": "f", "χ2": "chi2", "χ²": "chi2", "X2": "chi2"}.get(match["kind"], match["kind"]))
    texts = [clean(name) for name in ("df1", "df2") if match[name]]
    if kind in ("t", "r", "chi2"):
        texts = texts[:1]
    if len(texts) != {"z": 0, "f": 2}.get(kind, 1):
        return None
    relation = match["relation"].replace("=", "")
    p = clean("p")
    return _Test(
        kind,
        span(clean("value"), evidence.rounding),
        tuple(_df(text) for text in texts),
        _bound(p) if relation else span(p, evidence.rounding),
        relation,
        match[0].split(", p")[0].split("; p")[0],
        f"{match['relation']} {p}",
        (PrintedAt(table=table, line=line, printed=match[0]),),
        None,
        None,
    )


def _df(text: str) -> Span:
    """Degrees of freedom: whole ones are exact, those with decimals (Welch) were rounded."""
    return span(text) if "." in text else Span(Fraction(text), Fraction(text))


def _bound(text: str) -> Span:
    return Span(Fraction(text), Fraction(text))


CHECK = Check(
    name="p-values",
    looks_for="p-values that do not follow from their test statistic",
    needs="p with z, t, F, chi2 or r and degrees of freedom in one row, or as text: t(28) = 2.20, p = .036",
    assumes="two-sided unless only one-sided fits, which is called suspicious; no correction for multiple tests",
    source="Nuijten et al. (2016), Behavior Research Methods 48, doi:10.3758/s13428-015-0664-2 (statcheck)",
    run=_run,
)
