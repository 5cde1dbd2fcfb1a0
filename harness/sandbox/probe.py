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
from harness.sandbox.interface import PLACE, Execution, Job, Sandbox

LIMITS = Limits(wall_seconds=20, cpu_seconds=10, memory_bytes=256 * 2**20, disk_bytes=2**20)

SECRET = "planted"  # noqa: S105 - it is no secret
SECRET_VARIABLE = "HARNESS_PROBE_SECRET"  # noqa: S105 - the name of a planted variable, not a secret

SCRIPT = b"""
import json, os, socket, time
held = bytearray(b"x") * (24 << 20)
job = json.load(open(os.environ["CLAIM_REQUEST"]))
found = {}
def attempt(name, action):
    try:
        found[name] = bool(action())
    except Exception:
        found[name] = False
def status(field):
    # Without a /proc there is nothing to read, and nothing that it could tell.
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
def signal_harness():
    os.kill(job["harness"], 0)
    return True
attempt("secret file", lambda: open(job["secret"]).read())
attempt("secret variable", lambda: job["variable"] in os.environ)
attempt("checkout", lambda: os.listdir(job["home"]) if job["home"] else False)
attempt("write outside", write(job["secret"]))
attempt("write system", write("/usr/harness-probe"))
attempt("write root", write("/harness-probe"))
attempt("write environment", write(os.path.join(os.path.dirname(os.__file__), "harness-probe")))
attempt("write kernel setting", write("/proc/sys/kernel/core_pattern"))
attempt("write input", write(job["inputs"] + "/a"))
attempt("environment of another process", lambda: open("/proc/%d/environ" % job["harness"], "rb").read())
attempt("signal to another process", signal_harness)
attempt("network inside", connect(socket.AF_INET, ("127.0.0.1", 9)))
attempt("network outside", connect(socket.AF_INET, ("192.0.2.1", 80)))
attempt("datagram", lambda: socket.socket(type=socket.SOCK_DGRAM).sendto(b"x", ("192.0.2.1", 53)))
attempt("network device", lambda: [n for _, n in socket.if_nameindex() if n != "lo"])
attempt("raw socket", lambda: socket.socket(socket.AF_PACKET, socket.SOCK_RAW))
attempt("become root", lambda: os.setuid(0) is None and os.getuid() == 0)
attempt("capabilities", lambda: status("CapEff") or status("CapPrm"))
attempt("new privileges", lambda: status("NoNewPrivs") != 1)
attempt("no filter", lambda: status("Seccomp") != 2)
open(job["inputs"] + "/a").read()
time.sleep(0.08)  # longer than the watchdog's pause
print(json.dumps(found))
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
    "environment of another process": "reading the environment of another process",
    "signal to another process": "sending a signal to another process",
    "network inside": "connecting to the loopback address",
    "network outside": "connecting to an outside address",
    "datagram": "sending a datagram to an outside address",
    "network device": "finding a network device",
    "raw socket": "opening a raw network socket",
    "become root": "becoming root",
    "capabilities": "holding a capability",
    "new privileges": "gaining privileges by starting a program",
    "no filter": "escaping the system call filter",
}
"""Each attempt of the script, in words. All must have failed."""

MUST_BE_SEEN = ("connect 192.0.2.1 port 80", "sendto 192.0.2.1 port 53", "setuid 0")
"""Attempts that a sandbox which hears of them must have recorded, beside the planted secret's path."""
HELD_BYTES = 24 * 2**20
"""Memory that the script holds, so that a watchdog which sees none is found out."""


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
    """Run the script once in ``sandbox`` and judge it. Takes about 0.1 s."""
    with _planted_secret() as secret:
        request = {
            "secret": str(secret),
            "home": str(secret.parent),
            "variable": SECRET_VARIABLE,
            "inputs": f"{PLACE}/inputs",  # a sandbox without mounts translates it
            "harness": os.getpid(),
        }
        job = Job("probe.py", SCRIPT, {"a": b"a", "b": b"b"}, json.dumps(request).encode(), LIMITS)
        execution = sandbox.run(job)
        unchanged = secret.read_text() == SECRET
    return _judge(execution, str(secret), sees_attempts=sandbox.sees_attempts, unchanged=unchanged)


def _judge(execution: Execution, secret: str, *, sees_attempts: bool, unchanged: bool) -> ProbeResult:
    expected = RunOutcome.POLICY_VIOLATION if sees_attempts else RunOutcome.INVALID_OUTPUT
    try:
        answers = json.loads(execution.stdout)
    except ValueError:
        answers = None
    if not isinstance(answers, dict):
        said = execution.stderr.decode(errors="replace").strip().splitlines()
        return ProbeResult((), " ".join([execution.detail, *said[-1:]]))
    findings = [Finding(text, answers.get(name) is False) for name, text in ATTEMPTS.items()]
    findings += [
        Finding("changing a file of the host", unchanged),
        Finding("opening an input without being seen", execution.opened == ("a",)),
        Finding("holding memory without being seen", execution.usage.peak_memory_bytes >= HELD_BYTES),
        Finding("ending as if nothing had been tried", execution.outcome is expected),
    ]
    if sees_attempts:
        seen = {f"{attempt.call} {attempt.target}" for attempt in execution.denied}
        missing = {*MUST_BE_SEEN, f"openat {secret}"} - seen
        findings.append(Finding("being denied without being recorded", not missing))
    broken = [finding.attempt for finding in findings if not finding.blocked]
    return ProbeResult(tuple(findings), f"Not blocked: {', '.join(broken)}." if broken else "")


@contextlib.contextmanager
def _planted_secret() -> Iterator[Path]:
    """A file in the temporary folder that any user may read and write, and a variable, for one probe."""
    with tempfile.TemporaryDirectory(prefix="harness-probe-") as folder:
        Path(folder).chmod(0o755)
        secret = Path(folder) / "secret"
        secret.write_text(SECRET)
        secret.chmod(0o666)
        os.environ[SECRET_VARIABLE] = SECRET
        try:
            yield secret
        finally:
            os.environ.pop(SECRET_VARIABLE, None)
