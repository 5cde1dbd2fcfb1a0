"""What must hold of the rules whatever the observations. One class for each documented rule of the house."""

from __future__ import annotations

import itertools
import json
import math
from fractions import Fraction as F
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter

from harness.records.observations import Observations, Quantity, ReportedColumn, ReportedTable
from harness.records.rules import Answer, Rule, RuleOutcome
from harness.records.units import Unit
from harness.rules import combine, decide, references
from harness.stats.bootstrap import bootstrap, bootstrap_bounds, bootstrap_p_value
from harness.stats.clusters import cluster_estimate
from harness.stats.intervals import clopper_pearson_lower, clopper_pearson_upper
from harness.stats.multiple import benjamini_hochberg, bonferroni, hochberg, holm
from harness.stats.paired import moments, t_bounds, t_p_value
from harness.stats.permutation import sign_flip_exact, sign_flip_monte_carlo
from harness.stats.rounding import exact, granularity, printed_interval
from harness.stats.signed_rank import wilcoxon_p_value
from harness.stats.student import bounds, p_value
from harness.stats.trend import Block, trend_exact
from harness.stats.two_samples import label_permutation_exact, mann_whitney_p_value

MET, REFUTED, UNDECIDED = Answer.MET, Answer.REFUTED, Answer.UNDECIDED
RULE: TypeAdapter[Any] = TypeAdapter(Rule)
law = settings(deadline=None, derandomize=True, max_examples=60, database=None)

TABLE = {"table": "t"}
PAIRED = {
    **TABLE,
    "groups": ["g"],
    "unit": "u",
    "treatment": "a",
    "control": "b",
    "better": "higher",
    "multiplicity": {"family": "f", "method": "holm"},
    "resamples": 999,
}
RULES = [
    {
        "rule": "bound",
        "of": {**TABLE, "row": {"g": "x", "u": "1"}, "column": "a"},
        "op": ">",
        "threshold": "0",
    },
    {"rule": "equals", "of": {**TABLE, "row": {"g": "x", "u": "1"}, "column": "a"}, "expected": "0.5"},
    {"rule": "forall", **TABLE, "holds": "a >= b or a / b > 1"},
    {"rule": "forall", **TABLE, "holds": "a > b", "when": "g != 'x'"},
    {"rule": "proportion", **TABLE, "holds": "a > b", "at_least": "0.5", "strict": True},
    {"rule": "proportion", **TABLE, "holds": "a > b", "at_least": "0.5", "population": "sample"},
    {
        "rule": "rank",
        **TABLE,
        "blocks": ["u"],
        "arm_column": "g",
        "value_column": "a",
        "arm": "x",
        "best": "highest",
    },
    {"rule": "granularity", **TABLE, "value": "a", "n": "k", "scale": "10"},
    {
        "rule": "mean_of_cells",
        **TABLE,
        "groups": ["g"],
        "kind_column": "u",
        "value": "a",
        "cell": "1",
        "mean": "2",
    },
    *(
        {"rule": kind, **PAIRED, "margin": margin, "test": test, "sensitivity": ["0.1"]}
        for kind, margin in (("superiority", "0"), ("noninferiority", "0.5"), ("equivalence", "0.5"))
        for test in ("t", "sign-flip", "wilcoxon")
    ),
    {"rule": "superiority", **PAIRED, "test": "bca", "multiplicity": {"family": "f", "method": "hochberg"}},
    {"rule": "equivalence", **PAIRED, "margin": "0.5", "test": "bootstrap-t"},
    {"rule": "superiority", **PAIRED, "groups": [], "unit": "u", "seed_column": "g"},
    {"rule": "superiority", **PAIRED, "groups": [], "unit": "u", "cluster": "g"},
    *(
        {
            "rule": f"unpaired_{kind}",
            **TABLE,
            "arm_column": "g",
            "value_column": "a",
            "unit": "u",
            "treatment": "x",
            "control": "y",
            "better": "lower",
            "margin": margin,
            "test": test,
            "multiplicity": {"family": "f", "method": "benjamini-hochberg"},
            "resamples": 999,
        }
        for kind, margin in (("superiority", "0"), ("equivalence", "0.5"))
        for test in ("welch", "permutation", "mann-whitney")
    ),
    *(
        {
            "rule": "unpaired_superiority",
            **TABLE,
            "arm_column": "g",
            "value_column": "a",
            "unit": "u",
            "treatment": "x",
            "control": "y",
            "better": "higher",
            "multiplicity": {"family": "f", "method": "holm", "size": 3},
            "resamples": 999,
            **level,
        }
        for level in ({"test": "bca"}, {"test": "bootstrap-t"}, {"cluster": "u"}, {"seed_column": "u"})
    ),
    {
        "rule": "trend",
        **TABLE,
        "blocks": ["g"],
        "dose_column": "b",
        "value_column": "a",
        "direction": "decreasing",
        "resamples": 999,
    },
    {"rule": "rerun", **TABLE, "run": "u", "value_column": "a", "expected": "0.5", "half_width": "2"},
    {
        "rule": "sequential",
        **TABLE,
        "order": "k",
        "treatment": "a",
        "control": "b",
        "better": "higher",
        "limit": "10",
    },
]
every_rule = pytest.mark.parametrize(
    "asked", RULES, ids=lambda r: "-".join(str(r.get(k, "")) for k in ("rule", "test"))
)

