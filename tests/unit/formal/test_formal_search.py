"""Laws of the searches: what is false is found, what is true is never accused, and every way of computing agrees."""

from __future__ import annotations

import ast
import io
import json
import sys
import time
import zipfile
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from harness.formal import generated, points, search_runs, solver
from harness.formal.enumeration import coverage, enumerate_domain
from harness.formal.points import MOST_SLOTS, boxes, enumerable, total, widest
from harness.formal.predicate import At, Statement, failing_sides, read
from harness.formal.searching import from_rows, search_rows, to_rows
from harness.formal.shrinking import is_counterexample, shrink
from harness.formal.vectorised import Compiled, NotExactError
from harness.records.formal import Predicate


def integers(least: int | None = None, most: int | None = None) -> dict[str, Any]:
    ends = {"least": least, "most": most}
    return {"type": "integer"} | {key: value for key, value in ends.items() if value is not None}


def numbers(of: dict[str, Any], least: int, most: int) -> dict[str, Any]:
    return {"type": "list", "of": of, "least_length": least, "most_length": most}


def stated(holds: str, *assumptions: str, **variables: dict[str, Any]) -> Predicate:
    record = {"variables": variables, "assumptions": list(assumptions), "holds": holds}
    return Predicate.model_validate_json(json.dumps(record))


def statement(holds: str, *assumptions: str, **variables: dict[str, Any]) -> Statement:
    return read(stated(holds, *assumptions, **variables))


def terms(names: list[str]) -> st.SearchStrategy[str]:
    """Arithmetic over whole numbers, as it is written."""
    leaf = st.sampled_from(names) | st.integers(0, 12).map(str)
    return st.recursive(
        leaf,
        lambda inner: st.one_of(
            st.tuples(inner, st.sampled_from(["+", "-", "*", "//", "%"]), inner).map(
                lambda part: f"({part[0]} {part[1]} {part[2]})"
            ),
            st.tuples(inner, st.integers(0, 3)).map(lambda part: f"({part[0]}) ** {part[1]}"),
            inner.map(lambda part: f"(-{part})"),
            inner.map(lambda part: f"abs({part})"),
            st.tuples(st.sampled_from(["min", "max"]), inner, inner).map(
                lambda part: f"{part[0]}({part[1]}, {part[2]})"
            ),
        ),
        max_leaves=6,
    )


def relations(names: list[str]) -> st.SearchStrategy[str]:
    compared = st.tuples(terms(names), st.sampled_from(["<", "<=", ">", ">=", "==", "!="]), terms(names)).map(
        " ".join
    )
    return st.recursive(
        compared,
        lambda inner: st.one_of(
            st.tuples(inner, st.sampled_from(["and", "or"]), inner).map(
                lambda part: f"({part[0]} {part[1]} {part[2]})"
            ),
            inner.map(lambda part: f"(not {part})"),
        ),
        max_leaves=3,
    )


SMALL = {"a": integers(-3, 3), "b": integers(0, 3), "xs": numbers(integers(-1, 1), 0, 2)}
NESTED = [HealthCheck.nested_given]
"""One of the searches under test is Hypothesis itself."""
NAMES = ["a", "b", "sum(xs)", "len(xs)"]


def brute(found: Statement) -> dict[At, int]:
    """Every point, one by one, by the exact evaluator."""
    counts = dict.fromkeys(At, 0)
    for box in boxes(found.variables, 1000):
        for codes in np.ndindex(*(high - low + 1 for low, high in box.ranges)):
            at = found.at(
                box.point([low + code for (low, _high), code in zip(box.ranges, codes, strict=True)])
            )
            counts[at] += 1
    return counts


