"""Verdicts against truths: every mistake is called by its name, and rates have exact intervals."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from scipy.stats import binomtest

from harness.gauntlet.scoring import class_order, mistake, rate, score
from harness.records.gauntlet import Truth
from harness.records.manifest import Manifest
from harness.records.verdict import Reason, Status, Verdict

CODES = {
    Status.VERIFIED: Reason.RULE_MET,
    Status.FALSIFIED: Reason.RULE_REFUTED,
    Status.UNVERIFIED: Reason.VACUOUS_EVIDENCE,
}
CLASSES = {
    Status.VERIFIED: "honest-true",
    Status.FALSIFIED: "honest-false",
    Status.UNVERIFIED: "honest-out-of-reach",
}


def truth(true: Status, /, **changes: object) -> Truth:
    given = {
        "record": "truth-v1",
        "class": CLASSES[true],
        "status": true,
        "reason_codes": [CODES[true]],
        "why": "It was made so.",
        **changes,
    }
    return Truth.model_validate(given)


def said(status: Status, code: Reason | None = None) -> Verdict:
    return Verdict(status=status, reason_code=code or CODES[status], reason="because", settles="more")


def manifest(name: str, verdict: Verdict) -> Manifest:
    # Only these three fields are read.
    return Manifest.model_construct(paper="paper", claim=name, verdict=verdict)


@pytest.mark.parametrize(
    ("true", "given", "wrong"),
    [
        (Status.VERIFIED, Status.VERIFIED, None),
        (Status.VERIFIED, Status.FALSIFIED, "false FALSIFIED"),
        (Status.VERIFIED, Status.UNVERIFIED, "not VERIFIED"),
        (Status.FALSIFIED, Status.VERIFIED, "false VERIFIED"),
        (Status.FALSIFIED, Status.FALSIFIED, None),
        (Status.FALSIFIED, Status.UNVERIFIED, "not FALSIFIED"),
        (Status.UNVERIFIED, Status.VERIFIED, "false VERIFIED"),
        (Status.UNVERIFIED, Status.FALSIFIED, "false FALSIFIED"),
        (Status.UNVERIFIED, Status.UNVERIFIED, None),
    ],
)
def test_every_pair_of_truth_and_verdict_has_its_name(true: Status, given: Status, wrong: str | None) -> None:
    assert mistake(truth(true), said(given)) == wrong


def test_the_right_status_for_another_reason_is_a_mistake_of_its_own() -> None:
    assert mistake(truth(Status.UNVERIFIED), said(Status.UNVERIFIED, Reason.TIMED_OUT)) == "other reason"


def test_a_report_counts_each_rate_among_the_claims_it_can_happen_to() -> None:
    """Three true claims of which one is missed; one false one that is verified."""
    pairs = {
        "a": (Status.VERIFIED, Status.VERIFIED),
        "b": (Status.VERIFIED, Status.VERIFIED),
        "c": (Status.VERIFIED, Status.UNVERIFIED),
        "d": (Status.FALSIFIED, Status.VERIFIED),
    }
    report = score(
        [manifest(name, said(given)) for name, (_true, given) in pairs.items()],
        {f"paper/{name}": truth(true) for name, (true, _given) in pairs.items()},
        {},
        seconds=1.0,
    )
    assert (report.false_verified.count, report.false_verified.of) == (1, 1)
    assert (report.false_falsified.count, report.false_falsified.of) == (0, 3)
    assert (report.honest_true_verified.count, report.honest_true_verified.of) == (2, 3)
    assert (report.right.count, report.right.of) == (2, 4)
    assert not report.goals_hold
    assert [(row.mistake, row.claim) for row in report.wrong] == [
        ("false VERIFIED", "d"),
        ("not VERIFIED", "c"),
    ]
    assert [row.class_ for row in report.classes] == ["honest-true", "honest-false"]


@pytest.mark.parametrize(("verified", "holds"), [(18, False), (19, True), (20, True)])
def test_nineteen_of_twenty_true_claims_are_enough(verified: int, holds: bool) -> None:
    names = [f"claim-{index}" for index in range(20)]
    report = score(
        [
            manifest(name, said(Status.VERIFIED if index < verified else Status.UNVERIFIED))
            for index, name in enumerate(names)
        ],
        {f"paper/{name}": truth(Status.VERIFIED) for name in names},
        {},
        seconds=0.0,
    )
    assert report.goals_hold is holds


@pytest.mark.parametrize("failed", [{}, {"paper/b": "OSError: gone"}])
def test_goals_do_not_hold_without_claims_nor_with_failed_ones(failed: dict[str, str]) -> None:
    assert not score([], {}, failed, seconds=0.0).goals_hold
    one = score(
        [manifest("a", said(Status.VERIFIED))], {"paper/a": truth(Status.VERIFIED)}, failed, seconds=0.0
    )
    assert one.goals_hold is (not failed)


@given(st.lists(st.booleans(), min_size=1, max_size=60))
def test_rates_have_the_clopper_pearson_interval(happened: list[bool]) -> None:
    interval = binomtest(sum(happened), len(happened)).proportion_ci(0.95, "exact")
    found = rate(happened)
    assert found.low == pytest.approx(interval.low, abs=1e-9)
    assert found.high == pytest.approx(interval.high, abs=1e-9)


def test_nothing_to_count_says_nothing() -> None:
    assert (rate([]).low, rate([]).high) == (0.0, 1.0)


def test_honest_classes_come_first() -> None:
    assert class_order(["echo", "honest-false", "constant", "honest-true", "echo"]) == [
        "honest-true",
        "honest-false",
        "constant",
        "echo",
    ]


@pytest.mark.parametrize(
    "changes",
    [
        {"class": "honest-true", "status": "UNVERIFIED"},
        {"class": "honest-false", "status": "VERIFIED", "reason_codes": ["RULE_MET"]},
        {"class": "honest-true", "status": "VERIFIED", "twin": "other"},
        {"class": "constant", "status": "VERIFIED", "twin": "other"},
        {"class": "constant", "status": "UNVERIFIED"},
        {"class": "constant", "status": "UNVERIFIED", "twin": "other", "reason_codes": []},
        {"class": "constant", "status": "UNVERIFIED", "twin": "other", "why": ""},
        {"class": "constant", "status": "UNVERIFIED", "twin": "other", "verdict": "UNVERIFIED"},
    ],
)
def test_a_truth_that_contradicts_itself_is_refused(changes: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        truth(Status.UNVERIFIED, **changes)
