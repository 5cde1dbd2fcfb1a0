"""Attacks of other distributions: loaded when named, recorded, and never passed over in silence."""

from __future__ import annotations

import importlib
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from doubles import load_one, make_world

from harness.audit import audit
from harness.errors import CannotRun
from harness.pipeline import verify_claim
from harness.plugins import installed, load
from harness.records.manifest import Manifest
from harness.records.verdict import Reason, Status
from harness.runner import publish
from harness.store import Store

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "red-team.md").read_text(encoding="utf-8")
[EXAMPLE] = re.findall(r"```python\n(.*?)```", PAGE, flags=re.DOTALL)
NAME = "replication/doubles/rows-doubled"


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> object:
    """Installs a distribution with one module and one entry point."""
    site = tmp_path / "site"
    monkeypatch.syspath_prepend(str(site))

    def put(source: str, *, name: str = "doubles", module: str = "my_attacks", version: str = "1.2") -> Path:
        info = site / f"{module}-{version}.dist-info"
        for old in site.glob(f"{module}-*.dist-info/*"):
            old.unlink()
        info.mkdir(parents=True, exist_ok=True)
        (site / f"{module}.py").write_text(source)
        distribution = module.replace("_", "-")
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {distribution}\nVersion: {version}\n")
        (info / "entry_points.txt").write_text(f"[claim_harness.attacks]\n{name} = {module}:ATTACK\n")
        for old in site.glob(f"{module}-*.dist-info"):
            if old != info:
                old.rmdir()
        sys.modules.pop(module, None)
        importlib.invalidate_caches()
        return site

    yield put
    sys.modules.pop("my_attacks", None)


def attacked(tmp_path: Path, *names: str) -> Manifest:
    loaded = load_one(tmp_path / "claims")
    world = make_world(tmp_path / "artifacts")
    world.plugins = load(names)
    manifest = verify_claim(loaded, world)
    publish(Store(tmp_path / "artifacts"))
    return manifest


def test_example_of_the_documentation_runs_and_is_recorded(tmp_path: Path, install: object) -> None:
    install(EXAMPLE)  # type: ignore[operator]
    manifest = attacked(tmp_path, "doubles")
    [finding] = [item for item in manifest.findings if item.attack == NAME]
    assert finding.status == "held"
    assert finding.runs == (f"attack/{NAME}/doubled",)
    assert [item.as_json() for item in manifest.plugins] == [
        {"name": "doubles", "distribution": "my-attacks", "version": "1.2"}
    ]
    assert manifest.verdict.status is Status.VERIFIED
    assert audit(tmp_path / "artifacts", plugins=load(["doubles"])).holds


def test_nothing_is_loaded_that_is_not_named(tmp_path: Path, install: object) -> None:
    install("raise SystemExit(0)")  # type: ignore[operator]
    assert "doubles" in [item.name for item in installed()]
    manifest = attacked(tmp_path)
    assert manifest.plugins == ()
    assert "my_attacks" not in sys.modules


def test_auditor_without_the_plugin_says_so(tmp_path: Path, install: object) -> None:
    install(EXAMPLE)  # type: ignore[operator]
    attacked(tmp_path, "doubles")
    report = audit(tmp_path / "artifacts")
    assert not report.holds
    assert report.failures == []
    assert all("without plug-in doubles of my-attacks 1.2" in item.message for item in report.unchecked)
    assert report.unchecked
    done = subprocess.run(
        [sys.executable, "-m", "harness", "audit", str(tmp_path / "artifacts"), "--json"],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
    )
    assert done.returncode == 4
    assert json.loads(done.stdout)["unchecked"]


def test_auditor_with_another_version_says_so(tmp_path: Path, install: object) -> None:
    install(EXAMPLE)  # type: ignore[operator]
    attacked(tmp_path, "doubles")
    install(EXAMPLE, version="1.3")  # type: ignore[operator]
    report = audit(tmp_path / "artifacts", plugins=load(["doubles"]))
    assert report.failures == []
    assert "my-attacks 1.3: it was made with my-attacks 1.2" in report.unchecked[0].message


def test_auditor_whose_plugin_judges_otherwise_finds_a_manifest_that_does_not_hold(
    tmp_path: Path, install: object
) -> None:
    install(EXAMPLE)  # type: ignore[operator]
    attacked(tmp_path, "doubles")
    install(EXAMPLE.replace("is the same with every row twice", "stands"))  # type: ignore[operator]
    report = audit(tmp_path / "artifacts", plugins=load(["doubles"]))
    assert any("differs at findings" in item.message for item in report.failures)


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("import nothing_of_that_name", "cannot be imported: ModuleNotFoundError"),
        ("raise SystemExit(0)", "cannot be imported: SystemExit"),
        ("x = 1", "cannot be imported: AttributeError"),
        ("ATTACK = 3", "offers a int, which is no Attack"),
        ("ATTACK = ()", "offers no attack"),
        (EXAMPLE.replace("replication/doubles", "replication/other"), "must be named replication/doubles/"),
        (EXAMPLE.replace("replication/doubles", "citation/doubles"), "must be named replication/doubles/"),
        (EXAMPLE + "\nATTACK = (ATTACK, ATTACK)", "two attacks are named"),
    ],
)
def test_broken_plugin_ends_the_command_with_a_reason(install: object, source: str, message: str) -> None:
    install(source)  # type: ignore[operator]
    with pytest.raises(CannotRun, match=re.escape(message)):
        load(["doubles"])


def test_plugin_that_is_not_installed_is_named() -> None:
    with pytest.raises(CannotRun, match="plug-in nowhere: not installed"):
        load(["nowhere"])


def test_plugin_may_not_take_the_name_of_an_attack_of_the_harness(install: object) -> None:
    source = EXAMPLE.replace("replication/doubles", "replication/repeated")
    install(source, name="repeated")  # type: ignore[operator]
    with pytest.raises(CannotRun, match="an attack of the harness has that name"):
        load(["repeated"])


@pytest.mark.parametrize(
    "crash",
    [
        EXAMPLE.replace(
            "def _judge(case: Case, runs: Runs) -> Finding:\n", "def _judge(case, runs):\n    1 / 0\n"
        ),
        EXAMPLE.replace(
            "def _judge(case: Case, runs: Runs) -> Finding:\n",
            "def _judge(case, runs):\n    raise SystemExit(0)\n",
        ),
        EXAMPLE.replace(
            "def _judge(case: Case, runs: Runs) -> Finding:\n", "def _judge(case, runs):\n    return 3\n"
        ),
        EXAMPLE.replace(
            "def _plan(case: Case) -> tuple[Variation, ...]:\n", "def _plan(case):\n    raise SystemExit(0)\n"
        ),
        EXAMPLE.replace('ATTACK.run_name("doubled")', '"main"'),
    ],
    ids=["judge", "judge-exits", "no-finding", "plan-exits", "name-of-another-run"],
)
def test_plugin_that_crashes_leaves_the_claim_unverified(tmp_path: Path, install: object, crash: str) -> None:
    assert crash != EXAMPLE
    install(crash)  # type: ignore[operator]
    manifest = attacked(tmp_path, "doubles")
    [finding] = [item for item in manifest.findings if item.attack == NAME]
    assert finding.status == "error"
    assert (manifest.verdict.status, manifest.verdict.reason_code) == (
        Status.UNVERIFIED,
        Reason.INTERNAL_ERROR,
    )
    assert audit(tmp_path / "artifacts", plugins=load(["doubles"])).holds
