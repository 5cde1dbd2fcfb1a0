"""One folder per cheat with an honest twin: what the harness must say about each, through the command line.

Beside every ``claim.yaml`` lies ``expected.json`` with the status and reason code (or those that would do) that the
design demands, and why. A twin that several cheats share is named there, and the attack that a cheat was written for
(``broken_by``). All claims run once, together. Those that
the harness does not see through yet are listed in ``NOT_SEEN_THROUGH``; a strict expected failure turns red as soon as
it does.
"""

from __future__ import annotations

import contextlib
import io
import json
import shutil
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

from harness.cli import main

HERE = Path(__file__).parent
CLAIMS = HERE / "claims"
REFUSED = HERE / "refused"
PAPER = "tiny-paper"
HONEST = "-honest"

NOT_SEEN_THROUGH: dict[str, str] = {}


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


def names_in(folder: Path) -> list[str]:
    return sorted(path.parent.name for path in folder.glob("*/claim.yaml"))


def marked(names: list[str], wrong: dict[str, str]) -> list[object]:
    """Names as parameters; those that are known to go wrong are expected to fail."""
    assert set(wrong) <= set(names)
    return [
        pytest.param(name, marks=pytest.mark.xfail(strict=True, reason=wrong[name]))
        if name in wrong
        else name
        for name in names
    ]


def expected(folder: Path) -> dict[str, str]:
    return json.loads((folder / "expected.json").read_text())


CASES = names_in(CLAIMS / PAPER)
AIMED_AT = [name for name in CASES if "broken_by" in expected(CLAIMS / PAPER / name)]


class Run(NamedTuple):
    """One run over every claim."""

    artifacts: Path
    answer: Answer
    claims: dict[str, dict[str, object]]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Every cheat and every honest twin, run once."""
    artifacts = tmp_path_factory.mktemp("cheats") / "artifacts"
    answer = harness("run", CLAIMS, "--out", artifacts, "--jobs", "3", "--json")
    document = json.loads(answer.out)
    assert document["failed"] == {}
    return Run(artifacts, answer, {item["claim"]: item for item in document["claims"]})


@pytest.mark.sandbox
@pytest.mark.parametrize("name", marked(CASES, NOT_SEEN_THROUGH))
def test_the_harness_says_of_each_cheat_and_twin_what_the_design_demands(run: Run, name: str) -> None:
    wanted = expected(CLAIMS / PAPER / name)
    said = run.claims[name]
    codes = wanted["reason_code"] if isinstance(wanted["reason_code"], list) else [wanted["reason_code"]]
    assert (said["status"], said["reason_code"]) in [(wanted["status"], code) for code in codes], (
        f"{wanted['why']} The harness said: {said['reason']}"
    )


@pytest.mark.sandbox
@pytest.mark.parametrize("name", AIMED_AT)
def test_the_attack_that_a_cheat_was_written_for_breaks_it(run: Run, name: str) -> None:
    """Whatever else sees through the cheat: without this attack nobody would notice that it is gone."""
    wanted = expected(CLAIMS / PAPER / name)["broken_by"]
    manifest = json.loads((run.artifacts / PAPER / name / "manifest.json").read_text())
    assert wanted in [finding["attack"] for finding in manifest["findings"] if finding["status"] == "broken"]


@pytest.mark.sandbox
@pytest.mark.parametrize("name", sorted({expected(CLAIMS / PAPER / name)["broken_by"] for name in AIMED_AT}))
def test_an_attack_that_breaks_a_cheat_breaks_no_honest_claim(run: Run, name: str) -> None:
    for claim in CASES:
        if claim.endswith(HONEST):
            manifest = json.loads((run.artifacts / PAPER / claim / "manifest.json").read_text())
            [found] = [finding for finding in manifest["findings"] if finding["attack"] == name]
            assert found["status"] in ("held", "not_applicable"), claim


@pytest.mark.sandbox
def test_no_cheat_is_falsified_unless_the_source_contradicts_it(run: Run) -> None:
    """Void evidence speaks in neither direction, and no failure of a script is a refutation."""
    falsified = {
        name
        for name, said in run.claims.items()
        if not name.endswith(HONEST)
        and said["status"] == "FALSIFIED"
        and said["reason_code"] != "SOURCE_CONTRADICTS"
    }
    assert falsified <= set(NOT_SEEN_THROUGH)


@pytest.mark.sandbox
def test_the_exit_code_says_that_something_is_falsified(run: Run) -> None:
    assert run.answer.code == 1


@pytest.mark.sandbox
def test_every_verdict_holds_under_audit(run: Run) -> None:
    answer = harness("audit", run.artifacts, "--json")
    assert answer.code == 0
    assert json.loads(answer.out)["failures"] == []


@pytest.mark.sandbox
@pytest.mark.parametrize("name", [name for name in CASES if name.startswith("escapes-in-")])
def test_no_terminal_escape_reaches_the_reader(run: Run, name: str) -> None:
    for shown in (
        harness("explain", f"{PAPER}/{name}", "--artifacts", run.artifacts),
        harness("explain", f"{PAPER}/{name}", "--artifacts", run.artifacts, "--json"),
    ):
        assert shown.code == 0
        assert controls_in(shown.out + shown.err) == set()
    manifest = json.loads((run.artifacts / PAPER / name / "manifest.json").read_text())
    streams = [one[key] for one in manifest["host"]["runs"] for key in ("stdout", "stderr") if one.get(key)]
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
    assert harness("run", CLAIMS / PAPER / name, "--out", tmp_path / "artifacts", "--json").code == code


def test_every_cheat_has_an_honest_twin_and_says_why() -> None:
    cheats = [name for name in CASES if not name.endswith(HONEST)]
    twins = {expected(CLAIMS / PAPER / name).get("twin", name + HONEST) for name in cheats}
    assert twins == {name for name in CASES if name.endswith(HONEST)}
    assert all(expected(CLAIMS / PAPER / name)["why"] for name in CASES)
    assert not any(expected(CLAIMS / PAPER / name)["status"] == "VERIFIED" for name in cheats)


@pytest.mark.parametrize("name", names_in(REFUSED))
def test_a_record_that_cannot_be_right_is_refused_before_anything_runs(tmp_path: Path, name: str) -> None:
    wanted = expected(REFUSED / name)
    shutil.copy2(CLAIMS / PAPER / "paper.yaml", tmp_path)
    paper = tmp_path / PAPER
    paper.mkdir()
    shutil.move(tmp_path / "paper.yaml", paper)
    shutil.copytree(CLAIMS / PAPER / "tables", paper / "tables")
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


def test_every_claim_that_is_run_passes_the_check() -> None:
    assert harness("check", CLAIMS).code == 0
