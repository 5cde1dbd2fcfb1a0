"""Each check on a small table: one number that is wrong, and its honest twin."""

from __future__ import annotations

import pytest
from corpus import evidence, findings, report

from harness.records.forensics import Severity
from harness.stats.rounding_rules import Rounding

LONG = """metric,language,method,kind,value
MAP,ar,base,cell,0.512
MAP,de,base,cell,0.633
MAP,el,base,cell,0.457
MAP,mean,base,mean,{mean}
MAP,median,base,median,{median}"""


def test_mean_and_median_of_cells() -> None:
    # (0.512 + 0.633 + 0.457) / 3 = 0.534; the cells allow 0.5335 to 0.5345, the printed digits 0.0005 more.
    assert not report(t=LONG.format(mean="0.534", median="0.512")).findings
    assert not report(t=LONG.format(mean="0.535", median="0.512")).findings
    [wrong] = findings("mean-of-cells", t=LONG.format(mean="0.537", median="0.512"))
    assert wrong.severity is Severity.INCONSISTENT
    assert wrong.at[0].line == 5
    assert wrong.at[0].labels == {"metric": "MAP", "language": "mean", "method": "base"}
    assert wrong.follows == "between 0.53350 and 0.53450"
    # 0.535 is two steps away; a cell would have to move by six.
    assert [(item.becomes, item.steps) for item in wrong.repairs] == [("0.535", 2)]
    [wrong] = findings("median-of-cells", t=LONG.format(mean="0.534", median="0.514"))
    assert {(item.at.line, item.becomes, item.steps) for item in wrong.repairs} == {
        (6, "0.513", 1),
        (2, "0.513", 1),
    } or [(item.becomes, item.steps) for item in wrong.repairs] == [("0.513", 1)]


def test_mean_that_leaves_a_cell_out_says_so() -> None:
    table = "language,A,B\n" + "\n".join(
        f"{name},{a},{b}"
        for name, a, b in (("ar", 10.0, 10.0), ("de", 20.0, 30.0), ("en", 31.0, 41.0), ("es", 45.0, 55.0))
    )
    # A is right; B is the mean of the last three.
    [wrong] = findings("mean-of-cells", t=f"{table}\nAverage,26.5,42.0")
    assert "without ar" in wrong.sentence


def test_sums() -> None:
    table = "set,train,dev\na,100,10\nb,250,20\nc,317,30\nTotal,{},60"
    assert not report(sizes=table.format(667)).findings
    [wrong] = findings("sum-of-cells", sizes=table.format(668))
    assert "counts" in wrong.sentence
    # Every cell or the total: each needs one step.
    assert {item.becomes for item in wrong.repairs} == {"667", "101", "251", "318"}


def test_weighted_means_are_not_judged() -> None:
    table = "language,A,B,C\nar,10.0,20.0,30.0\nde,20.0,40.0,50.0\nAverage,11.0,22.0,32.0"
    result = report(t=table)
    assert not result.findings
    assert any("not judged" in text for text in result.assumptions)


def test_same_quantity_in_two_tables() -> None:
    fine = "dataset,metric,method,kind,value\nx,MAP,base,mean,0.5479\nx,MAP,mix,mean,0.5927\ny,MAP,mix,mean,0.6118"
    coarse = "dataset,metric,method,kind,value\nx,MAP,base,mean,{}\nx,MAP,mix,mean,.593\ny,MAP,mix,mean,.612"
    assert not report(a=coarse.format(".548"), b=fine).findings
    [wrong] = findings("same-quantity", a=coarse.format(".547"), b=fine)
    assert [(item.at.printed, item.becomes, item.steps) for item in wrong.repairs] == [(".547", ".548", 1)]
    assert "cut off" in wrong.sentence


def test_a_table_that_is_cut_off_throughout_is_no_finding_and_is_said() -> None:
    fine = "dataset,metric,method,kind,value\nx,MAP,base,mean,0.5479\nx,MAP,mix,mean,0.5927\ny,MAP,mix,mean,0.6118"
    coarse = (
        "dataset,metric,method,kind,value\nx,MAP,base,mean,.547\nx,MAP,mix,mean,.592\ny,MAP,mix,mean,.611"
    )
    result = report(a=coarse, b=fine)
    assert not result.findings
    assert any("cut off" in text for text in result.assumptions)
    assert len(report(Rounding.HALF_UP, a=coarse, b=fine).findings) == 3


