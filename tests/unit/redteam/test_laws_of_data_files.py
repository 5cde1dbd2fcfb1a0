"""Laws that any honest script on data files obeys: of scale, of constants and of other bytes."""

from __future__ import annotations

import json
import statistics
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.canonical import canonical_bytes
from harness.loading import load_claims
from harness.records.observations import PROTOCOL
from harness.records.run import RunOutcome, RunRecord, Variation
from harness.records.units import Unit
from harness.records.verdict import Finding
from harness.redteam.interface import Attack, Case, RunView
from harness.redteam.replication import (
    file_constant,
    file_scale,
    files_rewritten,
    other_records,
    values_nudged,
)
from harness.redteam.scale_laws import ScaleLaw
from harness.transforms import apply_transforms

CLAIMS = Path(__file__).parents[2] / "gauntlet" / "claims"
[LOADED] = load_claims(CLAIMS / "recall-training" / "visits-gap-2")
Script = Callable[[bytes], float]
Person = dict[str, float]


def people(data: bytes) -> list[Person]:
    return [json.loads(line) for line in data.splitlines()]


def hours(data: bytes, group: str = "Training") -> list[float]:
    return [person["hours"] for person in people(data) if person["group"] == group]


def gap(data: bytes) -> float:
    return statistics.mean(hours(data)) - statistics.mean(hours(data, "Waiting"))


def attacked(
    attack: Attack, script: Script, *, unit: Unit = Unit.DIMENSIONLESS, statement: str = ""
) -> Finding:
    """The finding of an attack on a script that is a function of the visits."""
    [item] = LOADED.claim.observes
    item = item.model_copy(update={"unit": unit})
    if statement:
        item = item.model_copy(update={"measures": item.measures.model_copy(update={"arms": ("Training",)})})
    claim = LOADED.claim.model_copy(
        update={"statement": statement or LOADED.claim.statement, "observes": (item,)}
    )

    def run(variation: Variation) -> RunView:
        value = script(apply_transforms(LOADED.inputs, variation.transforms)["visits.jsonl"])
        record = RunRecord(variation=variation, outcome=RunOutcome.COMPLETED, exit_code=0)
        quantities = {"gap": {"value": value, "unit": unit}}
        return RunView(
            record, canonical_bytes({"protocol": PROTOCOL, "quantities": quantities, "tables": {}}), claim
        )

    case = Case(replace(LOADED, claim=claim), run(Variation(name="main")))
    runs = {item.name: run(item) for item in attack.plan(case)}
    runs |= {item.name: run(item) for item in attack.follow_up(case, runs)}
    return attack.judge(case, runs)


OWN = LOADED.inputs["visits.jsonl"]


@pytest.mark.parametrize(
    ("script", "status"),
    [
        (gap, "held"),
        (lambda data: round(gap(data), 2), "held"),
        (lambda data: gap(data) / 24, "held"),
        (lambda data: statistics.mean(hours(data)) / statistics.mean(hours(data, "Waiting")), "held"),
        (lambda data: gap(data) + 1.5, "broken"),
        (lambda data: gap(data) * 0.5 - 3, "broken"),
    ],
)
def test_nothing_is_added_to_a_difference(script: Script, status: str) -> None:
    assert attacked(file_scale.ATTACK, script).status == status


def test_a_scale_turned_round_is_no_correction() -> None:
    """10 minus the hours: in a difference of two groups the 10 falls out."""

    def turned(data: bytes) -> float:
        return statistics.mean(10 - own for own in hours(data, "Waiting")) - statistics.mean(
            10 - own for own in hours(data)
        )

    assert attacked(file_scale.ATTACK, turned).status == "held"


@pytest.mark.parametrize(
    "statement",
    [
        "In Visits the Dose of Training is significantly higher than that of Waiting.",
        "In Visits the mean rate of Training is higher than that of Waiting.",
        "In Visits the mean Dose of those above 5 hours is higher.",
        "In Visits the mean log Dose is 2.",
    ],
)
def test_statements_that_need_not_follow_the_scale_are_left_alone(statement: str) -> None:
    assert (
        attacked(file_scale.ATTACK, lambda data: gap(data) + 1.5, statement=statement).status
        == "not_applicable"
    )


