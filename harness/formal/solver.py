"""Z3 on the negation of a predicate: a model is a counterexample, ``unsat`` says that there is none in the domain.

Only arithmetic is handed over: powers with a written exponent, places of a list written as numbers. The bound on Z3's
work is counted in its own steps, so the same version comes to the same end; a bound in seconds stands behind it.
"""

from __future__ import annotations

import ast
import importlib
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

from harness.formal.generated import Search
from harness.formal.points import Slot, decode, shapes, slots
from harness.formal.predicate import Point, Statement, ends
from harness.records.formal import Integers, Labels, Rationals, Truths
from harness.rules.expression import Value
from harness.rules.grammar import LARGEST_EXPONENT, literal

STEPS = 8_000_000
"""Z3's own steps (``rlimit``) for all shapes together: a second or two."""
MILLISECONDS = 20_000
"""Real time for one query, in case that a step takes long."""
MOST_DIGITS = 380
"""Digits of a number that can be reported."""


class NotArithmeticError(ValueError):
    """The predicate is not of the kind that is handed to Z3."""


def search(statement: Statement) -> Search:
    """Ask Z3 for a point at which the statement does not hold, for every choice of lengths of its lists."""
    try:
        z3 = importlib.import_module("z3")
    except ImportError:
        return Search("z3", "missing", "the package z3-solver is not installed")
    engine = f"z3 {z3.get_version_string()}"
    all_shapes = shapes(statement.variables)
    undecided = ""
    for lengths in all_shapes:
        try:
            query = _Query(z3, statement, lengths)
        except NotArithmeticError as problem:
            return Search(engine, "unsuited", str(problem))
        solver = z3.Solver()
        solver.set(random_seed=0, timeout=MILLISECONDS, rlimit=STEPS // len(all_shapes))
        solver.add(*query.conditions)
        answer = str(solver.check())
        if answer == "sat":
            point = query.point(solver.model())
            if point is not None:
                return Search(engine, "found", point=point)
            undecided = "its model is no fraction, or too long to be written"
        elif answer != "unsat":
            undecided = f"it gave up: {solver.reason_unknown()}"[:200]
    return Search(engine, "unknown", undecided) if undecided else Search(engine, "exhausted")


class _Query:
    """Domain, assumptions, and that the statement does not hold, over one choice of lengths."""

    def __init__(self, z3: Any, statement: Statement, lengths: Mapping[str, int]) -> None:
        self.z3, self.lengths = z3, lengths
        self.statement = statement
        self.slots = slots(statement.variables, lengths)
        labels = [slot.domain.values for slot in self.slots if isinstance(slot.domain, Labels)]
        self.labels = {
            label: code for code, label in enumerate(dict.fromkeys(v for vs in labels for v in vs))
        }
        self.constants = [self._constant(place, slot) for place, slot in enumerate(self.slots)]
        self.by_name: dict[str, Any] = {name: [] for name in lengths}
        for slot, constant in zip(self.slots, self.constants, strict=True):
            if slot.name in lengths:
                self.by_name[slot.name].append(constant)
            else:
                self.by_name[slot.name] = constant
        self.conditions = [
            condition
            for slot, constant in zip(self.slots, self.constants, strict=True)
            for condition in self._domain(slot, constant)
        ]
        chosen, chosen_defined = self._all([self.truth(tree) for tree in statement.assumptions])
        relation, defined = self.truth(statement.relation)
        # What cannot be computed is looked for, too: a statement must mean something wherever it is made.
        self.conditions.append(
            z3.Or(z3.Not(chosen_defined), z3.And(chosen, z3.Or(z3.Not(defined), z3.Not(relation))))
        )

    def point(self, model: Any) -> Point | None:
        """The point of a model; None where it is no fraction or has too many digits."""
        found: dict[str, Value] = {}
        lists: dict[str, list[Value]] = {}
        for slot, constant in zip(self.slots, self.constants, strict=True):
            value = self._value(slot, model.eval(constant, model_completion=True))
            if value is None:
                return None
            if slot.name in self.lengths:
                lists.setdefault(slot.name, []).append(value)
            else:
                found[slot.name] = value
        found |= {name: tuple(lists.get(name, ())) for name in self.lengths}  # type: ignore[arg-type]
        return {name: found[name] for name in self.statement.variables}

    def _value(self, slot: Slot, value: Any) -> Value | None:
        if isinstance(slot.domain, Truths):
            return bool(self.z3.is_true(value))
        if self.z3.is_algebraic_value(value):
            return None
        number = Fraction(value.numerator_as_long(), value.denominator_as_long()) if value.is_real() else None
        number = Fraction(value.as_long()) if number is None else number
        if isinstance(slot.domain, Labels):
            label = next(text for text, code in self.labels.items() if code == number)
            return decode(slot.domain, slot.domain.values.index(label))
        return number if len(str(number)) <= MOST_DIGITS else None

    def _constant(self, place: int, slot: Slot) -> Any:
        if isinstance(slot.domain, Truths):
            return self.z3.Bool(f"x{place}")
        return self.z3.Real(f"x{place}") if isinstance(slot.domain, Rationals) else self.z3.Int(f"x{place}")

    def _domain(self, slot: Slot, constant: Any) -> list[Any]:
        if isinstance(slot.domain, Labels):
            return [self.z3.Or(*(constant == self.labels[label] for label in slot.domain.values))]
        if not isinstance(slot.domain, (Integers, Rationals)):
            return []
        low, high = ends(slot.domain)
        whole = isinstance(slot.domain, Integers)
        return [
            *([] if low is None else [constant >= self._literal(low, whole)]),
            *([] if high is None else [constant <= self._literal(high, whole)]),
        ]

    def _literal(self, value: Fraction, whole: bool) -> Any:
        return self.z3.IntVal(int(value)) if whole else self.z3.Q(value.numerator, value.denominator)

    def _all(self, parts: Sequence[tuple[Any, Any]], stop: bool = False) -> tuple[Any, Any]:
        """``and`` (or with ``stop`` ``or``) from left to right: a part counts only if those before it do not decide."""
        z3 = self.z3
        join, empty = (z3.Or, z3.BoolVal(False)) if stop else (z3.And, z3.BoolVal(True))
        defined = []
        for place, (_value, own) in enumerate(parts):
            before = [value if stop else z3.Not(value) for value, _own in parts[:place]]
            defined.append(z3.Or(*before, own))
        return join(empty, *(value for value, _own in parts)), z3.And(z3.BoolVal(True), *defined)

    def truth(self, node: ast.expr) -> tuple[Any, Any]:
        """A true-or-false expression, and when it can be computed."""
        match node:
            case ast.BoolOp():
                return self._all([self.truth(part) for part in node.values], isinstance(node.op, ast.Or))
            case ast.UnaryOp(op=ast.Not()):
                value, defined = self.truth(node.operand)
                return self.z3.Not(value), defined
            case ast.Name(id=name):
                return self.by_name[name], self.z3.BoolVal(True)
            case ast.Compare():
                return self._comparison(node)
        raise NotArithmeticError(f"{ast.unparse(node)[:60]} is not arithmetic")

    def _comparison(self, node: ast.Compare) -> tuple[Any, Any]:
        parts = [self.number(part) for part in (node.left, *node.comparators)]
        compared = [
            (_COMPARE[type(op)](left, right), self.z3.And(left_defined, right_defined))
            for op, (left, left_defined), (right, right_defined) in zip(
                node.ops, parts, parts[1:], strict=False
            )
        ]
        return self._all(compared)

    def number(self, node: ast.expr) -> tuple[Any, Any]:
        """A number or the code of a label, and when it can be computed."""
        z3, always = self.z3, self.z3.BoolVal(True)
        match node:
            case ast.Constant():
                value = literal(node)
                if isinstance(value, str):
                    return z3.IntVal(self.labels.get(value, -1)), always
                return self._literal(value, value.denominator == 1), always
            case ast.Name(id=name):
                return self.by_name[name], always
            case ast.UnaryOp(op=op):
                inner, defined = self.number(node.operand)
                return (-inner if isinstance(op, ast.USub) else inner), defined
            case ast.BinOp():
                (left, left_defined), (right, right_defined) = self.number(node.left), self.number(node.right)
                value, own = self._arithmetic(node, left, right)
                return value, z3.And(left_defined, right_defined, own)
            case ast.Call(func=ast.Name(id=name), args=args):
                return self._call(name, args)
            case ast.Subscript(value=ast.Name(id=name), slice=ast.Constant() as index):
                place = literal(index)
                if isinstance(place, Fraction) and place.denominator == 1 and place < self.lengths[name]:
                    return self.by_name[name][int(place)], always
                return z3.IntVal(0), z3.BoolVal(False)
        raise NotArithmeticError(
            f"{ast.unparse(node)[:60]} is not arithmetic with a written exponent and place"
        )

    def _arithmetic(self, node: ast.BinOp, left: Any, right: Any) -> tuple[Any, Any]:
        z3, always = self.z3, self.z3.BoolVal(True)
        match node.op:
            case ast.Add():
                return left + right, always
            case ast.Sub():
                return left - right, always
            case ast.Mult():
                return left * right, always
            case ast.Pow():
                return self._power(node, left), always
        quotient = self._real(left) / self._real(right)
        if isinstance(node.op, ast.Div):
            return quotient, right != 0
        if left.is_int() and right.is_int():
            # Z3 rounds so that the rest is not negative, we round down: the same for a positive divisor.
            floor = z3.If(right > 0, left / right, (-left) / (-right))
        else:
            floor = z3.ToInt(quotient)
        return (floor if isinstance(node.op, ast.FloorDiv) else left - right * floor), right != 0

    def _power(self, node: ast.BinOp, left: Any) -> Any:
        written = literal(node.right) if isinstance(node.right, ast.Constant) else ""
        if isinstance(written, str) or written.denominator != 1 or not 0 <= written <= LARGEST_EXPONENT:
            raise NotArithmeticError(f"{ast.unparse(node)[:60]} has no exponent from 0 to {LARGEST_EXPONENT}")
        value: Any = self.z3.IntVal(1)
        for _ in range(int(written)):
            value = value * left
        return value

    def _real(self, number: Any) -> Any:
        return self.z3.ToReal(number) if number.is_int() else number

    def _call(self, name: str, args: list[ast.expr]) -> tuple[Any, Any]:
        z3 = self.z3
        if len(args) == 1 and isinstance(args[0], ast.Name) and args[0].id in self.lengths:
            numbers, defined = self.by_name[args[0].id], z3.BoolVal(True)
        else:
            parts = [self.number(part) for part in args]
            numbers = [value for value, _own in parts]
            defined = z3.And(z3.BoolVal(True), *(own for _value, own in parts))
        if name == "len":
            return z3.IntVal(len(numbers)), defined
        if name == "sum":
            return z3.Sum(*numbers) if numbers else z3.IntVal(0), defined
        if name == "abs":
            return z3.If(numbers[0] < 0, -numbers[0], numbers[0]), defined
        if not numbers:
            return z3.IntVal(0), z3.BoolVal(False)
        best = numbers[0]
        for number in numbers[1:]:
            best = z3.If(number < best if name == "min" else number > best, number, best)
        return best, defined


_COMPARE: dict[type[ast.cmpop], Any] = {
    ast.Eq: lambda left, right: left == right,
    ast.NotEq: lambda left, right: left != right,
    ast.Lt: lambda left, right: left < right,
    ast.LtE: lambda left, right: left <= right,
    ast.Gt: lambda left, right: left > right,
    ast.GtE: lambda left, right: left >= right,
}
