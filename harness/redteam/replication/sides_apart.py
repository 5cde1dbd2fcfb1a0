"""A relation between two columns says something only if the columns are not one number under two names."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from harness.records.rules import ForAll
from harness.records.verdict import Attacker, Effect, Finding, Reason
from harness.redteam.interface import Attack, Case, Runs
from harness.redteam.mutation.same_value import same_expression
from harness.rules.grammar import parse
from harness.rules.leaves import leaves

_MET_BY_ITSELF = (ast.Eq, ast.LtE, ast.GtE)


def _pairs(case: Case) -> Iterator[tuple[str, str]]:
    """Columns that a ``forall`` compares so that a number and itself would do."""
    for leaf in leaves(case.claim.decision):
        if not isinstance(leaf, ForAll):
            continue
        for node in ast.walk(parse(leaf.holds)):
            if isinstance(node, ast.Compare):
                sides = [node.left, *node.comparators]
                for left, op, right in zip(sides, node.ops, sides[1:], strict=False):
                    if (
                        isinstance(op, _MET_BY_ITSELF)
                        and isinstance(left, ast.Name)
                        and isinstance(right, ast.Name)
                        and left.id != right.id
                    ):
                        yield left.id, right.id


def _judge(case: Case, runs: Runs) -> Finding:
    pairs = list(_pairs(case))
    if not pairs:
        return ATTACK.not_applicable("the rule compares no two columns that may be equal")
    for first, second in pairs:
        if same := same_expression(case.loaded.script, first, second):
            return ATTACK.broken(
                Effect.VOIDS,
                8.5,
                f"line {same[0]} of the script fills {first} and {second} with one expression, so that comparing them "
                "shows nothing",
                reason=Reason.VACUOUS_EVIDENCE,
                evidence=({"columns": [first, second], "line": same[0], "text": same[1]},),
            )
    return ATTACK.held("the script fills the columns that the rule compares with different expressions")


ATTACK = Attack(
    name="replication/sides-apart",
    attacker=Attacker.REPLICATION_ATTACKER,
    threat="both sides of the relation are the same number under two names",
    origin="tautologies: a test that compares a function with itself",
    judge=_judge,
)
