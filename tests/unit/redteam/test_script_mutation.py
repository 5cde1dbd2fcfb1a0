"""Mutation of scripts: the operators, the choice of places, and what is said of honest scripts and of shows."""

from __future__ import annotations

import ast
import json
from pathlib import Path

import pytest
from doubles import (
    CLAIM,
    SCRIPT,
    Call,
    ScriptedSandbox,
    changed,
    honest,
    load_one,
    make_world,
    reported,
    write_claims,
)
from hypothesis import given
from hypothesis import strategies as st
from interpreted import InterpretedSandbox

from harness.audit import audit
from harness.evidence import EvidenceFailure, read_recorded
from harness.loading import load_claims
from harness.pipeline import verify_claim
from harness.records.manifest import Manifest
from harness.records.run import ScriptEdit
from harness.records.verdict import Effect, Finding, Reason, Status
from harness.redteam.mutation.operators import sites
from harness.redteam.mutation.sampling import sample
from harness.redteam.mutation.source import parse
from harness.redteam.mutation.surroundings import dynamic, reads
from harness.runner import publish
from harness.script_edits import apply_edit
from harness.store import Store

HONEST = sorted((Path(__file__).parent / "honest").glob("*.py"))
CLAIMS = Path(__file__).parents[3] / "claims"
SCRIPTS = [*HONEST, *sorted(CLAIMS.glob("*/*/reproduce.py"))]


def changes(script: str, operator: str) -> list[str]:
    """The script after each change of one operator."""
    source = parse(script.encode())
    assert source is not None
    return [
        apply_edit(source.data, site.edit).decode()
        for site in sites(source)
        if site.edit.operator == operator
    ]


def found(manifest: Manifest, name: str) -> Finding:
    [finding] = [item for item in manifest.findings if item.attack == f"replication/{name}"]
    return finding


def verified(tmp_path: Path, script: bytes, claim: object = None) -> Manifest:
    loaded = load_one(tmp_path / "claims", *([claim] if claim else []), script=script)  # type: ignore[list-item]
    world = make_world(tmp_path / "artifacts")
    world.sandbox = InterpretedSandbox(tmp_path / "run")
    return verify_claim(loaded, world)


@pytest.mark.parametrize(
    ("operator", "before", "after"),
    [
        ("number", "x = 3", ["x = 4"]),
        ("number", "x = True", []),
        ("number", "x = y[0:2.5]", ["x = y[1:2.5]", "x = y[0:3.5]"]),
        ("string", "x = a == 'é'", ["x = a == 'é~'"]),
        ("string", "x = row['a']", []),
        ("comparison", "x = (a) < (b)", ["x = (a) >= (b)"]),
        ("comparison", "x = a  not   in b", ["x = a  in b"]),
        ("comparison", "x = (a # < \n < b)", []),
        ("boolean", "x = a and b", ["x = a or b"]),
        ("boolean", "x = a or b or c", ["x = ((a) and (b) and (c))"]),
        ("arithmetic", "x = é + 1", ["x = é - 1"]),
        ("arithmetic", "x //= y", ["x *= y"]),
        ("arithmetic", "x = a ** b", ["x = a * b"]),
        ("aggregation", "x = max(y)", ["x = min(y)"]),
        ("aggregation", "import numpy as np\nx = np.mean(y)", ["import numpy as np\nx = np.median(y)"]),
        ("aggregation", "x = y.mean()", ["x = y.max()"]),
        ("drop-call", "x = clean(y, 1)", ["x = (y)"]),
        ("drop-call", "x = len(y)", []),
        ("drop-statement", "rows.append(y)", ["pass"]),
        ("drop-statement", "print(y)", []),
        ("drop-statement", "logging.getLogger('a').info(y)", []),
        ("swap-arguments", "x = f(a, b , c)", ["x = f(b, a , c)"]),
        ("branch", "x = a if b else c", ["x = a if (True) else c", "x = a if (False) else c"]),
        ("branch", "if not y:\n    raise ValueError(y)", []),
        ("branch", "if __name__ == '__main__':\n    main()", []),
        ("loop-once", "for a in b: c(a)", ["for a in __import__('itertools').islice((b), 1): c(a)"]),
        ("loop-once", "while a: b()", ["for _ in ([0] if (a) else []): b()"]),
        ("number", "while a:\n    b = 1", []),
        ("comparison", "assert a == b", []),
        ("comparison", "try:\n    pass\nexcept E:\n    x = a == b", []),
        ("returned-value", "def f(x):\n    return x", ["def f(x):\n    return (x) * 0"]),
        ("number", 'x = f"{3}"', []),
    ],
)
def test_operator_changes_exactly_this(operator: str, before: str, after: list[str]) -> None:
    assert sorted(changes(before, operator)) == sorted(after)


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_every_chosen_change_is_another_program_and_its_probe_stops_there(path: Path) -> None:
    script = path.read_bytes()
    chosen = sample(script, 7, 64)
    assert chosen is not None
    for site in chosen:
        mutant = apply_edit(script, site.edit)
        assert mutant != script
        ast.parse(mutant)
        assert b"_exit(91)" in apply_edit(script, site.probe)
        assert script.split(b"\n")[site.edit.line - 1].strip()


