"""What a script uses up is limited, and the limit that it reached is named."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from sandboxes import (
    CHECKOUT,
    MIB,
    Place,
    completed,
    job,
    own_folder,
    processes_with,
    run,
    script_of,
    told,
    violations,
    wait_for,
)

from harness.records.run import RunOutcome
from harness.sandbox.interface import Sandbox
from harness.sandbox.select import backends
from harness.sandbox.staging import Staged, remove

TIMED_OUT, LIMIT_EXCEEDED = RunOutcome.TIMED_OUT, RunOutcome.LIMIT_EXCEEDED

STOPPED = {
    "sleeping forever": (
        "import time\ntime.sleep(60)",
        {"wall_seconds": 0.5},
        TIMED_OUT,
        "0.5 s (wall_seconds)",
    ),
    "spinning past every polite signal": (
        "import signal\nfor s in range(1, 65):\n    try: signal.signal(s, signal.SIG_IGN)\n    except OSError: pass\n"
        "while True: pass",
        {"wall_seconds": 0.6},
        TIMED_OUT,
        "wall_seconds",
    ),
    "waiting for itself": (
        "import os\nr, w = os.pipe()\nos.read(r, 1)",
        {"wall_seconds": 0.5},
        TIMED_OUT,
        "wall_seconds",
    ),
    "a full pipe": (
        "import os\nr, w = os.pipe()\nwhile True: os.write(w, bytes(65536))",
        {"wall_seconds": 0.5},
        TIMED_OUT,
        "wall_seconds",
    ),
    "stopped by itself": (
        "import os, signal\nos.kill(os.getpid(), signal.SIGSTOP)",
        {"wall_seconds": 0.5},
        TIMED_OUT,
        "wall_seconds",
    ),
    "processor time": ("while True: pass", {"cpu_seconds": 1}, LIMIT_EXCEEDED, "1 s (cpu_seconds)"),
    "processor time, signal ignored": (
        "import signal\nsignal.signal(signal.SIGXCPU, signal.SIG_IGN)\nwhile True: pass",
        {"cpu_seconds": 1},
        LIMIT_EXCEEDED,
        "1 s (cpu_seconds)",
    ),
    "fork bomb": (
        "import os\nwhile True:\n    try: os.fork()\n    except OSError: pass",
        {"processes": 20},
        LIMIT_EXCEEDED,
        "20 (processes)",
    ),
    "fork bomb of orphans": (
        "import os, time\nwhile True:\n    try:\n        if os.fork(): os._exit(0)\n        if not os.fork(): time.sleep(9)\n"
        "    except OSError: pass",
        {"processes": 20, "wall_seconds": 3},
        None,
        "",
    ),
    "thread bomb": (
        "import threading, time\nfor i in range(200):\n"
        "    try: threading.Thread(target=time.sleep, args=(9,), daemon=True).start()\n    except RuntimeError: pass\n"
        "time.sleep(9)",
        {"processes": 20},
        LIMIT_EXCEEDED,
        "20 (processes)",
    ),
    "memory of one process": (
        "x = bytearray(8 << 30)",
        {"memory_bytes": 128 * MIB},
        LIMIT_EXCEEDED,
        f"{128 * MIB} bytes (memory_bytes)",
    ),
    "memory in small pieces": (
        "x = []\nwhile True: x.append(bytearray(b'x') * 100_000)",
        {"memory_bytes": 128 * MIB},
        LIMIT_EXCEEDED,
        "(memory_bytes)",
    ),
    "memory of a tree": (
        "import os, time\nfor i in range(4): os.fork() or (bytearray(b'x') * (90 << 20), time.sleep(9))\ntime.sleep(9)",
        {"memory_bytes": 256 * MIB},
        LIMIT_EXCEEDED,
        f"{256 * MIB} bytes (memory_bytes)",
    ),
    "shared memory of a tree": (
        "import mmap, time\nm = mmap.mmap(-1, 512 << 20)\nfor i in range(0, 512 << 20, 4096): m[i] = 1\ntime.sleep(9)",
        {"memory_bytes": 128 * MIB},
        LIMIT_EXCEEDED,
        "memory_bytes",
    ),
    "a mapped file": (
        "import mmap, os, time\nf = open('big', 'wb+'); f.truncate(300 << 20)\nm = mmap.mmap(f.fileno(), 300 << 20)\n"
        "for i in range(0, 300 << 20, 4096): m[i] = 1\ntime.sleep(9)",
        {"memory_bytes": 128 * MIB, "file_bytes": 400 * MIB, "disk_bytes": 400 * MIB},
        LIMIT_EXCEEDED,
        "memory_bytes",
    ),
    "one large file": (
        "f = open('big', 'wb')\ntry:\n    while True: f.write(bytes(1 << 20)); f.flush()\n"
        "except OSError: raise SystemExit(3)",
        {"file_bytes": 3 * MIB},
        LIMIT_EXCEEDED,
        f"{3 * MIB} bytes (file_bytes)",
    ),
    "one large file, signal ignored, then honest": (
        "import signal\nsignal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "try:\n    f = open('big', 'wb', buffering=0)\n    while True: f.write(bytes(1 << 20))\n"
        "except OSError: open('observations.json', 'w').write('{}')",
        {"file_bytes": 3 * MIB},
        LIMIT_EXCEEDED,
        f"{3 * MIB} bytes (file_bytes)",
    ),
    "a sparse file": (
        "import os, signal\nsignal.signal(signal.SIGXFSZ, signal.SIG_IGN)\nf = open('big', 'wb')\n"
        "f.truncate(2 << 20); f.seek(1 << 20); os.truncate('big', 1 << 40)",
        {"file_bytes": 3 * MIB},
        RunOutcome.SCRIPT_FAILED,
        "",
    ),
    "many files": (
        "import time\nfor i in range(40): open(f'{i}', 'wb').write(bytes(1 << 20))\ntime.sleep(9)",
        {"disk_bytes": 16 * MIB},
        LIMIT_EXCEEDED,
        f"{16 * MIB} bytes (disk_bytes)",
    ),
    "many empty files": (
        "import os, time\nfor i in range(9000): os.close(os.open(str(i), os.O_CREAT))\ntime.sleep(9)",
        {"disk_bytes": 2 * MIB},
        LIMIT_EXCEEDED,
        f"{2 * MIB} bytes (disk_bytes)",
    ),
    "files written at the very end": (
        "for i in range(40): open(f'{i}', 'wb').write(bytes(1 << 20))\nopen('observations.json', 'w').write('{}')",
        {"disk_bytes": 16 * MIB},
        LIMIT_EXCEEDED,
        f"{16 * MIB} bytes (disk_bytes)",
    ),
    "files without a name": (
        "import os, time\nkept = []\nfor i in range(40):\n    kept.append(open('x', 'wb')); "
        "kept[-1].write(bytes(1 << 20)); kept[-1].flush(); os.unlink('x')\ntime.sleep(9)",
        {"disk_bytes": 16 * MIB},
        LIMIT_EXCEEDED,
        f"{16 * MIB} bytes (disk_bytes)",
    ),
    "files that never had a name": (
        "import os, time\nkept = []\nfor i in range(40):\n"
        "    kept.append(os.open('.', os.O_TMPFILE | os.O_RDWR)); os.write(kept[-1], bytes(1 << 20))\ntime.sleep(9)",
        {"disk_bytes": 16 * MIB},
        LIMIT_EXCEEDED,
        f"{16 * MIB} bytes (disk_bytes)",
    ),
    "shared memory folder": (
        "import time\nfor i in range(40): open(f'/dev/shm/{i}', 'wb').write(bytes(1 << 20))\ntime.sleep(9)",
        {"disk_bytes": 16 * MIB},
        LIMIT_EXCEEDED,
        f"{16 * MIB} bytes (disk_bytes)",
    ),
    "a folder that nobody may look into": (
        "import os, time\nos.mkdir('d'); os.chmod('d', 0o300)\n"
        "for i in range(40): open(f'd/{i}', 'wb').write(bytes(1 << 20))\ntime.sleep(9)",
        {"disk_bytes": 16 * MIB},
        LIMIT_EXCEEDED,
        f"{16 * MIB} bytes (disk_bytes)",
    ),
    "folders without end": (
        "import os\nwhile True: os.mkdir('d'); os.chdir('d')",
        {},
        LIMIT_EXCEEDED,
        "nested",
    ),
}
"""Script, limits, outcome (None: anything but success) and a part of the sentence."""


@pytest.mark.parametrize("name", STOPPED)
def test_is_stopped_with_the_reason(sandbox: Place, name: str) -> None:
    script, limits, outcome, detail = STOPPED[name]
    started = time.monotonic()
    execution = run(sandbox, script, name="stopped.py", **{"wall_seconds": 7, **limits})
    assert time.monotonic() - started < 9
    assert violations(execution) == []
    assert execution.outcome is (outcome or execution.outcome), (execution.detail, execution.stderr.decode())
    assert execution.outcome is not RunOutcome.COMPLETED
    assert detail in execution.detail
    assert execution.observations is None


def test_memory_stays_below_the_limit(sandbox: Place) -> None:
    execution = run(sandbox, "x = bytearray(8 << 30)", memory_bytes=128 * MIB)
    assert execution.usage.peak_memory_bytes < 128 * MIB


def test_memory_files_are_refused(sandbox: Place) -> None:
    """Nobody would count them. Libraries ask for them without harm, so asking is no violation."""
    body = """
        attempt("a", lambda: os.memfd_create("x"))
        attempt("secret", lambda: call(447, 0))
        attempt("segment", lambda: call(request["shmget"], 0, 1 << 20, 0o1600))
        """
    shmget = {"x86_64": 29, "aarch64": 194}[os.uname().machine]
    execution = run(sandbox, script_of(body), request={"shmget": shmget})
    assert {gave.partition("]")[0] for gave in told(execution).values()} == {
        "failed: PermissionError: [Errno 1"
    }
    assert violations(execution) == ["memfd_secret", "shmget"]
    assert [attempt.call for attempt in execution.denied if not attempt.violation] == ["memfd_create"]


def test_a_flood_of_output_is_drained_and_counted(sandbox: Place) -> None:
    script = """
        import os
        block = bytes(1 << 20)
        for i in range(200):
            os.write(1, block); os.write(2, block)
        open("observations.json", "w").write("{}")
        """
    execution = completed(run(sandbox, script, stream_bytes=1000))
    assert (len(execution.stdout), len(execution.stderr)) == (1000, 1000)
    assert execution.dropped_stream_bytes == 400 * MIB - 2000


def test_a_flood_of_openings_does_not_blind_the_watchdog(sandbox: Place) -> None:
    """Each waits for the harness's answer, which must go on to look at limits and at the clock."""
    script = """
        import os, threading
        def flood():
            while True: os.close(os.open("/dev/null", os.O_RDONLY))
        for i in range(16): threading.Thread(target=flood).start()
        """
    started = time.monotonic()
    execution = run(sandbox, script, wall_seconds=1)
    assert execution.outcome is TIMED_OUT
    assert time.monotonic() - started < 4
    assert execution.usage.peak_processes >= 16


