"""Every backend of this machine, as this user and, where that is root, as an ordinary user too."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from outside import Outside
from sandboxes import ORDINARY, SHORT, Place, ThisProcess, Worker, own_folder, readable_python
from worker import SECRET, plant

from harness.sandbox.select import backends, unreadable_environment

LABELS = ("L3-namespaces", "L2-landlock")
USERS = ("this user", "ordinary user")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.sandbox)


@pytest.fixture(scope="session")
def python() -> Iterator[str]:
    """An interpreter that every user can start; empty when there is none."""
    with tempfile.TemporaryDirectory(prefix="harness-python-", dir=SHORT) as name:
        Path(name).chmod(0o755)
        try:
            yield readable_python(Path(name))
        except (OSError, subprocess.SubprocessError):
            yield ""


@pytest.fixture(scope="session")
def this_process(python: str) -> Iterator[tuple[ThisProcess | Worker, Path]]:
    with pytest.MonkeyPatch.context() as patch:
        for folder in own_folder(os.getuid()):
            patch.setattr(tempfile, "tempdir", str(folder / "tmp"))
            patch.setenv("PLANTED_TOKEN", SECRET)
            planted = plant(folder)
            found = {sandbox.label: sandbox for sandbox in backends()}
            if unreadable_environment() and python:
                # Root drops to a user who cannot read this environment where nothing is mounted for him.
                worker = Worker(folder, python=python)
                yield worker, folder
                worker.close()
            else:
                yield ThisProcess(found), folder
            for fd in planted:
                os.close(fd)


@pytest.fixture(scope="session")
def ordinary_process(python: str) -> Iterator[tuple[Worker | None, str, Path]]:
    """A harness of an ordinary user, or the reason why there is none."""
    if os.getuid() != 0:
        yield None, "the tests themselves run as an ordinary user", Path()
        return
    for folder in own_folder(ORDINARY):
        try:
            worker = Worker(folder, uid=ORDINARY, python=python or sys.executable)
        except (OSError, EOFError, RuntimeError) as error:
            yield None, f"user {ORDINARY} cannot use this Python environment: {error or 'no start'}", folder
            return
        yield worker, "", folder
        worker.close()


@pytest.fixture(scope="session", params=USERS)
def user(request: pytest.FixtureRequest) -> tuple[ThisProcess | Worker, Path]:
    if request.param == "this user":
        return request.getfixturevalue("this_process")
    worker, problem, folder = request.getfixturevalue("ordinary_process")
    if worker is None:
        pytest.skip(problem)
    return worker, folder


@pytest.fixture(scope="session", params=LABELS, ids=["L3", "L2"])
def sandbox(request: pytest.FixtureRequest, user: tuple[ThisProcess | Worker, Path]) -> Place:
    harness, folder = user
    if request.param not in harness.found:
        pytest.skip(f"no {request.param} for user {harness.uid} on this machine")
    return Place(harness, request.param, folder)


@pytest.fixture
def outside(sandbox: Place) -> Iterator[Outside]:
    """What a script must not reach; on leaving it must be as it was."""
    with Outside(sandbox) as things:
        yield things


@pytest.fixture(autouse=True)
def nothing_is_left(request: pytest.FixtureRequest) -> Iterator[None]:
    """No test may leave a run's folder behind."""
    yield
    if "sandbox" in request.fixturenames:
        assert request.getfixturevalue("sandbox").run_folders() == set()