class TestEverySearchAgreesWithTheExactEvaluator:
    @settings(max_examples=30, deadline=None)
    @given(relations(NAMES), relations(NAMES))
    def test_enumeration_counts_what_one_by_one_counting_counts(self, holds: str, assumed: str) -> None:
        found = statement(f"({holds}) or a > 99", assumed + " or a > b + sum(xs)", **SMALL)
        counts, result = brute(found), enumerate_domain(found)
        assert result.coverage.complete
        assert result.coverage.points == sum(counts.values()) == total(found.variables)
        assert result.failing == counts[At.FAILS]
        assert result.satisfying == sum(counts.values()) - counts[At.OUTSIDE] - counts[At.TOO_LARGE]
        assert result.too_large == counts[At.TOO_LARGE]
        assert (result.undefined is None) == (counts[At.UNDEFINED] == 0)
        if result.simplest is not None:
            assert is_counterexample(found, result.simplest)

    @settings(max_examples=40, deadline=None)
    @given(relations(NAMES))
    def test_64_bit_integers_say_what_fractions_say_at_every_point(self, holds: str) -> None:
        found = statement(f"({holds}) or a + b > 999 or sum(xs) > 9", **SMALL)
        for box in boxes(found.variables, 4):
            try:
                relation = Compiled(box).relation(found.relation)
            except NotExactError:
                continue
            size = box.points
            codes = [
                low + code
                for (low, _high), code in zip(
                    box.ranges,
                    np.unravel_index(np.arange(size), [high - low + 1 for low, high in box.ranges]),
                    strict=True,
                )
            ]
            vector = np.broadcast_to(relation(Compiled(box).columns(codes)), (size,))
            for place in range(size):
                point = box.point([int(column[place]) for column in codes])
                assert (found.at(point) is At.HOLDS) == bool(vector[place]), point

    @settings(max_examples=40, deadline=None)
    @given(relations(["a", "b"]), relations(["a", "b"]))
    def test_z3_finds_a_counterexample_exactly_where_there_is_one(self, holds: str, assumed: str) -> None:
        found = statement(f"({holds}) and a < 99 and b < 99", assumed, a=SMALL["a"], b=SMALL["b"])
        counts, result = brute(found), solver.search(found)
        there = counts[At.FAILS] + counts[At.UNDEFINED] > 0
        assert result.status in (("found",) if there else ("exhausted",))
        if result.point is not None:
            assert found.at(result.point) in (At.FAILS, At.UNDEFINED)

    @settings(max_examples=15, deadline=None)
    @given(relations(NAMES))
    def test_z3_on_lists_and_guards_does_not_contradict(self, holds: str) -> None:
        found = statement(f"a == 0 or b // a < 0 or ({holds}) or len(xs) > 1 and xs[1] > 0", **SMALL)
        counts, result = brute(found), solver.search(found)
        there = counts[At.FAILS] + counts[At.UNDEFINED] > 0
        assert result.status == ("found" if there else "exhausted")

    @pytest.mark.parametrize("divisor", ["3", "(-3)", "(b + 1)", "(-b - 2)"])
    def test_64_bit_division_rounds_down_like_fractions(self, divisor: str) -> None:
        """Negative numbers included, where machines like to round towards zero."""
        domain = {"a": integers(-20, 20), "b": integers(0, 3)}
        holds = f"a // {divisor} == 2 or a % {divisor} == 1 or b > 2"
        found = statement(holds, **domain)
        assert coverage(found).vectorised
        assert enumerate_domain(found).failing == brute(found)[At.FAILS]


