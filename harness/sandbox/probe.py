"""A real run that tries to break out. A machine counts as isolating only when every attempt fails in it."""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from harness.records.run import Limits, RunOutcome
from harness.sandbox.interface import Execution, Job, Sandbox

LIMITS = Limits(wall_seconds=20, cpu_seconds=10, memory_bytes=256 * 2**20, disk_bytes=2**20)

SECRET_VARIABLE = "HARNESS_PROBE_SECRET"  # noqa: S105 - the name of a planted variable, not a secret

SCRIPT = b"""
import json, os, socket
job = json.load(open("/claim/request.json"))
found = {}
def attempt(name, action):
    try:
        found[name] = bool(action())
    except Exception:
        found[name] = False
def status(field):
    lines = open("/proc/self/status").read().splitlines()
    return int([l for l in lines if l.startswith(field + ":")][0].split()[1], 16)
def connect(family, address):
    def action():
        with socket.socket(family, socket.SOCK_STREAM) as s:
            s.settimeout(1)
            s.connect(address)
        return True
    return action
def write(path):
    def action():
        with open(path, "a"):
            return True
    return action
attempt("secret file", lambda: open(job["secret"]).read())
attempt("secret variable", lambda: job["variable"] in os.environ)
attempt("checkout", lambda: os.listdir(job["home"]) if job["home"] else False)
attempt("write outside", write(job["secret"]))
attempt("write system", write("/usr/harness-probe"))
attempt("write root", write("/harness-probe"))
attempt("write environment", write(os.path.join(os.path.dirname(os.__file__), "harness-probe")))
attempt("write kernel setting", write("/proc/sys/kernel/core_pattern"))
attempt("write input", write("/claim/inputs/a"))
attempt("network inside", connect(socket.AF_INET, ("127.0.0.1", 9)))
attempt("network outside", connect(socket.AF_INET, ("192.0.2.1", 80)))
attempt("network device", lambda: [n for _, n in socket.if_nameindex() if n != "lo"])
attempt("network socket", lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
attempt("become root", lambda: os.setuid(0) is None and os.getuid() == 0)
attempt("capabilities", lambda: status("CapEff") or status("CapPrm"))
attempt("new privileges", lambda: status("NoNewPrivs") != 1)
attempt("no filter", lambda: status("Seccomp") != 2)
open("/claim/inputs/a").read()
json.dump(found, open("/claim/run/observations.json", "w"))
"""

ATTEMPTS = {
    "secret file": "reading a planted secret file",
    "secret variable": "reading a planted environment variable",
    "checkout": "listing the folder of a planted secret",
    "write outside": "writing to a file of the host",
    "write system": "writing below /usr",
    "write root": "writing to the root folder",
    "write environment": "writing to the Python environment",
    "write kernel setting": "changing a kernel setting",
    "write input": "changing an input",
    "network inside": "connecting to the loopback address",
    "network outside": "connecting to an outside address",
    "network device": "finding a network device",
    "network socket": "opening a network socket",
    "become root": "becoming root",
    "capabilities": "holding a capability",
    "new privileges": "gaining privileges by starting a program",
    "no filter": "escaping the system call filter",
}
"""Each attempt of the script, in words. All must have failed."""


@dataclass(frozen=True)
class Finding:
    """One thing that was tried."""

    attempt: str
    """What, in words."""
    blocked: bool
    """Whether the sandbox held."""


@dataclass(frozen=True)
class ProbeResult:
    """What one probe run showed."""

    findings: tuple[Finding, ...]
    """One per attempt; empty when the run did not come to its end."""
    problem: str
    """Why the sandbox cannot be used; empty when it can."""


def probe(sandbox: Sandbox) -> ProbeResult:
    """Run the script once in ``sandbox`` and judge it. Takes about 50 ms."""
    with _planted_secret() as secret:
        request = {"secret": str(secret), "home": str(secret.parent), "variable": SECRET_VARIABLE}
        job = Job("probe.py", SCRIPT, {"a": b"a", "b": b"b"}, json.dumps(request).encode(), LIMITS)
        execution = sandbox.run(job)
    return _judge(execution)


def _judge(execution: Execution) -> ProbeResult:
    if execution.outcome is not RunOutcome.COMPLETED or execution.observations is None:
        said = execution.stderr.decode(errors="replace").strip().splitlines()
        return ProbeResult((), " ".join([execution.detail, *said[-1:]]))
    answers = json.loads(execution.observations)
    findings = [Finding(text, answers.get(name) is False) for name, text in ATTEMPTS.items()]
    findings.append(Finding("opening an input without being seen", execution.opened == ("a",)))
    broken = [finding.attempt for finding in findings if not finding.blocked]
    return ProbeResult(tuple(findings), f"Not blocked: {', '.join(broken)}." if broken else "")


@contextlib.contextmanager
def _planted_secret() -> Iterator[Path]:
    """A file in the temporary folder that any user may read and write, and a variable, for one probe."""
    with tempfile.TemporaryDirectory(prefix="harness-probe-") as folder:
        Path(folder).chmod(0o755)
        secret = Path(folder) / "secret"
        secret.write_text("planted")
        secret.chmod(0o666)
        os.environ[SECRET_VARIABLE] = "planted"
        try:
            yield secret
        finally:
            os.environ.pop(SECRET_VARIABLE, None)
