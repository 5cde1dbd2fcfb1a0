"""Tables as other fields print them: one number that is wrong, and its honest twin."""

from __future__ import annotations

import pytest
from corpus import findings, report
from hypothesis import given
from hypothesis import strategies as st

from harness.forensics.cells import comma_decimals, number_in
from harness.forensics.checks.f_score import harmonic
from harness.forensics.metrics import metric_of
from harness.records.forensics import Severity
from harness.stats.rounding_rules import span

CLASSES = """Class,Precision,Recall,F1,Support
A,0.80,0.60,{f1},100
B,0.90,0.70,0.79,300
C,0.50,0.55,0.52,100
Macro avg,0.73,0.62,0.67,500
Weighted avg,{weighted},0.65,0.72,500"""


def test_f1_and_weighted_means() -> None:
    # F1 of A: 2 * 0.8 * 0.6 / 1.4 = 0.686. Weighted precision: (80 + 270 + 50) / 500 = 0.80.
    assert not report(t=CLASSES.format(f1="0.69", weighted="0.80")).findings
    [wrong] = findings("f-score", t=CLASSES.format(f1="0.72", weighted="0.80"))
    assert (wrong.at[0].line, wrong.severity) == (2, Severity.INCONSISTENT)
    assert [item.becomes for item in wrong.repairs] == ["0.69"]
    [wrong] = findings("mean-of-cells", t=CLASSES.format(f1="0.69", weighted="0.75"))
    assert wrong.at[0].line == 6
    assert "weighted mean" in wrong.sentence
    assert [item.becomes for item in wrong.repairs] == ["0.79"]


def test_a_mean_that_counts_weigh_is_recognised() -> None:
    # Unweighted 0.70 and 0.60; weighted by n 0.8 * 0.75 + 0.5 * 0.25 ... = 0.760 and 0.680.
    table = "domain,A,B,n\nx,0.80,0.72,300\ny,0.64,0.56,100\nAverage,{},0.68,"
    assert not report(t=table.format("0.76")).findings
    assert any("weighted by n" in text for text in report(t=table.format("0.76")).assumptions)


def test_macro_f1_that_is_no_harmonic_mean_is_left_alone() -> None:
    rows = "model,precision,recall,F1\na,0.81,0.62,0.61\nb,0.75,0.70,0.66\nc,0.69,0.58,0.55"
    assert not report(t=rows).findings


@given(st.integers(1, 99), st.integers(1, 99))
def test_harmonic_mean_lies_inside_its_bounds(p: int, r: int) -> None:
    bounds = harmonic(span(f"0.{p:02d}"), span(f"0.{r:02d}"))
    assert float(bounds.low) <= 2 * p * r / (p + r) / 100 <= float(bounds.high)


CLINIC = """Characteristic,Drug (N=128),Placebo (N=131)
Female,{female},70 (53.4%)
Smoker,23 (18.0%),33 (25.2%)
Diabetes,12 (9.4%),{diabetes}
Asthma,40 (31.3%),41 (31.3%)"""


def test_percentages_beside_counts() -> None:
    assert not report(t=CLINIC.format(female="50 (39.1%)", diabetes="9 (6.9%)")).findings
    [wrong] = findings("percent-of-count", t=CLINIC.format(female="50 (46.1%)", diabetes="9 (6.9%)"))
    # 50/128 = 39.06 %: 70 steps away; 59 of 128 are 46.1 %: 9 steps.
    assert [(item.becomes, item.steps) for item in wrong.repairs] == [("59 (46.1%)", 9)]
    columns = "event,n,%,N\na,50,39.1,128\nb,23,18.0,128\nc,12,{},128\nd,40,31.3,128"
    assert not report(t=columns.format("9.4")).findings
    [wrong] = findings("percent-of-count", t=columns.format("9.9"))
    assert [(item.becomes, item.steps) for item in wrong.repairs] == [("9.4", 5)] or wrong.repairs[
        0
    ].steps == 1
    # Percentages of something else are left alone.
    assert not report(t="event,n,%,N\na,50,12.3,128\nb,23,44.4,128\nc,12,8.1,128\nd,40,77.7,128").findings


def test_counts_add_up_exactly() -> None:
    table = "site,enrolled,completed\na,1204,1100\nb,1377,1201\nc,1010,999\nTotal,{},3300"
    assert not report(t=table.format("3591")).findings
    [wrong] = findings("sum-of-cells", t=table.format("3592"))
    assert "they are counts" in wrong.sentence
    # Rounded amounts need not.
    assert not report(t="item,spent\na,12\nb,14\nc,17\nTotal,44").findings


ABLATION = """variant,EM,Δ,F1,Δ F1
full,71.3,-,80.9,-
no pretraining,70.0,−1.3,71.5,−9.4
no attention,65.3,{},75.8,−5.1
no copy,61.7,−9.6,76.2,−4.7
no reranker,68.9,−2.4,70.7,−10.2"""


def test_changes_against_the_first_row() -> None:
    assert not report(t=ABLATION.format("−6.0")).findings
    [wrong] = findings("reference-change", t=ABLATION.format("−6.7"))
    assert {item.becomes for item in wrong.repairs} == {"−6.1", "64.7"}
    inside = "variant,EM (Δ)\nfull,71.3\na,62.5 (−8.8)\nb,68.7 ({})\nc,60.3 (−11.0)\nd,70.8 (-0.5)"
    assert not report(t=inside.format("−2.6")).findings
    [wrong] = findings("reference-change", t=inside.format("−5.6"))
    assert "68.7 (−2.7)" in {item.becomes for item in wrong.repairs}