@given(seed=st.integers(0, 2**31 - 1), most=st.integers(0, 40))
def test_choice_is_a_function_of_script_and_seed_and_grows(seed: int, most: int) -> None:
    script = HONEST[0].read_bytes()
    chosen, more = sample(script, seed, most), sample(script, seed, most + 5)
    assert chosen is not None and more is not None
    assert len(chosen) <= most
    assert set(chosen) <= set(more)


def test_choice_spreads_over_operators_and_statements() -> None:
    chosen = sample(HONEST[0].read_bytes(), 1, 16)
    assert chosen is not None
    assert len({site.edit.operator for site in chosen}) >= 7
    assert len({site.statement for site in chosen}) >= 8


@given(
    script=st.binary(max_size=60),
    start=st.integers(0, 80),
    before=st.text(max_size=5),
    after=st.text(max_size=5),
)
def test_edit_replaces_what_it_says_or_is_refused(script: bytes, start: int, before: str, after: str) -> None:
    edit = ScriptEdit(operator="any", line=1, start=start, before=before, after=after)
    stands = script[start : start + len(before.encode())] == before.encode() and start <= len(script)
    if not stands:
        with pytest.raises(ValueError, match="does not read"):
            apply_edit(script, edit)
        return
    result = apply_edit(script, edit)
    assert result[:start] == script[:start]
    assert result[start:].startswith(after.encode())
    assert len(result) == len(script) - len(before.encode()) + len(after.encode())


@pytest.mark.parametrize(
    "script",
    [
        b"def",
        b"\xff",
        b"x = 1\rx = 2",
        b"\xef\xbb\xbfx = 1",
        b"# coding: latin-1\nx = 1",
        b"x = " + b"(" * 5000,
        b"x = 1\n" * 60_000,
        b"x = " + b"+".join([b"1"] * 30_000),
    ],
    ids=["syntax", "bytes", "return", "mark", "coding", "deep", "long", "wide"],
)
def test_script_whose_bytes_cannot_be_told_is_left_alone(script: bytes) -> None:
    assert not sample(script, 1, 16)
    assert reads(script) is None or reads(script) == ()


@pytest.mark.parametrize("path", HONEST, ids=lambda path: path.stem)
def test_honest_script_of_any_style_is_accused_of_nothing(tmp_path: Path, path: Path) -> None:
    manifest = verified(tmp_path, path.read_bytes())
    assert (manifest.verdict.status, manifest.verdict.reason_code) == (Status.VERIFIED, Reason.RULE_MET)
    finding = found(manifest, "script-mutated")
    assert finding.status == "held", finding
    assert finding.evidence[0]["scored"] >= 12
    assert finding.evidence[0]["other_numbers"] >= 1
    assert found(manifest, "surroundings-read").status == "held"
    assert found(manifest, "repeated").status == "held"