class TestPlantedCounterexamples:
    @settings(max_examples=15, deadline=None)
    @given(st.integers(0, 999), st.integers(-500, 499))
    def test_one_false_point_among_a_million_is_found(self, a: int, b: int) -> None:
        found = statement(f"a != {a} or b != {b}", a=integers(0, 999), b=integers(-500, 499))
        result = enumerate_domain(found)
        assert result.coverage.complete
        assert result.coverage.points == 1_000_000
        assert result.failing == 1
        assert result.simplest == {"a": Fraction(a), "b": Fraction(b)}

    @settings(max_examples=10, deadline=None, suppress_health_check=NESTED)
    @given(st.integers(1, 400), st.integers(0, 400))
    def test_what_hypothesis_finds_is_shrunk_to_the_boundary(self, bound: int, more: int) -> None:
        found = statement(f"n < {bound}", n=integers(0))
        assert shrink(found, {"n": Fraction(bound + more)}) == {"n": Fraction(bound)}
        search = generated.search(found, seed=bound)
        assert search.point == {"n": Fraction(bound)}

    @pytest.mark.parametrize(
        ("holds", "assumptions", "variables", "simplest"),
        [
            pytest.param(
                "(n * n + n + 41) % d != 0",
                ["d < n * n + n + 41"],
                {"n": integers(0), "d": integers(2)},
                {"d": 41, "n": 40},
                id="Euler's polynomial is prime",
            ),
            pytest.param(
                "a ** 2 + b ** 2 != c ** 2",
                [],
                {"a": integers(1), "b": integers(1), "c": integers(1)},
                {"a": 3, "b": 4, "c": 5},
                id="no square is the sum of two squares",
            ),
            pytest.param(
                "2 ** n > n ** 3 or n > 9",
                [],
                {"n": integers(0, 60)},
                {"n": 2},
                id="powers of two outgrow cubes from the start",
            ),
            pytest.param(
                "(2 ** p - 2) % p != 0 or (p % d != 0 or d == 1 or d == p)",
                ["d <= p"],
                {"p": integers(2, 60), "d": integers(1, 60)},
                None,
                id="no pseudoprime to base 2 below 341",
            ),
            pytest.param(
                "(2 ** 10 - 1) % 11 != 0 or p != 341 or d != 11",
                ["p % d == 0"],
                {"p": integers(2, 400), "d": integers(2, 400)},
                {"d": 11, "p": 341},
                id="341 = 11 * 31",
            ),
            pytest.param(
                "n % 2 == 0 or n % 3 == 0 or n % 5 == 0 or n < 7",
                [],
                {"n": integers(1)},
                {"n": 7},
                id="every number from 7 on has a small divisor",
            ),
        ],
    )
    def test_known_statements(
        self, holds: str, assumptions: list[str], variables: dict[str, Any], simplest: dict[str, int] | None
    ) -> None:
        result = enumerate_domain(statement(holds, *assumptions, **variables))
        wanted = None if simplest is None else {name: Fraction(value) for name, value in simplest.items()}
        assert result.simplest == wanted

    def test_a_model_far_out_is_shrunk_to_the_smallest_triple(self) -> None:
        found = statement("a ** 2 + b ** 2 != c ** 2", a=integers(1), b=integers(1), c=integers(1))
        far = {"a": Fraction(30), "b": Fraction(40), "c": Fraction(50)}
        assert shrink(found, far) == {"a": Fraction(3), "b": Fraction(4), "c": Fraction(5)}

    def test_a_far_point_that_no_enumeration_reaches_is_found_by_z3(self) -> None:
        found = statement("x * x != 1000006000009", x=integers(0))
        assert enumerate_domain(found).failing == 1 or not coverage(found).complete
        assert solver.search(found).point == {"x": Fraction(1_000_003)}

    def test_fractions_are_found_and_made_simple(self) -> None:
        found = statement("x * (1 - x) < 0.25", x={"type": "rational", "least": "0", "most": "1"})
        assert not enumerable(found.variables)
        for search in (generated.search(found, seed=1), solver.search(found)):
            assert search.point == {"x": Fraction(1, 2)}
        assert failing_sides(found, {"x": Fraction(1, 2)}) == [
            "x * (1 - x) < 0.25 is false: x * (1 - x) is 0.25"
        ]


class TestNothingTrueIsAccused:
    TRUE = (
        "({p} + {q}) ** 2 == {p} ** 2 + 2 * {p} * {q} + {q} ** 2",
        "{p} * {p} >= 0 and abs({p}) >= {p}",
        "max({p}, {q}) + min({p}, {q}) == {p} + {q}",
        "{q} == 0 or {p} // {q} * {q} + {p} % {q} == {p}",
        "{p} * ({p} + 1) % 2 == 0",
        "{p} < {q} or {q} <= {p}",
    )

    @settings(max_examples=30, deadline=None, suppress_health_check=NESTED)
    @given(st.sampled_from(TRUE), terms(["a", "b"]), terms(["a", "b"]))
    def test_identities_of_any_terms(self, form: str, p: str, q: str) -> None:
        text = form.format(p=f"({p})", q=f"({q})")
        assume(len(text) < 450)
        found = statement(text + " or a + b > 99", a=SMALL["a"], b=SMALL["b"])
        assert enumerate_domain(found).failing == 0
        assert brute(found)[At.FAILS] == 0
        search = generated.search(found, seed=0, examples=20)
        assert search.point is None or found.at(search.point) is At.UNDEFINED
        model = solver.search(found).point
        assert model is None or found.at(model) is At.UNDEFINED


