"""The shape of the house: who imports whom, what has a docstring, who prints, and the list of attacks."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from harness.records.verdict import Attacker
from harness.redteam import ATTACKS
from harness.schemas import drift

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "harness"
MODULES = sorted(PACKAGE.rglob("*.py"))
HEAVY = {"torch", "transformers", "faiss", "ray"}
TOUCHES_THE_WORLD = {
    "os",
    "io",
    "pathlib",
    "subprocess",
    "shutil",
    "tempfile",
    "socket",
    "fcntl",
    "signal",
    "multiprocessing",
    "threading",
    "time",
    "secrets",
    "random",
    "urllib",
    "http",
    "asyncio",
}
RECORDS = {path for path in MODULES if path.parent.name == "records"}
RULES = {path for path in MODULES if path.parent.name in ("rules", "stats")}
REDTEAM = {path for path in MODULES if "redteam" in path.parts}


def name_of(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def imports(path: Path) -> set[str]:
    """Full names of everything a module imports, wherever the import stands."""
    found: set[str] = set()
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            found.add(node.module or "")
            if (node.module or "").startswith("harness"):
                found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def reachable(start: str) -> set[str]:
    """Modules of the harness that importing one loads, itself included; what functions import is counted, too."""
    known = {name_of(path): path for path in MODULES}
    found, pending = set(), [start]
    while pending:
        name = pending.pop()
        if name in known and name not in found:
            found.add(name)
            pending += imports(known[name])
    return found


every_module = pytest.mark.parametrize("path", MODULES, ids=name_of)


@pytest.mark.parametrize(
    "path", sorted(RECORDS | RULES | {PACKAGE / "judge.py", PACKAGE / "attack_scores.py"}), ids=name_of
)
def test_pure_modules_touch_no_files_and_no_processes(path: Path) -> None:
    assert not {name.split(".")[0] for name in imports(path)} & TOUCHES_THE_WORLD
    assert not [
        node
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.Call)
        and getattr(node.func, "id", "") in ("open", "print", "input", "exec", "eval", "__import__")
    ]


def test_judge_reaches_only_records_and_scores() -> None:
    allowed = re.compile(r"harness(\.judge|\.attack_scores|\.records(\..*)?)?$")
    assert [name for name in reachable("harness.judge") if not allowed.match(name)] == []


@pytest.mark.parametrize("path", sorted(RECORDS), ids=name_of)
def test_records_import_only_records(path: Path) -> None:
    assert [
        name
        for name in imports(path)
        if name.startswith("harness") and not name.startswith("harness.records")
    ] == []


@pytest.mark.parametrize("path", sorted(RULES), ids=name_of)
def test_rules_and_statistics_import_only_records_and_each_other(path: Path) -> None:
    wrong = [
        name
        for name in imports(path)
        if name.startswith("harness.") and name.split(".")[1] not in ("records", "rules", "stats")
    ]
    assert wrong == []


@pytest.mark.parametrize("path", sorted(REDTEAM), ids=name_of)
def test_attacks_touch_neither_sandbox_nor_store(path: Path) -> None:
    forbidden = (
        "harness.sandbox",
        "harness.store",
        "harness.pipeline",
        "harness.runner",
        "harness.judge",
        "harness.cli",
        "harness.commands",
    )
    assert [name for name in imports(path) if name.startswith(forbidden)] == []
    assert not {name.split(".")[0] for name in imports(path)} & (TOUCHES_THE_WORLD - {"random"})


def test_auditor_reaches_no_sandbox_and_no_runner() -> None:
    assert [
        name
        for name in reachable("harness.audit")
        if re.match(r"harness\.(sandbox\.(?!interface)|pipeline|runner|cli|commands)", name)
    ] == []


def test_nothing_imports_the_command_line() -> None:
    users = [
        name_of(path)
        for path in MODULES
        if any(name.startswith(("harness.cli", "harness.commands")) for name in imports(path))
    ]
    assert {name for name in users if not name.startswith("harness.commands.")} == {
        "harness.__main__",
        "harness.cli",
    }


@every_module
def test_core_needs_no_heavy_package(path: Path) -> None:
    if "retrieval" not in path.parts:
        assert not {name.split(".")[0] for name in imports(path)} & HEAVY
        assert not [name for name in imports(path) if name.startswith("harness.retrieval")]


@pytest.mark.parametrize(
    ("module", "heavy"),
    [
        ("harness.cli", {"scipy.stats", *HEAVY}),
        ("harness.audit", HEAVY),
        ("harness.public_data.obtaining", {"scipy.stats", *HEAVY}),
        ("harness.judge", {"scipy", "numpy", *HEAVY}),
    ],
)
def test_importing_stays_light(module: str, heavy: set[str]) -> None:
    code = f"import sys, {module}; print(*sorted(set({sorted(heavy)!r}) & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.split() == []


def test_no_import_cycles_among_modules() -> None:
    """No module is reached from itself through imports at the top of modules."""
    known = {name_of(path): path for path in MODULES}

    def top(path: Path) -> set[str]:
        found: set[str] = set()
        for node in tree_of(path).body:
            if isinstance(node, ast.ImportFrom) and (node.module or "") in known:
                within = {f"{node.module}.{alias.name}" for alias in node.names} & known.keys()
                found |= within or {str(node.module)}
            elif isinstance(node, ast.Import):
                found |= {alias.name for alias in node.names} & known.keys()
        return found

    edges = {name: top(path) for name, path in known.items()}

    def cycle(name: str, trail: tuple[str, ...]) -> list[str]:
        if name in trail:
            return [*trail[trail.index(name) :], name]
        if name in done:
            return []
        for following in sorted(edges[name]):
            if found := cycle(following, (*trail, name)):
                return found
        done.add(name)
        return []

    done: set[str] = set()
    assert [found for name in edges if (found := cycle(name, ()))] == []


@every_module
def test_module_has_a_docstring_and_a_telling_name(path: Path) -> None:
    assert (ast.get_docstring(tree_of(path)) or "").strip() or not path.read_text().strip()
    assert not re.search(r"util|helpers?$|common|misc", path.stem)


@every_module
def test_everything_public_has_a_docstring(path: Path) -> None:
    def undocumented(node: ast.AST, inside: str) -> list[str]:
        found = []
        for child in ast.iter_child_nodes(node):
            if isinstance(
                child, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
            ) and not child.name.startswith("_"):
                name = f"{inside}{child.name}"
                if not (ast.get_docstring(child) or "").strip():
                    found.append(name)
                if isinstance(child, ast.ClassDef):
                    found += undocumented(child, f"{name}.")
        return found

    assert undocumented(tree_of(path), "") == []


@every_module
def test_only_the_command_line_prints_or_exits(path: Path) -> None:
    if path.name in ("cli.py", "__main__.py", "child.py") or {"commands", "report"} & set(path.parts):
        return
    # These become the script that they start or help, and end as it does.
    script_helper = {"script_helper", "inside"} & set(path.parts)
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Call):
            called = ast.unparse(node.func)
            assert called not in ("print", "sys.stdout.write", "exit"), f"line {node.lineno}: {called}"
            assert script_helper or called != "sys.exit", f"line {node.lineno}: {called}"


def test_committed_schemas_are_up_to_date() -> None:
    assert drift(ROOT / "schemas") == []


def test_attacks_have_names_of_their_own() -> None:
    assert [name for name, count in Counter(attack.name for attack in ATTACKS).items() if count > 1] == []


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.name)
def test_attack_is_named_after_its_attacker_and_file(attack: object) -> None:
    folders = {
        Attacker.COUNTEREXAMPLE_HUNTER: "counterexample",
        Attacker.CITATION_AUDITOR: "citation",
        Attacker.REPLICATION_ATTACKER: "replication",
    }
    name, attacker = attack.name, attack.attacker  # type: ignore[attr-defined]
    folder, own = name.split("/")
    assert folder == folders[attacker]
    assert (PACKAGE / "redteam" / folder / f"{own.replace('-', '_')}.py").is_file()
    assert attack.threat  # type: ignore[attr-defined]
    assert attack.origin  # type: ignore[attr-defined]


def test_every_attack_file_is_in_the_list() -> None:
    files = {
        path
        for folder in ("counterexample", "citation", "replication")
        for path in (PACKAGE / "redteam" / folder).glob("*.py")
    }
    listed = {f"{attack.name.replace('-', '_')}.py" for attack in ATTACKS}
    unlisted = [
        str(path)
        for path in files
        if "ATTACK = Attack(" in path.read_text() and "/".join(path.parts[-2:]) not in listed
    ]
    assert unlisted == []


@pytest.mark.parametrize("attacker", list(Attacker), ids=str)
def test_every_attacker_has_at_least_four_attacks(attacker: Attacker) -> None:
    assert sum(attack.attacker is attacker for attack in ATTACKS) >= 4


def test_every_attack_is_documented() -> None:
    page = (ROOT / "docs" / "red-team.md").read_text(encoding="utf-8")
    assert [attack.name for attack in ATTACKS if f"| `{attack.name}` |" not in page] == []
