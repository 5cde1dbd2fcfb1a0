"""Other parameters for a script without input data: something it reports must change."""

from __future__ import annotations

from typing import Any

from harness.records.claim import ClaimKind, Fidelity
from harness.records.run import Variation
from harness.records.verdict import Attacker, Effect, Finding, Reason
from harness.redteam.cells import about
from harness.redteam.interface import Attack, Case, Runs


def _changes(case: Case) -> list[dict[str, Any]]:
    given: list[dict[str, Any]] = [dict(search.parameters) for search in case.claim.search]
    given += [dict(control.parameters) for control in case.claim.controls if control.parameters]
    return given


def _of_its_own(case: Case) -> bool:
    """Whether the claim is about methods alone, run on data that the script makes, and says so by its fidelity.

    A model or a data set has numbers of its own, which nobody can make up; a mechanism can be simulated.
    """
    own = case.claim.reproduction.fidelity in (Fidelity.SCALED, Fidelity.ANALOG)
    source = case.loaded.source
    return own and not about(case.claim, source, "models") and not about(case.claim, source, "datasets")


def _plan(case: Case) -> tuple[Variation, ...]:
    if not case.measured or case.loaded.input_names:
        return ()
    return tuple(
        Variation(
            name=ATTACK.run_name(str(index)), seed=case.claim.reproduction.seeds[0], parameters=parameters
        )
        for index, parameters in enumerate(_changes(case))
    )


def _judge(case: Case, runs: Runs) -> Finding:
    if not case.measured:
        return ATTACK.not_applicable("the script reported nothing")
    if case.loaded.input_names:
        return ATTACK.not_applicable("the script has inputs; other attacks change those")
    subject = case.claim.subject
    named = subject.models or subject.arms or subject.metrics
    if case.claim.kind is not ClaimKind.FORMAL and named and not _of_its_own(case):
        return ATTACK.broken(
            Effect.VOIDS,
            9.0,
            "the statement is about models, methods or measures, and the script is given no data: nothing ties what "
            "it reports to them, and it cannot come out otherwise",
            reason=Reason.VACUOUS_EVIDENCE,
        )
    changes = _changes(case)
    if not changes:
        return ATTACK.broken(
            Effect.VOIDS,
            9.0,
            "the script reads no data and nothing it could be asked otherwise is declared: "
            "it cannot come out otherwise",
            reason=Reason.VACUOUS_EVIDENCE,
        )
    names = tuple(ATTACK.run_name(str(index)) for index in range(len(changes)))
    if named and case.claim.kind is not ClaimKind.FORMAL and case.main.answer == "MET":
        other = [name for name in names if runs[name].answer not in (None, case.main.answer)]
        if not other:
            return ATTACK.broken(
                Effect.VOIDS,
                9.0,
                "the script is given no data, and answers the same with every other parameter that the record declares",
                reason=Reason.VACUOUS_EVIDENCE,
                runs=names,
            )
    if all(runs[name].content == case.main.content for name in names):
        return ATTACK.broken(
            Effect.VOIDS,
            9.0,
            "the script reports the same whatever its parameters: it cannot come out otherwise",
            reason=Reason.VACUOUS_EVIDENCE,
            runs=names,
        )
    return ATTACK.held("what the script reports moves with its parameters", runs=names)


ATTACK = Attack(
    name="replication/parameters-varied",
    attacker=Attacker.REPLICATION_ATTACKER,
    threat="a script without data prints a constant",
    origin="the seed case: a script that counts N(N-1) and cannot come out otherwise",
    plan=_plan,
    judge=_judge,
)