printed = st.decimals(-5, 5, places=1).map(str)
numbers = st.one_of(
    printed,
    st.integers(-3, 3),
    st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from([0.0, -0.0, 1e308, -1e308, 5e-324, 10**300]),
)
junk = st.one_of(numbers, st.text(max_size=5), st.sampled_from(["NaN", "1e5", "-", "", 10**500]))


def observed(rows: list[tuple[Any, ...]]) -> Observations:
    labels = [ReportedColumn(name=name, unit=None) for name in ("g", "u")]
    values = [ReportedColumn(name=name, unit=Unit.DIMENSIONLESS) for name in ("a", "b", "k")]
    table = ReportedTable(columns=tuple(labels + values), rows=tuple(rows))
    return Observations(quantities={}, tables={"t": table})


def rows_of(value: st.SearchStrategy[Any]) -> st.SearchStrategy[list[tuple[Any, ...]]]:
    keys = st.lists(st.tuples(st.sampled_from("xyz"), st.sampled_from("1234567")), unique=True, max_size=14)
    cells = st.tuples(value, value, st.integers(1, 30))
    return keys.flatmap(
        lambda ks: st.lists(cells, min_size=len(ks), max_size=len(ks)).map(
            lambda vs: [(*k, *v) for k, v in zip(ks, vs, strict=True)]
        )
    )


