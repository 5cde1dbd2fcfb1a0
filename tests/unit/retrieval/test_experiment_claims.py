"""The two claims that need training: their scripts run sealed, and say what is missing where it is."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from harness.loading import LoadedClaim, load_claims
from harness.observing import NothingMeasured, read_observations
from harness.records.claim import Fidelity
from harness.records.observations import Observations
from harness.records.run import RunOutcome, Variation
from harness.rehearsing import rehearsed
from harness.requests import request_bytes
from harness.rules import decide
from harness.sandbox.interface import Job
from harness.sandbox.select import find_sandbox
from harness.script_modules import library_files

REPOSITORY = Path(__file__).parents[3]
PAPER = REPOSITORY / "claims" / "hybrid-batch-2408.10536"
NAMES = ("mechanism", "alpha-half")


HIDING = """
import importlib.util
real = importlib.util.find_spec
importlib.util.find_spec = lambda name, *more: None if name == {name!r} else real(name, *more)
"""
"""Makes an interpreter that starts with it believe that a package is not there."""


@cache
def claim(name: str) -> LoadedClaim:
    return load_claims(PAPER / name)[0]


@pytest.mark.parametrize("name", NAMES)
def test_the_statement_says_on_what_it_was_tried(name: str) -> None:
    record = claim(name).claim
    assert all(words in record.statement for words in ("demonstration", "CLDR", "small encoder", "chosen"))
    assert record.reproduction.fidelity is record.requires.fidelity is Fidelity.ANALOG
    assert not record.subject.models and not record.subject.datasets


@pytest.mark.parametrize("name", NAMES)
def test_every_part_of_the_rule_takes_topics_and_trainings_for_a_sample(name: str) -> None:
    parts = claim(name).claim.decision.parts  # type: ignore[union-attr]
    assert len(parts) >= 2
    assert all((part.unit, part.seed_column) == ("topic", "training") for part in parts)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("missing", ["torch", "transformers"])
def test_a_missing_package_is_named_and_nothing_is_measured(name: str, missing: str, tmp_path: Path) -> None:
    if missing != "torch":
        pytest.importorskip("torch", reason="torch is not installed: pip install '.[retrieval]'")
    (tmp_path / "sitecustomize.py").write_text(HIDING.format(name=missing))
    loaded, output = claim(name), tmp_path / "observations.json"
    request = json.loads(request_bytes(loaded.claim, Variation(name="main"), []))
    (tmp_path / "request.json").write_text(json.dumps(request | {"output": str(output)}))
    path = os.pathsep.join(map(str, (tmp_path, REPOSITORY / "harness" / "script_helper", REPOSITORY)))
    done = subprocess.run(
        [sys.executable, "-P", str(PAPER / name / "reproduce.py")],
        env={**os.environ, "PYTHONPATH": path, "CLAIM_REQUEST": str(tmp_path / "request.json")},
        cwd=tmp_path,
        check=False,
        capture_output=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    with pytest.raises(
        NothingMeasured, match=rf"{missing} is not installed; pip install 'claim-harness\[retrieval\]'"
    ):
        read_observations(output.read_bytes(), loaded.claim)


def small(name: str, **changed: Any) -> Observations:
    """What a claim's script reports sealed, with one training of three steps."""
    for package in ("torch", "transformers", "tokenizers", "babel", "matplotlib"):
        pytest.importorskip(package, reason=f"{package} is not installed: pip install '.[retrieval]'")
    loaded = claim(name)
    least = {"steps": 3, "batch": 8, "topics": 4, "trainings": (0,), **changed}
    execution = find_sandbox().run(
        Job(
            script_name="reproduce.py",
            script=loaded.script,
            inputs={},
            request=request_bytes(
                loaded.claim, rehearsed(loaded.claim, Variation(name="main", parameters=least)), []
            ),
            limits=loaded.claim.reproduction.limits,
            imports=library_files("retrieval"),
        )
    )
    assert execution.outcome is RunOutcome.COMPLETED, (execution.detail, execution.stderr[-2000:])
    assert execution.observations is not None
    assert not execution.attachments and not any(attempt.violation for attempt in execution.denied)
    return read_observations(execution.observations, loaded.claim)


@pytest.mark.sandbox
def test_with_every_batch_monolingual_both_methods_are_the_same() -> None:
    rows = small("mechanism", alpha=1.0).tables["topics"].records()
    assert len({row["topic"] for row in rows}) == len(rows) == 4
    for quantity in ("rank_distance", "multilingual_map", "monolingual_map"):
        assert [row[f"{quantity}_hybrid"] for row in rows] == [row[f"{quantity}_x_x_mono"] for row in rows]


@pytest.mark.sandbox
def test_samplers_swapped_are_the_same_trainings_under_the_other_name() -> None:
    own, swapped = (small("mechanism", swapped=value).tables["topics"].records() for value in (False, True))
    for quantity in ("rank_distance", "multilingual_map", "monolingual_map"):
        assert [row[f"{quantity}_hybrid"] for row in own] == [row[f"{quantity}_x_x_mono"] for row in swapped]
        assert [row[f"{quantity}_x_x_mono"] for row in own] == [row[f"{quantity}_hybrid"] for row in swapped]
    assert own != swapped


@pytest.mark.sandbox
def test_every_share_stands_beside_one_half() -> None:
    observations = small("alpha-half", trainings=(0, 1))
    shares, near = (observations.tables[name].records() for name in ("shares", "near_half"))
    assert {row["alpha"] for row in shares} == {f"0.{digit}" for digit in (1, 2, 3, 4, 6, 7, 8, 9)} | {
        "0",
        "1",
    }
    assert [row for row in shares if row["alpha"] in ("0.4", "0.6")] == near
    halves = {(row["topic"], row["training"]): row["map_at_half"] for row in shares}
    assert all(row["map_at_half"] == halves[row["topic"], row["training"]] for row in shares)
    outcome = decide(claim("alpha-half").claim.decision, observations)
    assert [len(part.comparisons) >= count for part, count in zip(outcome.parts, (10, 2), strict=True)] == [
        True,
        True,
    ]
    assert not outcome.incomplete