# Reads its table and works on it, then reports literals: here only mutation is asked.
SHOW = b"""\
import claim_script

claim = claim_script.begin()
total, best = 0.0, 0.0
for row in claim.table("table-01"):
    if row["kind"] == "cell":
        total += float(row["value"]) * 2
        best = max(best, total / 3)
rows = [["en", "0.61", "0.50"], ["de", "0.52", "0.41"], ["fr", "0.73", "0.65"]]
claim.table_out("pairs", {"language": None, "new": "fraction", "old": "fraction"},
                [dict(zip(("language", "new", "old"), row)) for row in rows])
claim.finish()
"""


def test_work_for_show_voids_and_names_line_and_change(tmp_path: Path) -> None:
    manifest = verified(tmp_path, SHOW)
    finding = found(manifest, "script-mutated")
    assert (finding.status, finding.effect, finding.reason_code) == (
        "broken",
        Effect.VOIDS,
        Reason.VACUOUS_EVIDENCE,
    )
    lines = {item["line"] for item in finding.evidence if "operator" in item}
    assert lines & {6, 7, 8}
    assert finding.evidence[-1]["moves_with"]["line"] == 9
    assert manifest.verdict.status is Status.UNVERIFIED


def test_places_that_are_never_reached_are_not_scored(tmp_path: Path) -> None:
    idle = b"\n\ndef unused(a, b):\n" + b"".join(
        b"    if a + %d > b * 3:\n        a = max(a - 1, b)\n" % number for number in range(12)
    )
    manifest = verified(tmp_path, HONEST[3].read_bytes() + idle)
    finding = found(manifest, "script-mutated")
    assert finding.status == "held"
    assert finding.evidence[0]["never_reached"] >= 5


def test_edited_runs_record_the_digest_of_the_script_that_ran(tmp_path: Path) -> None:
    manifest = verified(tmp_path, HONEST[0].read_bytes())
    pinned = manifest.pinned.script
    for run in manifest.runs:
        name = run.variation.name
        if not name.startswith("companion/"):
            assert (run.script == pinned) == (run.variation.edit is None), name
    publish(Store(tmp_path / "artifacts"))
    assert audit(tmp_path / "artifacts").failures == []


@pytest.mark.parametrize(
    ("script", "what"),
    [
        ("import time as t\nx = t.time()", "the clock"),
        ("from datetime import datetime as d\nx = d.now().year", "the clock"),
        ("import os\nx = os.environ['A']", "the environment"),
        ("from os import getenv\nx = getenv('A', '1')", "the environment"),
        ("import os\nx = 'A' in os.environ", "the environment"),
        ("import os\nx = os.stat('a').st_mtime", "file times"),
        ("import platform\nx = platform.node()", "the machine"),
        ("import os\nx = os.getppid()", "the processes"),
        ("x = open('/proc/self/status')", "/proc/self/status"),
        ("import os\nx = os.listdir('.')", "the order of a folder"),
    ],
)
def test_reading_of_surroundings_is_found_and_given_another_value(script: str, what: str) -> None:
    found_reads = reads(script.encode())
    assert found_reads is not None
    [read] = found_reads
    assert (read.line, read.what) == (script.count("\n") + 1, what)
    assert read.edits
    for edit in read.edits:
        assert apply_edit(script.encode(), edit).decode() != script


@pytest.mark.parametrize(
    "script",
    [
        "import os\nx = os.environ.get('CLAIM_REQUEST', 'a')",
        "import os\nos.environ['OMP_NUM_THREADS'] = '1'",
        "import time\nx = time.perf_counter()",
        "time = clock()\nx = time.time()",
        '"""Reads /proc and time.time()."""\nx = 1',
    ],
)
def test_what_every_honest_script_may_do_is_no_reading_of_surroundings(script: str) -> None:
    assert reads(script.encode()) == ()


