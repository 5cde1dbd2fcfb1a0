"""What a script leaves is taken only when it is an ordinary file, and everything else is named."""

from __future__ import annotations

import pytest
from sandboxes import Place, completed, run, script_of, violations

from harness.records.run import RunOutcome
from harness.sandbox.collect import MOST_ATTACHMENTS

REFUSED = {
    "symbolic link": "os.symlink('/etc/passwd', P)",
    "symbolic link to itself": "os.symlink(P, P)",
    "hard link": "open(RUN + '/other', 'w').write('{}'); os.link(RUN + '/other', P)",
    "FIFO": "os.mkfifo(P)",
    "a folder": "os.mkdir(P)",
    "a socket": "socket.socket(socket.AF_UNIX).bind(P)",
    "setuid": "os.close(os.open(P, os.O_CREAT | os.O_WRONLY, 0o4755)); os.chmod(P, 0o4755)",
    "setgid": "os.close(os.open(P, os.O_CREAT | os.O_WRONLY, 0o2755)); os.chmod(P, 0o2755)",
    "bytes; at most 2000": "open(P, 'w').write(' ' * 2001)",
    "sparse; at most 2000": "open(P, 'w').truncate(1 << 20)",
}
SAID = {"symbolic link to itself": "symbolic link", "sparse; at most 2000": "at most 2000"}


@pytest.mark.parametrize("reason", REFUSED)
@pytest.mark.parametrize("place", ["observations.json", "attachments/x"])
def test_the_collector_refuses(sandbox: Place, reason: str, place: str) -> None:
    body = f"os.mkdir('attachments')\nP = RUN + '/{place}'\n{REFUSED[reason]}\n"
    if place != "observations.json":
        body += "open('observations.json', 'w').write('{}')\n"
    execution = run(sandbox, script_of(body), output_bytes=2000)
    assert violations(execution) == []
    if not sandbox.namespaces and reason in ("setuid", "setgid") and execution.rejected == ():
        # Changes of attributes are not carried out there, and a new file gets no such bit either.
        assert b"" in (execution.observations, execution.attachments.get("x"))
        return
    expected = RunOutcome.INVALID_OUTPUT if place == "observations.json" else RunOutcome.COMPLETED
    assert execution.outcome is expected, (execution.detail, execution.stderr.decode())
    assert execution.attachments == {}
    assert len(execution.rejected) == 1
    assert execution.rejected[0].startswith(place)
    assert SAID.get(reason, reason) in execution.rejected[0]


@pytest.mark.parametrize("kind", [0o020000, 0o060000], ids=["character", "block"])
def test_a_device_cannot_be_made(sandbox: Place, kind: int) -> None:
    body = f"attempt('a', lambda: os.mknod('observations.json', {kind} | 0o666, os.makedev(1, 5)))"
    execution = run(sandbox, script_of(body))
    assert b'"failed: ' in execution.stdout
    assert execution.outcome is RunOutcome.INVALID_OUTPUT
    assert execution.observations is None


def test_attachments_are_collected(sandbox: Place) -> None:
    script = (
        "import os\nos.mkdir('attachments')\nopen('attachments/b', 'w').write('B')\nopen('attachments/a\\x1b', 'w')\n"
        "open('attachments/\\u202e', 'w')\nopen('observations.json', 'w').write('{\"x\": 1}')"
    )
    execution = completed(run(sandbox, script))
    assert execution.observations == b'{"x": 1}'
    assert execution.attachments == {"b": b"B"}
    unprintable = "has a name with unprintable characters"
    assert execution.rejected == (f"attachments/a\\x1b: {unprintable}", f"attachments/\\u202e: {unprintable}")


def test_too_many_attachments_are_left(sandbox: Place) -> None:
    script = """
        import os
        os.mkdir("attachments")
        for i in range(300): open(f"attachments/{i:03}", "w").write("x")
        open("observations.json", "w").write("{}")
        """
    execution = completed(run(sandbox, script))
    assert len(execution.attachments) == MOST_ATTACHMENTS
    assert execution.rejected == (
        f"attachments: {300 - MOST_ATTACHMENTS} more files than the 256 that are taken",
    )


@pytest.mark.parametrize("target", ["/etc", "/", ".."])
def test_a_linked_attachments_folder_is_refused(sandbox: Place, target: str) -> None:
    script = f"import os\nos.symlink('{target}', 'attachments')\nopen('observations.json', 'w').write('{{}}')"
    execution = run(sandbox, script)
    assert execution.attachments == {}
    assert execution.rejected == ("attachments: is a symbolic link, not a folder",)


def test_a_folder_that_may_not_be_read_is_no_obstacle(sandbox: Place) -> None:
    script = """
        import os
        os.mkdir("attachments"); open("attachments/x", "w").write("x"); open("observations.json", "w").write("{}")
        os.chmod("attachments", 0); os.chmod("observations.json", 0o200); os.chmod(".", 0o300)
        """
    execution = run(sandbox, script)
    assert violations(execution) == []
    assert execution.outcome in (RunOutcome.COMPLETED, RunOutcome.INVALID_OUTPUT, RunOutcome.LIMIT_EXCEEDED)
    if execution.outcome is RunOutcome.COMPLETED:
        assert execution.observations == b"{}"


def test_no_output_is_invalid_output(sandbox: Place) -> None:
    execution = run(sandbox, "pass")
    assert execution.outcome is RunOutcome.INVALID_OUTPUT
    assert execution.exit_code == 0
    assert "missing" in execution.detail


def test_the_output_cannot_be_exchanged_at_the_end(sandbox: Place) -> None:
    """A process that goes on after the script's end changes nothing once anything is read."""
    script = """
        import os
        honest, other = b'{"honest": 1}', b'{"other": 12345}'
        open("observations.json", "wb").write(honest)
        ready, go = os.pipe()
        if os.fork() == 0:
            os.setsid()
            os.write(go, b"x")
            while True:
                open("new", "wb").write(other); os.rename("new", "observations.json")
                os.symlink("/etc/passwd", "new"); os.rename("new", "observations.json")
                os.mkfifo("new"); os.rename("new", "observations.json")
                open("new", "wb").write(honest); os.rename("new", "observations.json")
        os.read(ready, 1)
        """
    for _ in range(5):
        execution = run(sandbox, script)
        assert execution.outcome in (RunOutcome.COMPLETED, RunOutcome.INVALID_OUTPUT)
        if execution.outcome is RunOutcome.COMPLETED:
            assert execution.observations in (b'{"honest": 1}', b'{"other": 12345}', b"")
        else:
            assert any(word in execution.rejected[0] for word in ("symbolic link", "FIFO"))


def test_nothing_is_collected_from_a_violation(sandbox: Place) -> None:
    script = """
        import os
        os.mkdir("attachments"); open("attachments/x", "w").write("x"); open("observations.json", "w").write("{}")
        try: os.setuid(0)
        except OSError: pass
        """
    execution = run(sandbox, script)
    assert execution.outcome is RunOutcome.POLICY_VIOLATION
    assert (execution.exit_code, execution.observations, dict(execution.attachments)) == (0, None, {})
