"""The command line: exit codes, sentences instead of tracebacks, JSON that parses."""

from __future__ import annotations

import json
import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from doubles import CLAIM, CLAIM_ID, PAPER_ID, ScriptedSandbox, always, changed, write_claims

from harness import cli, pipeline
from harness.errors import IsolationUnavailable
from harness.records.run import RunOutcome
from harness.sandbox.doctor import Check, State

Harness = Callable[..., tuple[int, str, str]]
REFUTED = changed(
    CLAIM,
    id="old-beats-new",
    statement="Old has a higher R@1 than New for BERT in all 3 languages of Table 1.",
    decision__holds="old > new",
    subject__arms={"treatment": "Old", "controls": ["New"]},
    controls=[],
)


@pytest.fixture
def harness(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Harness:
    """Runs the command with a sandbox in memory; returns exit code, standard output and standard error."""
    monkeypatch.chdir(tmp_path)

    def call(*arguments: str | Path, sandbox: Any = None) -> tuple[int, str, str]:
        made = sandbox or ScriptedSandbox()
        monkeypatch.setattr("harness.sandbox.select.find_sandbox", lambda: made)
        monkeypatch.setattr(sys, "argv", ["harness", *map(str, arguments)])
        with pytest.raises(SystemExit) as raised:
            cli.main()
        written = capsys.readouterr()
        assert "Traceback" not in written.err + written.out
        return int(raised.value.code or 0), written.out, written.err

    return call


def test_exit_0_when_all_are_verified(harness: Harness, claims: Path) -> None:
    code, out, _err = harness("run", claims, "--out", "out")
    assert code == 0
    assert "1 VERIFIED, 0 FALSIFIED, 0 UNVERIFIED" in out
    assert Path("out/summary.json").is_file()


def test_exit_1_when_something_is_falsified(harness: Harness, tmp_path: Path) -> None:
    code, out, _err = harness("run", write_claims(tmp_path / "c", CLAIM, REFUTED), "--out", "out")
    assert code == 1
    assert "RULE_REFUTED" in out


def test_exit_2_for_an_invalid_record(harness: Harness, tmp_path: Path) -> None:
    root = write_claims(tmp_path / "c", changed(CLAIM, requires__fidelity="guess"))
    code, out, err = harness("run", root, "--out", "out")
    assert (code, out) == (2, "")
    assert f"{PAPER_ID}/{CLAIM_ID}/claim.yaml:" in err
    assert "1 problem; nothing was run." in err
    assert not Path("out").exists()


def test_exit_3_when_something_is_unverified(harness: Harness, claims: Path) -> None:
    sandbox = ScriptedSandbox(always(RunOutcome.TIMED_OUT))
    code, out, _err = harness("run", claims, "--out", "out", sandbox=sandbox)
    assert code == 3
    assert "TIMED_OUT" in out


def test_exit_4_without_isolation(harness: Harness, claims: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> Any:
        raise IsolationUnavailable("no namespaces here: use another machine")

    monkeypatch.setattr("harness.sandbox.select.find_sandbox", refuse)
    monkeypatch.setattr(sys, "argv", ["harness", "run", str(claims), "--out", "out"])
    with pytest.raises(SystemExit) as raised:
        cli.main()
    assert raised.value.code == 4
    assert not Path("out").exists()


def test_exit_4_when_the_harness_fails_on_a_claim(
    harness: Harness, claims: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*arguments: Any) -> Any:
        raise RuntimeError("a mistake of ours")

    monkeypatch.setattr("harness.runner.verify_claim", fail)
    code, out, _err = harness("run", claims, "--out", "out")
    assert code == 4
    assert "the harness failed: RuntimeError: a mistake of ours" in out


def test_exit_4_on_interruption(harness: Harness, claims: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*arguments: Any) -> Any:
        raise KeyboardInterrupt

    monkeypatch.setattr("harness.loading.load_claims", interrupt)
    code, _out, err = harness("check", claims)
    assert (code, err) == (4, "harness: interrupted\n")


def test_exit_4_when_another_run_writes_there(harness: Harness, claims: Path) -> None:
    from harness.store import Store

    with Store(Path("out")).locked():
        code, _out, err = harness("run", claims, "--out", "out")
    assert code == 4
    assert "another run is writing here" in err


def test_exit_5_when_a_manifest_does_not_hold(harness: Harness, claims: Path) -> None:
    harness("run", claims, "--out", "out")
    code, out, _err = harness("audit", "out")
    assert code == 0
    assert "all hold" in out
    path = Path("out") / PAPER_ID / CLAIM_ID / "manifest.json"
    path.write_bytes(path.read_bytes().replace(b"VERIFIED", b"FALSIFIED", 1))
    code, out, _err = harness("audit", "out")
    assert code == 5
    assert "does not hold" in out
    code, out, _err = harness("audit", "out", "--json")
    assert (code, json.loads(out)["holds"]) == (5, False)


def test_audit_with_replay(harness: Harness, claims: Path) -> None:
    harness("run", claims, "--out", "out")
    code, out, _err = harness("audit", "out", "--replay", "--json")
    assert (code, json.loads(out)["replayed"]) == (0, 1)
    code, out, _err = harness(
        "audit", "out", "--replay", sandbox=ScriptedSandbox(always(RunOutcome.SCRIPT_FAILED))
    )
    assert code == 5
    assert "run again give something else" in out


def test_explain_and_replay_one_attack(harness: Harness, claims: Path) -> None:
    harness("run", claims, "--out", "out")
    code, out, _err = harness("explain", CLAIM_ID, "--artifacts", "out")
    assert code == 0
    assert "RULE_MET" in out
    code, out, _err = harness("explain", f"{PAPER_ID}/{CLAIM_ID}", "--artifacts", "out", "--json")
    assert (code, json.loads(out)["claim"]) == (0, CLAIM_ID)
    attack = "replication/inputs-spoiled"
    code, out, _err = harness("replay", CLAIM_ID, "--attack", attack, "--artifacts", "out", "--json")
    assert (code, json.loads(out)["agrees"]) == (0, True)
    broken = ScriptedSandbox(always(RunOutcome.SCRIPT_FAILED))
    code, out, _err = harness("replay", CLAIM_ID, "--attack", attack, "--artifacts", "out", sandbox=broken)
    assert code == 5


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["check", "nowhere"], "nowhere: no such folder"),
        (["check", "file"], "file: not a folder"),
        (["check", "empty"], "no paper.yaml found"),
        (["run", "nowhere"], "nowhere: no such folder"),
        (["run", "claims", "--out", "file"], "file: is not a folder"),
        (["run", "claims", "--out", "file/below"], "file/below: is not a folder"),
        (["run", "claims", "--jobs", "0"], "--jobs"),
        (["run", "claims", "--jobs", "many"], "--jobs"),
        (["run", "claims", "--only", "nothing*"], "--only nothing*: matches none of"),
        (["run", "claims", "--no-such-option"], "--no-such-option"),
        (["run"], "Missing argument 'claims'"),
        (["rnu", "claims"], "rnu"),
        (["audit", "nowhere"], "nowhere: no such folder"),
        (["audit", "empty"], "holds no summary.json"),
        (["audit", "file"], "file"),
        (["explain", "x", "--artifacts", "nowhere"], "x: no manifest in nowhere"),
        (["replay", "x", "--attack", "y", "--artifacts", "empty"], "x: no manifest in empty"),
        (["schemas", "--check", "--out", "empty"], ""),
        (["schemas", "--out", "file"], "file"),
        (["check", "a\0b"], ""),
    ],
    ids=" ".join,
)
def test_exit_2_with_a_sentence_for_mistakes_of_the_user(
    arguments: list[str], sentence: str, harness: Harness, claims: Path
) -> None:
    assert claims == Path("claims").resolve()
    Path("file").touch()
    Path("empty").mkdir()
    code, _out, err = harness(*arguments)
    assert code == 2
    assert sentence in err