def test_many_threads_may_open_files(sandbox: Place) -> None:
    script = """
        import os, threading
        def work():
            for i in range(150): open("/claim/inputs/a.csv").close(); open(os.__file__).close()
        threads = [threading.Thread(target=work) for i in range(16)]
        [t.start() for t in threads]; [t.join() for t in threads]
        open("observations.json", "w").write("{}")
        """
    execution = completed(run(sandbox, script))
    assert execution.denied == ()
    assert execution.usage.wall_seconds < 10


def test_watches_of_the_script_do_not_harm_the_next_run(sandbox: Place) -> None:
    script = """
        kept = []
        while (fd := libc.inotify_init()) >= 0: kept.append(fd)
        found["kept"] = len(kept)
        open("observations.json", "w").write("{}")
        """
    execution = completed(run(sandbox, script_of(script)))
    assert told(execution)["kept"] > 50
    assert completed(run(sandbox, "open('observations.json', 'w').write('{}')")).denied == ()


DAEMON = """
import os, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        for fd in (0, 1, 2): os.close(fd)
        while True:
            open("alive", "a").write("x"); time.sleep(0.01)
    os._exit(0)
os.wait()
while not os.path.exists("alive"): time.sleep(0.01)
open("observations.json", "w").write("{}")
"""

SIBLING = """
import ctypes, os, time
libc = ctypes.CDLL(None)
if libc.syscall({"x86_64": 56, "aarch64": 220}[os.uname().machine], 0x8000 | 17, 0, 0, 0, 0) == 0:  # CLONE_PARENT
    os.setsid()
    open("alive", "w").close()
    while True: time.sleep(0.01)
while not os.path.exists("alive"): time.sleep(0.01)
open("observations.json", "w").write("{}")
"""


