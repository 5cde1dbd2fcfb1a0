"""p-values that do not follow from the test statistic and degrees of freedom printed beside them."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import cast

from harness.forensics.cells import Cell
from harness.forensics.corrected_p import Correction, Reported, fitting, never_below
from harness.forensics.evidence import Evidence
from harness.forensics.interface import Check, Tally
from harness.forensics.metrics import correction_in
from harness.forensics.repairs import nearest, said, smallest
from harness.records.forensics import Correction as ForensicCorrection
from harness.records.forensics import PrintedAt, Severity
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
AFTER = 30
"""Characters behind a test in which its p is called one-tailed or corrected."""


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
    family: tuple[str, str]
    note: str


@dataclass(frozen=True)
class _Judged:
    test: _Test
    two: tuple[float, float]
    one: tuple[float, float]

    @property
    def expected(self) -> tuple[float, float]:
        """The p as the table says it was made: one-sided where it says so."""
        return self.one if self.test.note == "one-sided" and self.directed else self.two

    @property
    def directed(self) -> bool:
        return self.test.kind in ("z", "t", "r")

    def agrees(self, limits: tuple[float, float]) -> bool:
        return agrees(self.test.p, self.test.relation, *limits)

    def reported(self) -> Reported:
        return Reported(self.test.p, self.test.relation, *self.two)


def _run(evidence: Evidence) -> Tally:
    tally = Tally()
    families: dict[tuple[str, str], list[_Judged]] = defaultdict(list)
    for test in _tests(evidence):
        try:
            judged = _Judged(
                test,
                p_range(test.kind, test.statistic, test.dfs, 2),
                p_range(test.kind, test.statistic, test.dfs, 1),
            )
        except ValueError:
            continue
        families[test.family].append(judged)
    for family in families.values():
        _judge(evidence, tally, family)
    return tally


def _judge(evidence: Evidence, tally: Tally, family: list[_Judged]) -> None:
    """The p-values of one column, or of the text of one table."""
    note = family[0].test.note
    correction = None
    if note in ("bonferroni", "holm", "corrected", ""):
        correction = fitting([item.reported() for item in family], said=note.replace("corrected", ""))
    for index, item in enumerate(family):
        # A correction that is said and not found leaves nothing to compare with but a bound.
        if note not in ("bonferroni", "holm") or correction is not None:
            tally.compared([cell for cell in item.test.cells if isinstance(cell, Cell)])
        if note in ("bonferroni", "holm", "corrected"):
            _corrected(evidence, tally, item, correction, index)
        elif not item.agrees(item.expected):
            if correction is not None and item.agrees(correction.ranges[index]):
                _finding(
                    evidence,
                    tally,
                    item,
                    Severity.SUSPICIOUS,
                    f"; it is the p corrected after {correction.name}, as {correction.agreeing} of the "
                    f"{len(family)} there are, which the table does not say",
                )
            else:
                _uncorrected(evidence, tally, item, len(family))


def _uncorrected(evidence: Evidence, tally: Tally, item: _Judged, tests: int) -> None:
    said_sides = item.test.note in ("one-sided", "two-sided")
    other = item.two if item.expected is item.one else item.one
    if item.directed and item.agrees(other):
        sides = "one-sided" if other is item.one else "two-sided"
        # Twice or half of it: a slip in a table that says which, a question in one that does not.
        severity = Severity.INCONSISTENT if said_sides else Severity.SUSPICIOUS
        _finding(evidence, tally, item, severity, f"; it follows only as a {sides} p", repair=said_sides)
        return
    hint = ""
    if tests > 1 and item.agrees((min(1.0, tests * item.two[0]), min(1.0, tests * item.two[1]))):
        hint = f"; it would be the p corrected for {tests} tests (Bonferroni), which the table does not say"
    _finding(evidence, tally, item, Severity.INCONSISTENT, hint)


def _corrected(
    evidence: Evidence, tally: Tally, item: _Judged, correction: Correction | None, index: int
) -> None:
    """A p that is said to be corrected: by the correction that fits the others, else only from below."""
    if not never_below(item.reported()):
        hint = "; it is said to be corrected, and no correction makes a p smaller"
        _finding(evidence, tally, item, Severity.INCONSISTENT, hint, repair=False)
    elif correction is not None and not item.agrees(correction.ranges[index]):
        _finding(
            evidence,
            tally,
            item,
            Severity.INCONSISTENT if item.test.note != "corrected" else Severity.SUSPICIOUS,
            f"; {correction.agreeing} others there are corrected after {correction.name}",
            limits=correction.ranges[index],
        )


def _finding(
    evidence: Evidence,
    tally: Tally,
    item: _Judged,
    severity: Severity,
    hint: str,
    *,
    limits: tuple[float, float] | None = None,
    repair: bool = True,
) -> None:
    test = item.test
    low, high = limits or item.expected
    kind = ", one-sided" if item.expected is item.one else ", two-sided" if item.directed else ""
    kind = ", corrected" if limits else kind
    follows = f"between {significant(low, 4):g} and {significant(high, 4):g}{kind}"
    repairs: tuple[ForensicCorrection, ...] = ()
    if repair and severity is Severity.INCONSISTENT and test.p_cell is not None and not test.relation:
        repairs = smallest([nearest(test.p_cell, Span(Fraction(repr(low)), Fraction(repr(high))), evidence)])
    tally.findings.append(
        CHECK.finding(
            severity,
            test.cells,
            printed=test.p_shown,
            follows=follows,
            sentence=f"p {test.p_shown} does not follow from {test.shown}, whose p lies {follows}"
            f"{_decision(test, (low, high))}{hint}" + (f"; {said(repairs)}." if repairs else "."),
            repairs=repairs,
        )
    )


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
            yield from _from_record(evidence, record)
        for line, text in sheet.texts:
            for match in _APA.finditer(text):
                # What is said about a test stands right behind it.
                note = correction_in(text[match.end() : match.end() + AFTER])
                if (test := _from_text(evidence, sheet.name, line, match, note)) is not None:
                    yield test


def _from_record(evidence: Evidence, record: Mapping[str, Cell]) -> Iterator[_Test]:
    """Each p of a row (there may be a raw and a corrected one) with its test statistic."""
    by: dict[str, Cell] = {}
    for cell in record.values():
        if cell.metric is not None and cell.metric.cutoff is None:
            by.setdefault(cell.metric.family, cell)
    kinds = [kind for kind in _KINDS if kind in by]
    if len(kinds) != 1 or by[kinds[0]].number.relation:
        return
    kind = kinds[0]
    names = {"f": ("df1", "df"), "z": ()}.get(kind, ("df",) if "df" in by else ("df1",))
    if any(name not in by for name in names):
        return
    dfs = [by[name] for name in names]
    statistic = by[kind]
    shown = {"f": "F", "chi2": "chi2"}.get(kind, kind)
    if dfs:
        shown += f"({', '.join(df.printed for df in dfs)})"
    for p in record.values():
        if p.metric is None or p.metric.family != "p":
            continue
        relation = p.number.relation
        yield _Test(
            kind,
            evidence.span(statistic),
            tuple(_df(df.number.text) for df in dfs),
            _bound(p.number.text) if relation else evidence.span(p),
            relation,
            f"{shown} = {statistic.printed} in {statistic.table} ({statistic.name()})",
            p.printed,
            (p, statistic, *dfs),
            p,
            (p.table, p.column),
            p.metric.note,
        )


def _from_text(evidence: Evidence, table: str, line: int, match: re.Match[str], note: str) -> _Test | None:
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
        (table, f"text, {note}"),
        note,
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
    assumes="two-sided and not corrected unless the table says otherwise; a p that only fits one-sided, or only after "
    "a correction that most of its column fits, is called suspicious",
    source="Nuijten et al. (2016), Behavior Research Methods 48, doi:10.3758/s13428-015-0664-2 (statcheck)",
    run=_run,
)