def test_unknown_attack_lists_those_there_are(harness: Harness, claims: Path) -> None:
    harness("run", claims, "--out", "out")
    code, _out, err = harness("replay", CLAIM_ID, "--attack", "none", "--artifacts", "out")
    assert code == 2
    assert "citation/entities" in err


@contextmanager
def locked_folder() -> Iterator[Path]:
    """A folder that may not be entered, seen by a user who is not root."""
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        locked = Path(name) / "locked"
        (locked / "inside").mkdir(parents=True)
        locked.chmod(0o000)
        was_root = os.geteuid() == 0
        if was_root:
            os.seteuid(65534)
        try:
            yield locked
        finally:
            if was_root:
                os.seteuid(0)
            locked.chmod(0o700)


@pytest.mark.parametrize("command", ["check", "run", "audit"])
@pytest.mark.parametrize("below", ["", "inside"])
def test_folder_that_cannot_be_read(command: str, below: str, harness: Harness) -> None:
    with locked_folder() as locked:
        code, _out, err = harness(command, locked / below)
    assert code in (2, 4)
    assert err.startswith("harness: ")


def test_json_of_a_run(harness: Harness, tmp_path: Path) -> None:
    code, out, err = harness("run", write_claims(tmp_path / "c", CLAIM, REFUTED), "--out", "out", "--json")
    document = json.loads(out)
    assert code == 1
    assert err == ""
    assert document["counts"] == {"VERIFIED": 1, "FALSIFIED": 1, "UNVERIFIED": 0}
    assert [item["claim"] for item in document["claims"]] == [CLAIM_ID, "old-beats-new"]
    assert all(Path(item["manifest"]).is_file() for item in document["claims"])


