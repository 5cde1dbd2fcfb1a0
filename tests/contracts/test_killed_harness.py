"""A harness that is killed at any moment leaves no process, no half-written file and nothing it cannot go on from.

The moments are drawn with a fixed seed: some in the first tenth of a second, some at the first sign of a write into a
folder of the artifacts, most from the whole length of a run. Two harnesses at a time, each with folders of its own, are
struck side by side, and then nothing of either may be left.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import textwrap
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from harness.audit import audit
from harness.canonical import sha256
from harness.cli import Exit
from harness.errors import InputError, IsolationUnavailable
from harness.gauntlet.truths import load_truths
from harness.loading import load_claims
from harness.sandbox.launching import LAUNCHER
from harness.sandbox.select import find_sandbox
from harness.schemas import violations
from harness.store import MANIFEST, PAPER, RUNS, SUMMARY, TEMPORARY

pytestmark = pytest.mark.sandbox

ROOT = Path(__file__).parents[2]
SHIPPED = ROOT / "tests" / "gauntlet" / "claims" / "tiny-paper"
CLAIMS = ("formal-constant-honest", "only-cited-model", "wrong-unit")
"""One of each status, with 28 runs of scripts between them."""

SEED = 2408_10536
KILLS = int(os.environ.get("HARNESS_TEST_KILLS", "40"))
"""Kills of ``harness run`` that found it alive; those that came too late do not count. A hundred take four minutes on
two processors that are busy with other tests, so the hundred are asked for: ``HARNESS_TEST_KILLS=100``."""
SANDBOX_KILLS = 60
"""Kills of a process that does nothing but run a hostile script again and again."""
TERMINATIONS = 8
"""Polite signals to ``harness run``: half at a write, half at any time."""
SIDE_BY_SIDE = 2
EARLY_SECONDS = 0.1
DEATH_SECONDS = 5.0
"""Longest wait for the kernel to have ended everything."""
LEFT_BEHIND = ("harness-run-", "harness-probe-")
"""What a killed harness may leave in the temporary folder: a folder of each script that was running."""
HELPERS: set[int] = set()
"""Processes that were there before a test began."""
SUBREAPER = 36
"""PR_SET_CHILD_SUBREAPER of prctl(2)."""


@dataclass(frozen=True)
class Place:
    """Folders of one harness."""

    claims: Path
    artifacts: Path
    temporary: Path
    """TMPDIR of this harness, and of nothing else."""

    @property
    def run(self) -> list[str]:
        """Command line of a run."""
        own = ["run", str(self.claims), "--out", str(self.artifacts), "--jobs", "2", "--json"]
        return [sys.executable, "-m", "harness", *own]

    @property
    def environment(self) -> dict[str, str]:
        """Environment of every command here."""
        return {**os.environ, "TMPDIR": str(self.temporary)}


@dataclass(frozen=True)
class Moment:
    """When to strike: so long after the start, or after the first change in a folder."""

    seconds: float
    folder: Path | None = None

    def wait(self, process: subprocess.Popen[bytes]) -> None:
        """Come back at that moment, or once there is nothing left to strike."""
        if self.folder is not None:
            before = listing(self.folder)
            while process.poll() is None and listing(self.folder) == before:
                time.sleep(0.0002)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(self.seconds)


def listing(folder: Path) -> set[tuple[str, int]]:
    """Names with file numbers, so that a replaced file is a change."""
    try:
        with os.scandir(folder) as entries:
            return {(entry.name, entry.inode()) for entry in entries}
    except FileNotFoundError:
        return set()


@pytest.fixture
def places(tmp_path: Path) -> Iterator[list[Place]]:
    """Folders for harnesses side by side, whose orphans become children of this process, however detached."""
    try:
        find_sandbox()
    except IsolationUnavailable as error:
        pytest.skip(f"no isolation here: {error}")
    LAUNCHER.end()  # of this process, which is not among those that are killed
    libc = ctypes.CDLL(None)
    # Not pytest's own temporary folder: a root that drops to another user must get through.
    with tempfile.TemporaryDirectory(prefix="harness-test-killed-") as folder:
        Path(folder).chmod(0o711)
        made = [
            make_place(tmp_path / str(number), Path(folder) / str(number)) for number in range(SIDE_BY_SIDE)
        ]
        word = Path(folder).name.encode()
        # Other tests in this process may have helpers that live as long as it does.
        HELPERS.clear()
        HELPERS.update(living(word))
        assert libc.prctl(SUBREAPER, 1, 0, 0, 0) == 0
        yield made
        for pid in living(word):  # only after a failure
            os.kill(pid, signal.SIGKILL)
        libc.prctl(SUBREAPER, 0, 0, 0, 0)


def make_place(folder: Path, temporary: Path) -> Place:
    """A claims folder with a few of the shipped claims, and no artifacts yet."""
    paper = folder / "claims" / SHIPPED.name
    for part in ("tables", "documents"):
        shutil.copytree(SHIPPED / part, paper / part)
    shutil.copy2(SHIPPED / "paper.yaml", paper)
    for name in CLAIMS:
        shutil.copytree(SHIPPED / name, paper / name)
    temporary.mkdir()
    temporary.chmod(0o711)
    return Place(folder / "claims", folder / "artifacts", temporary)


def side_by_side(function: Callable[..., Any], *columns: Sequence[Any]) -> list[Any]:
    """``function`` of each place's arguments, all at once."""
    with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
        return list(pool.map(function, *columns))


