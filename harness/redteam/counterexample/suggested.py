"""Parameters that somebody suggested: the script runs there, and the rule's universal parts must hold."""

from __future__ import annotations

from harness.records.base import JsonScalar
from harness.records.claim import ClaimKind
from harness.records.rules import Answer
from harness.records.run import Variation
from harness.records.suggestion import ParametersSuggestion
from harness.records.verdict import Attacker, Effect, Finding
from harness.redteam.counterexample.formal_domain import universal
from harness.redteam.interface import Attack, Case, Runs
from harness.rules import decide


def _suggested(case: Case) -> list[tuple[str, ParametersSuggestion]]:
    if case.claim.kind is not ClaimKind.FORMAL or not case.measured or not universal(case.claim.decision):
        return []
    parameters = [item for item in case.loaded.suggested if isinstance(item, ParametersSuggestion)]
    return [(ATTACK.run_name(str(index)), item) for index, item in enumerate(parameters)]


def _plan(case: Case) -> tuple[Variation, ...]:
    seed = case.claim.reproduction.seeds[0]
    return tuple(
        Variation(name=name, seed=seed, parameters=dict(item.parameters)) for name, item in _suggested(case)
    )


def _judge(case: Case, runs: Runs) -> Finding:
    suggested = _suggested(case)
    if not suggested:
        return ATTACK.not_applicable("nobody suggested parameters for a statement about every element")
    names = tuple(name for name, _item in suggested)
    for name, item in suggested:
        observations = runs[name].observations
        if observations is None:
            continue
        for rule in universal(case.claim.decision):
            outcome = decide(rule, observations)
            if outcome.answer is Answer.REFUTED:
                inside = all(_declared(key, value, case) for key, value in item.parameters.items())
                return ATTACK.broken(
                    # Outside of what the record declares, nobody said that the statement holds.
                    Effect.REFUTES if inside else Effect.WEAKENS,
                    9.0 if inside else 4.0,
                    f"with the suggested parameters {item.as_json()['parameters']}"
                    + ("" if inside else ", outside the domain that the record declares,")
                    + f" {outcome.summary}",
                    evidence=outcome.violations[:20],
                    runs=(name,),
                )
    return ATTACK.held(f"no counterexample with {len(suggested)} suggested sets of parameters", runs=names)


def _declared(name: str, value: JsonScalar | tuple[JsonScalar, ...], case: Case) -> bool:
    """Whether a value lies between those that the record itself gives to the script, searches included."""
    own = [case.claim.reproduction.parameters[name]]
    own += [search.parameters[name] for search in case.claim.search if name in search.parameters]
    numbers = [item for item in own if isinstance(item, (int, float)) and not isinstance(item, bool)]
    if isinstance(value, (int, float)) and not isinstance(value, bool) and numbers:
        return min(numbers) <= value <= max(numbers)
    return value in own


ATTACK = Attack(
    name="counterexample/suggested",
    attacker=Attacker.COUNTEREXAMPLE_HUNTER,
    threat="the statement fails at a point that a reader of the record sees",
    origin="suggestions of a reviewer, human or model; programs decide",
    plan=_plan,
    judge=_judge,
)
