"""The hunter's attacks on reported tables: what breaks each of them, and what must not."""

from __future__ import annotations

import json
from fractions import Fraction
from typing import Any

import pytest
from doubles import PAPER
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.canonical import canonical_bytes
from harness.formal import search_runs
from harness.formal.generated import Search
from harness.formal.predicate import read
from harness.formal.searching import to_rows
from harness.loading import LoadedClaim, Source
from harness.records.claim import Claim
from harness.records.observations import PROTOCOL
from harness.records.paper import Paper
from harness.records.run import RunOutcome, RunRecord, Variation
from harness.records.verdict import Effect, Finding, Reason
from harness.redteam import judge_attack
from harness.redteam.citation import predicate_and_statement
from harness.redteam.counterexample import (
    every_row,
    exhaustive,
    generated,
    margin_boundary,
    simpson_reversal,
    solver,
    subgroups,
)
from harness.redteam.counterexample.simpson_reversal import reverses
from harness.redteam.interface import Attack, Case, RunView
from harness.redteam.replication import script_and_predicate

UNITS = {"label": None, "number": "dimensionless", "printed": "dimensionless", "integer": "count"}


def record(decision: dict[str, Any], columns: dict[str, str], **more: Any) -> Claim:
    typed = {
        name: {"type": kind} | ({} if UNITS[kind] is None else {"unit": UNITS[kind]})
        for name, kind in columns.items()
    }
    observes = {"name": "t", "what": "a table", "type": "table", "columns": typed}
    quantity = {"name": "x", "what": "a number", "type": "printed", "unit": "dimensionless"}
    return Claim.model_validate_json(
        json.dumps(
            {
                "record": "claim-v1",
                "id": "c",
                "statement": "A statement.",
                "kind": "formal",
                "grounding": [{"section": "1", "says": "it"}],
                "subject": {"categories": ["x"]},
                "reproduction": {"fidelity": "exact"},
                "observes": [observes] if columns else [quantity],
                "decision": decision,
                "requires": {"fidelity": "exact"},
            }
            | more
        )
    )


def view(claim: Claim, content: dict[str, Any], name: str = "main") -> RunView:
    run = RunRecord(variation=Variation(name=name), outcome=RunOutcome.COMPLETED, exit_code=0)
    return RunView(
        run, canonical_bytes({"protocol": PROTOCOL, "quantities": {}, "tables": {}} | content), claim
    )


def case_of(claim: Claim, rows: list[list[Any]] | str) -> Case:
    if isinstance(rows, str):
        content: dict[str, Any] = {"quantities": {"x": {"value": rows, "unit": "dimensionless"}}}
    else:
        columns = [{"name": name, "unit": column.unit} for name, column in claim.observes[0].columns.items()]
        content = {"tables": {"t": {"columns": columns, "rows": rows}}}
    paper = Paper.model_validate(PAPER)
    loaded = LoadedClaim(claim, Source(paper, paper, {}, {}), b"", {}, "c")
    return Case(loaded, view(claim, content))


def judged(attack: Attack, claim: Claim, rows: list[list[Any]] | str) -> Finding:
    case = case_of(claim, rows)
    assert case.main.answer is not None, case.main.parsed
    return attack.judge(case, {"main": case.main})


def unpaired(**more: Any) -> dict[str, Any]:
    return {
        "rule": "unpaired_superiority",
        "table": "t",
        "arm_column": "arm",
        "value_column": "value",
        "unit": "unit",
        "treatment": "new",
        "control": "old",
        "better": "higher",
        "multiplicity": {"family": "all", "method": "none"},
    } | more


# Charig et al. (1986): open surgery is better for small and for large stones, and worse for all together, because it
# was chosen for the large ones. Successes of ten, in the proportions of the paper.
STONES = {
    ("new", "small"): (9, 10),
    ("new", "large"): (22, 30),
    ("old", "small"): (26, 30),
    ("old", "large"): (7, 10),
}


def stones() -> list[list[Any]]:
    return [
        [f"{arm} {size} {place}", arm, size, 1.0 if place < good else 0.0]
        for (arm, size), (good, count) in STONES.items()
        for place in range(count)
    ]


COLUMNS = {"unit": "label", "arm": "label", "size": "label", "value": "number"}


