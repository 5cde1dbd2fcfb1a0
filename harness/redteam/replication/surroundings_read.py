"""Clock, environment, machine, processes and file times as the script reads them, replaced by others.

A sandbox cannot set the clock back or give every machine another name, and need not: wherever the script's text reads
such a thing, its text is changed so that it reads something else. What it reports must stay the same. A comment added
at the end shows a script that looks at its own text.
"""

from __future__ import annotations

from typing import Any

from harness.records.run import ScriptEdit, Variation
from harness.records.verdict import Attacker, Effect, Finding, Reason
from harness.redteam.interface import Attack, Case, Runs, moved, unforeseen
from harness.redteam.mutation.surroundings import MOST, Read, dynamic, reads
from harness.redteam.replication.repeated import steady

_OWN_TEXT = "own-text"


def _reads(case: Case) -> tuple[Read, ...] | None:
    if not case.claim.reproduction.script.endswith(".py"):
        return None
    return reads(case.loaded.script)


def _edits(case: Case) -> dict[str, tuple[Read, ScriptEdit]]:
    """Name of each run to the place that it changes and how."""
    found: dict[str, tuple[Read, ScriptEdit]] = {}
    for read in [item for item in _reads(case) or () if item.edits][:MOST]:
        for number, edit in enumerate(read.edits):
            found[ATTACK.run_name(f"{edit.line}/{edit.start}-{number}")] = (read, edit)
    return found


def _comment(case: Case) -> ScriptEdit:
    script = case.loaded.script
    return ScriptEdit(
        operator="comment",
        line=script.count(b"\n") + 1,
        start=len(script),
        before="",
        after=f"\n# {unforeseen(case, 'comment')}\n",
    )


def _plan(case: Case) -> tuple[Variation, ...]:
    if not case.measured or _reads(case) is None:
        return ()
    edits = {ATTACK.run_name(_OWN_TEXT): _comment(case)}
    edits |= {name: edit for name, (_read, edit) in _edits(case).items()}
    seed = case.claim.reproduction.seeds[0]
    return tuple(Variation(name=name, seed=seed, edit=edit) for name, edit in edits.items())


def _judge(case: Case, runs: Runs) -> Finding:
    if not case.measured:
        return ATTACK.not_applicable("the script reported nothing")
    found = _reads(case)
    if found is None:
        return ATTACK.not_applicable(
            "only scripts written in Python, in UTF-8 and of common size, are changed"
        )
    if not steady(case, runs):
        return ATTACK.not_applicable("the script reports something else whenever it runs")
    own = ATTACK.run_name(_OWN_TEXT)
    edits = _edits(case)
    names = (own, *edits)
    evidence: tuple[dict[str, Any], ...] = tuple(
        {"line": read.line, "reads": read.what, "text": read.text} for read in found
    )
    if runs[own].content != case.main.content:
        return ATTACK.broken(
            Effect.VOIDS,
            8.0,
            f"a comment added to the script changes what it reports ({runs[own].said}): it looks at its own text",
            reason=Reason.UNSTABLE,
            evidence=evidence,
            runs=(own,),
        )
    if other := [name for name in edits if moved(runs[name], case.main)]:
        read, edit = edits[other[0]]
        return ATTACK.broken(
            Effect.VOIDS,
            8.0,
            f"what the script reports depends on {read.what}, which it reads in line {read.line}: with another value "
            f"there the answer is {runs[other[0]].said}",
            reason=Reason.UNSTABLE,
            evidence=({"line": read.line, "before": edit.before[:80], "after": edit.after[:160]}, *evidence),
            runs=tuple(other),
        )
    untried = [read for read in found if not any(_stood(name, read, edits, runs) for name in edits)]
    if hidden := dynamic(case.loaded.script):
        return ATTACK.broken(
            Effect.WEAKENS,
            3.0,
            f"line {hidden[0]} runs code or finds names that do not stand in the text of the script: what it reads "
            "there cannot be seen",
            evidence=(*evidence, {"lines": list(hidden)}),
            runs=names,
        )
    if untried:
        return ATTACK.broken(
            Effect.WEAKENS,
            2.0,
            f"the script reads {untried[0].what} in line {untried[0].line}, and gives no result with another value",
            evidence=evidence,
            runs=names,
        )
    what = ", ".join(sorted({read.what for read in found}))
    return ATTACK.held(
        f"what is reported does not depend on {what}"
        if found
        else "the script reads nothing of its surroundings",
        runs=names,
        evidence=evidence,
    )


def _stood(name: str, read: Read, edits: dict[str, tuple[Read, ScriptEdit]], runs: Runs) -> bool:
    """Whether this place was changed in a run that gave a result."""
    return edits[name][0] == read and runs[name].observations is not None


ATTACK = Attack(
    name="replication/surroundings-read",
    attacker=Attacker.REPLICATION_ATTACKER,
    threat="the script tells the harness from other machines, or one run from the next, and behaves accordingly",
    origin="defeat devices; sandbox evasion by environment checks",
    plan=_plan,
    judge=_judge,
)
