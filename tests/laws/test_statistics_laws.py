"""Families over several rules, what UNDECIDED must say, and verdicts beside those of scipy and statsmodels."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter
from scipy import stats
from statsmodels.stats.multitest import multipletests

from harness.records.observations import Observations, ReportedColumn, ReportedTable
from harness.records.rules import Answer, Rule, RuleOutcome
from harness.records.units import Unit
from harness.rules import decide
from harness.rules.comparison import ADJUST

MET, REFUTED, UNDECIDED = Answer.MET, Answer.REFUTED, Answer.UNDECIDED
RULE: TypeAdapter[Any] = TypeAdapter(Rule)
law = settings(deadline=None, derandomize=True, max_examples=60, database=None)
METHODS = ["holm", "hochberg", "bonferroni", "benjamini-hochberg", "none"]
NAMES = {"hochberg": "simes-hochberg", "benjamini-hochberg": "fdr_bh"}


def table(rows: list[tuple[Any, ...]]) -> ReportedTable:
    labels = [ReportedColumn(name=name, unit=None) for name in ("g", "u", "arm", "c")]
    values = [ReportedColumn(name=name, unit=Unit.DIMENSIONLESS) for name in ("a", "b")]
    return ReportedTable(columns=tuple(labels + values), rows=tuple(rows))


def pairs(*groups: list[Any]) -> ReportedTable:
    return table(
        [
            (f"g{i}", f"u{j}", "x", f"c{j}", v, 0)
            for i, group in enumerate(groups)
            for j, v in enumerate(group)
        ]
    )


def paired(name: str, method: str, **fields: Any) -> dict[str, Any]:
    size = fields.pop("size", None)
    family = {"family": "f", "method": method} | ({"size": size} if size else {})
    given_fields = {"rule": "superiority", "table": name, "groups": ["g"], "unit": "u", "treatment": "a"}
    return {
        **given_fields,
        "control": "b",
        "better": "higher",
        "multiplicity": family,
        "resamples": 999,
        **fields,
    }


def answered(rule: dict[str, Any], **tables: ReportedTable) -> RuleOutcome:
    return decide(RULE.validate_python(rule), Observations(quantities={}, tables=tables))


def numbers_of(outcome: RuleOutcome, key: str) -> list[float]:
    return [c.numbers[key] for part in (outcome.parts or (outcome,)) for c in part.comparisons]


def samples(seed: int, count: int, size: int = 8, mean: float = 0.6) -> list[list[float]]:
    return np.round(np.random.default_rng(seed).normal(mean, 1, (count, size)), 3).tolist()


class TestFamilies:
    """Comparisons that name one family are corrected together, in whichever rule of the record they stand."""

    @pytest.mark.parametrize("method", METHODS)
    @pytest.mark.parametrize("combination", ["all_of", "any_of"])
    def test_two_rules_are_as_one_rule_over_all_groups(self, method: str, combination: str) -> None:
        for seed in range(6):
            groups = samples(seed, 5)
            split = answered(
                {"rule": combination, "parts": [paired("s", method), paired("t", method)]},
                s=pairs(*groups[:2]),
                t=pairs(*groups[2:]),
            )
            whole = answered(paired("t", method), t=pairs(*groups))
            for key in ("p_met", "p_met_adjusted", "p_refuted_adjusted"):
                assert numbers_of(split, key) == numbers_of(whole, key)
            if combination == "all_of":
                assert split.answer is whole.answer

    @pytest.mark.parametrize("method", METHODS)
    def test_adjusted_p_values_are_those_of_statsmodels(self, method: str) -> None:
        groups = samples(3, 4)
        p = [float(stats.ttest_1samp(group, 0, alternative="greater").pvalue) for group in groups]
        for size in (4, 7):
            outcome = answered(paired("t", method, size=size), t=pairs(*groups))
            family = [*p, *[1.0] * (size - 4)]
            theirs = (
                family if method == "none" else multipletests(family, method=NAMES.get(method, method))[1]
            )
            assert numbers_of(outcome, "p_met_adjusted") == pytest.approx(list(theirs[:4]), rel=1e-9)

    @given(
        elsewhere=st.lists(st.floats(0, 1), min_size=3, max_size=3),
        own=st.lists(st.floats(0, 1), min_size=1, max_size=4),
        method=st.sampled_from(METHODS),
    )
    @law
    def test_one_is_the_worst_that_unknown_members_can_be(
        self, elsewhere: list[float], own: list[float], method: str
    ) -> None:
        known = ADJUST[method]([*own, *elsewhere])[: len(own)]
        worst = ADJUST[method]([*own, 1.0, 1.0, 1.0])[: len(own)]
        assert all(k <= w + 1e-12 for k, w in zip(known, worst, strict=True))

    def test_a_larger_family_never_helps(self) -> None:
        order = {REFUTED: 1, UNDECIDED: 0, MET: 1}
        for seed in range(20):
            for mean in (0.9, -0.9):
                groups = samples(seed, 2, mean=mean)
                answers = [
                    answered(paired("t", "holm", size=size), t=pairs(*groups)).answer for size in (2, 5, 50)
                ]
                assert [order[a] for a in answers] == sorted((order[a] for a in answers), reverse=True)

    def test_other_families_and_other_records_do_not_count(self) -> None:
        groups = samples(1, 4)
        other = {**paired("s", "holm"), "multiplicity": {"family": "another", "method": "bonferroni"}}
        both = answered(
            {"rule": "all_of", "parts": [paired("t", "holm"), other]},
            s=pairs(*groups[2:]),
            t=pairs(*groups[:2]),
        )
        alone = answered(paired("t", "holm"), t=pairs(*groups[:2]))
        assert both.parts[0] == alone

    @pytest.mark.parametrize("combination", ["all_of", "any_of"])
    def test_an_unreadable_member_decides_nothing_for_the_others(self, combination: str) -> None:
        strong = [[5 + i / 100 for i in range(9)]]
        outcome = answered(
            {"rule": combination, "parts": [paired("t", "holm"), paired("missing", "holm")]}, t=pairs(*strong)
        )
        assert outcome.answer is UNDECIDED and outcome.incomplete
        assert "cannot be read" in outcome.parts[0].summary

    def test_members_must_agree_and_be_as_many_as_stated(self) -> None:
        groups = samples(1, 3)
        differ = answered(
            {"rule": "all_of", "parts": [paired("t", "holm"), paired("t", "none")]}, t=pairs(*groups)
        )
        assert differ.incomplete and "different methods" in differ.parts[0].summary
        few = answered(paired("t", "holm", size=2), t=pairs(*groups))
        assert few.incomplete and "stated to have 2" in few.summary

    def test_a_declared_family_says_when_it_is_out_of_reach(self) -> None:
        strong = [[5 + i / 100 for i in range(7)]]
        outcome = answered(paired("t", "holm", size=24, test="sign-flip"), t=pairs(*strong))
        assert outcome.answer is UNDECIDED
        assert "no data could have met the rule" in outcome.settles and "0.1875" in outcome.settles
        assert answered(paired("t", "holm", size=6, test="sign-flip"), t=pairs(*strong)).answer is MET

    def test_a_false_claim_of_one_of_many_is_rare(self) -> None:
        # Six true nulls in as many rules, any of which would do: the chance of one wrong MET stays at alpha.
        g = np.random.default_rng(5)
        wrong = 0
        for _ in range(150):
            values = np.round(g.normal(0, 1, (6, 8)), 3)
            parts = [paired(f"t{i}", "holm", groups=[]) for i in range(6)]
            tables = {f"t{i}": pairs(values[i].tolist()) for i in range(6)}
            wrong += answered({"rule": "any_of", "parts": parts}, **tables).answer is MET
        assert wrong <= 0.05 * 150 + 4.5 * (0.05 * 0.95 * 150) ** 0.5


number = st.one_of(
    st.decimals(-5, 5, places=1).map(str),
    st.integers(-3, 3),
    st.sampled_from([0.0, 1e300, -1e300, 1e-300, 5e-324, 0.1, "1.50"]),
)
values = st.lists(number, min_size=1, max_size=9)
UNPAIRED = {
    "table": "t",
    "arm_column": "arm",
    "value_column": "a",
    "unit": "u",
    "treatment": "x",
    "control": "y",
    "better": "higher",
    "resamples": 999,
}


@st.composite
def statistical(draw: Any) -> dict[str, Any]:
    """Any comparison, trend or sequential rule."""
    kind = draw(st.sampled_from(["superiority", "noninferiority", "equivalence"]))
    margin = draw(st.sampled_from(["0", "0.3"])) if kind == "superiority" else "0.3"
    method, size = draw(st.sampled_from(METHODS)), draw(st.sampled_from([None, 9]))
    design = draw(st.sampled_from(["paired", "unpaired", "trend", "sequential"]))
    if design == "paired":
        test = draw(st.sampled_from(["t", "sign-flip", "wilcoxon", "bca", "bootstrap-t"]))
        level = draw(st.sampled_from([{}, {"cluster": "c"}]))
        return paired("t", method, size=size, rule=kind, margin=margin, test=test, groups=[], **level)
    if design == "unpaired":
        test = draw(st.sampled_from(["welch", "permutation", "mann-whitney", "bca", "bootstrap-t"]))
        level = draw(st.sampled_from([{}, {"cluster": "c"}]))
        family = {"family": "f", "method": method} | ({"size": size} if size else {})
        rule = {"rule": f"unpaired_{kind}", **UNPAIRED, "margin": margin, "test": test}
        return {**rule, "multiplicity": family, **level}
    if design == "trend":
        return {
            "rule": "trend",
            "table": "t",
            "dose_column": "b",
            "value_column": "a",
            "direction": draw(st.sampled_from(["increasing", "decreasing"])),
            "resamples": 999,
        }
    limit = draw(st.sampled_from(["6", "20"]))
    return {
        "rule": "sequential",
        "table": "t",
        "order": "b",
        "treatment": "a",
        "control": "b",
        "better": "higher",
        "limit": limit,
    }


@given(rule=statistical(), x=values, y=values)
@settings(deadline=None, derandomize=True, max_examples=400, database=None)
def test_undecided_always_says_what_would_settle_it(rule: dict[str, Any], x: list[Any], y: list[Any]) -> None:
    rows = [("g", f"u{i}", "x", f"c{i // 2}", v, i) for i, v in enumerate(x)]
    rows += [("g", f"w{i}", "y", f"d{i // 2}", v, 100 + i) for i, v in enumerate(y)]
    outcome = answered(rule, t=table(rows))
    assert (outcome.answer is UNDECIDED) == bool(outcome.settles.strip())
    assert outcome.incomplete is False or outcome.answer is UNDECIDED
    alpha = 0.05
    # A rule that no data could have met says so, and is never met.
    for comparison in outcome.comparisons:
        numbers = comparison.numbers
        if numbers.get("smallest_reachable_p", 0) > alpha:
            assert comparison.answer is not MET
            assert outcome.answer is REFUTED or "no data could have met the rule" in outcome.settles.lower()
        if comparison.answer is MET and "p_met_adjusted" in numbers:
            assert numbers["p_met"] <= numbers["p_met_adjusted"] <= alpha
    # One value, or no spread, proves nothing to a test that needs a spread.
    if "arm_column" in rule and min(len(x), len(y)) == 1 and rule["test"] in ("welch", "bca", "bootstrap-t"):
        assert outcome.answer is UNDECIDED


class TestDecisionsBesideOthers:
    """The same data, decided by scipy."""

    @pytest.mark.parametrize("margin", [0.0, 0.4])
    def test_paired(self, margin: float) -> None:
        g = np.random.default_rng(31)
        seen = set()
        for _ in range(40):
            d = np.round(g.normal(g.uniform(-1, 1.5), 1, int(g.integers(3, 15))), 3)
            theirs = {
                "t": lambda side, d=d: stats.ttest_1samp(d, margin, alternative=side).pvalue,
                "wilcoxon": lambda side, d=d: (
                    stats.wilcoxon(d - margin, alternative=side, method="exact").pvalue
                ),
                "sign-flip": lambda side, d=d: (
                    stats.permutation_test(
                        (d - margin,),
                        lambda v, axis: np.sum(v, axis=axis),
                        permutation_type="samples",
                        alternative=side,
                        n_resamples=2**15,
                        batch=4096,
                    ).pvalue
                ),
            }
            for test, p in theirs.items():
                ours = answered(
                    paired("t", "none", test=test, margin=str(margin)), t=pairs(d.tolist())
                ).answer
                expected = MET if p("greater") <= 0.05 else REFUTED if p("less") <= 0.05 else UNDECIDED
                assert ours is expected, (test, d)
                seen.add((test, ours))
        assert len(seen) == 9

    def test_unpaired(self) -> None:
        g = np.random.default_rng(32)
        seen = set()
        for _ in range(40):
            x = np.round(g.normal(g.uniform(-2, 2), 1, int(g.integers(3, 9))), 3)
            y = np.round(g.normal(0, 1.5, int(g.integers(3, 9))), 3)
            rows = [("g", f"u{i}", "x", f"c{i}", v, 0) for i, v in enumerate(x.tolist())]
            rows += [("g", f"w{i}", "y", f"d{i}", v, 0) for i, v in enumerate(y.tolist())]
            theirs = {
                "welch": lambda side, x=x, y=y: (
                    stats.ttest_ind(x, y, equal_var=False, alternative=side).pvalue
                ),
                "mann-whitney": lambda side, x=x, y=y: (
                    stats.mannwhitneyu(x, y, alternative=side, method="exact").pvalue
                ),
            }
            for test, p in theirs.items():
                rule = {"rule": "unpaired_superiority", **UNPAIRED, "test": test}
                rule["multiplicity"] = {"family": "f", "method": "none"}
                expected = MET if p("greater") <= 0.05 else REFUTED if p("less") <= 0.05 else UNDECIDED
                # A cluster of one is no cluster.
                for level in ({}, {"cluster": "c"}):
                    ours = answered({**rule, **level}, t=table(rows)).answer
                    assert ours is expected
                    seen.add((test, ours))
        assert len(seen) == 6