class TestSimpson:
    def test_kidney_stones_are_told_as_simpsons_paradox(self) -> None:
        found = judged(simpson_reversal.ATTACK, record(unpaired(), COLUMNS), stones())
        assert (found.status, found.effect) == ("broken", Effect.WEAKENS)
        assert "Simpson's paradox: split by size, the effect is as stated in every one of 2" in found.summary
        assert "the opposite in all rows together" in found.summary

    def test_a_rule_by_subgroup_is_told_that_the_whole_says_otherwise(self) -> None:
        found = judged(simpson_reversal.ATTACK, record(unpaired(groups=["size"]), COLUMNS), stones())
        assert found.effect is Effect.WEAKENS
        assert "the statement speaks of each subgroup" in found.summary

    def test_the_same_shares_in_balanced_arms_reverse_nothing(self) -> None:
        rows = [
            [f"{arm} {size} {place}", arm, size, 1.0 if place < 30 * good // count else 0.0]
            for (arm, size), (good, count) in STONES.items()
            for place in range(30)
        ]
        assert judged(simpson_reversal.ATTACK, record(unpaired(), COLUMNS), rows).status == "held"

    def test_a_trend_within_blocks_that_turns_over_all(self) -> None:
        rows = [
            [block, 10 * place + step, 1.0 * step - 5 * place]
            for place, block in enumerate("pqr")
            for step in range(4)
        ]
        trend = {"rule": "trend", "table": "t", "blocks": ["block"], "dose_column": "dose"}
        trend |= {"value_column": "value", "direction": "increasing"}
        columns = {"block": "label", "dose": "number", "value": "number"}
        found = judged(simpson_reversal.ATTACK, record(trend, columns), rows)
        assert found.status == "broken"

    @given(
        st.lists(st.fractions(-3, 3), min_size=2, max_size=5),
        st.lists(st.integers(1, 9), min_size=5, max_size=5),
    )
    def test_a_weighted_mean_of_the_parts_never_reverses(
        self, parts: list[Fraction], weights: list[int]
    ) -> None:
        used = weights[: len(parts)]
        whole = sum((w * p for w, p in zip(used, parts, strict=True)), Fraction(0)) / sum(used)
        assert not reverses(parts, whole)


PAIRED = {
    "rule": "superiority",
    "table": "t",
    "unit": "language",
    "treatment": "new",
    "control": "old",
    "better": "higher",
    "multiplicity": {"family": "all", "method": "none"},
}
LANGUAGES = {"language": "label", "family": "label", "new": "number", "old": "number"}


class TestSubgroups:
    @staticmethod
    def rows(romance: float) -> list[list[Any]]:
        gains = {"g": 3.0, "s": 2.5, "r": romance}
        return [
            [f"{family}{place}", family, 50.0 + gain + place / 10, 50.0]
            for family, gain in gains.items()
            for place in range(4 if family != "r" else 2)
        ]

    def test_a_family_of_languages_that_loses_is_named(self) -> None:
        found = judged(subgroups.ATTACK, record(PAIRED, LANGUAGES), self.rows(-0.5))
        assert (found.status, found.effect) == ("broken", Effect.WEAKENS)
        assert "in 1 of 3 subgroups" in found.summary
        assert "family=r (2 rows, by 0.45)" in found.summary

    def test_families_that_all_gain_are_held(self) -> None:
        assert judged(subgroups.ATTACK, record(PAIRED, LANGUAGES), self.rows(0.5)).status == "held"

    def test_groups_of_the_rule_are_left_to_the_rule(self) -> None:
        found = judged(subgroups.ATTACK, record(PAIRED | {"groups": ["family"]}, LANGUAGES), self.rows(2.0))
        assert found.status == "not_applicable"

    def test_a_share_within_a_label(self) -> None:
        rule = {"rule": "proportion", "table": "t", "holds": "new > old", "at_least": "0.5"}
        found = judged(subgroups.ATTACK, record(rule, LANGUAGES), self.rows(-0.5))
        assert "family=r (2 rows, by 0.5)" in found.summary


def bound(threshold: str, op: str = ">=") -> dict[str, Any]:
    return {"rule": "bound", "of": {"quantity": "x"}, "op": op, "threshold": threshold}


class TestMarginBoundary:
    @pytest.mark.parametrize(
        ("rule", "value", "status"),
        [
            (bound("0.50"), "0.50", "broken"),  # at 0.51 it would not be met
            (bound("0.50"), "0.62", "held"),
            (bound("0.50"), "0.5", "broken"),  # stands for anything from 0.45 to 0.55
            (bound("0", ">"), "0.1", "not_applicable"),  # a bare zero is exact
            (
                {"rule": "equals", "of": {"quantity": "x"}, "expected": "0.50", "tolerance": "0.05"},
                "0.545",
                "broken",
            ),
            (
                {"rule": "equals", "of": {"quantity": "x"}, "expected": "0.50", "tolerance": "0.05"},
                "0.501",
                "held",
            ),
        ],
    )
    def test_a_number_is_moved_by_one_unit(self, rule: dict[str, Any], value: str, status: str) -> None:
        found = judged(margin_boundary.ATTACK, record(rule, {}), value)
        assert found.status == status, found.summary
        assert found.effect in (None, Effect.WEAKENS)

    @pytest.mark.parametrize(("margin", "status"), [("0.3", "broken"), ("2.0", "held")])
    def test_the_interval_of_a_test_is_what_decides(self, margin: str, status: str) -> None:
        rows = [[f"l{i}", "f", 50.0 + (i % 5 - 2) / 10, 50.2] for i in range(10)]
        rule = PAIRED | {"rule": "noninferiority", "margin": margin}
        found = judged(margin_boundary.ATTACK, record(rule, LANGUAGES), rows)
        assert found.status == status, found.summary

    def test_a_number_inside_an_expression(self) -> None:
        rule = {"rule": "forall", "table": "t", "holds": "new - old > 0.9 and family != 'v0.9'"}
        near = judged(margin_boundary.ATTACK, record(rule, LANGUAGES), [["a", "f", 51.0, 50.0]])
        assert "number in" in near.summary
        assert "at 1.0" in near.summary
        assert (
            judged(margin_boundary.ATTACK, record(rule, LANGUAGES), [["a", "f", 55.0, 50.0]]).status == "held"
        )


class TestSmallestRefutation:
    def test_the_worst_row_and_the_nearest_miss_are_told(self) -> None:
        rule = {"rule": "forall", "table": "t", "holds": "new > old"}
        rows = [
            ["a", "f", 50.0, 51.5],
            ["b", "f", 50.0, 50.1],
            ["c", "f", 50.0, 58.0],
            ["d", "f", 60.0, 50.0],
        ]
        found = judged(every_row.ATTACK, record(rule, LANGUAGES), rows)
        assert "3 rows violate the statement, the worst is family=f, language=c" in found.summary.replace(
            "language=c, family=f", "family=f, language=c"
        )
        assert "(by 8)" in found.summary
        assert "(by 0.1)" in found.summary

    @settings(max_examples=40)
    @given(st.lists(st.integers(1, 10**6), min_size=2, max_size=12, unique=True))
    def test_they_are_the_extremes_of_all(self, behind: list[int]) -> None:
        rule = {"rule": "forall", "table": "t", "holds": "new >= old"}
        rows = [[f"l{i}", "f", 0, value] for i, value in enumerate(behind)]
        found = judged(every_row.ATTACK, record(rule, LANGUAGES), rows)
        assert f"(by {max(behind)})" in found.summary
        assert f"(by {min(behind)})" in found.summary

    def test_a_rank(self) -> None:
        rule = {
            "rule": "rank",
            "table": "t",
            "blocks": ["block"],
            "arm_column": "arm",
            "value_column": "value",
        }
        rule |= {"arm": "new", "best": "highest"}
        columns = {"block": "label", "arm": "label", "value": "number"}
        rows = [["p", "new", 1.0], ["p", "old", 1.25], ["q", "new", 1.0], ["q", "old", 3.0]]
        found = judged(every_row.ATTACK, record(rule, columns), rows)
        assert "(by 2)" in found.summary
        assert "(by 0.25)" in found.summary


FORMAL = {"rule": "forall", "table": "t", "holds": "value >= 0"}
INFINITE = {"variables": {"n": {"type": "integer", "least": 0}}, "holds": "n != 123456789"}


def searched(attack: Attack, predicate: dict[str, Any], search: Search | None) -> Finding:
    """The finding of a search attack on what a search run recorded, None for a run that ended badly."""
    claim = record(FORMAL, {"value": "number"}, predicate=predicate)
    case = case_of(claim, [[1.0]])
    which = attack.name.partition("/")[2]
    name, own = search_runs.run_name(which), search_runs.search_claim(which)
    if search is None:
        run = RunRecord(variation=Variation(name=name), outcome=RunOutcome.TIMED_OUT, detail="too slow")
        return judge_attack(attack, case, {"main": case.main, name: RunView(run, None, own)})
    assert claim.predicate is not None
    rows = [list(row) for row in to_rows(search, read(claim.predicate))]
    columns = [
        {"name": "what", "unit": None},
        {"name": "place", "unit": "count"},
        {"name": "value", "unit": None},
    ]
    content = {"tables": {"search": {"columns": columns, "rows": rows}}}
    return judge_attack(attack, case, {"main": case.main, name: view(own, content, name)})


class TestPredicates:
    @pytest.mark.parametrize("attack", [generated.ATTACK, solver.ATTACK])
    def test_a_recorded_point_is_replayed_before_it_counts(self, attack: Attack) -> None:
        hit = searched(attack, INFINITE, Search("e 1", "found", point={"n": Fraction(123456789)}))
        assert (hit.status, hit.effect) == ("broken", Effect.REFUTES)
        assert "n = 123456789" in hit.summary
        assert "n is 123456789" in hit.summary
        forged = searched(attack, INFINITE, Search("e 1", "found", point={"n": Fraction(7)}))
        assert forged.status == "error"
        outside = searched(attack, INFINITE, Search("e 1", "found", point={"n": Fraction(-1)}))
        assert outside.status == "error"

    def test_unsat_is_held_and_called_what_it_is(self) -> None:
        found = searched(solver.ATTACK, INFINITE, Search("z3 9.9", "exhausted"))
        assert found.status == "held"
        assert "z3 9.9 reports unsat" in found.summary
        assert "no proof was checked" in found.summary

    @pytest.mark.parametrize("attack", [generated.ATTACK, solver.ATTACK])
    def test_without_the_library_or_the_run_nothing_verifies(self, attack: Attack) -> None:
        missing = searched(attack, INFINITE, Search("e", "missing", "not installed"))
        assert (missing.effect, missing.reason_code) == (Effect.VOIDS, Reason.MISSING_RESOURCE)
        failed = searched(attack, INFINITE, None)
        assert (failed.effect, failed.reason_code) == (Effect.VOIDS, Reason.TIMED_OUT)

    @pytest.mark.parametrize("attack", [generated.ATTACK, solver.ATTACK])
    def test_a_missing_library_does_not_hide_a_counterexample_that_was_found(self, attack: Attack) -> None:
        known = INFINITE | {"holds": "n < 1000"}
        assert searched(attack, known, Search("e", "missing", "not installed")).status == "not_applicable"

    def test_a_library_that_cannot_tell_decides_nothing(self) -> None:
        assert (
            searched(solver.ATTACK, INFINITE, Search("z3", "unknown", "gave up")).status == "not_applicable"
        )

    def test_a_domain_that_is_enumerated_needs_no_search(self) -> None:
        finite = {"variables": {"n": {"type": "integer", "least": 0, "most": 9}}, "holds": "n < 10"}
        claim = record(FORMAL, {"value": "number"}, predicate=finite)
        case = case_of(claim, [[1.0]])
        for attack in (generated.ATTACK, solver.ATTACK):
            assert attack.plan(case) == ()
            assert attack.judge(case, {"main": case.main}).status == "not_applicable"
        held = exhaustive.ATTACK.judge(case, {"main": case.main})
        assert held.status == "held"
        assert "all 10 points" in held.summary

    @pytest.mark.parametrize(
        ("holds", "assumptions", "effect"),
        [
            ("n < 9", [], Effect.REFUTES),
            ("n % 7 < 9", ["n > 20"], Effect.VOIDS),
            ("10 // (n - 5) < 11", [], Effect.VOIDS),
        ],
    )
    def test_enumeration_refutes_and_voids(self, holds: str, assumptions: list[str], effect: Effect) -> None:
        finite = {"variables": {"n": {"type": "integer", "least": 0, "most": 9}}}
        predicate = finite | {"holds": holds, "assumptions": assumptions}
        case = case_of(record(FORMAL, {"value": "number"}, predicate=predicate), [[1.0]])
        found = exhaustive.ATTACK.judge(case, {"main": case.main})
        assert (found.status, found.effect) == ("broken", effect)


TRIANGLE = {
    "variables": {"n": {"type": "integer", "least": 0}, "half": {"type": "boolean"}},
    "holds": "n * (n + 1) // 2 >= n or half",
    "script": {"parameters": {"n": "size", "half": "half"}, "reports": {"x": "n * (n + 1) // 2"}},
}


class TestScriptAndPredicate:
    def found(self, answer: Any, predicate: dict[str, Any] = TRIANGLE) -> Finding:
        """The finding when the script answers so at the points that it is given."""
        claim = record(
            bound("0.5"),
            {},
            predicate=predicate,
            reproduction={"fidelity": "exact", "parameters": {"size": 1, "half": True}},
        )
        case = case_of(claim, "1")
        runs = {"main": case.main}
        for variation in script_and_predicate.ATTACK.plan(case):
            given = variation.parameters
            assert set(given) == {"size", "half"}
            content = {"quantities": {"x": {"value": answer(given["size"]), "unit": "dimensionless"}}}
            runs[variation.name] = view(claim, content, variation.name)
        assert len(runs) == 1 + script_and_predicate.POINTS
        return script_and_predicate.ATTACK.judge(case, runs)

    def test_a_script_that_computes_what_is_stated_is_held(self) -> None:
        assert self.found(lambda n: str(n * (n + 1) // 2)).status == "held"

    @pytest.mark.parametrize(
        "answer", [lambda n: "1", lambda n: str(n * n), lambda n: str(n * (n + 1) // 2 + 1)]
    )
    def test_a_script_that_computes_something_else_is_void(self, answer: Any) -> None:
        finding = self.found(answer)
        assert (finding.effect, finding.reason_code) == (Effect.VOIDS, Reason.VACUOUS_EVIDENCE)
        assert "n * (n + 1) // 2 is" in finding.summary

    def test_points_depend_on_the_script(self) -> None:
        claim = record(bound("0.5"), {}, predicate=TRIANGLE)
        case = case_of(claim, "1")
        other = Case(LoadedClaim(claim, case.loaded.source, b"# other", {}, "c"), case.main)
        plans = [script_and_predicate.ATTACK.plan(item) for item in (case, case, other)]
        assert plans[0] == plans[1] != plans[2]

    def test_a_predicate_that_is_tied_to_nothing_says_so(self) -> None:
        case = case_of(record(FORMAL, {"value": "number"}, predicate=INFINITE), [[1.0]])
        assert script_and_predicate.ATTACK.judge(case, {"main": case.main}).effect is Effect.WEAKENS


class TestBoundsAndStatement:
    @pytest.mark.parametrize(
        ("statement", "status"),
        [
            ("For every n from 0 to 60 it holds.", "held"),
            ("For every n from 0 to 6,000 it holds.", "broken"),
            ("For every n it holds.", "broken"),
        ],
    )
    def test_a_bound_must_be_said(self, statement: str, status: str) -> None:
        predicate = {"variables": {"n": {"type": "integer", "least": 0, "most": 60}}, "holds": "n >= 0"}
        case = case_of(record(FORMAL, {"value": "number"}, predicate=predicate, statement=statement), [[1.0]])
        assert predicate_and_statement.ATTACK.judge(case, {"main": case.main}).status == status

    @pytest.mark.parametrize(
        ("statement", "relation", "status"),
        [
            ("For every n, n ** 5 - n is divisible by 4.", "(n ** 5 - n) % 4 == 0", "broken"),
            ("For every even n, n ** 5 - n is divisible by 4.", "(n ** 5 - n) % 4 == 0", "held"),
            ("For every n, n ** 5 - n is divisible by 2.", "(n ** 5 - n) % 2 == 0", "held"),
        ],
    )
    def test_a_rest_that_leaves_out_counterexamples_must_be_said(
        self, statement: str, relation: str, status: str
    ) -> None:
        predicate = {
            "variables": {"n": {"type": "integer"}},
            "assumptions": ["n % 2 == 0", "(n // 2) % 2 == 0"],
            "holds": relation,
        }
        case = case_of(record(FORMAL, {"value": "number"}, predicate=predicate, statement=statement), [[1.0]])
        assert predicate_and_statement.ATTACK.judge(case, {"main": case.main}).status == status

    def test_a_number_in_an_assumption_must_be_said(self) -> None:
        predicate = INFINITE | {"assumptions": ["n < 12345"]}
        case = case_of(record(FORMAL, {"value": "number"}, predicate=predicate), [[1.0]])
        found = predicate_and_statement.ATTACK.judge(case, {"main": case.main})
        assert (found.effect, found.reason_code) == (Effect.VOIDS, Reason.VACUOUS_EVIDENCE)
        assert "12345" in found.summary
