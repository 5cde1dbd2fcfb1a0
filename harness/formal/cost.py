"""What computing a predicate at one point costs at most, known before it is computed, so that no record eats the time.

Counted in steps of some microseconds: every part of an expression is one, and more where its number can have many bits.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from fractions import Fraction

from harness.formal.predicate import Statement
from harness.rules.expression import LARGEST_BITS
from harness.rules.grammar import LARGEST_EXPONENT, literal

BITS_PER_STEP = 256
"""Bits of a number for which one more step is counted: fractions are reduced at every step."""
LONGEST_LIST = 5
"""Bits that the sum of a list has more than its elements, at most."""


def steps(statement: Statement, bits: Mapping[str, int]) -> int:
    """Steps that one point costs at most, where no variable has more bits than these."""
    return sum(_steps(tree, bits)[1] for tree in (*statement.assumptions, statement.relation))


def _steps(node: ast.expr, bits: Mapping[str, int]) -> tuple[int, int]:
    """Bits of the value, and steps."""
    inner = [_steps(child, bits) for child in ast.iter_child_nodes(node) if isinstance(child, ast.expr)]
    sizes, below = [size for size, _own in inner], sum(own for _size, own in inner)
    match node:
        case ast.Constant():
            value = literal(node)
            size = _bits(value) if isinstance(value, Fraction) else 1
        case ast.Name(id=name):
            size = bits.get(name, 1)
        case ast.BinOp(op=ast.Pow(), right=ast.Constant() as right):
            exponent = literal(right)
            size = sizes[0] * (min(int(exponent), LARGEST_EXPONENT) if isinstance(exponent, Fraction) else 1)
        case ast.BinOp(op=ast.Pow()):
            size = sizes[0] * LARGEST_EXPONENT
        case ast.BinOp():
            # The sum of two fractions has a denominator as long as both together.
            size = sum(sizes) + 1
        case ast.Call():
            size = max(sizes, default=1) + LONGEST_LIST
        case _:
            size = max(sizes, default=1)
    size = min(size, LARGEST_BITS)
    return size, below + 1 + size // BITS_PER_STEP


def _bits(value: Fraction) -> int:
    return max(value.numerator.bit_length(), value.denominator.bit_length(), 1)
