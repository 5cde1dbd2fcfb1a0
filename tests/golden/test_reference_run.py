"""The committed reference run: it audits, the README tells it truly, and a fresh run agrees with it."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import pytest

from harness.assessment import pin
from harness.audit import audit, comparable, differences
from harness.errors import IsolationUnavailable
from harness.loading import LoadedClaim, load_claims, sized
from harness.sandbox.select import find_sandbox

ROOT = Path(__file__).parents[2]
ARTIFACTS = ROOT / "artifacts"


def manifest(folder: Path, name: str) -> dict:
    return json.loads((folder / name / "manifest.json").read_bytes())


def names() -> list[str]:
    summary = json.loads((ARTIFACTS / "summary.json").read_bytes())
    return [f"{item['paper']}/{item['claim']}" for item in summary["claims"]]


def embedded() -> list[str]:
    """Claims run as their records stand; the others were run with a profile."""
    return [name for name in names() if "@" not in name]


def profiles(loaded: LoadedClaim) -> Iterable[str]:
    return loaded.record.reproduction.profiles or ()


def test_the_reference_run_holds() -> None:
    report = audit(ARTIFACTS)
    assert report.failures == []
    assert report.notes == []
    assert report.manifests >= len(names())


def test_every_shipped_claim_is_in_the_reference_run() -> None:
    shipped = {f"{path.parent.parent.name}/{path.parent.name}" for path in ROOT.glob("claims/*/*/claim.yaml")}
    assert set(embedded()) == shipped
    others = {f"{item.name}@{size}" for item in load_claims(ROOT / "claims") for size in profiles(item)}
    assert set(names()) - shipped == others


def test_the_reference_run_is_of_the_claims_as_they_are() -> None:
    for loaded in load_claims(ROOT / "claims"):
        assert manifest(ARTIFACTS, loaded.name)["pinned"] == pin(loaded).as_json(), loaded.name
        for size in profiles(loaded):
            name = f"{loaded.name}@{size}"
            assert manifest(ARTIFACTS, name)["pinned"] == pin(sized(loaded, size)).as_json(), name


def test_the_readme_shows_the_verdicts_of_the_reference_run() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    shown = dict(re.findall(r"^\| `([\w@-]+)` \|[^|\n]*\| (\w+ / \w+) \|", readme, flags=re.MULTILINE))
    recorded = {
        name.split("/")[1]: "{status} / {reason_code}".format(**manifest(ARTIFACTS, name)["verdict"])
        for name in names()
    }
    assert shown == recorded


@pytest.mark.sandbox
def test_a_fresh_run_agrees_with_the_reference_run(tmp_path: Path) -> None:
    try:
        find_sandbox()
    except IsolationUnavailable as error:
        pytest.skip(f"no isolation here: {error}")
    out = tmp_path / "artifacts"
    command = [sys.executable, "-m", "harness", "run", str(ROOT / "claims"), "--out", str(out), "--json"]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    assert run.returncode == 1, run.stderr
    assert [f"{item['paper']}/{item['claim']}" for item in json.loads(run.stdout)["claims"]] == embedded()
    for name in embedded():
        before, now = comparable(manifest(ARTIFACTS, name)), comparable(manifest(out, name))
        if "resources" in now["pinned"] and not os.environ.get("HARNESS_DATA"):
            # The reference run had the public data, this one has none.
            assert now["verdict"]["reason_code"] == "MISSING_RESOURCE", name
            continue
        if "library" in now["pinned"]:
            # Training comes out the same on one kind of machine only, and here a package may be missing.
            agrees = now["verdict"]["status"] == before["verdict"]["status"]
            assert agrees or now["verdict"]["reason_code"] == "NOT_RUN", name
            continue
        assert differences(before, now) == [], name
    assert audit(out).holds
