"""What an attack is: a plan of extra runs and a judgement on what came back, both pure.

Because both are pure functions of recorded facts, the auditor calls the same code on the recorded runs and must
come to the same finding.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property
from typing import Any

from harness.canonical import digest, sha256
from harness.loading import LoadedClaim
from harness.observing import BadObservations, NothingMeasured, read_observations
from harness.records.claim import Claim
from harness.records.manifest import PluginUsed
from harness.records.observations import Observations
from harness.records.rules import Answer, RuleOutcome
from harness.records.run import RunOutcome, RunRecord, Variation
from harness.records.units import Unit
from harness.records.verdict import Attacker, Effect, Finding, Reason
from harness.rules import decide as decide_rule
from harness.rules import references
from harness.stats.rounding import exact


@dataclass(frozen=True)
class RunView:
    """One recorded run as a judge sees it."""

    record: RunRecord
    """What was recorded."""
    observations_bytes: bytes | None
    """The observations file, or None."""
    claim: Claim
    """The claim whose declarations the observations must meet."""

    @cached_property
    def parsed(self) -> tuple[Observations | None, RunOutcome, str]:
        """Observations if valid, the outcome after reading them, and one sentence on it."""
        if self.record.outcome is not RunOutcome.COMPLETED or self.observations_bytes is None:
            return None, self.record.outcome, self.record.detail
        try:
            return read_observations(self.observations_bytes, self.claim), RunOutcome.COMPLETED, ""
        except NothingMeasured as said:
            return None, RunOutcome.NOT_RUN, str(said)
        except BadObservations as error:
            return None, RunOutcome.INVALID_OUTPUT, str(error)

    @property
    def observations(self) -> Observations | None:
        """Valid observations, or None."""
        return self.parsed[0]

    @property
    def outcome(self) -> RunOutcome:
        """How the run ended, output included."""
        return self.parsed[1]

    @cached_property
    def rule(self) -> RuleOutcome | None:
        """What the decision rule answers on this run; None without valid observations."""
        return None if self.observations is None else decide_rule(self.claim.decision, self.observations)

    @property
    def answer(self) -> Answer | None:
        """MET, REFUTED, UNDECIDED, or None without valid observations."""
        return None if self.rule is None else self.rule.answer

    @cached_property
    def parts(self) -> dict[str, Any]:
        """Every number that the rule uses, as comparable values independent of the order of rows.

        The key is the quantity's name or ``table.column``; a column stands with the labels of its rows. What
        the rule does not use is left out: a number that decides nothing must not hide one that never moves.
        """
        if self.observations is None:
            return {}
        found: dict[str, Any] = {}
        for name, column in sorted(references(self.claim.decision), key=str):
            if column is None:
                found[name] = str(self.observations.quantities[name].value)
                continue
            table = self.observations.tables[name]
            labels = [item.name for item in table.columns if item.unit is None]
            found[f"{name}.{column}"] = sorted(
                (*(str(row[label]) for label in labels), str(row[column])) for row in table.records()
            )
        return found

    @property
    def content(self) -> Any:
        """All parts, or None without valid observations."""
        return None if self.observations is None else self.parts

    @property
    def said(self) -> str:
        """The answer, or how the run failed."""
        return str(self.answer) if self.answer is not None else str(self.outcome)


@dataclass(frozen=True)
class Case:
    """One claim with its own run: all that an attack may look at, apart from the runs it asked for."""

    loaded: LoadedClaim
    """Record, source, script and inputs."""
    main: RunView
    """The claim's own run."""
    plugins: tuple[Plugin, ...] = ()
    """Plug-ins whose attacks are made beside the harness's own."""
    rehearsal: RunView | None = None
    """The script's run at the size at which attacks are made; None where that is the size of the claim's own run."""

    @property
    def claim(self) -> Claim:
        """The record."""
        return self.loaded.claim

    @property
    def measured(self) -> bool:
        """Whether the claim's own run gave valid observations."""
        return self.main.observations is not None


Runs = Mapping[str, RunView]


def moved(run: RunView, main: RunView) -> bool:
    """Whether a run reported something valid and different. A crash is no measurement, so it has not moved."""
    return run.observations is not None and run.content != main.content


def unit_of(part: str, claim: Claim) -> Unit | None:
    """Unit of a part of the observations; None for a column of labels."""
    name, _dot, column = part.partition(".")
    item = next(item for item in claim.observes if item.name == name)
    return item.columns[column].unit if column else item.unit


