"""The value that has to come out, found written in the script."""

from __future__ import annotations

import ast
import base64
import binascii
import contextlib
import re
from collections.abc import Iterator
from fractions import Fraction
from typing import Any

from harness.grounding import number_in
from harness.records.run import Variation
from harness.records.verdict import Attacker, Effect, Finding, Reason
from harness.redteam.interface import Attack, Case, Runs
from harness.rules.leaves import expected_values
from harness.stats.rounding import exact

_NUMBER = re.compile(r"(?<![\w.])\d*\.?\d+(?:[eE][-+]?\d+)?(?![\w.])")


def telling(value: str) -> bool:
    """Whether a value has enough digits that finding it in a script is no accident."""
    digits = value.replace(",", "").replace(".", "").lstrip("+-0")
    return len(digits) >= 3


def _holders(case: Case) -> list[str]:
    """Parameters that hold an expected value with enough digits to tell."""
    wanted = {abs(exact(value)) for value in expected_values(case.claim.decision) if telling(value)}
    return [
        name
        for name, value in sorted(case.claim.reproduction.parameters.items())
        if {abs(number) for number in _fractions(value)} & wanted
    ]


def _plan(case: Case) -> tuple[Variation, ...]:
    """Each such parameter with another number: a script that only carries it along reports the same."""
    if not case.measured:
        return ()
    planned = []
    for name in _holders(case):
        value = case.claim.reproduction.parameters[name]
        other: Any = value + 1 if isinstance(value, (int, float)) else "0.123456"
        planned.append(
            Variation(
                name=ATTACK.run_name(name),
                seed=case.claim.reproduction.seeds[0],
                parameters={name: other},
            )
        )
    return tuple(planned)


def _judge(case: Case, runs: Runs) -> Finding:
    values = sorted({*expected_values(case.claim.decision)})
    if not case.measured:
        return ATTACK.not_applicable("the script reported nothing")
    if not values:
        return ATTACK.not_applicable("the rule expects no particular value")
    found: list[dict[str, Any]] = []
    literals = list(_literals(case.loaded.script))
    echoed = [name for name in _holders(case) if runs[ATTACK.run_name(name)].content != case.main.content]
    found += [
        {"value": case.claim.reproduction.parameters[name], "line": 0, "how": f"parameter {name}"}
        for name in echoed
    ]
    for value in values:
        wanted = {exact(value), abs(exact(value)), exact(value) / 100} - {Fraction(0)}
        found += [
            {"value": value, "line": line, "how": how} for line, how, number in literals if number in wanted
        ]
    if not found:
        return ATTACK.held(f"none of {len(values)} expected values stands in the script")
    serious = [item for item in found if item["line"] == 0 or telling(str(item["value"]))]
    worst = (serious or found)[0]
    return ATTACK.broken(
        Effect.VOIDS if serious else Effect.WEAKENS,
        9.0 if serious else 2.0,
        f"the expected value {worst['value']} is handed to the script"
        if worst["line"] == 0
        else f"the expected value {worst['value']} stands in the script, line {worst['line']} ({worst['how']})",
        reason=Reason.VACUOUS_EVIDENCE if serious else None,
        evidence=tuple(found),
    )


def _literals(script: bytes) -> Iterator[tuple[int, str, Fraction]]:
    """Line, way of writing and value of every number in a script: plain, computed, in text, encoded."""
    text = script.decode("utf-8", errors="replace")
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        for line, content in enumerate(text.splitlines(), 1):
            for number in _numbers_in(content):
                yield line, "in the text", number
        return
    for node in ast.walk(tree):
        line = getattr(node, "lineno", 0)
        if isinstance(node, ast.Constant):
            if isinstance(node.value, (int, float)) and not isinstance(node.value, bool):
                yield line, "a number", exact(node.value)
            elif isinstance(node.value, str):
                for number in _numbers_in(node.value):
                    yield line, "in a string", number
                for decoded in _decoded(node.value):
                    for number in _numbers_in(decoded):
                        yield line, "in an encoded string", number
        elif isinstance(node, ast.BinOp):
            folded = _fold(node)
            if folded is not None:
                for number in _numbers_in(folded) if isinstance(folded, str) else (folded,):
                    yield line, "computed from constants", number


def _fold(node: ast.expr, depth: int = 0) -> Fraction | str | None:
    """Value of an expression of constants, or None."""
    if depth > 20:
        return None
    if isinstance(node, ast.Constant):
        if isinstance(node.value, str):
            return node.value
        if isinstance(node.value, (int, float)) and not isinstance(node.value, bool):
            return exact(node.value)
        return None
    if isinstance(node, ast.BinOp):
        left, right = _fold(node.left, depth + 1), _fold(node.right, depth + 1)
        if isinstance(left, str) and isinstance(right, str) and isinstance(node.op, ast.Add):
            return (left + right)[:10_000]
        if isinstance(left, Fraction) and isinstance(right, Fraction):
            if isinstance(node.op, ast.Add):
                return left + right
            if isinstance(node.op, ast.Sub):
                return left - right
            if isinstance(node.op, ast.Mult):
                return left * right
            if isinstance(node.op, ast.Div) and right != 0:
                return left / right
    return None


def _decoded(text: str) -> Iterator[str]:
    if len(text) >= 4:
        yield text[::-1]
        with contextlib.suppress(binascii.Error, ValueError):
            yield base64.b64decode(text, validate=True).decode("utf-8")
        with contextlib.suppress(ValueError):
            yield bytes.fromhex(text).decode("utf-8")


def _numbers_in(text: str) -> Iterator[Fraction]:
    for match in _NUMBER.findall(text[:100_000]):
        if (number := number_in(match)) is not None:
            yield number


def _fractions(value: object) -> Iterator[Fraction]:
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        yield exact(value)
    elif isinstance(value, str):
        yield from _numbers_in(value)
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from _fractions(item)


ATTACK = Attack(
    name="replication/expected-literal",
    attacker=Attacker.REPLICATION_ATTACKER,
    threat="the script knows the answer it is asked to find",
    origin="hard-coded results in CORE-Bench and PaperBench submissions",
    plan=_plan,
    judge=_judge,
)