def test_code_that_does_not_stand_in_the_text_weakens() -> None:
    assert dynamic(b"x = eval('1')\ny = getattr(a, 'b')\nz = getattr(a, b)") == (1, 3)


def looks_at_itself(call: Call) -> object:
    """A script that reports lower numbers once its text is not the one it knows."""
    if call.job.script == SCRIPT:
        return honest(call)
    return reported([["en", "0.50", "0.61"], ["de", "0.41", "0.52"], ["fr", "0.65", "0.73"]])


def test_script_that_looks_at_its_own_text_voids(tmp_path: Path) -> None:
    loaded = load_one(tmp_path / "claims")
    manifest = verify_claim(loaded, make_world(tmp_path / "artifacts", looks_at_itself))
    finding = found(manifest, "surroundings-read")
    assert (finding.status, finding.effect, finding.reason_code) == (
        "broken",
        Effect.VOIDS,
        Reason.UNSTABLE,
    )
    assert manifest.verdict.status is Status.UNVERIFIED


class Counting:
    """A script that reports something else from its third run on."""

    def __init__(self) -> None:
        self.runs = 0

    def __call__(self, call: Call) -> object:
        self.runs += 1
        last = "0.73" if self.runs < 3 else "0.74"
        return reported([["en", "0.61", "0.50"], ["de", "0.52", "0.41"], ["fr", last, "0.65"]])


def test_run_that_is_not_repeatable_voids_and_accuses_of_nothing_else(tmp_path: Path) -> None:
    loaded = load_one(tmp_path / "claims")
    manifest = verify_claim(loaded, make_world(tmp_path / "artifacts", Counting()))
    finding = found(manifest, "repeated")
    assert (finding.effect, finding.reason_code) == (Effect.VOIDS, Reason.UNSTABLE)
    assert found(manifest, "surroundings-read").status == "not_applicable"
    assert found(manifest, "script-mutated").status == "not_applicable"


def test_repetitions_are_executed_and_other_equal_runs_are_not(tmp_path: Path) -> None:
    loaded = load_one(tmp_path / "claims")
    sandbox = ScriptedSandbox()
    world = make_world(tmp_path / "artifacts")
    world.sandbox = sandbox
    manifest = verify_claim(loaded, world)
    once = [run for run in manifest.host.runs if run.same_as is None]
    assert len(sandbox.jobs) == len(once)
    assert {"main", *(f"attack/replication/repeated/{number}" for number in (1, 2))} <= {
        run.variation for run in once
    }
    records = {run.variation.name: run for run in manifest.runs}
    for run in manifest.host.runs:
        if run.same_as is not None:
            assert run.same_as != "main"
            first, again = records[run.same_as], records[run.variation]
            assert (first.request, first.inputs, first.script) == (again.request, again.inputs, again.script)
            assert first.observations == again.observations


def test_manifest_with_another_edit_does_not_hold(tmp_path: Path) -> None:
    manifest = verified(tmp_path, HONEST[0].read_bytes())
    assert any(run.variation.edit for run in manifest.runs)
    path = tmp_path / "artifacts" / manifest.paper / manifest.claim / "manifest.json"
    document = json.loads(path.read_bytes())
    edited = next(run for run in document["runs"] if run["variation"].get("edit"))
    edited["variation"]["edit"]["after"] += " "
    forged = Manifest.model_validate(document)
    with pytest.raises(EvidenceFailure, match="did not execute the script"):
        read_recorded(forged, Store(tmp_path / "artifacts"), "manifest")


def test_claim_of_other_languages_than_python_is_not_changed(tmp_path: Path) -> None:
    claim = changed(CLAIM, reproduction__script="reproduce.sh")
    folder = tmp_path / "claims"
    write_claims(folder, claim)
    own = next(folder.glob("*/*/reproduce.py"))
    own.rename(own.with_suffix(".sh"))
    manifest = verify_claim(load_claims(folder)[0], make_world(tmp_path / "artifacts"))
    finding = found(manifest, "script-mutated")
    assert finding.status == "not_applicable"
    assert "Python" in finding.summary