@pytest.mark.parametrize("script", [DAEMON, SIBLING], ids=["orphan", "sibling"])
@pytest.mark.parametrize(
    "ending", ["", "time.sleep(60)", "os.kill(os.getpid(), 9)"], ids=["exit", "timeout", "killed"]
)
def test_a_daemon_does_not_outlive_its_run(sandbox: Place, script: str, ending: str) -> None:
    execution = run(sandbox, script + ending, name="daemon.py", wall_seconds=0.7 if "sleep" in ending else 5)
    expected = {"": RunOutcome.COMPLETED, "time.sleep(60)": TIMED_OUT}.get(ending, RunOutcome.SCRIPT_FAILED)
    assert execution.outcome is expected, execution.detail
    assert [Path(f"/proc/{pid}/cmdline").read_bytes() for pid in processes_with(b"script/daemon.py")] == []
    assert alive(str(sandbox.temporary)) == []


def test_nothing_of_a_killed_tree_is_left(sandbox: Place) -> None:
    script = """
        import os, subprocess, time
        for i in range(10): subprocess.Popen(["sleep", "61.7"], start_new_session=True)
        time.sleep(60)
        """
    execution = run(sandbox, script, wall_seconds=0.8)
    assert execution.outcome is TIMED_OUT
    assert execution.usage.peak_processes >= 10
    assert not processes_with(b"61.7")