class TestCoverageIsWhatItSays:
    @settings(max_examples=80, deadline=None)
    @given(
        st.dictionaries(
            st.sampled_from("abc"),
            st.tuples(st.none() | st.integers(-9, 3), st.none() | st.integers(4, 9)),
            min_size=1,
        ),
        st.integers(1, 5000),
    )
    def test_boxes_stay_within_budget_and_domain_and_hold_the_simplest_points(
        self, ends: dict[str, tuple[int | None, int | None]], budget: int
    ) -> None:
        found = statement(
            " or ".join(f"{name} < 0" for name in ends),
            **{name: integers(low, high) for name, (low, high) in ends.items()},
        )
        width = widest(found.variables, budget)
        [box] = boxes(found.variables, width)
        assert box.points <= budget or width == 1
        for slot, (low, high) in zip(box.slots, box.ranges, strict=True):
            for code in (low, high):
                assert (
                    found.at(
                        box.point(
                            [code if other is slot else points.origin(other.domain) for other in box.slots]
                        )
                    )
                    is not At.OUTSIDE
                )
            assert low <= points.origin(slot.domain) <= high

    def test_an_infinite_domain_says_up_to_where(self) -> None:
        said = coverage(statement("n * n >= n", n=integers(1)))
        assert not said.complete
        assert (
            str(said)
            == f"{said.points} points of an infinite domain: every one with n from 1 to {said.points}"
        )

    def test_numbers_beyond_64_bits_are_computed_exactly(self) -> None:
        found = statement("n ** 40 + 1 > n ** 40", n=integers(0, 400))
        result = enumerate_domain(found)
        assert result.failing == 0
        # Wrapped around, some of these would come out false.
        false = statement("n ** 40 + 1 > n ** 40 + n // 300", n=integers(0, 400))
        assert enumerate_domain(false).simplest == {"n": Fraction(300)}

    def test_an_assumption_that_nothing_satisfies_leaves_no_point(self) -> None:
        assert enumerate_domain(statement("n > 3", "n < 0", n=integers(0, 50))).satisfying == 0


