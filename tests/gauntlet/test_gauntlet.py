"""The gauntlet: honest claims and cheats with their true verdicts, taken through the command that users have.

Beside every ``claim.yaml`` lies ``truth.yaml`` with what is true of it and why, the honest twin of a cheat, and the
attack it was written for (``broken_by``). The claims run once, together: those whose name's digest falls into the first
three eighths, with their honest twins, so that the whole suite stays below ten minutes, or all of them with
``HARNESS_TEST_GAUNTLET=all``, as ``harness gauntlet`` does. Claims in ``NOT_SEEN_THROUGH`` are known to
go wrong; a strict expected failure turns red as soon as one does not.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import shutil
import sys
from collections import Counter
from pathlib import Path
from typing import NamedTuple

import pytest
from making import papers

from harness.canonical import sha256
from harness.cli import main
from harness.gauntlet.truths import default_claims, load_truths
from harness.loading import load_claims
from harness.records.gauntlet import HONEST
from harness.records.run import Variation
from harness.requests import request_bytes
from harness.schemas import violations

HERE = Path(__file__).parent
CLAIMS = HERE / "claims"
REFUSED = HERE / "refused"
TINY = "tiny-paper"

NOT_SEEN_THROUGH: dict[str, str] = {}
LOADED = {item.name: item for item in load_claims(CLAIMS)}
TRUTHS = load_truths(list(LOADED.values()))
ALL = os.environ.get("HARNESS_TEST_GAUNTLET") == "all"
DRAWN = {name for name in TRUTHS if ALL or int(sha256(name.encode())[0], 16) < 6}
CASES = sorted(DRAWN | {f"{name.split('/')[0]}/{TRUTHS[name].twin}" for name in DRAWN if TRUTHS[name].twin})
AIMED_AT = [name for name in CASES if TRUTHS[name].broken_by]
CHEATING = {
    "constant",
    "echo",
    "cached-result",
    "input-blind",
    "tautology",
    "wrong-metric",
    "wrong-subset",
    "leaked-test-data",
    "cherry-picked-seed",
    "p-hacked-test",
    "wide-tolerance",
    "weak-baseline",
    "simulated-data",
    "swapped-labels",
    "harness-detection",
    "hostile-output",
    "prompt-text",
}


class Answer(NamedTuple):
    """What one command said."""

    code: int
    out: str
    err: str


def harness(*arguments: str | Path) -> Answer:
    """Run one command of the harness through its entry point."""
    out, err = io.StringIO(), io.StringIO()
    before = sys.argv
    sys.argv = ["harness", *map(str, arguments)]
    try:
        with (
            contextlib.redirect_stdout(out),
            contextlib.redirect_stderr(err),
            pytest.raises(SystemExit) as end,
        ):
            main()
    finally:
        sys.argv = before
    assert isinstance(end.value.code, int)
    return Answer(end.value.code, out.getvalue(), err.getvalue())


def marked(names: list[str]) -> list[object]:
    """Names as parameters; those that are known to go wrong are expected to fail."""
    assert set(NOT_SEEN_THROUGH) <= set(CASES)
    return [
        pytest.param(name, marks=pytest.mark.xfail(strict=True, reason=NOT_SEEN_THROUGH[name]))
        if name in NOT_SEEN_THROUGH
        else name
        for name in names
    ]


class Run(NamedTuple):
    """One run of the gauntlet."""

    artifacts: Path
    code: int
    report: dict[str, object]

    def manifest(self, name: str) -> dict[str, object]:
        """Manifest of ``paper/claim``."""
        return json.loads((self.artifacts / name / "manifest.json").read_text())


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """The cheats and honest claims that were drawn, run once."""
    artifacts = tmp_path_factory.mktemp("gauntlet") / "artifacts"
    claims = tmp_path_factory.mktemp("drawn")
    for paper in sorted({name.split("/")[0] for name in CASES}):
        left_out = {name.split("/")[1] for name in TRUTHS if name.startswith(f"{paper}/")} - {
            name.split("/")[1] for name in CASES
        }
        shutil.copytree(CLAIMS / paper, claims / paper, ignore=shutil.ignore_patterns(*left_out))
    answer = harness("gauntlet", "--claims", claims, "--out", artifacts, "--jobs", "3", "--json")
    report = json.loads(answer.out)
    assert report["failed"] == {}
    return Run(artifacts, answer.code, report)


@pytest.mark.sandbox
@pytest.mark.parametrize("name", marked(CASES))
def test_the_gates_say_of_every_claim_what_is_true(run: Run, name: str) -> None:
    truth, verdict = TRUTHS[name], run.manifest(name)["verdict"]
    said = (verdict["status"], verdict["reason_code"])
    assert said in [(truth.status, code) for code in truth.reason_codes], (
        f"{truth.why} The harness said: {verdict['reason']}"
    )


@pytest.mark.sandbox
@pytest.mark.parametrize("name", AIMED_AT)
def test_the_attack_that_a_cheat_was_written_for_breaks_it(run: Run, name: str) -> None:
    """Whatever else sees through the cheat: without this attack nobody would notice that it is gone."""
    findings = run.manifest(name)["findings"]
    assert TRUTHS[name].broken_by in [item["attack"] for item in findings if item["status"] == "broken"]


@pytest.mark.sandbox
@pytest.mark.parametrize("attack", sorted({str(TRUTHS[name].broken_by) for name in AIMED_AT}))
def test_an_attack_that_breaks_a_cheat_voids_no_honest_claim(run: Run, attack: str) -> None:
    for name in CASES:
        if TRUTHS[name].honest:
            [found] = [item for item in run.manifest(name)["findings"] if item["attack"] == attack]
            assert found["status"] != "error" and found.get("effect") in (None, "WEAKENS"), name


@pytest.mark.sandbox
def test_the_goals_hold_and_the_exit_code_says_so(run: Run) -> None:
    assert run.report["goals_hold"] is (not NOT_SEEN_THROUGH)
    assert run.code == (0 if not NOT_SEEN_THROUGH else 1)
    assert violations("gauntlet-v1", run.report) == []


@pytest.mark.sandbox
def test_every_verdict_holds_under_audit(run: Run) -> None:
    answer = harness("audit", run.artifacts, "--json")
    assert answer.code == 0
    assert json.loads(answer.out)["failures"] == []


@pytest.mark.sandbox
@pytest.mark.parametrize("name", [name for name in CASES if "/escapes-in-" in name])
def test_no_terminal_escape_reaches_the_reader(run: Run, name: str) -> None:
    for shown in (
        harness("explain", name, "--artifacts", run.artifacts),
        harness("explain", name, "--artifacts", run.artifacts, "--json"),
    ):
        assert shown.code == 0
        assert controls_in(shown.out + shown.err) == set()
    streams = [
        one[key] for one in run.manifest(name)["host"]["runs"] for key in ("stdout", "stderr") if one.get(key)
    ]
    for digest in streams:
        kept = (run.artifacts / "evidence" / digest[:2] / digest[2:]).read_text()
        assert controls_in(kept) == set()


@pytest.mark.sandbox
def test_no_terminal_escape_reaches_the_watcher_of_a_run(tmp_path: Path) -> None:
    shown = harness(
        "run", CLAIMS, "--only", "escapes-in-*[!t]", "--out", tmp_path / "artifacts", "--jobs", "3"
    )
    assert shown.code == 3
    assert "UNVERIFIED" in shown.out
    assert controls_in(shown.out + shown.err) == set()


def controls_in(text: str) -> set[str]:
    """Characters that a terminal acts on, line ends aside."""
    return {character for character in text if not character.isprintable() and character != "\n"}


@pytest.mark.sandbox
@pytest.mark.parametrize(
    ("name", "code"),
    [("missing-output-honest", 0), ("wrong-unit", 3), ("subject-beside-statement-honest", 1)],
)
def test_the_exit_code_of_a_single_claim_follows_its_verdict(tmp_path: Path, name: str, code: int) -> None:
    assert harness("run", CLAIMS / TINY / name, "--out", tmp_path / "artifacts", "--json").code == code


SURROUNDINGS = """
import json, os, pathlib, sys

