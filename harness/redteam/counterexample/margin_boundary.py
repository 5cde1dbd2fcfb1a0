"""Margins, thresholds and tolerances moved by one unit of their last printed digit: does the answer follow?"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from fractions import Fraction
from typing import Any

from harness.records.claim import Claim
from harness.records.observations import Observations
from harness.records.rules import (
    Bound,
    Equals,
    ForAll,
    Paired,
    Proportion,
    Rerun,
    RuleOutcome,
    Sequential,
    Unpaired,
    Where,
)
from harness.records.units import Unit
from harness.records.verdict import Attacker, Effect, Finding
from harness.redteam.interface import Attack, Case, Runs, unit_of
from harness.rules import decide
from harness.rules.expression import parse
from harness.rules.leaves import Leaf, leaves
from harness.rules.reading import UnreadableError, read_number
from harness.stats.rounding import (
    decimal_text,
    decimals,
    exact,
    exact_text,
    printed_interval,
    unit_of_last_digit,
)

_FIELD: dict[type[Any], str] = {
    Bound: "threshold",
    Equals: "tolerance",
    Proportion: "at_least",
    Paired: "margin",
    Unpaired: "margin",
    Sequential: "margin",
    Rerun: "half_width",
}


_DECIMAL = re.compile(r"[0-9]*\.[0-9]+")


def _judge(case: Case, runs: Runs) -> Finding:
    observations = case.main.observations
    if observations is None:
        return ATTACK.not_applicable("the script reported nothing")
    found: list[dict[str, Any]] = []
    looked = 0
    for index, rule in enumerate(leaves(case.claim.decision)):
        plain = rule.model_copy(update={"sensitivity": ()}) if isinstance(rule, (Paired, Unpaired)) else rule
        margins = list(_margins(plain, case.claim))
        if not margins:
            continue
        before = decide(plain, observations)
        looked += len({what for what, *_rest in margins})
        for what, text, moved_to, other in margins:
            after = decide(other, observations)
            if after.answer != before.answer and not after.incomplete:
                found.append(
                    {
                        "rule": f"{index} {rule.rule}",
                        "what": f"{what} {text}",
                        "shows": f"at {moved_to} the answer is {after.answer} instead of {before.answer}",
                    }
                )
        found += [
            {"rule": f"{index} {rule.rule}", "what": what, "shows": shows}
            for what, shows in _within_rounding(plain, before, observations)
        ]
    if not looked:
        return ATTACK.not_applicable("the rule has no margin, threshold or tolerance with printed digits")
    if not found:
        return ATTACK.held(
            f"moving each of {looked} margins and thresholds by one unit of its last digit changes no answer",
            runs=("main",),
        )
    return ATTACK.broken(
        Effect.WEAKENS,
        3.0,
        f"the answer hangs on the last digit of the {found[0]['what']}: {found[0]['shows']}",
        evidence=tuple(found),
        runs=("main",),
    )


def _margins(rule: Leaf, claim: Claim) -> Iterator[tuple[str, str, str, Leaf]]:
    """What is moved, its text, the text it is moved to, and the rule with that."""
    field = _FIELD.get(type(rule))
    if field is not None and _is_printed(rule, text := str(getattr(rule, field)), claim):
        for other in _neighbours(text):
            if _allowed(rule, exact(other)):
                yield field.replace("_", " "), text, other, rule.model_copy(update={field: other})
    if isinstance(rule, (ForAll, Proportion)):
        for text, start, end in _literals(rule.holds):
            written = rule.holds.strip().encode()
            for other in _neighbours(text):
                changed = (written[:start] + other.encode() + written[end:]).decode()
                # A minus sign is an operator there.
                if not other.startswith("-"):
                    yield (
                        f"number in {rule.holds[:60]},",
                        text,
                        other,
                        rule.model_copy(update={"holds": changed}),
                    )


def _is_printed(rule: Leaf, text: str, claim: Claim) -> bool:
    """Whether the last digit of a margin says how precisely it was meant: counts and a bare zero are exact."""
    if "/" in text or text in ("exact", "printed"):
        return False
    if isinstance(rule, Bound) and _unit(rule.of, claim) is Unit.COUNT:
        return False
    return exact(text) != 0 or decimals(text) > 0


def _unit(where: Where, claim: Claim) -> Unit | None:
    return unit_of(where.quantity if where.quantity else f"{where.table}.{where.column}", claim)


def _neighbours(text: str) -> tuple[str, str]:
    value, step, places = exact(text), unit_of_last_digit(text), decimals(text)
    return decimal_text(value - step, places), decimal_text(value + step, places)


def _allowed(rule: Leaf, value: Fraction) -> bool:
    if isinstance(rule, Proportion):
        return 0 <= value <= 1
    if isinstance(rule, Bound) or rule.rule.endswith("superiority"):
        return True
    if isinstance(rule, Sequential):
        return abs(value) < exact(rule.limit)
    return value > 0


def _literals(expression: str) -> Iterator[tuple[str, int, int]]:
    """Numbers with a decimal point in an expression, and the bytes they take in it."""
    for node in ast.walk(parse(expression)):
        written = node.kind if isinstance(node, ast.Constant) else None
        if written is not None and _DECIMAL.fullmatch(written) and isinstance(node, ast.Constant):
            yield written, node.col_offset, node.end_col_offset or 0


def _within_rounding(
    rule: Leaf, outcome: RuleOutcome, observations: Observations
) -> Iterator[tuple[str, str]]:
    """Estimates that lie within rounding of the margin."""
    if isinstance(rule, Bound):
        yield from _printed_bound(rule, observations)
    if isinstance(rule, (Paired, Unpaired)) and (exact(rule.margin) != 0 or decimals(rule.margin) > 0):
        half, margin = unit_of_last_digit(rule.margin) / 2, exact(rule.margin)
        kind = rule.rule.removeprefix("unpaired_")
        edges = {
            "superiority": [("lower", margin)],
            "noninferiority": [("lower", -margin)],
            "equivalence": [("lower", -margin), ("upper", margin)],
        }[kind]
        for comparison in outcome.comparisons:
            for end, edge in edges:
                value = comparison.numbers.get(end)
                if isinstance(value, float) and abs(exact(value) - edge) < half:
                    yield (
                        f"margin {rule.margin}",
                        f"the {end} end {value:.6g} of the interval of {comparison.name} lies within its rounding",
                    )


def _printed_bound(rule: Bound, observations: Observations) -> Iterator[tuple[str, str]]:
    try:
        value = read_number(observations, rule.of)
    except UnreadableError:
        return
    if isinstance(value, str):
        interval, threshold = printed_interval(value), exact(rule.threshold)
        if interval.low < threshold < interval.high:
            yield (
                f"threshold {rule.threshold}",
                f"the printed {value} stands for all from {exact_text(interval.low)} to {exact_text(interval.high)}",
            )


ATTACK = Attack(
    name="counterexample/margin-boundary",
    attacker=Attacker.COUNTEREXAMPLE_HUNTER,
    threat="the margin was chosen so that the answer just comes out",
    origin="boundary value analysis (Myers 1979); interval reading of printed numbers",
    judge=_judge,
)
