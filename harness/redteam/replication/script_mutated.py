"""The script's text changed in one place at a time: what nothing depends on was not measured.

Scored like mutation testing, with three differences. A place that is never reached is not scored; whether it is reached
is found by a second run in which the script ends there. A run that fails shows that its place is reached, not that the
result depends on it; only a run that reports other numbers shows that. And because a sound script may well hold places
that change nothing (a filter that every row passes, a guard, an order that does not matter), survivors alone void
nothing: what is damning is that no operation on data moves what is reported, while literals of the script do.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any, Literal

from harness.records.run import RunOutcome, ScriptEdit, Variation
from harness.records.verdict import Attacker, Effect, Finding, Reason
from harness.redteam.interface import Attack, Case, Runs, RunView, moved, unforeseen
from harness.redteam.mutation.operators import Site
from harness.redteam.mutation.sampling import sample
from harness.redteam.replication.repeated import steady

MOST = 16
"""Places changed in one claim's script."""
MOST_LONG = 6
"""The same where the claim's own run is so long that the record has a rehearsal: such a script leaves much to a
library."""
IDLE = 4
"""Operations on data that must be seen to change nothing before the evidence is void, on two statements at least."""
SHARE = 2
"""The evidence is weakened when more than one in this many scored changes survives."""
MORE = 48
"""Further places changed where all that was seen so far speaks for a show, before that is said."""
SHOWN = 60

Fate = Literal["moved", "failed", "beside", "unknown", "survived"]
"""What became of a changed script: it reported other numbers that the rule uses · gave nothing valid · reported other
numbers that the rule does not use · ran into a limit, which shows nothing · reported the same."""


def _sites(case: Case, more: int = 0) -> tuple[Site, ...] | None:
    if not case.claim.reproduction.script.endswith(".py"):
        return None
    most = MOST if case.claim.reproduction.rehearsal is None else MOST_LONG
    return sample(case.loaded.script, unforeseen(case, "mutants"), most + more)


def _further(case: Case, fates: Mapping[Site, Fate]) -> tuple[Site, ...]:
    """Places beyond the first sample, wanted only where no operation on data was seen to matter."""
    idle = [site for site, fate in fates.items() if fate == "survived" and site.data]
    if not _many(idle) or any(fate == "moved" and site.data for site, fate in fates.items()):
        return ()
    return tuple(site for site in _sites(case, MORE) or () if site not in fates)


def _name(site: Site, kind: str) -> str:
    edit = site.edit
    return ATTACK.run_name(
        f"{kind}/{edit.line}/{edit.start}-{edit.operator}-{len(edit.before)}-{len(edit.after)}"
    )


def _variation(case: Case, name: str, edit: ScriptEdit) -> Variation:
    return Variation(name=name, seed=case.claim.reproduction.seeds[0], edit=edit)


def _plan(case: Case) -> tuple[Variation, ...]:
    if not case.measured:
        return ()
    return tuple(_variation(case, _name(site, "changed"), site.edit) for site in _sites(case) or ())


def _follow_up(case: Case, runs: Runs) -> tuple[Variation, ...]:
    """For every survivor, whether its place is reached at all; two changes of one place need one run."""
    fates = {
        site: _fate(run, case.main)
        for site in _sites(case) or ()
        if (run := runs.get(_name(site, "changed"))) is not None
    }
    edits = {_reached_name(site): site.probe for site, fate in fates.items() if fate == "survived"}
    edits |= {_name(site, "further"): site.edit for site in _further(case, fates)}
    return tuple(_variation(case, name, edit) for name, edit in edits.items())


def _reached_name(site: Site) -> str:
    return ATTACK.run_name(f"reached/{site.probe.line}/{site.probe.start}-{len(site.probe.before)}")


def _fate(run: RunView, main: RunView) -> Fate:
    if run.outcome in (RunOutcome.TIMED_OUT, RunOutcome.LIMIT_EXCEEDED):
        return "unknown"
    if run.observations is None:
        return "failed"
    if moved(run, main):
        return "moved"
    return "survived" if run.observations == main.observations else "beside"