def test_double_rounding_is_a_question_and_no_error() -> None:
    # Mean of the cells 0.64746, printed 0.6475 and then .648: sums of seven errors cannot make up 3/7 of a step.
    cells = ("0.5973", "0.5915", "0.7154", "0.6829", "0.6426", "0.6405", "0.6620")
    names = ("ar", "de", "en", "es", "hi", "vi", "zh")
    head = "metric,language,method,kind,value\n"
    detail = head + "\n".join(f"MAP,{n},base,cell,{c}" for n, c in zip(names, cells, strict=True))
    [item] = findings(
        "double-rounding", a=f"{head}MAP,mean,base,mean,.648", b=f"{detail}\nMAP,mean,base,mean,0.6475"
    )
    assert item.severity is Severity.SUSPICIOUS


def test_shares_against_counts() -> None:
    table = "model,accuracy,n\na,{},24\nb,0.6250,24\nc,0.7083,24"
    assert not report(t=table.format("0.5417")).findings
    [wrong] = findings("granularity", t=table.format("0.5500"))
    assert wrong.severity is Severity.IMPOSSIBLE
    # 13/24 = 0.5417 is 83 steps away, 14/24 = 0.5833 further.
    assert [(item.becomes, item.steps) for item in wrong.repairs] == [("0.5417", 83)]
    assert "13/24" in wrong.follows


def test_recall_is_read_as_share_only_where_the_table_bears_it_out() -> None:
    # Recall with several relevant items is no k/n: nothing is said.
    values = ("0.3137", "0.4411", "0.5293", "0.6178", "0.7719")
    table = "model,R@5,queries\n" + "\n".join(f"m{i},{v},120" for i, v in enumerate(values))
    result = report(t=table)
    assert not result.findings
    assert any("not read as shares" in text for text in result.assumptions)


def test_grim_and_grimmer_in_a_table() -> None:
    table = "rating item,n,M\na,28,5.18\nb,28,5.21\nc,28,{}"
    [wrong] = [item for item in report(t=table.format("5.19")).findings if item.check == "grim"]
    assert {(item.becomes, item.steps) for item in wrong.repairs} == {("5.18", 1)}
    assert not [item for item in report(t=table.format("5.25")).findings if item.check == "grim"]
    [wrong] = findings("grimmer", t="rating item,n,M,SD\na,35,5.23,2.55\nb,32,7.38,3.65\nc,31,4.74,6.55")
    assert wrong.at[0].line == 2
    # 2.55 would do as a population SD, so it is a question.
    assert wrong.severity is Severity.SUSPICIOUS


def test_grim_does_not_judge_measurements() -> None:
    rows = "\n".join(
        f"g{i},{20 + i},{m}" for i, m in enumerate(("3.14", "2.72", "1.41", "1.73", "0.58", "2.51"))
    )
    assert not report(t=f"group,n,mean\n{rows}").findings


def test_debit_in_a_table() -> None:
    table = "group,n,mean,sd\na,20,0.50,0.51\nb,20,0.35,0.49\nc,20,0.80,0.41\nd,20,0.25,{}"
    # 5 of 20: sqrt(5 * 15 / 380) = 0.444.
    assert not [f for f in report(t=table.format("0.44")).findings if f.check == "debit"]
    [wrong] = [f for f in report(t=table.format("0.31")).findings if f.check == "debit"]
    assert [(item.becomes, item.steps) for item in wrong.repairs] == [("0.44", 13)]


def test_p_values_in_columns_and_in_text() -> None:
    columns = "comparison,t,df,p\na,2.20,28,{}\nb,1.01,30,.321"
    assert not report(t=columns.format(".036")).findings
    assert not report(t=columns.format("< .05")).findings
    [wrong] = findings("p-values", t=columns.format(".36"))
    assert "other side of 0.05" in wrong.sentence
    [one_sided] = findings("p-values", t=columns.format(".018"))
    assert one_sided.severity is Severity.SUSPICIOUS
    text = 'claim,n\n"we found F(2, 57) = 4.10, p = {}",3'
    assert not report(t=text.format(".022")).findings
    assert findings("p-values", t=text.format(".22"))


