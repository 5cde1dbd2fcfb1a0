"""Laws: honest tables are never called wrong, and a wrong number beyond rounding is always found."""

from __future__ import annotations

from fractions import Fraction

import pytest
from corpus import report
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.forensics import make_paper, measure, printed
from harness.forensics.evidence import Evidence
from harness.forensics.examine import examine
from harness.forensics.sheets import read_sheet
from harness.records.forensics import Severity
from harness.stats.rounding_rules import Rounding

RULES = st.sampled_from(["half-up", "half-even", "truncation"])
VALUES = st.lists(st.fractions(Fraction(1, 100), Fraction(99, 100)), min_size=2, max_size=9)


def long_table(values: list[Fraction], mean: str, rule: str, places: int) -> str:
    rows = [f"MAP,l{index},A,cell,{printed(value, places, rule)}" for index, value in enumerate(values)]
    return "metric,language,method,kind,value\n" + "\n".join([*rows, f"MAP,mean,A,mean,{mean}"])


def hard(rounding: Rounding = Rounding.UNKNOWN, **tables: str) -> list[str]:
    found = report(rounding, **tables).findings
    return [item.sentence for item in found if item.severity is not Severity.SUSPICIOUS]


@given(VALUES, RULES, st.integers(1, 5))
def test_true_means_are_never_called_wrong(values: list[Fraction], rule: str, places: int) -> None:
    mean = sum(values, Fraction(0)) / len(values)
    detail = long_table(values, printed(mean, places, rule), rule, places)
    summary = f"metric,language,method,kind,value\nMAP,mean,A,mean,{printed(mean, max(places - 1, 1), rule)}"
    assert not hard(t=detail, u=summary)
    assert not hard(Rounding(rule), t=detail, u=summary)


@given(VALUES, st.integers(2, 5), st.integers(2, 400), st.booleans())
def test_a_mean_beyond_rounding_is_always_found(
    values: list[Fraction], places: int, steps: int, up: bool
) -> None:
    mean = sum(values, Fraction(0)) / len(values)
    text = printed(mean, places, "half-up")
    wrong = Fraction(text) + Fraction(steps if up else -steps, 10**places)
    if not 0 <= wrong <= 1:
        return
    table = long_table(values, printed(wrong, places, "half-up"), "half-up", places)
    # The cells as printed allow half a step to either side, and so does the printed mean.
    cells = [Fraction(printed(value, places, "half-up")) for value in values]
    beyond = abs(wrong - sum(cells, Fraction(0)) / len(cells)) > Fraction(1, 10**places)
    for rounding in (Rounding.HALF_UP, Rounding.HALF_EVEN):
        assert bool(hard(rounding, t=table)) == beyond or not beyond
        assert not beyond or hard(rounding, t=table)


@pytest.mark.parametrize("seed", range(6))
def test_made_up_papers_raise_no_alarm(seed: int) -> None:
    import random

    for rule in ("half-up", "half-even", "truncation"):
        paper = make_paper(random.Random(100 + seed), rule)
        for rounding in (Rounding.UNKNOWN, Rounding(rule)):
            sheets = tuple(read_sheet(table) for table in paper.tables.values())
            found = examine(Evidence("law", sheets, rounding=rounding)).findings
            assert [item.sentence for item in found if item.severity is not Severity.SUSPICIOUS] == []


def test_a_small_corpus_of_corruptions() -> None:
    result = measure(64, 3)
    assert result["false_alarms"] == 0
    assert result["caught"] >= 0.97 * result["beyond_rounding"]
    assert result["beyond_rounding"] + result["inside_rounding"] == 64


def test_same_tables_in_another_order_give_the_same_findings() -> None:
    import random

    paper = make_paper(random.Random(5), "half-up")
    sheets = [read_sheet(table) for table in paper.tables.values()]
    one = examine(Evidence("law", tuple(sheets))).findings
    other = examine(Evidence("law", tuple(reversed(sheets)))).findings
    assert {(f.check, f.severity) for f in one} == {(f.check, f.severity) for f in other}
