"""How often the gates were right: verdicts against truths. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from typing import Literal

from harness.records.gauntlet import (
    HONEST,
    HONEST_TRUE,
    ClassScore,
    GauntletReport,
    Rate,
    Truth,
    WrongVerdict,
)
from harness.records.manifest import Manifest
from harness.records.verdict import Status, Verdict
from harness.stats.intervals import clopper_pearson_lower, clopper_pearson_upper

SCHEMA: Literal["https://claim-harness.dev/schemas/gauntlet-v1"] = (
    "https://claim-harness.dev/schemas/gauntlet-v1"
)
GOAL = Fraction(95, 100)
"""Least share of honest true claims that must come out VERIFIED."""
TAIL = 0.025
"""Error on each side of a two-sided 95 % interval."""

Mistake = Literal["false VERIFIED", "false FALSIFIED", "not VERIFIED", "not FALSIFIED", "other reason"]
_WORST_FIRST: tuple[Mistake, ...] = (
    "false VERIFIED",
    "false FALSIFIED",
    "not VERIFIED",
    "not FALSIFIED",
    "other reason",
)
Pair = tuple[Truth, Verdict]


def score(
    manifests: Sequence[Manifest], truths: Mapping[str, Truth], failed: Mapping[str, str], *, seconds: float
) -> GauntletReport:
    """The report on manifests whose truth is given by ``paper/claim``."""
    known = [(manifest, truths[f"{manifest.paper}/{manifest.claim}"]) for manifest in manifests]
    pairs = [(truth, manifest.verdict) for manifest, truth in known]
    verified, falsified = _false(pairs, Status.VERIFIED), _false(pairs, Status.FALSIFIED)
    honest = [verdict.status for truth, verdict in pairs if truth.class_ == HONEST_TRUE]
    true_verified = rate(status is Status.VERIFIED for status in honest)
    wrong = [
        WrongVerdict.model_validate(
            {
                "paper": manifest.paper,
                "claim": manifest.claim,
                "class": truth.class_,
                "mistake": kind,
                "said": manifest.verdict.status,
                "reason_code": manifest.verdict.reason_code,
                "reason": manifest.verdict.reason,
                "truth": truth.status,
                "reason_codes": truth.reason_codes,
                "why": truth.why,
            }
        )
        for manifest, truth in known
        if (kind := mistake(truth, manifest.verdict)) is not None
    ]
    return GauntletReport(
        schema_=SCHEMA,
        claims=len(pairs),
        false_verified=verified,
        false_falsified=falsified,
        honest_true_verified=true_verified,
        right=_right(pairs),
        goals_hold=not failed
        and bool(pairs)
        and verified.count == falsified.count == 0
        and true_verified.count >= GOAL * true_verified.of,
        classes=tuple(_class(name, pairs) for name in class_order(truth.class_ for truth, _said in pairs)),
        wrong=tuple(sorted(wrong, key=lambda row: (_WORST_FIRST.index(row.mistake), row.paper, row.claim))),
        failed=dict(failed),
        seconds=seconds,
    )


def mistake(truth: Truth, verdict: Verdict) -> Mistake | None:
    """What is wrong with a verdict; None when it is right."""
    if verdict.status is truth.status:
        return None if verdict.reason_code in truth.reason_codes else "other reason"
    if verdict.status is Status.VERIFIED:
        return "false VERIFIED"
    if verdict.status is Status.FALSIFIED:
        return "false FALSIFIED"
    return "not VERIFIED" if truth.status is Status.VERIFIED else "not FALSIFIED"


def rate(happened: Iterable[bool]) -> Rate:
    """Count of true among all, with the exact interval; 0 to 1 where there are none."""
    each = list(happened)
    count, of = sum(each), len(each)
    if of == 0:
        return Rate(count=0, of=0, low=0.0, high=1.0)
    return Rate(
        count=count,
        of=of,
        low=clopper_pearson_lower(count, of, TAIL),
        high=clopper_pearson_upper(count, of, TAIL),
    )


def class_order(names: Iterable[str]) -> list[str]:
    """Honest classes first, then classes of cheating by name; each once."""
    there = set(names)
    return [name for name in HONEST if name in there] + sorted(there - set(HONEST))


def _class(name: str, pairs: Sequence[Pair]) -> ClassScore:
    own = [(truth, verdict) for truth, verdict in pairs if truth.class_ == name]
    return ClassScore.model_validate(
        {
            "class": name,
            "claims": len(own),
            "false_verified": _false(own, Status.VERIFIED),
            "false_falsified": _false(own, Status.FALSIFIED),
            "right": _right(own),
        }
    )


def _false(pairs: Sequence[Pair], status: Status) -> Rate:
    return rate(verdict.status is status for truth, verdict in pairs if truth.status is not status)


def _right(pairs: Sequence[Pair]) -> Rate:
    return rate(mistake(truth, verdict) is None for truth, verdict in pairs)