def test_ranges_orders_and_ladders() -> None:
    table = "model,R@1,R@10\na,0.31,0.52\nb,0.40,0.61\nc,0.35,0.58\nd,0.33,0.49\ne,{},{}"
    assert not report(t=table.format("0.30", "0.50")).findings
    [wrong] = findings("recall-monotone", t=table.format("0.56", "0.50"))
    assert wrong.severity is Severity.IMPOSSIBLE
    outside = report(t=table.format("0.30", "5.00")).findings
    assert [(item.check, item.repairs[0].becomes) for item in outside] == [("metric-range", "1.00")]
    assert findings("order", t="group,min,median,max\na,1,5,9\nb,2,11,9")
    assert findings("metric-bounds", t="model,MRR,Hit@1\na,0.51,0.40\nb,0.45,0.30\nc,0.25,0.40")
    assert findings("metric-bounds", t="model,MRR,Hit@1\na,0.51,0.40\nb,0.45,0.30\nc,0.75,0.40")


def test_copied_run() -> None:
    rows = [f"l{i},0.{417 + 31 * i},0.{503 + 29 * i},0.{611 + 17 * i}" for i in range(9)]
    assert not report(t="language,A,B,C\n" + "\n".join(rows)).findings
    copied = [
        ",".join(
            [
                row.split(",")[0],
                row.split(",")[1],
                row.split(",")[1] if 2 <= i < 7 else row.split(",")[2],
                row.split(",")[3],
            ]
        )
        for i, row in enumerate(rows)
    ]
    [item] = findings("copied-values", t="language,A,B,C\n" + "\n".join(copied))
    assert item.severity is Severity.SUSPICIOUS


def test_published_counts() -> None:
    head = "dataset,metric,language,kind,value\n"
    right = {"ar": 517, "de": 512, "en": 1148, "es": 500, "hi": 507, "vi": 511, "zh": 504}

    def table(counts: dict[str, int]) -> str:
        return head + "\n".join(f"MLQA-R,queries,{x},cell,{n}" for x, n in counts.items())

    assert not report(t=table(right)).findings
    [wrong] = findings("public-counts", t=table({**right, "ar": 571}))
    assert "another order" in wrong.sentence
    [swapped] = findings("public-counts", t=table({**right, "de": 500, "es": 512}))
    assert len(swapped.repairs) == 2
    # Another split altogether is not called wrong.
    assert not report(t=table({language: count + 100 for language, count in right.items()})).findings


def test_means_over_fewer_languages_are_a_question() -> None:
    head = "metric,language,method,kind,value\n"
    rows = [
        f"MAP,{x},{m},cell,0.{500 + 7 * i + 3 * j}"
        for i, x in enumerate(("ar", "de", "el", "en"))
        for j, m in enumerate("ABC")
    ]
    rows.remove("MAP,de,B,cell,0.510")
    means = ["MAP,mean,A,mean,0.510", "MAP,mean,B,mean,0.515", "MAP,mean,C,mean,0.516"]
    [item] = [f for f in report(t=head + "\n".join(rows + means)).findings if f.check == "listed-units"]
    assert "no number for de" in item.sentence


def test_trailing_zeros_left_out_are_noticed_and_said() -> None:
    values = [f"0.{number}" for number in range(5011, 5120) if number % 10]
    rows = [f"MAP,l{i},A,cell,{v}" for i, v in enumerate([*values, "0.52", "0.531"])]
    found = evidence(t="metric,language,method,kind,value\n" + "\n".join(rows))
    assert [item[-1] for item in found.leaves_zeros_out] == [4]
    assert not evidence(
        zeros="kept", t="metric,language,method,kind,value\n" + "\n".join(rows)
    ).leaves_zeros_out


@pytest.mark.parametrize("text", ["**0.534**", "0.534*", " 0.534 ", "0.534 ± 0.01", "0.534 (0.02)", "−0.534"])
def test_decorated_numbers_are_read(text: str) -> None:
    from harness.forensics.cells import number_in

    number = number_in(text)
    assert number is not None
    assert number.text.lstrip("-") == "0.534"


def test_columns_of_changes() -> None:
    # 100 (b - a) / a: 20.0, -10.0, 50.0, 25.0.
    table = (
        "model,before,after,Change (%)\nx,50.0,60.0,20.0\ny,40.0,36.0,-10.0\nz,20.0,30.0,50.0\nw,40.0,50.0,{}"
    )
    assert not report(t=table.format("25.0")).findings
    [wrong] = findings("percent-change", t=table.format("20.0"))
    assert "percent of the first" in wrong.sentence
    # A column that means something else is left alone.
    assert not report(t="model,a,b,gain\nx,5.1,6.2,3\ny,4.0,3.6,8\nz,2.0,3.3,1").findings
