"""Modules of the harness that a record names are there for the script, as copies that it can only read."""

from __future__ import annotations

from dataclasses import replace

from sandboxes import Place, completed, job, script_of, told, violations

from harness.script_modules import LIBRARIES, library_digests, library_files

LIBRARY = {
    "harness/__init__.py": b'"""A package."""\n',
    "harness/errors.py": b"",
    "harness/part/deep.py": b"from pathlib import Path\nBESIDE = (Path(__file__).parent / 'data.json').read_text()\n",
    "harness/part/data.json": b"17",
}


def run_with(sandbox: Place, body: str, **changes: object) -> object:
    return sandbox.run(replace(job(script_of(body)), **{"imports": LIBRARY, **changes}))  # type: ignore[arg-type]


def test_a_script_imports_what_is_there_and_nothing_else(sandbox: Place) -> None:
    body = """
import harness.part.deep
found["data"] = harness.part.deep.BESIDE
found["where"] = harness.__file__.endswith("/helper/harness/__init__.py")
try:
    import harness.pipeline
except ModuleNotFoundError as missing:
    found["missing"] = missing.name
open("observations.json", "w").write("{}")
"""
    told_by = told(completed(run_with(sandbox, body)))
    assert told_by == {"data": "17", "where": True, "missing": "harness.pipeline"}


def test_a_script_cannot_change_it(sandbox: Place) -> None:
    body = """
import harness, os
from pathlib import Path
found["refused"] = []
for name in ("part/deep.py", "part/new.py", "new.py"):
    try:
        (Path(harness.__file__).parent / name).write_text("")
    except OSError:
        found["refused"].append(name)
"""
    execution = run_with(sandbox, body)
    assert told(execution) == {"refused": ["part/deep.py", "part/new.py", "new.py"]}
    assert len(violations(execution)) == 3


def test_without_a_library_there_is_none(sandbox: Place) -> None:
    body = """
import os, sys
helper = next(path for path in sys.path if path.endswith("/helper"))
found["helper"] = sorted(os.listdir(helper)) if os.access(helper, os.R_OK) else ["claim_script.py"]
open("observations.json", "w").write("{}")
"""
    assert told(completed(run_with(sandbox, body, imports={}))) == {"helper": ["claim_script.py"]}


def test_the_library_is_what_its_digests_say() -> None:
    files, digests = library_files("retrieval"), library_digests("retrieval")
    assert digests is not None and list(files) == list(digests)
    assert {"harness/__init__.py", "harness/errors.py", "harness/retrieval/training.py"} <= set(files)
    assert "harness/retrieval/checkpoint/model.safetensors" in files
    # Nothing of what judges is in a script's hands.
    assert {path.split("/")[1] for path in files} == {part.split("/")[0] for part in LIBRARIES["retrieval"]}
    assert not {"harness/public_data/snapshot.py", "harness/public_data/obtaining.py"} & set(files)
    assert not any("__pycache__" in path for path in files)
    assert (library_files(None), library_digests(None)) == ({}, None)
