"""What all sandbox tests use: a place to run scripts in, and how to run them and read their answers."""

from __future__ import annotations

import contextlib
import json
import os
import pickle
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import textwrap
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Protocol

from worker import SECRET

from harness.records.run import Limits, RunOutcome
from harness.sandbox.interface import Execution, Job, Sandbox
from harness.sandbox.select import unreadable_environment

MIB = 2**20
ORDINARY = 65534
"""User number of nobody, who owns nothing."""
SHORT = tempfile.gettempdir()
"""Not below another test's folder: the name of a socket may have 108 bytes."""
CHECKOUT = Path(__file__).resolve().parents[3]
WORKER = Path(__file__).with_name("worker.py")


def readable_python(folder: Path) -> str:
    """An interpreter with this environment's packages that every user can start: this one, or one made in ``folder``.

    Raises ``OSError`` when there is none of this version on the machine.
    """
    if not unreadable_environment():
        return sys.executable
    name = f"python{sys.version_info.major}.{sys.version_info.minor}"
    for candidate in (f"/usr/bin/{name}", f"/usr/local/bin/{name}"):
        real = os.path.realpath(candidate)
        if os.path.exists(real) and real != os.path.realpath(sys.executable):
            subprocess.run([candidate, "-m", "venv", "--without-pip", str(folder)], check=True)
            packages = folder / "lib" / name / "site-packages"
            shutil.copytree(sysconfig.get_path("purelib"), packages, copy_function=link, dirs_exist_ok=True)
            return str(folder / "bin" / "python")
    raise OSError(f"the environment lies in {unreadable_environment()}, and there is no other {name}")


def link(source: str, target: str) -> None:
    """A second name for a file, or a copy where the folders lie on different disks."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)


def own_folder(uid: int) -> Iterator[Path]:
    """A folder with a home and a temporary folder for a harness of this user, passable as any temporary folder."""
    with tempfile.TemporaryDirectory(prefix="harness-test-", dir=SHORT) as name:
        folder = Path(name)
        folder.chmod(0o711)
        for part in ("home", "tmp"):
            (folder / part).mkdir()
            (folder / part).chmod(0o711)
        (folder / "inherited").write_text(SECRET)
        (folder / "inherited").chmod(0o666)
        for path in (folder, *folder.iterdir()):
            os.chown(path, uid, uid if os.getuid() == 0 else -1)
        yield folder


class Harness(Protocol):
    """A process that runs sandboxes: this one, or one of another user."""

    pid: int
    uid: int
    python: str

    def run(self, label: str, jobs: Sequence[Job]) -> list[Execution]: ...


class ThisProcess:
    """The sandboxes of the user who runs the tests."""

    def __init__(self, found: dict[str, Sandbox]) -> None:
        self.pid, self.uid = os.getpid(), os.getuid()
        self.found = found
        self.python = sys.executable

    def run(self, label: str, jobs: Sequence[Job]) -> list[Execution]:
        if len(jobs) == 1:
            return [self.found[label].run(jobs[0])]
        with ThreadPoolExecutor(len(jobs)) as pool:
            return list(pool.map(self.found[label].run, jobs))


class Worker:
    """A harness process of its own, as another user or with fewer rights."""

    def __init__(
        self,
        folder: Path,
        *,
        uid: int | None = None,
        before: Sequence[str] = (),
        python: str = sys.executable,
        **more: str,
    ) -> None:
        identity = {} if uid is None else {"user": uid, "group": uid, "extra_groups": []}
        self.process = subprocess.Popen(
            [*before, python, str(WORKER), str(folder), str(CHECKOUT)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={
                "PATH": os.environ["PATH"],
                "HOME": str(folder / "home"),
                "TMPDIR": str(folder / "tmp"),
                **more,
            },
            cwd="/",
            **identity,
        )
        self.pid = self.process.pid
        self.python = python
        self.uid = os.getuid() if uid is None else uid
        assert self.process.stdin
        assert self.process.stdout
        self.found: dict[str, bool] = {}
        """Label of each backend to whether it hears of attempts."""
        try:
            self.found = dict(self._ask((None, ())))
        except BaseException:
            self.close()
            raise

    def run(self, label: str, jobs: Sequence[Job]) -> list[Execution]:
        names = [field.name for field in fields(Job) if field.name != "cancelled"]
        return self._ask((label, [{name: getattr(job, name) for name in names} for job in jobs]))

    def _ask(self, asked: Any) -> Any:
        pickle.dump(asked, self.process.stdin)
        self.process.stdin.flush()
        answer = pickle.load(self.process.stdout)
        if isinstance(answer, Exception):
            raise answer
        return answer

    def close(self) -> None:
        for end in (self.process.stdin, self.process.stdout):
            with contextlib.suppress(OSError):
                end.close()
        self.process.kill()
        self.process.wait()


@dataclass(frozen=True)
class Place:
    """One backend as one user: what every contract is tested on."""

    harness: Harness
    label: str
    folder: Path
    """The harness's own: its temporary folder is ``tmp`` below it, its home ``home`` (for another user's harness)."""

    @property
    def namespaces(self) -> bool:
        return self.label == "L3-namespaces"

    @property
    def as_root(self) -> bool:
        return self.harness.uid == 0

    @property
    def temporary(self) -> Path:
        return self.folder / "tmp"

    def run(self, job: Job) -> Execution:
        return self.harness.run(self.label, [job])[0]

    def run_at_once(self, jobs: Sequence[Job]) -> list[Execution]:
        return self.harness.run(self.label, jobs)

    def run_folders(self) -> set[Path]:
        return set(self.temporary.glob("harness-run-*"))


def job(
    script: str,
    *,
    name: str = "t.py",
    inputs: dict[str, bytes] | None = None,
    files: dict[str, Path] | None = None,
    request: Any = None,
    environment: dict[str, str] | None = None,
    **limits: Any,
) -> Job:
    return Job(
        script_name=name,
        script=textwrap.dedent(script).encode(),
        inputs={"a.csv": b"1\n", "b.csv": b"2\n"} if inputs is None else inputs,
        files=files or {},
        request=json.dumps({} if request is None else request).encode(),
        limits=Limits(**{"wall_seconds": 20, "cpu_seconds": 10, **limits}),
        environment=environment or {},
    )


def run(sandbox: Place, script: str, **changes: Any) -> Execution:
    return sandbox.run(job(script, **changes))


PRELUDE = """\
import ctypes, errno, json, os, socket, struct, sys
REQUEST = os.environ["CLAIM_REQUEST"]
PLACE, RUN = os.path.dirname(REQUEST), os.environ["HOME"]
request = json.load(open(REQUEST))
libc = ctypes.CDLL(None, use_errno=True)
found = {}
def attempt(name, action):
    try: found[name] = action()
    except BaseException as e: found[name] = f"failed: {type(e).__name__}: {e}"