@pytest.mark.parametrize("victim", ["keeper", "first"])
def test_the_starting_process_cannot_be_killed_or_stopped(sandbox: Place, victim: str) -> None:
    script = """
        import os, signal, time
        target = os.getppid() if %r == "keeper" else 1
        for number in (signal.SIGSTOP, signal.SIGKILL, signal.SIGTERM):
            try: os.kill(target, number)
            except OSError: pass
        time.sleep(0.1)
        print("still here")
        """
    execution = run(sandbox, script % victim, wall_seconds=5)
    assert execution.outcome is RunOutcome.POLICY_VIOLATION
    assert execution.stdout == b"still here\n"
    assert execution.exit_code == 0


@pytest.fixture
def own_backends(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[list[Sandbox], Path]]:
    """The sandboxes of this very process, with a temporary folder of their own."""
    for folder in own_folder(os.getuid()):
        monkeypatch.setattr(tempfile, "tempdir", str(folder / "tmp"))
        yield backends(), folder


def test_cancelling_ends_the_run(own_backends: tuple[list[Sandbox], Path]) -> None:
    for sandbox in own_backends[0]:
        begun = time.monotonic()
        asked = job("import time; time.sleep(60)", name="cancelled.py")
        execution = sandbox.run(
            type(asked)(**{**vars(asked), "cancelled": lambda b=begun: time.monotonic() - b > 0.4})
        )
        assert execution.outcome is RunOutcome.NOT_RUN
        assert time.monotonic() - begun < 3
        assert not processes_with(b"script/cancelled.py")