# --- what lives --------------------------------------------------------------------------------------


def assert_nothing_lives(places: Sequence[Place]) -> None:
    """Every process is gone within the time that the kernel needs; zombies have ended."""
    word = places[0].temporary.parent.name.encode()
    deadline = time.monotonic() + DEATH_SECONDS
    while left := living(word):
        assert time.monotonic() < deadline, left
        time.sleep(0.01)


def living(word: bytes) -> dict[int, str]:
    """Processes that descend from this one, or that have ``word`` in what tells where they belong."""
    reap()
    parents = dict(processes())
    return {
        pid: f"{read(pid, 'wchan').decode()}: {read(pid, 'cmdline').replace(bytes(1), b' ').decode()[:200]}"
        for pid in parents
        if pid not in (os.getpid(), *HELPERS) and (descends(pid, parents) or word in traces(pid))
    }


def reap() -> None:
    """Take note of the end of orphans. Nobody else waits for a child of this process meanwhile."""
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass


def processes() -> Iterator[tuple[int, int]]:
    """Every living process of this machine with its parent."""
    for folder in Path("/proc").glob("[0-9]*"):
        pid = int(folder.name)
        # The name in brackets may hold anything, brackets and spaces included.
        state, *rest = read(pid, "stat").rpartition(b")")[2].split() or [b"X"]
        if state not in b"ZX" or others_run(pid):
            yield pid, int(rest[0])


def others_run(pid: int) -> bool:
    """Whether a process whose first thread has ended has more threads."""
    try:
        return len(list(Path(f"/proc/{pid}/task").iterdir())) > 1
    except OSError:
        return False


def descends(pid: int, parents: dict[int, int]) -> bool:
    """Whether a process comes from this one."""
    while pid in parents:
        pid = parents[pid]
        if pid == os.getpid():
            return True
    return False


def traces(pid: int) -> bytes:
    """Words and files of a process. One inside a sandbox has only its mounts to tell by."""
    links = [Path(f"/proc/{pid}/cwd")]
    with contextlib.suppress(OSError):
        links += Path(f"/proc/{pid}/fd").iterdir()
    found = [read(pid, name) for name in ("cmdline", "environ", "mountinfo")]
    for link in links:
        with contextlib.suppress(OSError):
            found.append(os.fsencode(link.readlink()))
    return b"\n".join(found)


def read(pid: int, name: str) -> bytes:
    """A file about a process; empty when it is gone."""
    try:
        return Path(f"/proc/{pid}/{name}").read_bytes()
    except OSError:
        return b""


# --- what is left ------------------------------------------------------------------------------------


def assert_nothing_is_half_written(artifacts: Path) -> None:
    """Every document is whole, and an audit has nothing against it but that paper and summary are behind."""
    assert_documents_are_whole(artifacts)
    try:
        report = audit(artifacts)
    except InputError:
        # Nothing is published yet; at most there is a manifest among the runs that was to become the latest.
        assert [path for path in documents(artifacts) if path.parent.name != RUNS] == []
        return
    behind = (SUMMARY, PAPER)
    assert [failure for failure in report.failures if Path(failure.file).name not in behind] == []
    assert_only_writes_were_left(report.notes)


def assert_documents_are_whole(artifacts: Path) -> None:
    """The audit need not say why paper and summary do not hold: they may be old, and never broken."""
    schemas = {PAPER: "paper-manifest-v1.1", SUMMARY: "summary-v1"}
    for path in documents(artifacts):
        data = path.read_bytes()
        document = json.loads(data)
        if path.name in schemas:
            assert violations(schemas[path.name], document) == [], path
        if path.parent.name == RUNS:
            assert path.stem == sha256(data), path


def documents(artifacts: Path) -> list[Path]:
    """Every document but those that were being written."""
    return [path for path in artifacts.rglob("*.json") if not path.name.startswith(TEMPORARY)]


def assert_only_writes_were_left(notes: Sequence[str]) -> None:
    """Nothing is superfluous but the beginnings of files."""
    assert [note for note in notes if f"/{TEMPORARY}" not in note] == []


