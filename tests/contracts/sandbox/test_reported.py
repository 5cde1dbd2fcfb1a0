"""What is said about a run: limits, use, openings, and the machine's own checks."""

from __future__ import annotations

import contextlib
import json
import os
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sandboxes import MIB, Place, answers, completed, job, processes_with, run

from harness.records.run import SEALED, Enforcement, Limits, RunOutcome
from harness.sandbox.doctor import State, diagnose
from harness.sandbox.select import find_sandbox


def test_limits_usage_and_backend_are_recorded(sandbox: Place) -> None:
    script = "x = bytearray(50 << 20)\nimport time\nwhile time.process_time() < .4: pass\n"
    execution = completed(run(sandbox, script + "open('observations.json', 'w').write('{}')"))
    isolation, backend = execution.isolation, execution.backend
    assert isolation is not None
    assert backend is not None
    assert (isolation.label, isolation.network, isolation.sealed) == (sandbox.label, "none", True)
    assert set(Limits.model_fields) <= {limit.name for limit in isolation.limits}
    assert all(limit.enforcement is not Enforcement.NONE for limit in isolation.limits)
    assert isolation.known_gaps
    assert all(gap.endswith(".") for gap in isolation.known_gaps)
    assert backend.uid_mode == ("root-dropped" if sandbox.as_root else "user")
    assert len(backend.sha256) == 64
    assert backend.kernel == os.uname().release
    assert 50 * MIB < execution.usage.peak_memory_bytes < 200 * MIB
    assert execution.usage.peak_processes == 1
    assert 0.2 < execution.usage.cpu_seconds < execution.usage.wall_seconds + 0.2 < 5


def test_a_weaker_backend_says_what_it_lacks(sandbox: Place) -> None:
    isolation = run(sandbox, "pass").isolation
    assert isolation is not None
    said = " ".join(isolation.known_gaps)
    assert ("no namespaces" in said) is not sandbox.namespaces


def test_a_failing_script_says_so(sandbox: Place) -> None:
    execution = run(sandbox, "raise SystemExit(3)")
    assert (execution.outcome, execution.exit_code) == (RunOutcome.SCRIPT_FAILED, 3)
    assert execution.detail == "The script ended with exit status 3."
    killed = run(sandbox, "import os; os.kill(os.getpid(), 15)")
    assert killed.outcome is RunOutcome.SCRIPT_FAILED
    assert killed.detail == "The script ended with exit status 143, as after signal 15."


@pytest.mark.parametrize("name", ["../evil", "a/../b", "/a", "a//b", "", "..", "\0"])
def test_names_that_lead_elsewhere_are_refused(sandbox: Place, name: str) -> None:
    assert run(sandbox, "pass", inputs={name: b""}).outcome is RunOutcome.MISSING_RESOURCE
    assert run(sandbox, "pass", files={name: Path("/etc/passwd")}).outcome is RunOutcome.MISSING_RESOURCE
    assert run(sandbox, "pass", name=name).outcome is RunOutcome.MISSING_RESOURCE


def test_the_name_of_a_script_is_no_path(sandbox: Place) -> None:
    assert run(sandbox, "pass", name="a/b.py").outcome is RunOutcome.MISSING_RESOURCE


def test_an_attempt_is_kept_whatever_else_happens(sandbox: Place) -> None:
    tried = "import os, time\ntry: os.setuid(0)\nexcept OSError: pass\n"
    for ending, said in (
        ("time.sleep(60)", "wall_seconds"),
        ("raise SystemExit(3)", "setuid 0"),
        ("x = bytearray(8 << 30)", "setuid 0"),
        ("os.kill(os.getpid(), 9)", "setuid 0"),
    ):
        execution = run(sandbox, tried + ending, wall_seconds=0.7)
        assert execution.outcome is RunOutcome.POLICY_VIOLATION
        assert said in execution.detail
        assert [(a.call, a.target, a.violation) for a in execution.denied] == [("setuid", "0", True)]


def test_the_same_attempt_is_listed_once_and_in_order(sandbox: Place) -> None:
    script = """
        import os
        for path in ("/usr/b", "/usr/a", "/usr/b") * 3:
            try: open(path, "w")
            except OSError: pass
            try: os.setuid(0)
            except OSError: pass
        """
    denied = run(sandbox, script).denied
    assert [(a.call, a.target) for a in denied] == [
        ("openat", "/usr/a"),
        ("openat", "/usr/b"),
        ("setuid", "0"),
    ]


def test_runs_beside_each_other_do_not_meet_and_leave_nothing(sandbox: Place) -> None:
    script = """
        import json, os, time
        request = json.load(open(os.environ["CLAIM_REQUEST"]))
        os.makedirs("a/b/c"); os.chmod("a/b", 0o500); os.chmod("a", 0o500)
        open("mine", "w").write(str(request["n"])); time.sleep(0.2)
        json.dump([request["n"], open("mine").read(), len(os.listdir("."))], open("observations.json", "w"))
        """
    jobs = [job(script, name="beside.py", request={"n": n}) for n in range(8)]
    results = sandbox.run_at_once(jobs)
    assert [json.loads(completed(r).observations or b"") for r in results] == [
        [n, str(n), 2] for n in range(8)
    ]
    assert sandbox.run_folders() == set()
    assert not processes_with(b"script/beside.py")


def test_the_user_outside_is_unprivileged(sandbox: Place) -> None:
    """A sandboxed root would still own the kernel's settings, so it must be another user outside too."""
    script = "import time; open('ready', 'w'); time.sleep(1)"
    owners: set[int] = set()
    with ThreadPoolExecutor() as pool:
        running = pool.submit(run, sandbox, script)
        deadline = time.monotonic() + 5
        while time.monotonic() < deadline and not owners and not running.done():
            with contextlib.suppress(FileNotFoundError):
                owners = {path.stat().st_uid for path in sandbox.temporary.glob("harness-run-*/run/ready")}
        running.result()
    assert owners
    assert 0 not in owners
    assert (owners == {sandbox.harness.uid}) is not sandbox.as_root


def test_the_first_process_is_as_confined_as_the_script(sandbox: Place) -> None:
    """Where it has the script's user, the script may look into it, and must gain nothing by that."""
    if not sandbox.namespaces:
        pytest.skip("there is no process namespace, so the first process is the machine's")
    found = answers(
        sandbox,
        """
        lines = open("/proc/1/status").read().splitlines()
        found["status"] = [l.split()[1] for l in lines if l.startswith(("CapPrm", "NoNewPrivs"))]
        attempt("files", lambda: [os.readlink(f"/proc/1/fd/{n}") for n in os.listdir("/proc/1/fd")])
        found["words"] = open("/proc/1/cmdline").read() + open("/proc/self/mountinfo").read()
        """,
    )
    assert found["status"][0] == "0" * 16 or sandbox.as_root
    if isinstance(found["files"], list):
        assert {name.split(":")[0] for name in found["files"]} <= {
            "/dev/null",
            "pipe",
            "anon_inode",
            "socket",
        }
    assert str(Path(__file__).resolve().parents[3]) not in found["words"]


def test_diagnose_shows_every_attempt_blocked(this_process: object) -> None:
    checks = diagnose()
    assert len(checks) > 3
    assert [check for check in checks if check.state is State.FAIL] == []
    assert find_sandbox().label in SEALED