def _judge(case: Case, runs: Runs) -> Finding:
    if not case.measured:
        return ATTACK.not_applicable("the script reported nothing")
    chosen = _sites(case)
    if chosen is None:
        return ATTACK.not_applicable(
            "only scripts written in Python, in UTF-8 and of common size, are changed"
        )
    if not steady(case, runs):
        return ATTACK.not_applicable("the script reports something else whenever it runs")
    fates = {site: _fate(runs[_name(site, "changed")], case.main) for site in chosen}
    survived = [
        site for site, fate in fates.items() if fate == "survived" and _reached(runs[_reached_name(site)])
    ]
    counts = Counter(fates.values())
    scored = counts["moved"] + counts["failed"] + len(survived)
    if not scored:
        return ATTACK.not_applicable("the script has no place whose change could show anything")
    killed = scored - len(survived)
    names = tuple(_name(site, "changed") for site in chosen)
    evidence: tuple[dict[str, Any], ...] = (
        {
            "killed": killed,
            "scored": scored,
            "other_numbers": counts["moved"],
            "other_answers": _other_answers(case, runs, chosen),
            "never_reached": counts["survived"] - len(survived),
        },
        *(_shown(site) for site in survived),
    )
    score = f"{killed} of {scored} changes to the script that are reached change what is reported or end it"
    idle = [site for site in survived if site.data]
    moving = [site for site, fate in fates.items() if fate == "moved"]
    moving += [site for site in _further(case, fates) if moved(runs[_name(site, "further")], case.main)]
    literals = [site for site in moving if not site.data]
    working = [site for site in moving if site.data]
    if literals and not working and _many(idle) and not _follows_inputs(case, runs):
        return ATTACK.broken(
            Effect.VOIDS,
            8.5,
            f"no operation on data changes what is reported ({len(idle)} that are reached were tried), what is written "
            f"in line {literals[0].edit.line} does: the script works for show",
            reason=Reason.VACUOUS_EVIDENCE,
            evidence=(*evidence, {"moves_with": _shown(literals[0])}),
            runs=names,
        )
    if _many(survived) and len(survived) * SHARE > scored:
        return ATTACK.broken(
            Effect.WEAKENS,
            3.0,
            f"{len(survived)} of {scored} changes to places that the script reaches change nothing that is reported, "
            f"first in line {survived[0].edit.line}",
            evidence=evidence,
            runs=names,
        )
    return ATTACK.held(score, runs=names, evidence=evidence)


def _reached(run: RunView) -> bool:
    """Whether a script that ends at a place did end there. Out of time shows nothing."""
    return run.observations is None and run.outcome is RunOutcome.SCRIPT_FAILED


def _many(found: list[Site]) -> bool:
    return len(found) >= IDLE and len({site.statement for site in found}) > 1


def _follows_inputs(case: Case, runs: Runs) -> bool:
    """Whether any run on other inputs reported other numbers: then something does depend on them."""
    return any(run.record.variation.transforms and moved(run, case.main) for run in runs.values())


def _other_answers(case: Case, runs: Runs, chosen: tuple[Site, ...]) -> int:
    # Shown, and no reason to doubt: a difference that is far from its threshold keeps its answer under most changes.
    return sum(
        run.answer is not None and run.answer is not case.main.answer
        for run in (runs[_name(site, "changed")] for site in chosen)
    )


def _shown(site: Site) -> dict[str, Any]:
    edit = site.edit
    return {
        "line": edit.line,
        "operator": edit.operator,
        "before": edit.before[:SHOWN],
        "after": edit.after[:SHOWN],
    }


ATTACK = Attack(
    name="replication/script-mutated",
    attacker=Attacker.REPLICATION_ATTACKER,
    threat="the script does work for show and reports what is written in it",
    origin="mutation testing (DeMillo, Lipton and Sayward 1978; Jia and Harman 2011)",
    plan=_plan,
    follow_up=_follow_up,
    judge=_judge,
)