class TestRecordedSearches:
    @settings(max_examples=40, deadline=None)
    @given(
        st.fixed_dictionaries(
            {
                "a": st.fractions(),
                "flag": st.booleans(),
                "kind": st.sampled_from(["p", "q q", "1/2"]),
                "xs": st.lists(st.integers().map(Fraction), max_size=3).map(tuple),
            }
        )
    )
    def test_what_is_written_is_read_back(self, point: dict[str, Any]) -> None:
        found = statement(
            "a > 0 or flag or kind == 'p' or sum(xs) > 0",
            a={"type": "real"},
            flag={"type": "boolean"},
            kind={"type": "label", "values": ["p", "q q", "1/2"]},
            xs=numbers(integers(), 0, 3),
        )
        search = generated.Search("engine 1", "found", "detail", 7, 5, point)
        assert from_rows(to_rows(search, found), found) == search

    @pytest.mark.parametrize("left_out", ["engine", "status", "variable n"])
    def test_rows_that_record_no_search_are_refused(self, left_out: str) -> None:
        found = statement("n < 5", n=integers(0))
        rows = to_rows(generated.Search("e", "found", point={"n": Fraction(5)}), found)
        with pytest.raises(ValueError, match="recorded"):
            from_rows([row for row in rows if row[0] != left_out], found)

    def test_the_same_seed_gives_the_same_rows(self) -> None:
        predicate = stated("sum(xs) < 40", xs=numbers(integers(0, 20), 0, 5))
        data = search_runs.search_inputs(predicate)["predicate.json"]
        for which in ("generated", "solver"):
            assert search_rows(which, data, 3) == search_rows(which, data, 3)

    def test_the_archive_of_modules_holds_everything_that_it_imports(self) -> None:
        archive = zipfile.ZipFile(
            io.BytesIO(search_runs.search_inputs(stated("n > 0", n=integers()))["modules.zip"])
        )
        names = set(archive.namelist())
        for name in names:
            for node in ast.walk(ast.parse(archive.read(name))):
                if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("harness"):
                    path = (node.module or "").replace(".", "/")
                    inside = {f"{path}.py"} | {f"{path}/{alias.name}.py" for alias in node.names}
                    assert inside & names, f"{name} needs {node.module}"

    def test_a_missing_library_is_said(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setitem(sys.modules, "z3", None)
        assert solver.search(statement("n > 0", n=integers())).status == "missing"
        monkeypatch.setitem(sys.modules, "hypothesis", None)
        assert generated.search(statement("n > 0", n=integers()), 0).status == "missing"


def test_slots_are_few_enough_that_the_smallest_boxes_stay_small() -> None:
    assert 2**MOST_SLOTS <= 1 << 24


class TestNumbersTooLargeToCompute:
    """Our limits are no fault of a statement: such points show nothing, in either direction."""

    def test_they_are_counted_and_accuse_nobody(self) -> None:
        result = enumerate_domain(statement("2 ** n > n", n=integers(0, 100)))
        assert (result.failing, result.undefined) == (0, None)
        assert (result.satisfying, result.too_large) == (65, 36)

    def test_no_search_takes_them_for_a_find(self) -> None:
        found = statement("(n ** 64) ** 64 >= n", n=integers(2))
        assert found.at({"n": Fraction(10**9)}) is At.TOO_LARGE
        search = generated.search(found, seed=1, examples=300)
        assert search.point is None
        assert search.satisfying < search.tried

    def test_a_division_by_zero_is_another_matter(self) -> None:
        assert enumerate_domain(statement("6 // (n - 3) < 9", n=integers(0, 9))).undefined == {
            "n": Fraction(3)
        }


class TestWhatDoesNotMatter:
    @settings(max_examples=20, deadline=None)
    @given(st.permutations(["a", "b", "xs"]), relations(NAMES))
    def test_the_order_of_the_variables(self, order: list[str], holds: str) -> None:
        """A pinned record has its keys in the order of their names, whatever order its author chose."""
        text = f"({holds}) or a == 0 and b == 0 and sum(xs) == 0"
        first = enumerate_domain(statement(text, **SMALL))
        again = enumerate_domain(statement(text, **{name: SMALL[name] for name in order}))
        assert first == again
        assert list(first.simplest or {}) == list(again.simplest or {})


class TestTimeIsBounded:
    @pytest.mark.parametrize(
        "holds",
        [
            "(n/7 + 1/3) ** 64 * (n/11 + 1/13) ** 40 + (n/17 + 1/19) ** 64 - (n/23 + 1/29) ** 64 != 1",
            "((n*7 + 3) ** 64 * (n*11 + 13) ** 40) % ((n*17 + 19) ** 64 * (n + 1) + 1) != 12345",
            " + ".join(f"(n/{k} + 1/{k + 1}) ** 25" for k in range(2, 22)) + " > -5",
        ],
    )
    def test_a_predicate_made_to_take_long(self, holds: str) -> None:
        found = statement(holds, n=integers(0))
        started = time.process_time()
        result = enumerate_domain(found)
        shrink(found, {"n": Fraction(10**379)})
        assert time.process_time() - started < 15
        # Fewer points for a dearer predicate, and the finding says how many.
        assert 100 < result.coverage.points < 10_000

    @pytest.mark.parametrize("text", ["1e999999999", "0x10", "1_000", "٣", "1/2/3", "", "nan"])
    def test_a_forged_point_is_read_as_digits_or_not_at_all(self, text: str) -> None:
        found = statement("n < 5", n=integers(0))
        rows = to_rows(generated.Search("e", "found", point={"n": Fraction(5)}), found)
        forged = [(what, place, text if what == "variable n" else value) for what, place, value in rows]
        with pytest.raises(ValueError, match="recorded point"):
            from_rows(forged, found)