def labelled_numbers(run: RunView, part: str) -> dict[tuple[str, ...], Fraction]:
    """Numbers of a part by the labels of their rows; rows without labels are left out where there are several."""
    value = run.parts[part]
    if isinstance(value, str):
        return {(): exact(_plain(value))}
    return {tuple(row[:-1]): exact(_plain(row[-1])) for row in value}


def numbers_of(run: RunView, part: str) -> list[Fraction]:
    """All numbers of a part."""
    value = run.parts[part]
    return [
        exact(_plain(text)) for text in ([value] if isinstance(value, str) else [row[-1] for row in value])
    ]


def _plain(text: str) -> int | float | str:
    """Text of a reported number as a number where it was written with an exponent."""
    return float(text) if "e" in text.lower() else text


def unforeseen(case: Case, purpose: str) -> int:
    """A number below 2**31 that depends on record and script together, so that no script can hold it."""
    text = f"{purpose}/{digest(case.claim)}/{sha256(case.loaded.script)}"
    return int(sha256(text.encode())[:8], 16) >> 1


FOLDERS = {
    Attacker.COUNTEREXAMPLE_HUNTER: "counterexample",
    Attacker.CITATION_AUDITOR: "citation",
    Attacker.REPLICATION_ATTACKER: "replication",
}
"""How the name of each attacker's attacks begins."""


def no_runs(case: Case) -> tuple[Variation, ...]:
    """The plan of an attack that wants no runs."""
    return ()


def no_further_runs(case: Case, runs: Runs) -> tuple[Variation, ...]:
    """The second plan of an attack that wants no runs after those of the first."""
    return ()


@dataclass(frozen=True)
class Attack:
    """One attack. ``plan`` says which runs it wants, ``judge`` says what they show."""

    name: str
    """``<attacker>/<attack>``."""
    attacker: Attacker
    """Whose attack it is."""
    threat: str
    """What it would mean if it broke the evidence."""
    origin: str
    """Where the attack is described: a paper, a tracker, a class of cheating."""
    judge: Callable[[Case, Runs], Finding]
    """Findings from recorded facts. Pure."""
    plan: Callable[[Case], tuple[Variation, ...]] = no_runs
    """Runs that are wanted beyond the claim's own. Pure. Their names start with ``attack/<name>/``."""
    follow_up: Callable[[Case, Runs], tuple[Variation, ...]] = no_further_runs
    """Further runs that are wanted once those of ``plan`` are there; may look at this attack's own runs. Pure."""
    full_size: bool = False
    """Whether its runs are as large as the claim's own where the record has a rehearsal: it asks for the answer, and a
    smaller run need not give the same."""

    def seen(self, case: Case) -> Case:
        """The case as this attack sees it: where it makes runs of the rehearsal's size, that run is the claim's own."""
        makes_runs = self.plan is not no_runs or self.follow_up is not no_further_runs
        if case.rehearsal is None or self.full_size or not makes_runs:
            return case
        return replace(case, main=case.rehearsal, rehearsal=None)

    def held(
        self, summary: str, *, runs: tuple[str, ...] = (), evidence: tuple[dict[str, Any], ...] = ()
    ) -> Finding:
        """The evidence withstood."""
        return self._finding("held", summary, runs=runs, evidence=evidence)

    def not_applicable(self, why: str) -> Finding:
        """There is nothing to try, and why."""
        return self._finding("not_applicable", why)

    def left_out(self, why: str) -> Finding:
        """Runs that it needs were not made, and which."""
        return self._finding("left_out", why)

    def broken(
        self,
        effect: Effect,
        severity: float,
        summary: str,
        *,
        reason: Reason | None = None,
        evidence: tuple[dict[str, Any], ...] = (),
        runs: tuple[str, ...] = (),
    ) -> Finding:
        """The evidence fell."""
        return self._finding(
            "broken",
            summary,
            effect=effect,
            severity=severity,
            reason_code=reason,
            evidence=evidence,
            runs=runs,
        )

    def _finding(self, status: Any, summary: str, **more: Any) -> Finding:
        return Finding(
            attack=self.name,
            attacker=self.attacker,
            threat=self.threat,
            status=status,
            summary=summary,
            **more,
        )

    def run_name(self, part: str) -> str:
        """Name of one of this attack's runs."""
        return f"attack/{self.name}/{part}"


@dataclass(frozen=True)
class Plugin:
    """Attacks of another distribution."""

    used: PluginUsed
    """Where they come from."""
    attacks: tuple[Attack, ...]
    """The attacks."""