def leaves(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return [leaf for part in value.values() for leaf in leaves(part)]
    return [leaf for part in value for leaf in leaves(part)] if isinstance(value, list) else [value]


class TestEveryRule:
    """A rule is a pure function of what was reported, it never raises, and its outcome is plain JSON."""

    @every_rule
    @given(rows=rows_of(numbers), data=st.data())
    @law
    def test_the_order_of_rows_changes_nothing(self, asked: Any, rows: list[Any], data: Any) -> None:
        rule = RULE.validate_python(asked)
        assert decide(rule, observed(rows)) == decide(rule, observed(data.draw(st.permutations(rows))))

    @every_rule
    @given(rows=st.lists(st.tuples(junk, junk, junk, junk, junk), max_size=5) | rows_of(junk))
    @law
    def test_hostile_observations_give_an_outcome(self, asked: Any, rows: list[Any]) -> None:
        outcome = decide(RULE.validate_python(asked), observed(rows))
        text = json.dumps(outcome.as_json(), allow_nan=False)
        assert RuleOutcome.model_validate_json(text) == outcome
        for leaf in leaves(outcome.as_json()):
            assert not isinstance(leaf, int) or abs(leaf) <= 2**53
            assert not isinstance(leaf, float) or math.isfinite(leaf)
        if outcome.answer is UNDECIDED:
            assert outcome.settles
        else:
            assert not outcome.incomplete and not outcome.settles

    @every_rule
    def test_nothing_reported_is_never_an_answer(self, asked: Any) -> None:
        rule = RULE.validate_python(asked)
        for found in (observed([]), Observations(quantities={}, tables={})):
            outcome = decide(rule, found)
            assert outcome.answer is UNDECIDED and outcome.incomplete
            assert (
                decide(RULE.validate_python({"rule": "all_of", "parts": [asked]}), found).answer is UNDECIDED
            )
            assert (
                decide(RULE.validate_python({"rule": "any_of", "parts": [asked]}), found).answer is UNDECIDED
            )

    @every_rule
    @given(column=st.sampled_from("guabk"), rows=rows_of(printed))
    @law
    def test_columns_not_referred_to_do_not_matter(self, asked: Any, column: str, rows: list[Any]) -> None:
        rule = RULE.validate_python(asked)
        if ("t", column) in references(rule):
            return
        index = "guabk".index(column)
        spoiled = [(*row[:index], "7" if column in "gu" else 7, *row[index + 1 :]) for row in rows]
        assert decide(rule, observed(spoiled)).answer is decide(rule, observed(rows)).answer


class TestPaired:
    """MET and REFUTED exclude each other, and margins act in the direction their names say."""

    @pytest.mark.parametrize("test", ["t", "sign-flip", "wilcoxon"])
    @pytest.mark.parametrize("kind", ["superiority", "noninferiority", "equivalence"])
    @given(rows=rows_of(numbers))
    @law
    def test_no_group_is_both_met_and_refuted(self, kind: str, test: str, rows: list[Any]) -> None:
        asked = {"rule": kind, **PAIRED, "margin": "0.5", "test": test, "alpha": "0.4999"}
        for comparison in decide(RULE.validate_python(asked), observed(rows)).comparisons:
            found = comparison.numbers
            if "p_met" in found:
                assert not (found["p_met"] <= 0.4999 and found["p_refuted"] <= 0.4999)
                assert found["p_met"] > 0 and found["p_met_adjusted"] >= found["p_met"]

    @pytest.mark.parametrize("test", ["t", "sign-flip", "wilcoxon"])
    @given(rows=rows_of(numbers), margins=st.tuples(st.integers(0, 40), st.integers(0, 40)))
    @law
    def test_a_wider_margin_is_easier(self, test: str, rows: list[Any], margins: tuple[int, int]) -> None:
        order = {REFUTED: 0, UNDECIDED: 1, MET: 2}
        for kind in ("noninferiority", "equivalence"):
            narrow, wide = (
                decide(
                    RULE.validate_python({"rule": kind, **PAIRED, "margin": str(m / 10), "test": test}),
                    observed(rows),
                )
                for m in sorted(margins)
            )
            assert order[narrow.answer] <= order[wide.answer]

    @pytest.mark.parametrize("test", ["t", "sign-flip", "wilcoxon"])
    @given(rows=rows_of(printed))
    @law
    def test_swapping_the_arms_turns_superiority_round(self, test: str, rows: list[Any]) -> None:
        asked = {"rule": "superiority", **PAIRED, "test": test, "groups": []}
        one = [row for row in rows if row[0] == "x"]
        there = decide(RULE.validate_python(asked), observed(one))
        back = decide(RULE.validate_python({**asked, "treatment": "b", "control": "a"}), observed(one))
        opposite = {MET: REFUTED, REFUTED: MET, UNDECIDED: UNDECIDED}
        assert back.answer is opposite[there.answer]

    @pytest.mark.parametrize("test", ["t", "sign-flip", "wilcoxon"])
    def test_a_true_null_is_rejected_at_most_at_alpha(self, test: str) -> None:
        generator = np.random.default_rng(11)
        runs, answers = 600, {MET: 0, REFUTED: 0, UNDECIDED: 0}
        rule = RULE.validate_python({"rule": "superiority", **PAIRED, "test": test, "margin": "0.5"})
        for _ in range(runs):
            values = np.round(generator.normal(0.5, 1, 10), 3)
            answers[
                decide(rule, observed([("x", f"{i}", float(v), 0, 1) for i, v in enumerate(values)])).answer
            ] += 1
        # 5 % and four standard errors of 600 runs.
        assert answers[MET] <= 0.086 * runs and answers[REFUTED] <= 0.086 * runs
        assert answers[MET] >= 0.02 * runs

    def test_refuting_any_of_many_true_groups_is_rare(self) -> None:
        generator = np.random.default_rng(12)
        rule = RULE.validate_python({"rule": "equivalence", **PAIRED, "margin": "0.001"})
        refuted = 0
        for _ in range(200):
            values = np.round(generator.normal(0, 1, (8, 6)), 3)
            rows = [(f"{g}", f"{u}", float(values[g, u]), 0, 1) for g in range(8) for u in range(6)]
            refuted += decide(rule, observed(rows)).answer is REFUTED
        assert refuted <= 0.112 * 200


class TestCombination:
    """all_of and any_of are minimum and maximum over REFUTED < UNDECIDED < MET."""

    parts = st.lists(st.sampled_from(list(Answer)), min_size=1, max_size=6)

    @staticmethod
    def outcomes(answers: list[Answer]) -> list[RuleOutcome]:
        return [
            RuleOutcome(rule="bound", answer=a, summary=f"{a}.", incomplete=a is UNDECIDED) for a in answers
        ]

    @given(answers=parts)
    @law
    def test_minimum_and_maximum(self, answers: list[Answer]) -> None:
        order = [REFUTED, UNDECIDED, MET]
        given_parts = self.outcomes(answers)
        both = combine.all_of(given_parts), combine.any_of(given_parts)
        assert both[0].answer is min(answers, key=order.index)
        assert both[1].answer is max(answers, key=order.index)
        assert all(outcome.incomplete is (outcome.answer is UNDECIDED) for outcome in both)

    @given(left=parts, right=parts)
    @law
    def test_nesting_and_order_do_not_matter(self, left: list[Answer], right: list[Answer]) -> None:
        for combined in (combine.all_of, combine.any_of):
            flat = combined(self.outcomes(left + right)).answer
            nested = combined([combined(self.outcomes(left)), combined(self.outcomes(right))]).answer
            assert flat is nested is combined(self.outcomes(right + left)).answer

    def test_no_parts_are_no_answer(self) -> None:
        assert combine.all_of([]).answer is combine.any_of([]).answer is UNDECIDED


class TestStatistics:
    """The functions beneath the rules, against their definitions."""

    differences = st.lists(st.decimals(-3, 3, places=2).map(F), min_size=1, max_size=10)

    @given(
        text=st.decimals(-2, 12, places=2).map(str), n=st.integers(1, 60), scale=st.sampled_from([1, 5, 10])
    )
    @law
    def test_granularity_is_brute_force(self, text: str, n: int, scale: int) -> None:
        inside = printed_interval(text)
        possible = [k for k in range(n + 1) if inside.low <= F(k * scale, n) <= inside.high]
        assert granularity(text, n, F(scale)) == (possible[0] if possible else None)

    @given(k=st.integers(0, 500), n=st.integers(1, 500), places=st.integers(0, 4))
    @law
    def test_granularity_never_accuses_a_true_mean(self, k: int, n: int, places: int) -> None:
        assert granularity(f"{min(k, n) / n:.{places}f}", n) is not None

    @given(sample=differences, shift=st.decimals(-1, 1, places=1).map(F))
    @law
    def test_a_permutation_p_counts_the_observed_arrangement(self, sample: list[F], shift: F) -> None:
        greater, less = (sign_flip_exact(sample, shift, side) for side in ("greater", "less"))
        assert min(greater, less) >= F(1, 2 ** len(sample))
        assert greater + less >= 1  # ties count on both sides
        drawn = sign_flip_monte_carlo(sample, shift, "greater", seed=0, resamples=99)
        assert F(1, 100) <= drawn <= 1
        assert wilcoxon_p_value(sample, shift, "greater") >= 0.5 ** len(sample)

    @given(sample=differences, factor=st.sampled_from([F(10**30), F(1, 10**30), F(3, 7)]))
    @law
    def test_the_unit_of_measurement_does_not_matter(self, sample: list[F], factor: F) -> None:
        scaled = [x * factor for x in sample]
        assert sign_flip_exact(sample, F(0), "greater") == sign_flip_exact(scaled, F(0), "greater")
        assert wilcoxon_p_value(sample, F(0), "less") == wilcoxon_p_value(scaled, F(0), "less")
        plain, turned = (t_p_value(moments(s), F(0), "greater") for s in (sample, scaled))
        assert plain == turned or plain == pytest.approx(turned, rel=1e-12)

    @given(
        sample=differences,
        alpha=st.sampled_from([0.001, 0.05, 0.2]),
        shift=st.decimals(-2, 2, places=2).map(F),
    )
    @law
    def test_interval_and_t_test_say_the_same(self, sample: list[F], alpha: float, shift: F) -> None:
        bounds = t_bounds(moments(sample), alpha)
        above, below = (t_p_value(moments(sample), shift, side) for side in ("greater", "less"))
        if bounds is None or above is None or below is None:
            assert bounds is None and above is None and below is None
            return
        assert above + below == pytest.approx(1)
        if abs(above - alpha) > 1e-9:
            assert (above <= alpha) is (shift <= bounds[0])
        if abs(below - alpha) > 1e-9:
            assert (below <= alpha) is (shift >= bounds[1])

    @given(family=st.lists(st.floats(0, 1), max_size=20))
    @law
    def test_holm_lies_between_nothing_and_bonferroni(self, family: list[float]) -> None:
        for p, step, simple in zip(family, holm(family), bonferroni(family), strict=True):
            assert p <= step <= simple <= 1
        assert sorted(holm(family)) == holm(sorted(family))

    @given(n=st.integers(1, 200), share=st.floats(0, 1), alpha=st.sampled_from([0.01, 0.05, 0.3]))
    @law
    def test_clopper_pearson_bounds_enclose_the_share(self, n: int, share: float, alpha: float) -> None:
        k = round(n * share)
        assert 0 <= clopper_pearson_lower(k, n, alpha) <= k / n <= clopper_pearson_upper(k, n, alpha) <= 1

    @given(value=st.floats(allow_nan=False, allow_infinity=False))
    @law
    def test_a_float_stands_for_its_shortest_decimal(self, value: float) -> None:
        assert float(exact(value)) == value


def test_monte_carlo_is_reported_with_what_it_can_reach() -> None:
    rows = [("x", f"{i}", "1", "0", 1) for i in range(21)]
    asked = {"rule": "superiority", **PAIRED, "test": "sign-flip"}
    outcome = decide(RULE.validate_python(asked), observed(rows))
    assert outcome.answer is MET and outcome.comparisons[0].numbers["p_met"] == 0.001


def test_quantities_are_read_as_reported() -> None:
    found = Observations(quantities={"q": Quantity(value=".5", unit=Unit.FRACTION)}, tables={})
    asked = {"rule": "equals", "of": {"quantity": "q"}, "expected": "0.50"}
    assert decide(RULE.validate_python(asked), found).answer is UNDECIDED


class TestDuality:
    """A bound and its test are two readings of one thing: a shift is rejected exactly where the bound says."""

    differences = st.lists(st.integers(-50, 50), min_size=3, max_size=12).filter(lambda xs: len(set(xs)) > 1)

    @pytest.mark.parametrize("form", ["bca", "bootstrap-t"])
    @given(values=differences, shift=st.fractions(-60, 60), alpha=st.sampled_from([0.01, 0.05, 0.3]))
    @law
    def test_of_the_bootstrap(self, form: Any, values: list[int], shift: F, alpha: float) -> None:
        sample = bootstrap([F(x) for x in values], [1] * len(values), form=form, seed=1, resamples=499)
        assert sample is not None
        low, high = bootstrap_bounds(sample, alpha)
        for bound, side, way in ((low, "greater", 1), (high, "less", -1)):
            if bound is not None and abs(shift - bound) < sample.error / 10**9:
                continue
            outside = bound is not None and way * (bound - shift) > 0
            assert (bootstrap_p_value(sample, shift, side) <= alpha) == outside  # type: ignore[arg-type]

    @given(
        values=differences,
        sizes=st.lists(st.integers(1, 5), min_size=12, max_size=12),
        shift=st.fractions(-60, 60),
    )
    @law
    def test_of_clusters(self, values: list[int], sizes: list[int], shift: F) -> None:
        sample = cluster_estimate([F(x) for x in values], sizes[: len(values)])
        if sample is not None:
            low, high = bounds(sample, 0.05)
            for bound, side, way in ((low, "greater", 1), (high, "less", -1)):
                if abs(shift - bound) > sample.error / 10**9:
                    assert (p_value(sample, shift, side) <= 0.05) == (way * (bound - shift) > 0)  # type: ignore[arg-type]


class TestTwoSamples:
    """Exchanging the arms turns the question round; moving and scaling both changes nothing."""

    arm = st.lists(st.integers(-5, 5).map(F), min_size=1, max_size=5)

    @pytest.mark.parametrize("test", [label_permutation_exact, mann_whitney_p_value])
    @given(x=arm, y=arm, shift=st.integers(-3, 3).map(F), scale=st.sampled_from([F(1, 7), F(10**40)]))
    @law
    def test_symmetry_and_invariance(self, test: Any, x: list[F], y: list[F], shift: F, scale: F) -> None:
        p = test(x, y, shift, "greater")
        assert p == test(y, x, -shift, "less")
        moved = [scale * (v + 3) for v in x], [scale * (v + 3) for v in y]
        assert p == test(*moved, shift * scale, "greater")

    @pytest.mark.parametrize("test", [label_permutation_exact, mann_whitney_p_value])
    @given(x=arm, y=arm, shift=st.integers(-3, 3).map(F))
    @law
    def test_a_larger_shift_is_harder_to_exclude(self, test: Any, x: list[F], y: list[F], shift: F) -> None:
        assert test(x, y, shift, "greater") <= test(x, y, shift + 1, "greater")


class TestCorrections:
    """An adjusted p is never smaller than the p, keeps the order, and the methods are ordered among each other."""

    @given(family=st.lists(st.floats(0, 1), max_size=12))
    @law
    def test_order(self, family: list[float]) -> None:
        all_of_them = [m(family) for m in (list, benjamini_hochberg, hochberg, holm, bonferroni)]
        for smaller, larger in itertools.pairwise(all_of_them):
            assert all(a <= b * (1 + 1e-12) for a, b in zip(smaller, larger, strict=True))
        for adjusted in all_of_them:
            ranked = [p for _, p in sorted(zip(family, adjusted, strict=True))]
            assert ranked == sorted(ranked) and all(p <= 1 for p in ranked)


class TestTrendOrder:
    """Only the order of doses and of values counts, and both directions together cover everything."""

    @given(values=st.lists(st.integers(-4, 4), min_size=1, max_size=7))
    @law
    def test_order_and_mirror(self, values: list[int]) -> None:
        doses = tuple(F(i) for i in range(len(values)))
        plain = Block(doses, tuple(map(F, values)))
        bent = Block(tuple(d**3 + 1 for d in doses), tuple(F(3) ** v for v in values))
        up, down = trend_exact([plain])
        assert trend_exact([bent]) == (up, down) and up + down >= 1
        assert trend_exact([Block(doses, tuple(-F(v) for v in values))]) == (down, up)