MEAN = "In Visits the mean Dose of Training is longest."


@pytest.mark.parametrize(
    ("script", "status"),
    [
        (lambda data: statistics.mean(hours(data)), "held"),
        (lambda data: statistics.median(hours(data)) * 3600, "held"),
        (lambda data: 4 * statistics.mean(hours(data)), "held"),
        (lambda data: statistics.median(hours(data)) / 10, "broken"),
        (lambda data: float(len(people(data))), "held"),
    ],
)
def test_a_mean_of_one_number_is_that_number_in_some_unit(script: Script, status: str) -> None:
    """A mean of sums over records may be larger, and a count does not move at all."""
    assert attacked(file_constant.ATTACK, script, unit=Unit.SECONDS, statement=MEAN).status == status


@pytest.mark.parametrize(
    ("script", "status"),
    [
        (gap, "held"),
        (lambda data: gap(data) + (data == OWN), "broken"),
        (lambda data: gap(data) + (data.count(b', "hours"') == 72), "broken"),
        (lambda data: gap(data) + (not data.endswith(b"\n")), "held"),
    ],
)
def test_other_bytes_with_the_same_values_give_the_same(script: Script, status: str) -> None:
    """One way of writing alone may trip a script that takes lines apart by hand."""
    assert attacked(files_rewritten.ATTACK, script).status == status


def test_a_jump_that_one_column_shows_is_not_hidden_by_another() -> None:
    """A nudged label moves an honest mean, too, by another distance than the others."""
    finding = attacked(values_nudged.ATTACK, lambda data: gap(data) - 0.6 * (data == OWN))
    assert finding.status == "broken"
    assert attacked(values_nudged.ATTACK, gap).status == "held"


@pytest.mark.parametrize(
    ("script", "status"),
    [
        (lambda data: statistics.median(hours(data)), "held"),
        (lambda data: statistics.quantiles(hours(data), n=4)[1], "held"),
        (lambda data: statistics.mean(hours(data)), "broken"),
    ],
)
def test_a_median_does_not_grow_with_one_record(script: Script, status: str) -> None:
    found = attacked(other_records.ATTACK, script, statement="In Visits the median Dose of Training is 8.")
    assert found.status == status


def finished(data: bytes, *, of_all: bool) -> float:
    own = [person["finished"] for person in people(data) if person["group"] == "Training"]
    return sum(own) / (len(people(data)) if of_all else len(own))


@pytest.mark.parametrize(
    ("statement", "of_all", "status"),
    [
        ("In Visits 60 % of the 36 people with Training finished.", False, "held"),
        ("In Visits 30 % of the 36 people with Training finished.", True, "broken"),
        ("In Visits 30 % of all people had Training and finished.", True, "not_applicable"),
    ],
)
def test_other_methods_are_not_in_the_denominator(statement: str, of_all: bool, status: str) -> None:
    found = attacked(
        other_records.ATTACK,
        lambda data: finished(data, of_all=of_all),
        unit=Unit.FRACTION,
        statement=statement,
    )
    assert found.status == status


fractions = st.fractions(min_value=-1000, max_value=1000, max_denominator=100)
FACTORS = (Fraction(1), Fraction(2), Fraction(3))


@given(fractions.filter(bool), st.sampled_from([0, 1, 2, -1]))
def test_powers_follow_the_scale(own: Fraction, power: int) -> None:
    law = ScaleLaw({factor: own * factor**power for factor in FACTORS})
    assert law.follows
    assert law.added == 0


@given(fractions, fractions)
def test_what_is_added_is_found(slope: Fraction, added: Fraction) -> None:
    law = ScaleLaw({factor: slope * factor + added for factor in FACTORS})
    if not law.follows:
        assert law.added == added
        assert law.turned == (slope < 0)
    else:
        assert abs(added) <= 10 * law.slack or abs(slope) <= 10 * law.slack


@given(fractions, fractions)
def test_a_number_that_goes_with_all_data_but_the_own(own: Fraction, slope: Fraction) -> None:
    at = {factor: slope * factor for factor in FACTORS} | {Fraction(1): own}
    law = ScaleLaw(at)
    assert law.only_elsewhere == (abs(own - slope) > law.slack)