def take_away_what_is_left(temporary: Path) -> int:
    """Delete the folders that only a person may delete; say how many there were."""
    left = [path for path in temporary.iterdir() if not is_pythons_trial(path)]
    assert [path for path in left if not path.name.startswith(LEFT_BEHIND)] == []
    assert len(left) <= 2, left  # one for each job
    for path in left:
        for folder, _, _ in os.walk(path):
            Path(folder).chmod(0o700)
        shutil.rmtree(path)
    return len(left)


def is_pythons_trial(path: Path) -> bool:
    """Delete the file by which ``tempfile`` finds out, once in a process, whether it may write into a folder."""
    if (
        path.is_dir()
        or not re.fullmatch(r"[a-z0-9_]{8}", path.name)
        or path.read_bytes() not in (b"", b"blat")
    ):
        return False
    path.unlink()
    return True


def undisturbed_seconds(place: Place) -> float:
    """How long a run takes that nobody strikes. It ends with the verdicts demanded, and everything holds."""
    started = time.monotonic()
    answer = subprocess.run(
        place.run, cwd=ROOT, env=place.environment, capture_output=True, timeout=60, check=False
    )
    seconds = time.monotonic() - started
    assert answer.returncode == Exit.FALSIFIED, answer.stderr.decode()
    said = {item["claim"]: item for item in json.loads(answer.stdout)["claims"]}
    assert set(said) == set(CLAIMS)
    truths = load_truths(load_claims(SHIPPED))
    for name in CLAIMS:
        truth = truths[f"{SHIPPED.name}/{name}"]
        assert said[name]["status"] == truth.status
        assert said[name]["reason_code"] in truth.reason_codes
    report = audit(place.artifacts, claims=place.claims)
    assert report.holds, report.failures
    assert_only_writes_were_left(report.notes)
    assert list(place.temporary.iterdir()) == []
    return seconds


# --- strikes -----------------------------------------------------------------------------------------


def strike(command: Sequence[str], place: Place, moment: Moment, number: int) -> tuple[int, str]:
    """Start a command, send it a signal at a moment, and wait: the exit status and what it said."""
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(
            command, cwd=ROOT, env=place.environment, stdout=subprocess.DEVNULL, stderr=said
        )
        moment.wait(process)
        process.send_signal(number)
        status = process.wait(timeout=30)
        said.seek(0)
        return status, said.read().decode()


def strikes(
    commands: Sequence[Sequence[str]], places: Sequence[Place], moments: Sequence[Moment], number: int
) -> list[tuple[int, str]]:
    """Strike in every place at the same time, and see that nothing lives then."""
    numbers = [number] * SIDE_BY_SIDE
    struck: list[tuple[int, str]] = side_by_side(strike, commands, places, moments, numbers)
    assert_nothing_lives(places)
    return struck


def anywhere(draw: random.Random, first: float, last: float) -> list[Moment]:
    """A moment for each, close enough together that nobody waits long for the other."""
    return [Moment(draw.uniform(first, last)) for _ in range(SIDE_BY_SIDE)]


def at_a_write(draw: random.Random, places: Sequence[Place]) -> list[Moment]:
    """A moment of publication for each: of a manifest, of a paper's document, or of the summary."""
    ends = [Path(), Path(SHIPPED.name)]
    claims = [Path(SHIPPED.name, name, folder) for name in CLAIMS for folder in ("", RUNS)]
    return [
        Moment(draw.uniform(0, 0.004), place.artifacts / draw.choice(draw.choice([ends, claims])))
        for place in places
    ]


def at_a_start(draw: random.Random, places: Sequence[Place]) -> list[Moment]:
    """A moment for each while its first sandbox is being set up, which begins with a temporary folder."""
    return [Moment(draw.uniform(0, 0.015), place.temporary) for place in places]


def five_rounds(draw: random.Random, places: Sequence[Place], seconds: float) -> list[list[Moment]]:
    """One early, one at a write, and one from each third of the length of a run, in any order."""
    rounds = [anywhere(draw, 0, EARLY_SECONDS), at_a_write(draw, places)]
    rounds += [anywhere(draw, seconds * third / 3, seconds * (third + 1) / 3) for third in range(3)]
    draw.shuffle(rounds)
    return rounds


def phase(place: Place, since: float, folders_left: int) -> str:
    """How far a killed run had come, by what it left."""

    def newer(pattern: str) -> bool:
        return any(path.stat().st_mtime > since for path in place.artifacts.glob(pattern))

    if newer(SUMMARY):
        return "all written"
    if newer(f"*/{PAPER}"):
        return "before the summary"
    if newer(f"**/{TEMPORARY}*"):
        return "during a write"
    if newer(f"*/*/{MANIFEST}"):
        return "with some manifests"
    return "with scripts" if folders_left else "without scripts"