def call(number, *arguments):
    ctypes.set_errno(0)
    wide = [ctypes.c_long(a) if isinstance(a, int) else a for a in arguments]
    result = libc.syscall(ctypes.c_long(number), *wide)
    if result == -1:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return result
"""
"""What attack scripts begin with. ``attempt(name, f)`` notes a value, or the error that it met."""

ENDING = """
print(json.dumps(found, default=repr))
"""


def script_of(body: str) -> str:
    return PRELUDE + textwrap.dedent(body) + ENDING


def answers(sandbox: Place, body: str, **changes: Any) -> Any:
    """What ``body`` leaves in ``found``, told on standard output, since a violation leaves no observations."""
    execution = run(sandbox, script_of(body), **changes)
    return told(execution)


def told(execution: Execution) -> Any:
    try:
        return json.loads(execution.stdout.splitlines()[-1])
    except (ValueError, IndexError):
        raise AssertionError(
            f"{execution.outcome}: {execution.detail}\n{execution.stdout[-500:]!r}\n{execution.stderr.decode()}"
        ) from None


def violations(execution: Execution) -> list[str]:
    return [f"{a.call} {a.target}".strip() for a in execution.denied if a.violation]


def quiet(execution: Execution) -> list[str]:
    return [f"{a.call} {a.target}".strip() for a in execution.denied if not a.violation]


def completed(execution: Execution) -> Execution:
    """The execution, which must be a success without any violation."""
    assert violations(execution) == [], execution.detail
    assert execution.outcome is RunOutcome.COMPLETED, (execution.detail, execution.stderr.decode())
    return execution


def processes_with(word: bytes) -> list[int]:
    """Processes of this machine that have ``word`` on their command line."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            if word in path.read_bytes():
                found.append(int(path.parent.name))
    return found


def wait_for(condition: Callable[[], Any], seconds: float = 5) -> Any:
    """The first true answer, or the last one when there is none in time."""
    deadline = time.monotonic() + seconds
    while not (answer := condition()) and time.monotonic() < deadline:
        time.sleep(0.02)
    return answer
