"""``trend``, ``rerun`` and ``sequential``."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from pydantic import TypeAdapter
from scipy import stats

from harness.records.observations import Observations, ReportedColumn, ReportedTable
from harness.records.rules import Answer, Rule, RuleOutcome
from harness.records.units import Unit
from harness.rules import decide

MET, REFUTED, UNDECIDED = Answer.MET, Answer.REFUTED, Answer.UNDECIDED
RULE: TypeAdapter[Any] = TypeAdapter(Rule)


def answered(rule: dict[str, Any], labels: list[str], numbers: list[str], rows: list[Any]) -> RuleOutcome:
    columns = [ReportedColumn(name=name, unit=None) for name in labels]
    columns += [ReportedColumn(name=name, unit=Unit.DIMENSIONLESS) for name in numbers]
    table = ReportedTable(columns=tuple(columns), rows=tuple(tuple(row) for row in rows))
    outcome = decide(RULE.validate_python(rule), Observations(quantities={}, tables={"t": table}))
    json.dumps(outcome.as_json(), allow_nan=False)
    return outcome


def trend(rows: list[tuple[str, Any, Any]], **fields: Any) -> RuleOutcome:
    rule = {"rule": "trend", "table": "t", "blocks": ["g"], "dose_column": "d", "value_column": "v"}
    rule |= {"direction": "increasing", "resamples": 999}
    return answered({**rule, **fields}, ["g"], ["d", "v"], rows)


def rerun(values: list[Any], **fields: Any) -> RuleOutcome:
    rule = {
        "rule": "rerun",
        "table": "t",
        "run": "r",
        "value_column": "v",
        "expected": "0.80",
        "half_width": "0.2",
    }
    return answered({**rule, **fields}, ["r"], ["v"], [(f"s{i}", v) for i, v in enumerate(values)])


def sequence(values: list[Any], **fields: Any) -> RuleOutcome:
    rule = {"rule": "sequential", "table": "t", "order": "k", "treatment": "a", "control": "b"}
    rule |= {"better": "higher", "limit": "1"}
    return answered({**rule, **fields}, [], ["k", "a", "b"], [(i, v, 0) for i, v in enumerate(values)])


class TestTrend:
    def test_it_rises_falls_or_cannot_be_told(self) -> None:
        rising = [("x", d, v) for d, v in ((1, 0.1), (2, 0.2), (4, 0.3), (8, 0.5), (16, 0.4))]
        assert trend(rising).answer is MET
        assert trend(rising, direction="decreasing").answer is REFUTED
        numbers = trend(rising).comparisons[0].numbers
        theirs = stats.kendalltau([1, 2, 3, 4, 5], [1, 2, 3, 5, 4], alternative="greater", method="exact")
        assert numbers["p_met"] == pytest.approx(theirs.pvalue) and numbers["tau_b"] == 0.8
        open_ = trend(rising[:4])
        assert open_.answer is MET and trend(rising[:3]).answer is UNDECIDED
        assert "0.166667" in trend(rising[:3]).settles and "no data could" in trend(rising[:3]).settles

    def test_blocks_add_up_and_differences_between_them_do_not_count(self) -> None:
        rows = [(g, d, base + d) for g, base in (("x", 0), ("y", -100), ("z", 100)) for d in (1, 2)]
        outcome = trend(rows)
        assert outcome.answer is UNDECIDED and outcome.comparisons[0].numbers["p_met"] == 0.125
        more = [
            (g, d, base + d) for g, base in (("w", 7), ("x", 0), ("y", -100), ("z", 100)) for d in (1, 2, 3)
        ]
        assert trend(more).answer is MET
        assert trend(more, blocks=[]).answer is UNDECIDED

    def test_ties_constant_values_and_single_rows(self) -> None:
        flat = trend([("x", d, 1) for d in range(6)])
        assert flat.answer is UNDECIDED and flat.comparisons[0].numbers["p_met"] == 1.0
        assert "no pair can be ordered" in flat.summary
        assert trend([("x", 1, 2)]).answer is UNDECIDED
        tied = trend([("x", d // 2, d // 3) for d in range(12)], seed=5)
        assert tied.answer is MET and "999 shuffles" in tied.summary
        assert tied == trend([("x", d // 2, d // 3) for d in range(12)], seed=5)
        many = trend([("x", d, (d * 7919) % 101 + d) for d in range(101)])
        assert many.answer is MET and "normal approximation" in many.summary

    def test_the_number_of_rows_is_kept(self) -> None:
        assert trend([("x", 1, 2)], count=2).incomplete
        assert trend([("x", 1, "high")]).incomplete

    def test_the_level_is_kept(self) -> None:
        generator = np.random.default_rng(9)
        found = 0
        for _ in range(600):
            rows = [
                (g, d, round(x, 4)) for g in "xyz" for d, x in enumerate(generator.normal(0, 1, 5).tolist())
            ]
            found += trend(rows).answer is MET
        # The test is exact but discrete, so it stays at or under its level.
        assert 0.02 < found / 600 <= 0.05 + 4.5 * (0.05 * 0.95 / 600) ** 0.5


class TestRerun:
    RUNS = ("0.79", "0.81", "0.80", "0.83", "0.77")

    def test_inside_outside_and_too_wide(self) -> None:
        runs = list(self.RUNS)
        assert rerun(runs).answer is MET
        assert rerun(runs, expected="0.95").answer is REFUTED
        assert rerun(runs, half_width="0.01").answer is UNDECIDED
        assert "at most 0.01" in rerun(runs, half_width="0.01").settles
        numbers = rerun(runs).comparisons[0].numbers
        sd = np.std([float(x) for x in runs], ddof=1)
        assert numbers["upper"] == pytest.approx(0.8 + stats.t.ppf(0.975, 4) * sd * 1.2**0.5)

    def test_a_report_on_the_edge_is_open(self) -> None:
        # The interval is about [0.7320, 0.8680]; 0.87 stands for 0.865 to 0.875.
        edge = rerun(list(self.RUNS), expected="0.87")
        assert edge.answer is UNDECIDED and "more digits" in edge.settles
        assert rerun(list(self.RUNS), expected="0.8700").answer is REFUTED
        assert rerun(list(self.RUNS), expected="0.8600").answer is MET

    def test_too_few_equal_and_double_runs(self) -> None:
        assert rerun(["0.8", "0.8"]).incomplete
        assert rerun(["0.7", "0.8"], runs=2).answer is UNDECIDED
        flat = rerun([0.8] * 5)
        assert flat.answer is UNDECIDED and not flat.incomplete and "no spread" in flat.summary
        rule = {
            "rule": "rerun",
            "table": "t",
            "run": "r",
            "value_column": "v",
            "expected": "1",
            "half_width": "1",
        }
        assert answered(rule, ["r"], ["v"], [("s", 1), ("s", 2), ("u", 3)]).incomplete
        assert rerun(list(self.RUNS), half_width="0").incomplete

    @pytest.mark.parametrize("values", [[1e300, -1e300, 1e299], [1e-300, 2e-300, 4e-300], [10**300, 0, 1]])
    def test_huge_and_tiny_runs_do_not_break_it(self, values: list[Any]) -> None:
        assert rerun(values).answer is not None

    def test_sound_reports_are_refuted_as_seldom_as_stated(self) -> None:
        generator = np.random.default_rng(4)
        refuted = 0
        for row in np.round(generator.normal(5, 1, (500, 5)), 4).tolist():
            answer = rerun(
                [str(x) for x in row[:4]], expected=f"{row[4]:.4f}", half_width="99", alpha="0.1"
            ).answer
            refuted += answer is REFUTED
        assert refuted / 500 == pytest.approx(0.1, abs=4.5 * (0.09 / 500) ** 0.5)


class TestSequential:
    def test_both_sides_and_neither(self) -> None:
        assert sequence([0.5] * 30).answer is MET
        assert sequence([-0.5] * 30).answer is REFUTED
        assert sequence([0.5] * 30, better="lower").answer is REFUTED
        open_ = sequence([0.5, -0.5] * 15)
        assert open_.answer is UNDECIDED and "added after the present ones" in open_.settles
        assert sequence([0.3] * 60, margin="0.5").answer is REFUTED
        few = sequence([1] * 3)
        assert few.answer is UNDECIDED and "fewer than" in few.settles

    def test_what_is_decided_stays_decided(self) -> None:
        good = sequence([0.5] * 30)
        turned = sequence([0.5] * 30 + [-1] * 300)
        assert turned.answer is MET
        assert turned.comparisons[0].numbers["decided_after"] == good.comparisons[0].numbers["decided_after"]

    def test_the_order_is_that_of_its_column(self) -> None:
        rule = {"rule": "sequential", "table": "t", "order": "k", "treatment": "a", "control": "b"}
        rule |= {"better": "higher", "limit": "1"}
        rows = [(i, 1 if i < 20 else -1, 0) for i in range(60)]
        assert answered(rule, [], ["k", "a", "b"], rows[::-1]).answer is MET
        late = [(-i, a, b) for i, a, b in rows]
        assert answered(rule, [], ["k", "a", "b"], late).answer is REFUTED
        assert answered(rule, [], ["k", "a", "b"], [(1, 0, 0), (1, 0, 0)]).incomplete

    def test_what_cannot_be_bet_on_is_incomplete(self) -> None:
        assert sequence([1.5]).incomplete and "beyond the limit" in sequence([1.5]).summary
        assert sequence([0.5], margin="1").incomplete
        near = sequence([1], margin="0.9999999999999")
        assert near.answer is UNDECIDED and "thousand million" in near.settles