def test_a_killed_run_leaves_nothing_alive_and_nothing_half_written(
    places: list[Place], record_property: Callable[[str, object], None]
) -> None:
    draw = random.Random(SEED)
    seconds = min(side_by_side(undisturbed_seconds, places))
    phases: Counter[str] = Counter()
    empty_first = True
    while phases.total() < KILLS:
        # In turn into an empty folder and into one that holds.
        for place in places:
            if empty_first:
                shutil.rmtree(place.artifacts)
            else:
                forget_older_runs(place.artifacts)
        empty_first = not empty_first
        for moments in five_rounds(draw, places, seconds) + five_rounds(draw, places, seconds):
            phases += killed_side_by_side(places, moments)
        seconds = min(side_by_side(undisturbed_seconds, places))
    record_property("phases", dict(phases))
    assert {"without scripts", "with scripts", "with some manifests"} <= set(phases)


def forget_older_runs(artifacts: Path) -> None:
    """Keep the latest manifests only: to derive a hundred more again after each kill would take minutes."""
    latest = {sha256(path.read_bytes()) for path in artifacts.glob(f"*/*/{MANIFEST}")}
    for path in artifacts.glob(f"*/*/{RUNS}/*.json"):
        if path.stem not in latest:
            path.unlink()


def killed_side_by_side(places: Sequence[Place], moments: Sequence[Moment]) -> Counter[str]:
    """Kill a run in each place and look at what is left; the phases of those that were still alive."""
    since = time.time()
    struck = strikes([place.run for place in places], places, moments, signal.SIGKILL)
    phases: Counter[str] = Counter()
    for place, (status, said) in zip(places, struck, strict=True):
        assert status in (-signal.SIGKILL, Exit.FALSIFIED), said
        if place.artifacts.exists():
            assert_nothing_is_half_written(place.artifacts)
        left = take_away_what_is_left(place.temporary)
        if status == -signal.SIGKILL:
            phases[phase(place, since, left)] += 1
    return phases


def test_a_terminated_run_leaves_a_folder_that_holds(places: list[Place]) -> None:
    """Whenever the polite signal comes: what is finished is published, and the temporary folder is empty."""
    draw = random.Random(SEED)
    seconds = min(side_by_side(undisturbed_seconds, places))
    count = TERMINATIONS // SIDE_BY_SIDE // 2
    rounds = [at_a_write(draw, places) for _ in range(count)]
    rounds += [anywhere(draw, seconds * part / count, seconds * (part + 1) / count) for part in range(count)]
    for moments in rounds:
        struck = strikes([place.run for place in places], places, moments, signal.SIGTERM)
        for place, (status, said) in zip(places, struck, strict=True):
            # It ends by the signal itself while Python starts or ends, and with the verdicts when it was done before.
            assert status in (-signal.SIGTERM, Exit.CANNOT_RUN, Exit.FALSIFIED), said
            assert "Traceback" not in said, said
            report = audit(place.artifacts, claims=place.claims)
            assert report.failures == [], said
            assert report.notes == []
            assert list(place.temporary.iterdir()) == []


# --- the sandbox alone -------------------------------------------------------------------------------

DAEMON = """
import ctypes, os, signal, time
def stay():
    for number in range(1, 65):
        try:
            signal.signal(number, signal.SIG_IGN)
        except (OSError, ValueError):
            pass
    ctypes.CDLL(None).prctl(1, 0, 0, 0, 0)  # to outlive the parent
    while True:
        time.sleep(1)
for _ in range(3):
    if not os.fork():
        os.setsid()
        if not os.fork():
            os.closerange(0, 1024)
            stay()
        os._exit(0)
time.sleep(0.03)
"""
"""Three processes that nobody waits for, in sessions of their own, deaf to every signal that can be ignored."""

AGAIN_AND_AGAIN = textwrap.dedent(
    f"""
    from harness.records.run import Limits
    from harness.sandbox.interface import Job
    from harness.sandbox.select import find_sandbox
    sandbox = find_sandbox()
    while True:
        sandbox.run(Job("daemon.py", {DAEMON.encode()!r}, {{}}, b"{{}}", Limits()))
    """
)


def test_no_hostile_script_outlives_a_killed_sandbox(places: list[Place]) -> None:
    draw = random.Random(SEED)
    command = [sys.executable, "-c", AGAIN_AND_AGAIN]
    for number in range(SANDBOX_KILLS // SIDE_BY_SIDE):
        moments = anywhere(draw, 0, 1) if number % 3 == 0 else at_a_start(draw, places)
        by = signal.SIGTERM if number % 5 == 4 else signal.SIGKILL
        struck = strikes([command] * SIDE_BY_SIDE, places, moments, by)
        assert struck == [(-by, "")] * SIDE_BY_SIDE
        for place in places:
            take_away_what_is_left(place.temporary)
