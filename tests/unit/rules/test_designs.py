"""Clusters, seeds, the bootstrap and corrections of a paired rule; unpaired comparisons."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from pydantic import TypeAdapter, ValidationError
from scipy import stats

from harness.canonical import canonical_bytes
from harness.records.observations import Observations, ReportedColumn, ReportedTable
from harness.records.rules import Answer, Rule, RuleOutcome
from harness.records.units import Unit
from harness.rules import decide, references

MET, REFUTED, UNDECIDED = Answer.MET, Answer.REFUTED, Answer.UNDECIDED
RULE: TypeAdapter[Any] = TypeAdapter(Rule)
SPREAD = [-0.02, 0.01, 0.0, 0.02, -0.01, 0.015, -0.015, 0.005]
TESTS = ["t", "sign-flip", "wilcoxon", "bca", "bootstrap-t"]
UNPAIRED_TESTS = ["welch", "permutation", "mann-whitney"]


def observed(labels: list[str], numbers: list[str], rows: list[tuple[Any, ...]]) -> Observations:
    columns = [ReportedColumn(name=name, unit=None) for name in labels]
    columns += [ReportedColumn(name=name, unit=Unit.DIMENSIONLESS) for name in numbers]
    return Observations(quantities={}, tables={"t": ReportedTable(columns=tuple(columns), rows=tuple(rows))})


def answered(rule: dict[str, Any], observations: Observations) -> RuleOutcome:
    outcome = decide(RULE.validate_python(rule), observations)
    json.dumps(outcome.as_json(), allow_nan=False)
    return outcome


def paired(rows: Sequence[tuple[str, str, str, str, Any]], **fields: Any) -> RuleOutcome:
    """Rows of group, unit, cluster, seed and the difference from a control of 0."""
    observations = observed(["g", "u", "c", "s"], ["a", "b"], [(*row, 0) for row in rows])
    given = {
        "rule": "superiority",
        "table": "t",
        "groups": ["g"],
        "unit": "u",
        "treatment": "a",
        "control": "b",
    }
    given |= {"better": "higher", "multiplicity": {"family": "f", "method": "none"}, "resamples": 2999}
    return answered({**given, **fields}, observations)


def unit_rows(values: list[Any], per: int = 1, group: str = "x") -> list[tuple[str, str, str, str, Any]]:
    return [(group, f"u{i:03}", f"c{i // per:03}", "1", value) for i, value in enumerate(values)]


def unpaired(x: list[Any], y: list[Any], **fields: Any) -> RuleOutcome:
    rows = [("x", f"u{i:03}", "new", v) for i, v in enumerate(x)]
    rows += [("x", f"w{i:03}", "old", v) for i, v in enumerate(y)] + [("x", "z", "third", 99)]
    given = {"rule": "unpaired_superiority", "table": "t", "groups": ["g"], "unit": "u", "arm_column": "arm"}
    given |= {"value_column": "v", "treatment": "new", "control": "old", "better": "higher"}
    given |= {"multiplicity": {"family": "f", "method": "holm"}, "resamples": 2999}
    return answered({**given, **fields}, observed(["g", "u", "arm"], ["v"], rows))


class TestRecords:
    def test_a_record_of_before_keeps_its_bytes(self) -> None:
        old = {
            "rule": "superiority",
            "table": "t",
            "unit": "u",
            "treatment": "a",
            "control": "b",
            "better": "higher",
            "multiplicity": {"family": "f", "method": "holm"},
        }
        known = {*old, "groups", "margin", "test", "alpha", "sensitivity", "power", "seed", "resamples"}
        assert set(json.loads(canonical_bytes(RULE.validate_python(old)))) == known

    def test_the_columns_a_rule_uses_are_named(self) -> None:
        rule = {"rule": "superiority", "table": "t", "unit": "u", "treatment": "a", "control": "b"}
        rule |= {"better": "higher", "multiplicity": {"family": "f", "method": "none"}}
        rule |= {"cluster": "c", "seed_column": "s"}
        assert [column for _, column in references(RULE.validate_python(rule))] == ["a", "b", "c", "s", "u"]
        with pytest.raises(ValidationError):
            RULE.validate_python({**rule, "test": "welch"})


class TestBootstrap:
    @pytest.mark.parametrize("test", ["bca", "bootstrap-t"])
    @pytest.mark.parametrize(
        ("kind", "margin", "mean", "answer"),
        [
            ("superiority", "0", 0.05, MET),
            ("superiority", "0", 0.001, UNDECIDED),
            ("superiority", "0", -0.05, REFUTED),
            ("noninferiority", "0.03", 0.001, MET),
            ("equivalence", "0.03", 0.001, MET),
            ("equivalence", "0.03", 0.08, REFUTED),
        ],
    )
    def test_the_margin_decides(self, test: str, kind: str, margin: str, mean: float, answer: Answer) -> None:
        rows = unit_rows([round(mean + x, 4) for x in SPREAD * 2])
        outcome = paired(rows, rule=kind, margin=margin, test=test)
        assert outcome.answer is answer
        numbers = outcome.comparisons[0].numbers
        assert numbers["smallest_reachable_p"] == pytest.approx(1 / 3000)
        # The shown bound and the answer are one.
        if kind == "superiority":
            assert (numbers["lower"] > 0) == (answer is MET) and (numbers["upper"] < 0) == (answer is REFUTED)

    @pytest.mark.parametrize("test", ["bca", "bootstrap-t"])
    @pytest.mark.parametrize("values", [[0.5], [0.5] * 9])
    def test_no_spread_decides_nothing(self, test: str, values: list[float]) -> None:
        outcome = paired(unit_rows(values), test=test)
        assert outcome.answer is UNDECIDED and not outcome.incomplete
        assert "p_met" not in outcome.comparisons[0].numbers


class TestClusters:
    @pytest.mark.parametrize("test", TESTS)
    def test_clusters_of_one_are_no_clusters(self, test: str) -> None:
        rows = unit_rows([round(0.01 + x, 4) for x in SPREAD])
        without, within = paired(rows, test=test), paired(rows, test=test, cluster="c")
        for key in ("p_met", "p_refuted", "mean_difference", "lower", "upper"):
            assert within.comparisons[0].numbers[key] == pytest.approx(
                without.comparisons[0].numbers[key], abs=1e-9
            )
        assert within.comparisons[0].numbers["clusters"] == 8
        assert "clusters named by c" in within.assumptions[0]

    @pytest.mark.parametrize("test", TESTS)
    def test_a_unit_copied_many_times_is_still_one(self, test: str) -> None:
        once = unit_rows([round(0.008 + x, 4) for x in SPREAD])
        often = [(g, f"{u}-{k}", u, s, v) for g, u, _, s, v in once for k in range(9)]
        alone = paired(once, test=test).comparisons[0].numbers
        copied = paired(often, test=test, cluster="c").comparisons[0].numbers
        assert copied["p_met"] == pytest.approx(alone["p_met"], abs=0.003)
        if test not in ("bca", "bootstrap-t"):
            assert paired(often, test=test).comparisons[0].numbers["p_met"] < 0.2 * alone["p_met"]

    def test_equal_clusters_are_a_t_test_on_means(self) -> None:
        values = np.round(np.random.default_rng(0).normal(0.2, 1, 24), 3).tolist()
        numbers = paired(unit_rows(values, per=4), cluster="c").comparisons[0].numbers
        means = np.array(values).reshape(6, 4).mean(axis=1)
        theirs = stats.ttest_1samp(means, 0, alternative="greater")
        assert numbers["p_met"] == pytest.approx(theirs.pvalue, rel=1e-9)
        assert numbers["degrees_of_freedom"] == 5 and numbers["n"] == 24

    def test_one_cluster_and_a_unit_in_two_are_said(self) -> None:
        one = paired(unit_rows([0.1, 0.2, 0.3], per=3), cluster="c")
        assert one.answer is UNDECIDED and "single cluster" in one.summary and "two clusters" in one.settles
        rows = [("x", "u1", "c1", "1", 0.1), ("y", "u1", "c2", "1", 0.1)]
        assert not paired(rows, cluster="c").incomplete
        twice = [("x", "u1", "c1", "1", 0.1), ("x", "u1", "c2", "2", 0.1)]
        assert "belongs to two clusters" in paired(twice, cluster="c", seed_column="s").summary


class TestSeeds:
    ROWS = tuple(
        ("x", f"u{i}", f"c{i}", str(s), round(0.1 + x + shift, 4))
        for i, x in enumerate(SPREAD)
        for s, shift in enumerate((-0.2, 0.0, 0.2))
    )

    def test_seeds_are_a_sample_too(self) -> None:
        averaged = paired(unit_rows([round(0.1 + x, 4) for x in SPREAD]))
        assert averaged.answer is MET
        outcome = paired(self.ROWS, seed_column="s")
        assert outcome.answer is UNDECIDED
        numbers = outcome.comparisons[0].numbers
        assert (
            numbers["n"] == 8
            and numbers["mean_difference"] == averaged.comparisons[0].numbers["mean_difference"]
        )
        units = float(np.var(SPREAD, ddof=1)) / 8
        assert numbers["standard_error"] == pytest.approx((units + 0.04 / 3) ** 0.5)
        assert "repetitions named by s" in outcome.assumptions[2]

    def test_missing_pairs_and_other_tests_are_incomplete(self) -> None:
        missing = paired(self.ROWS[:-1], seed_column="s")
        assert missing.incomplete and "no row for s 2" in missing.summary
        assert paired(self.ROWS, seed_column="s", test="sign-flip").incomplete
        assert paired(self.ROWS).incomplete  # without the column the same unit stands there three times
        one = paired([row for row in self.ROWS if row[3] == "1"], seed_column="s")
        assert one.answer is UNDECIDED and not one.incomplete


class TestOutOfReach:
    def family(self, groups: int, units: int) -> list[tuple[str, str, str, str, Any]]:
        return [
            row
            for g in range(groups)
            for row in unit_rows([0.5 + i / 100 for i in range(units)], group=f"{g:02}")
        ]

    @pytest.mark.parametrize("test", ["sign-flip", "wilcoxon"])
    @pytest.mark.parametrize("method", ["holm", "bonferroni"])
    def test_seven_units_in_a_family_of_twenty_four_are_said_to_be_too_few(
        self, test: str, method: str
    ) -> None:
        outcome = paired(self.family(24, 7), test=test, multiplicity={"family": "f", "method": method})
        assert outcome.answer is UNDECIDED and not outcome.incomplete
        for words in (
            "0.1875",
            "above alpha 0.05",
            "no data could have met the rule",
            "7 units",
            "0.0078125",
        ):
            assert words in outcome.settles
        assert "up to 24" in outcome.settles and "at least 9 units are needed" in outcome.settles
        enough = paired(self.family(24, 9), test=test, multiplicity={"family": "f", "method": method})
        assert enough.answer is MET

    @pytest.mark.parametrize("method", ["none", "hochberg", "benjamini-hochberg"])
    def test_what_does_not_correct_the_largest_p_can_be_met(self, method: str) -> None:
        outcome = paired(self.family(24, 7), test="sign-flip", multiplicity={"family": "f", "method": method})
        assert outcome.answer is MET

    def test_student_has_no_such_floor(self) -> None:
        outcome = paired(self.family(24, 7), multiplicity={"family": "f", "method": "holm"})
        assert outcome.answer is MET and "no smallest reachable p" in " ".join(outcome.assumptions)

    def test_clusters_count_and_not_units(self) -> None:
        rows = unit_rows([0.5 + i / 100 for i in range(40)], per=10)
        outcome = paired(rows, test="sign-flip", cluster="c")
        assert outcome.answer is UNDECIDED
        assert "4 clusters" in outcome.settles and "at least 5 clusters are needed" in outcome.settles

    def test_two_samples_too(self) -> None:
        outcome = unpaired([5, 6], [1, 2, 3], test="permutation")
        assert outcome.answer is UNDECIDED
        assert "2 and 3 values" in outcome.settles and "p = 0.1" in outcome.settles


class TestSharedStream:
    def test_groups_beyond_enumeration_answer_as_if_alone(self) -> None:
        values = [np.round(np.random.default_rng(g).normal(0.1, 1, 30), 3).tolist() for g in range(3)]
        rows = [row for g in range(3) for row in unit_rows(values[g], group=f"{g}")]
        together = paired(rows, test="sign-flip", seed=4)
        for g in range(3):
            alone = paired(unit_rows(values[g]), test="sign-flip", seed=4)
            assert together.comparisons[g].numbers["p_met"] == alone.comparisons[0].numbers["p_met"]


class TestUnpaired:
    @pytest.mark.parametrize("test", UNPAIRED_TESTS)
    @pytest.mark.parametrize(
        ("kind", "margin", "mean", "answer"),
        [
            ("superiority", "0", 0.05, MET),
            ("superiority", "0", 0.001, UNDECIDED),
            ("superiority", "0", -0.05, REFUTED),
            ("superiority", "0.1", 0.05, REFUTED),
            ("noninferiority", "0.03", 0.002, MET),
            ("noninferiority", "0.02", -0.06, REFUTED),
            ("equivalence", "0.03", 0.002, MET),
            ("equivalence", "0.03", 0.08, REFUTED),
            ("equivalence", "0.03", -0.08, REFUTED),
        ],
    )
    def test_the_margin_decides(self, kind: str, margin: str, mean: float, answer: Answer, test: str) -> None:
        x, y = [str(round(0.5 + mean + d, 4)) for d in SPREAD], [str(0.5 + d) for d in SPREAD]
        kind = f"unpaired_{kind}"
        assert unpaired(x, y, rule=kind, margin=margin, test=test).answer is answer
        turned = unpaired(y, x, rule=kind, margin=margin, test=test, better="lower")
        assert turned.answer is answer

    def test_the_numbers_are_those_of_scipy(self) -> None:
        generator = np.random.default_rng(2)
        x, y = (np.round(generator.normal(m, 1, n), 3).tolist() for m, n in ((0.4, 9), (0, 12)))
        numbers = unpaired(x, y).comparisons[0].numbers
        theirs = stats.ttest_ind(x, y, equal_var=False, alternative="greater")
        assert numbers["p_met"] == pytest.approx(theirs.pvalue, rel=1e-9)
        assert numbers["lower"] == pytest.approx(theirs.confidence_interval(0.95).low, rel=1e-9)
        assert numbers["mean_treatment"] == pytest.approx(np.mean(x))
        mann = unpaired(x, y, test="mann-whitney").comparisons[0].numbers
        expected = stats.mannwhitneyu(x, y, alternative="greater", method="exact")
        assert mann["p_met"] == pytest.approx(expected.pvalue)
        assert mann["probability_better"] == pytest.approx(expected.statistic / 108, abs=1e-6)
        drawn = unpaired(x * 2, y * 2, test="permutation", resamples=9999, seed=3).comparisons[0].numbers
        reference = stats.permutation_test(
            (x * 2, y * 2),
            lambda a, b: np.mean(a) - np.mean(b),
            alternative="greater",
            n_resamples=9999,
            rng=1,
        )
        assert drawn["p_met"] == pytest.approx(reference.pvalue, abs=0.01)

    def test_missing_arms_and_twins_are_incomplete(self) -> None:
        assert "no row of old" in unpaired([1, 2], []).summary
        assert unpaired([1], [2], treatment="third", control="fourth").incomplete
        assert unpaired([1], [2], treatment="old").incomplete
        single = unpaired([1], [2])
        assert (
            single.answer is UNDECIDED
            and not single.incomplete
            and "two values in each arm" in single.settles
        )
        flat = unpaired([1, 1], [2, 2])
        assert flat.answer is UNDECIDED and "All values are equal" in flat.summary

    @pytest.mark.parametrize(
        "values", [([1e300, -1e300, 2e299], [1e300, 5e299]), ([1e-300, 3e-300], [0, 1e-301])]
    )
    @pytest.mark.parametrize("test", UNPAIRED_TESTS)
    def test_huge_and_tiny_values_give_an_answer(self, values: Any, test: str) -> None:
        outcome = unpaired(*values, test=test)
        assert outcome.answer in (UNDECIDED, MET) and not outcome.incomplete

    def test_other_margins_are_shown(self) -> None:
        outcome = unpaired(
            [1, 2, 3, 4], [1, 2, 3, 5], rule="unpaired_noninferiority", margin="9", sensitivity=["0.5"]
        )
        assert outcome.answer is MET and outcome.comparisons[1].answer is UNDECIDED


def two_arms(x: list[tuple[str, str, Any]], y: list[tuple[str, str, Any]], **fields: Any) -> RuleOutcome:
    """Rows of cluster, seed and value; every row is a unit of its own unless a seed says otherwise."""
    rows = [(f"{a}{i}", a, c, s, v) for a, part in (("x", x), ("y", y)) for i, (c, s, v) in enumerate(part)]
    if "seed_column" in fields:
        rows = [(f"{a}{c}", a, c, s, v) for _, a, c, s, v in rows]
    rule = {
        "rule": "unpaired_superiority",
        "table": "t",
        "unit": "u",
        "arm_column": "arm",
        "value_column": "v",
    }
    rule |= {"treatment": "x", "control": "y", "better": "higher", "resamples": 2999}
    rule |= {"multiplicity": {"family": "f", "method": "none"}}
    return answered({**rule, **fields}, observed(["u", "arm", "c", "s"], ["v"], rows))


class TestUnpairedLevels:
    X = tuple((f"c{i}", "1", round(0.03 + d, 4)) for i, d in enumerate(SPREAD))
    Y = tuple((f"d{i}", "1", d) for i, d in enumerate(SPREAD))

    @pytest.mark.parametrize("test", [*UNPAIRED_TESTS, "bca", "bootstrap-t"])
    def test_a_value_copied_many_times_is_still_one(self, test: str) -> None:
        once = two_arms(list(self.X), list(self.Y), test=test)
        copied = two_arms(list(self.X) * 9, list(self.Y) * 9, test=test, cluster="c")
        assert once.answer is copied.answer is MET
        a, b = (outcome.comparisons[0].numbers for outcome in (once, copied))
        assert a["p_met"] == pytest.approx(b["p_met"], abs=0.003)
        assert b["clusters_treatment"] == 8 and b["n_treatment"] == 72
        assert "clusters named by c" in copied.assumptions[0]

    def test_a_cluster_in_both_arms_must_be_paired(self) -> None:
        outcome = two_arms(list(self.X), list(self.X), cluster="c")
        assert outcome.incomplete and "both arms" in outcome.summary and "paired" in outcome.summary

    def test_seeds_of_the_arms_are_samples_too(self) -> None:
        shifts = (-0.2, 0.0, 0.2)
        rows = [
            [(c, str(s), round(v + shift, 4)) for c, _, v in arm for s, shift in enumerate(shifts)]
            for arm in (self.X, self.Y)
        ]
        outcome = two_arms(rows[0], rows[1], seed_column="s")
        assert outcome.answer is UNDECIDED and not outcome.incomplete
        units = 2 * float(np.var(SPREAD, ddof=1)) / 8
        assert outcome.comparisons[0].numbers["standard_error"] == pytest.approx(
            (units + 2 * 0.04 / 3) ** 0.5
        )
        assert "no row for s 2" in two_arms(rows[0][:-1], rows[1], seed_column="s").summary
        assert two_arms(rows[0], rows[1], seed_column="s", test="permutation").incomplete

    @pytest.mark.parametrize("test", ["welch", "bca", "bootstrap-t"])
    def test_one_cluster_in_an_arm_decides_nothing(self, test: str) -> None:
        outcome = two_arms([("c", "1", 5), ("c", "1", 6)], list(self.Y), cluster="c", test=test)
        assert outcome.answer is UNDECIDED and not outcome.incomplete and outcome.settles