def test_corrected_and_one_sided_p_values() -> None:
    # Two-sided p at 30 df: 0.0069, 0.2395, 0.0019, 0.0356, 0.692.
    head, tail = (
        "test,t,df,{}\n",
        "a,2.90,30,.035\nb,1.20,30,1.000\nc,3.40,30,.010\nd,2.20,30,{}\ne,0.40,30,1.000",
    )
    named = head.format("p (Bonferroni)") + tail
    assert not report(t=named.format(".178")).findings
    [wrong] = findings("p-values", t=named.format(".036"))
    assert wrong.severity is Severity.INCONSISTENT
    [below] = findings("p-values", t=(head.format("adjusted p") + tail).format(".017"))
    assert "no correction makes a p smaller" in below.sentence
    # The table does not say so: asked, and not called inconsistent.
    silent = findings("p-values", t=(head.format("p") + tail).format(".178"))
    assert len(silent) == 5
    assert {item.severity for item in silent} == {Severity.SUSPICIOUS}
    assert all("Bonferroni for 5 tests" in item.sentence for item in silent)
    # One-sided at 40 df: 0.0397, 0.0106, 0.139.
    sided = "test,t,df,p (one-tailed)\na,1.80,40,.040\nb,2.40,40,{}\nc,1.10,40,.139"
    assert not report(t=sided.format(".011")).findings
    [wrong] = findings("p-values", t=sided.format(".031"))
    assert [item.becomes for item in wrong.repairs] == [".011"]
    [twice] = findings("p-values", t=sided.format(".021"))
    assert "only as a two-sided p" in twice.sentence
    text = 'claim,n\n"t(40) = 1.80, p = .040{}",3'
    assert not report(t=text.format(", one-tailed")).findings
    assert [item.severity for item in report(t=text.format("")).findings] == [Severity.SUSPICIOUS]


def test_holm_is_recognised() -> None:
    # Two-sided p 0.00194, 0.01242, 0.02781, 0.48393; Holm: times 4, 3, 2, 1.
    rows = "test,z,p (Holm)\na,3.10,.008\nb,2.50,.037\nc,2.20,{}\nd,0.70,.484"
    assert not report(t=rows.format(".056")).findings
    assert findings("p-values", t=rows.format(".066"))


def test_columns_with_different_headings() -> None:
    detail = (
        "method,ar,de,Average\nbase,0.5120,0.6130,0.5625\nmono,0.4330,0.5530,0.4930\nmix,0.6610,0.7010,0.6810"
    )
    overview = "method,MAP (avg.)\nbase,{}\nmono,0.493\nmix,0.681"
    assert not report(a=detail, b=overview.format("0.563")).findings
    [item] = findings("same-column", a=detail, b=overview.format("0.567"))
    assert item.severity is Severity.SUSPICIOUS
    assert [fix.becomes for fix in item.repairs] == ["0.563"]


@pytest.mark.parametrize(
    ("heading", "family", "note"),
    [
        ("p (one-tailed)", "p", "one-sided"),
        ("adj. p", "p", "corrected"),
        ("p (Bonferroni)", "p", "bonferroni"),
        ("uncorrected p", "p", ""),
        ("Δ F1", "change", ""),
        ("F1 (Δ)", None, ""),
        ("M (SD)", "mean", ""),
        ("Params", None, ""),
        ("P@5", "precision", ""),
    ],
)
def test_headings(heading: str, family: str | None, note: str) -> None:
    metric = metric_of(heading)
    assert (metric.family if metric else None, metric.note if metric else "") == (family, note)


def test_precision_recall_and_statistics_under_single_letters() -> None:
    # P is a precision here and no p-value above 1; X, Y and Z are names.
    assert not report(t="model,P,R,F1\na,80.0,60.0,68.6\nb,90.0,70.0,78.8\nc,50.0,55.0,52.4").findings
    [wrong] = findings(
        "mean-of-cells", t="m,X,Y,Z,Average\na,1.0,2.0,3.0,2.0\nb,2.0,4.0,6.0,4.0\nc,5.0,5.0,8.0,7.1"
    )
    assert wrong.at[0].line == 4


@pytest.mark.parametrize(
    ("text", "comma", "number", "change", "spread"),
    [
        ("70.1 (−1.2)", False, "70.1", "-1.2", None),
        ("70.1 (+1.2)", False, "70.1", "+1.2", None),
        ("70.1 (↓1.2)", False, "70.1", "-1.2", None),
        ("50 (39.1%)", False, "50", None, "39.1"),
        ("3,5 (1,25)", True, "3.5", None, "1.25"),
    ],
)
def test_numbers_with_brackets(
    text: str, comma: bool, number: str, change: str | None, spread: str | None
) -> None:
    found = number_in(text, comma=comma)
    assert found is not None
    assert (found.text, found.change, found.spread) == (number, change, spread)


def test_decimal_commas_are_told_from_thousands() -> None:
    assert comma_decimals(["1,25", "2,5", "x"])
    assert not comma_decimals(["1,469", "2,000"])
    assert not comma_decimals(["1,25", "2.5"])


@given(st.lists(st.integers(0, 99999), min_size=1).map(lambda items: [f"{item:,}" for item in items]))
def test_thousands_are_never_decimals(texts: list[str]) -> None:
    assert not comma_decimals(texts)


def test_sd_bracket_that_is_a_standard_error_is_no_sd() -> None:
    rows = "rating item,n,{}\na,35,5.23 (2.55)\nb,32,7.38 (3.65)\nc,31,4.74 (6.55)"
    assert not [item for item in report(t=rows.format("M (SE)")).findings if item.check == "grimmer"]
    assert [item for item in report(t=rows.format("M (SD)")).findings if item.check == "grimmer"]