def test_json_of_a_check(harness: Harness, claims: Path, tmp_path: Path) -> None:
    code, out, _err = harness("check", claims, "--json")
    assert (code, json.loads(out)) == (0, {"valid": True, "claims": [f"{PAPER_ID}/{CLAIM_ID}"]})
    code, out, _err = harness(
        "check", write_claims(tmp_path / "bad", changed(CLAIM, decision__rows=0)), "--json"
    )
    document = json.loads(out)
    assert (code, document["valid"]) == (2, False)
    assert set(document["problems"][0]) == {"file", "line", "field", "message"}
    assert document["problems"][0]["field"] == "decision.rows"


def test_json_of_the_doctor(harness: Harness, monkeypatch: pytest.MonkeyPatch) -> None:
    for state, expected in ((State.OK, 0), (State.NOTE, 0), (State.FAIL, 4)):
        monkeypatch.setattr(
            "harness.sandbox.doctor.diagnose", lambda state=state: [Check("isolation", state, "a sentence")]
        )
        code, out, _err = harness("doctor", "--json")
        document = json.loads(out)
        assert (code, document["ok"]) == (expected, expected == 0)
        assert document["checks"][0]["state"] == state.lower()


def test_check_runs_nothing_and_writes_nothing(
    harness: Harness, claims: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pipeline, "verify_claim", None)
    sandbox = ScriptedSandbox()
    before = sorted(Path().rglob("*"))
    code, out, _err = harness("check", claims, sandbox=sandbox)
    assert (code, out) == (0, "1 claim of 1 paper valid.\n")
    assert sandbox.jobs == []
    assert sorted(Path().rglob("*")) == before


def test_only_some_claims(harness: Harness, tmp_path: Path) -> None:
    root = write_claims(tmp_path / "c", CLAIM, REFUTED)
    code, out, _err = harness("run", root, "--only", "new-*", "--out", "out", "--json")
    assert (code, len(json.loads(out)["claims"])) == (0, 1)


def test_help_names_the_exit_codes(harness: Harness) -> None:
    code, out, _err = harness("--help")
    assert code == 0
    assert "5 an audited manifest does not hold" in " ".join(out.replace("│", " ").split())


def test_exit_4_and_never_1_when_the_harness_itself_fails(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(*_arguments: object, **_options: object) -> None:
        raise RuntimeError("a slip of ours")

    monkeypatch.setattr("harness.audit.audit", broken)
    monkeypatch.setattr("sys.argv", ["harness", "audit", "anywhere"])
    with pytest.raises(SystemExit) as end:
        cli.main()
    assert end.value.code == 4
    assert "says nothing about any claim" in capsys.readouterr().err