HARNESS = """
import sys
from harness.sandbox.select import backends
from harness.sandbox.interface import Job
from harness.records.run import Limits
sandbox = [s for s in backends() if s.label == sys.argv[1]][0]
print("up", flush=True)
sandbox.run(Job("orphan.py", b"import os, time\\nos.fork()\\nos.fork() or os.setsid()\\ntime.sleep(60)", {}, b"{}", Limits()))
"""


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGTERM, signal.SIGHUP])
def test_the_tree_dies_with_the_harness(sandbox: Place, end: int) -> None:
    """Even when nobody is left to kill it."""
    identity = {}
    if sandbox.harness.uid != os.getuid():
        identity = {"user": sandbox.harness.uid, "group": sandbox.harness.uid, "extra_groups": []}
    with tempfile.TemporaryDirectory(dir=sandbox.temporary) as folder:
        Path(folder).chmod(0o711)
        os.chown(folder, sandbox.harness.uid, -1)
        marker = f"{sandbox.label}-{os.getpid()}-{time.monotonic_ns()}"
        with subprocess.Popen(
            [sandbox.harness.python, "-c", HARNESS.replace("orphan", marker), sandbox.label],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=CHECKOUT,
            env={**os.environ, "TMPDIR": folder, "PYTHONPATH": str(CHECKOUT)},
            **identity,
        ) as harness:
            assert harness.stdout
            assert harness.stdout.readline() == b"up\n"
            running = wait_for(lambda: started(folder))
            harness.send_signal(end)
        assert running
        assert wait_for(lambda: not alive(folder)), alive(folder)
        for left in Path(folder).glob("harness-run-*"):  # perhaps nobody was left to delete it
            with contextlib.suppress(OSError):
                remove(Staged(left))


def started(folder: str) -> list[int]:
    """Sleeping scripts whose work folder lies in ``folder``: at least the first of its processes."""
    return [pid for pid in alive(folder) if Path(f"/proc/{pid}/wchan").exists()][2:]


def alive(folder: str) -> list[int]:
    """Processes that have something of ``folder`` open, mapped or mounted as their current folder."""
    found = []
    for path in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            words = (path / "cmdline").read_bytes() + (path / "environ").read_bytes()
            mounts = (path / "mountinfo").read_text()
            own = Path("/proc/self/mountinfo").read_text()
            inside = mounts != own and "/".join(Path(folder).parts[-2:]) in mounts
            if (path / "stat").read_text().rpartition(")")[2].split()[0] in "ZX":
                continue
            if inside or f"HOME={folder}".encode() in words:
                found.append(int(path.name))
    return found


def test_an_interrupt_kills_the_tree_and_comes_through(own_backends: tuple[list[Sandbox], Path]) -> None:
    found, folder = own_backends
    # A shell starts what runs in its background with the signal ignored.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        interrupt_every(found, folder)
    finally:
        signal.signal(signal.SIGINT, before)


def interrupt_every(found: list[Sandbox], folder: Path) -> None:
    main = threading.main_thread().ident
    assert main is not None
    for sandbox in found:
        timer = threading.Timer(0.5, signal.pthread_kill, (main, signal.SIGINT))
        timer.start()
        with pytest.raises(KeyboardInterrupt):
            sandbox.run(job("import time; time.sleep(60)", name="interrupted.py"))
        timer.join()
        assert not processes_with(b"script/interrupted.py")
        assert not list((folder / "tmp").glob("harness-run-*"))