import claim_script

claim = claim_script.begin()


def text(path):
    try:
        return pathlib.Path(path).read_text()
    except OSError as error:
        return type(error).__name__


def places(top):
    return sorted(str(path) for folder, names, files in os.walk(top) for path in
                  (pathlib.Path(folder) / name for name in names + files))


seen = {
    "environment": dict(os.environ),
    "argv": sys.argv,
    "cwd": os.getcwd(),
    "request": text("/claim/request.json"),
    # Without device numbers and the random names of the run's own folder.
    "mounts": sorted(line.split()[4] for line in text("/proc/self/mountinfo").splitlines()),
    "below /claim": places("/claim"),
    "top": sorted(os.listdir("/")),
    "command": text("/proc/self/cmdline"),
    "host": os.uname().nodename,
}
pathlib.Path("attachments").mkdir()
pathlib.Path("attachments/seen.json").write_text(json.dumps(seen, sort_keys=True))
wanted = {"kind": "cell", "model": "Alpha-Enc", "sampling": "Hybrid"}
rows = [r for r in claim.table("table-01") if all(r[key] == label for key, label in wanted.items())]
claim.quantity("mean_map", sum(float(r["value"]) for r in rows) / len(rows), unit="fraction")
claim.finish()
"""


@pytest.mark.sandbox
def test_a_script_sees_the_same_under_run_and_under_gauntlet(tmp_path: Path) -> None:
    """One claim, one script that writes down all it can see: the two commands must look alike from inside."""
    claim = tmp_path / "claims" / TINY / "constant-printer-honest"
    for part in ("tables", "documents"):
        shutil.copytree(CLAIMS / TINY / part, tmp_path / "claims" / TINY / part)
    shutil.copy2(CLAIMS / TINY / "paper.yaml", tmp_path / "claims" / TINY)
    shutil.copytree(CLAIMS / TINY / "constant-printer-honest", claim)
    (claim / "reproduce.py").write_text(SURROUNDINGS)
    seen = []
    for number, command in enumerate(
        (["run", tmp_path / "claims"], ["gauntlet", "--claims", tmp_path / "claims"])
    ):
        out = tmp_path / f"out-{number}"
        harness(*command, "--out", out, "--json")
        manifest = json.loads((out / TINY / "constant-printer-honest" / "manifest.json").read_text())
        [run] = [item for item in manifest["runs"] if item["variation"]["name"] == "main"]
        digest = run["attachments"]["seen.json"]
        seen.append(json.loads((out / "evidence" / digest[:2] / digest[2:]).read_text()))
    assert seen[0]["request"] and seen[0]["environment"] and seen[0]["below /claim"]
    assert seen[0] == seen[1]


@pytest.mark.parametrize("name", CASES)
def test_nothing_given_to_a_script_names_the_gauntlet_the_claim_or_its_truth(name: str) -> None:
    loaded = LOADED[name]
    given = request_bytes(loaded.claim, Variation(name="main"), loaded.inputs).decode().casefold()
    names = " ".join(loaded.inputs).casefold()
    for word in ("gauntlet", "truth", "cheat", "honest", loaded.claim.id, loaded.source.paper.id):
        assert word not in given and word not in names, word


def test_the_truth_takes_no_part_in_the_record(tmp_path: Path) -> None:
    from harness.assessment import pin

    shutil.copytree(CLAIMS / TINY, tmp_path / TINY)
    path = tmp_path / TINY / "constant-printer" / "truth.yaml"
    path.write_text(path.read_text().replace("Nothing is read", "Nothing at all is read"))
    [changed] = load_claims(path.parent)
    assert pin(changed) == pin(LOADED[f"{TINY}/constant-printer"])


def test_the_gauntlet_is_as_wide_as_it_has_to_be() -> None:
    counts = Counter(truth.class_ for truth in TRUTHS.values())
    assert sum(counts.values()) >= 60
    assert {name: counts[name] for name in CHEATING if counts[name] < 3} == {}
    assert counts["honest-true"] >= 25
    assert counts["honest-false"] >= 10
    assert counts["honest-underpowered"] >= 8
    assert set(counts) <= {*HONEST, *CHEATING, "misrepresented-source"}
    assert len({name.split("/")[0] for name in CASES}) >= 3


def test_made_claims_are_what_the_generator_makes() -> None:
    for folder in papers():
        made = folder.files()
        assert {
            str(path.relative_to(CLAIMS))
            for path in (CLAIMS / str(folder.paper["id"])).rglob("*")
            if path.is_file()
        } == set(made)
        assert [name for name, text in made.items() if (CLAIMS / name).read_text() != text] == []


def test_the_gauntlet_of_a_checkout_is_found_from_anywhere_inside(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert default_claims(HERE) == CLAIMS
    monkeypatch.chdir(tmp_path)
    answer = harness("gauntlet")
    assert answer.code == 2
    assert "--claims" in answer.err


@pytest.mark.parametrize("name", sorted(path.parent.name for path in REFUSED.glob("*/claim.yaml")))
def test_a_record_that_cannot_be_right_is_refused_before_anything_runs(tmp_path: Path, name: str) -> None:
    wanted = json.loads((REFUSED / name / "expected.json").read_text())
    paper = tmp_path / TINY
    paper.mkdir()
    shutil.copy2(CLAIMS / TINY / "paper.yaml", paper)
    for part in ("tables", "documents"):
        shutil.copytree(CLAIMS / TINY / part, paper / part)
    shutil.copytree(REFUSED / name, paper / name)
    answer = harness("check", tmp_path, "--json")
    assert answer.code == 2, wanted["why"]
    problems = json.loads(answer.out)["problems"]
    assert any(
        problem["field"] == wanted["field"]
        and wanted["message"] in problem["message"]
        and problem["line"] > 0
        for problem in problems
    ), problems
    assert all(problem["file"].endswith("claim.yaml") for problem in problems)
