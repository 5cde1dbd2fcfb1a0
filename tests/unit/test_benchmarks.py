"""The benchmarks run and say what they promise; how fast anything is plays no part here."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from harness.errors import IsolationUnavailable
from harness.sandbox.select import find_sandbox

ROOT = Path(__file__).resolve().parents[2]
SMALL = ("--pairs", "1", "--flood-bytes", "1000000")


def benchmark(*options: str, program: str = "sandbox", small: tuple[str, ...] = SMALL) -> str:
    command = [sys.executable, "-m", f"benchmarks.{program}", *small, *options]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True, timeout=120).stdout


@pytest.fixture(scope="module")
def label() -> str:
    try:
        return find_sandbox().label
    except IsolationUnavailable as error:
        pytest.skip(f"no isolation here: {error}")


@pytest.mark.sandbox
def test_sandbox_benchmark_reports_every_section_as_json(label: str) -> None:
    report: dict[str, Any] = json.loads(benchmark("--json"))
    assert report["problems"] == []
    assert report["sandbox"] == label
    assert report["processors"] >= 1
    goals = {"flood, peak memory of the harness": 150}
    if label.startswith("L3"):
        goals["start-up, added"] = 15
    assert {goal["name"]: goal["at_most"] for goal in report["goals"]} == goals
    figures = {figure["name"]: figure for figure in report["figures"]}
    assert len(figures) == len(report["figures"])
    sections = {name.split(",")[0] for name in figures}
    assert sections == {"start-up", "throughput", "flood", "opening /dev/null", "import numpy"}
    for figure in figures.values():
        assert set(figure) == {"name", "unit", "low", "median", "high", "rounds"}
        assert figure["low"] <= figure["median"] <= figure["high"]
        assert figure["rounds"] == 1


@pytest.mark.sandbox
def test_sandbox_benchmark_speaks_to_humans(label: str) -> None:
    said = benchmark("--only", "start-up")
    assert said.startswith(f"Sandbox {label}, harness started as ")
    assert "\nstart-up, bare interpreter " in said
    if label.startswith("L3"):
        assert "\ngoal met: start-up, added " in said or "\ngoal missed: start-up, added " in said


def test_statistics_benchmark_says_what_was_met_and_what_was_missed() -> None:
    small = ("--rounds", "1", "--resamples", "1000")
    report: dict[str, Any] = json.loads(benchmark("--json", program="statistics", small=small))
    limits = {goal["name"]: goal["limit"] for goal in report["goals"]}
    assert limits == {
        "sign flips, scipy / ours": 250,
        "sign flips, scipy in batches / ours": 250,
        "sign flips, ours / Generator.bytes": 1.5,
        "sign flips, ours / raw words": 1.5,
        "exact, scipy / ours": 400,
    }
    assert any("the same p as scipy" in note for note in report["notes"])
    sections = {figure["name"].split(",")[0] for figure in report["figures"]}
    assert sections == {"sign flips", "exact", "24 comparisons", "bootstrap"}
    said = benchmark("--only", "exact", program="statistics", small=small)
    assert "\ngoal met: exact, scipy / ours " in said or "\ngoal missed: exact, scipy / ours " in said
