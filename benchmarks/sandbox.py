"""What the sandbox costs: start-up, throughput, memory under a flood of output, files and imports.

Every figure stands beside a peer without a sandbox that was measured in turns with it, so that noise of the
machine meets both. Nothing here is a test: slow machines print larger figures, and the exit code stays 0.
Only the public interface of the sandbox is used. Run it from the root of the repository:
``python -m benchmarks.sandbox``.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from harness.errors import IsolationUnavailable
from harness.records.run import Limits, RunOutcome
from harness.sandbox.interface import Execution, Job, Sandbox
from harness.sandbox.select import find_sandbox

ROOT = Path(__file__).resolve().parents[1]
WORK = "/claim/run"
"""Folder that the scripts below write to; for the bare peer it is replaced by a folder outside."""

EMPTY = 'open("/claim/run/observations.json", "w").write("{}")\n'

CLOCKED = """\
import time
first = time.monotonic()
with open("/claim/run/observations.json", "w") as file:
    file.write("[%r, %r]" % (first, time.monotonic()))
"""

FLOOD = """\
import sys
chunk, left = b"x" * 65536, SIZE
while left > 0:
    for stream in (sys.stdout.buffer, sys.stderr.buffer):
        stream.write(chunk[: max(0, left)])
        left -= len(chunk)
open("/claim/run/observations.json", "w").write("{}")
"""

OPENINGS = """\
import os, time
start = time.perf_counter()
for _ in range(20_000):
    os.close(os.open("/dev/null", os.O_RDONLY))
spent = time.perf_counter() - start
open("/claim/run/observations.json", "w").write(repr(spent / 20_000))
"""

IMPORTS = """\
import time
start = time.perf_counter()
import numpy, scipy.stats
open("/claim/run/observations.json", "w").write(repr(time.perf_counter() - start))
"""

LIMITS = Limits(wall_seconds=600, cpu_seconds=600)
"""Wide enough that no run here meets one."""

BARE_ENVIRONMENT = {
    "PATH": "/usr/local/bin:/usr/bin:/bin",
    "LC_ALL": "C.UTF-8",
    "PYTHONHASHSEED": "0",
    **dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1"),
    **{name: os.environ[name] for name in ("LD_LIBRARY_PATH", "OPENBLAS_CORETYPE") if name in os.environ},
}
"""As clean as the sandbox's own: variables of the caller must not make the peer slower or faster."""

T = TypeVar("T")


class Unmeasured(Exception):
    """A run did not end as it must, so its time says nothing."""


@dataclass(frozen=True)
class Figure:
    """One measured quantity: the median of all rounds between their quartiles."""

    name: str
    unit: str
    low: float
    median: float
    high: float
    rounds: int


@dataclass(frozen=True)
class Goal:
    """What a figure is wished to stay below. Missing it is no failure."""

    name: str
    unit: str
    value: float
    at_most: float
    met: bool


@dataclass
class Report:
    """Everything that one run of this program says."""

    sandbox: str | None = None
    """Isolation label that was measured; None where this user on this machine has no isolation."""
    user: str = field(default_factory=lambda: f"uid {os.geteuid()}" if os.geteuid() else "root")
    system: str = field(default_factory=lambda: f"{platform.system()} {platform.release()}")
    machine: str = field(default_factory=platform.machine)
    processors: int = field(default_factory=lambda: os.cpu_count() or 1)
    load: float = field(default_factory=lambda: os.getloadavg()[0])
    """Load average of the last minute at the start: above the number of processors, times mean little."""
    python: str = field(default_factory=platform.python_version)
    figures: list[Figure] = field(default_factory=list)
    goals: list[Goal] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    """What could not be measured, and why."""

    def add(self, name: str, unit: str, values: Sequence[float]) -> Figure:
        """Take the values of all rounds in as one figure."""
        low, median, high = values[0], values[0], values[0]
        if len(values) > 1:
            low, median, high = statistics.quantiles(values, n=4, method="inclusive")
        figure = Figure(name, unit, low, median, high, rounds=len(values))
        self.figures.append(figure)
        return figure

    def judge(self, figure: Figure, at_most: float) -> None:
        """Compare the median of ``figure`` with its goal."""
        met = figure.median <= at_most
        self.goals.append(Goal(figure.name, figure.unit, figure.median, at_most, met))


@dataclass(frozen=True)
class Scale:
    """How much is measured."""

    pairs: int
    """Pairs of starts; the other sections take a fifth of it, since their rounds are longer."""
    flood_bytes: int

    @property
    def rounds(self) -> int:
        """Rounds of the longer sections."""
        return max(1, self.pairs // 5)


def sealed(sandbox: Sandbox, script: str) -> Execution:
    """Run ``script`` in the sandbox. Raises ``Unmeasured`` unless it completes."""
    execution = sandbox.run(
        Job("script.py", script.encode(), inputs={"a.csv": b"1\n"}, request=b"{}", limits=LIMITS)
    )
    if execution.outcome is not RunOutcome.COMPLETED:
        # A flooded stream may be quoted in the detail.
        raise Unmeasured(f"a sandboxed run ended as {execution.outcome.value}: {execution.detail[:200]}")
    return execution


def bare_command(folder: Path, name: str, script: str) -> list[str]:
    """Write ``script`` for the bare peer, and answer how the interpreter is started with it."""
    path = folder / f"{name}.py"
    path.write_text(script.replace(WORK, str(folder)), encoding="utf-8")
    return [sys.executable, "-B", "-s", "-P", str(path)]


def bare(command: list[str]) -> None:
    """Run the peer: the same interpreter with the same script, and nothing around it."""
    subprocess.run(command, env=BARE_ENVIRONMENT, stdin=subprocess.DEVNULL, capture_output=True, check=True)


def in_turns(rounds: int, actions: dict[str, Callable[[], T]]) -> dict[str, list[T]]:
    """Do all actions in turns, ``rounds`` times, so that a busy moment of the machine meets each of them."""
    results: dict[str, list[T]] = {name: [] for name in actions}
    for _ in range(rounds):
        for name, action in actions.items():
            results[name].append(action())
    return results


def differences(ours: Sequence[float], peer: Sequence[float]) -> list[float]:
    """What ours is above the peer, round by round."""
    return [one - other for one, other in zip(ours, peer, strict=True)]


def ratios(ours: Sequence[float], peer: Sequence[float]) -> list[float]:
    """What ours is as a multiple of the peer, round by round."""
    return [one / other for one, other in zip(ours, peer, strict=True)]


def milliseconds(action: Callable[[], object]) -> float:
    """Do ``action`` and say how long it took."""
    start = time.perf_counter()
    action()
    return (time.perf_counter() - start) * 1e3


def around(run: Callable[[], bytes | None]) -> tuple[float, float]:
    """Milliseconds before the first and after the last line of the clocked script that ``run`` runs.

    Inside and outside share one monotonic clock: the sandbox has no time namespace.
    """
    start = time.monotonic()
    observations = run()
    end = time.monotonic()
    first, last = json.loads(observations or b"")
    return (first - start) * 1e3, (end - last) * 1e3


def startup(sandbox: Sandbox, folder: Path, scale: Scale, report: Report) -> None:
    """What the sandbox adds to a script that does next to nothing."""
    empty, clocked = bare_command(folder, "empty", EMPTY), bare_command(folder, "clocked", CLOCKED)
    took = in_turns(
        scale.pairs,
        {
            "/bin/true": lambda: milliseconds(lambda: bare(["/bin/true"])),
            "bare interpreter": lambda: milliseconds(lambda: bare(empty)),
            "sandbox": lambda: milliseconds(lambda: sealed(sandbox, EMPTY)),
        },
    )
    for name, values in took.items():
        report.add(f"start-up, {name}", "ms", values)
    added = report.add("start-up, added", "ms", differences(took["sandbox"], took["bare interpreter"]))
    report.add("start-up, sandbox / bare interpreter", "x", ratios(took["sandbox"], took["bare interpreter"]))
    if sandbox.label.startswith("L3"):
        report.judge(added, at_most=15.0)

    def bare_observations() -> bytes:
        bare(clocked)
        return (folder / "observations.json").read_bytes()

    parts = in_turns(
        scale.pairs,
        {
            "bare": lambda: around(bare_observations),
            "sealed": lambda: around(lambda: sealed(sandbox, CLOCKED).observations),
        },
    )
    for index, part in enumerate(("before the first line", "after the last line")):
        inside, outside = ([values[index] for values in parts[peer]] for peer in ("sealed", "bare"))
        report.add(f"start-up, added {part}", "ms", differences(inside, outside))


def throughput(sandbox: Sandbox, folder: Path, scale: Scale, report: Report) -> None:
    """How many scripts a second, one after the other and two at a time."""
    command = bare_command(folder, "empty", EMPTY)
    batch = max(2, scale.pairs // 2)

    def per_second(workers: int, run: Callable[[], object]) -> float:
        with ThreadPoolExecutor(workers) as pool:
            start = time.perf_counter()
            for running in [pool.submit(run) for _ in range(batch)]:
                running.result()
            return batch / (time.perf_counter() - start)

    rates = in_turns(
        scale.rounds,
        {
            "bare interpreters, 2 jobs": lambda: per_second(2, lambda: bare(command)),
            "sandbox, 1 job": lambda: per_second(1, lambda: sealed(sandbox, EMPTY)),
            "sandbox, 2 jobs": lambda: per_second(2, lambda: sealed(sandbox, EMPTY)),
        },
    )
    for name, values in rates.items():
        report.add(f"throughput, {name}", "runs/s", values)
    for peer in ("sandbox, 1 job", "bare interpreters, 2 jobs"):
        shares = ratios(rates["sandbox, 2 jobs"], rates[peer])
        report.add(f"throughput, sandbox, 2 jobs / {peer}", "x", shares)


def flood(sandbox: Sandbox, folder: Path, scale: Scale, report: Report) -> None:
    """Memory of this process, and speed, while a script floods both of its streams."""
    script = FLOOD.replace("SIZE", str(scale.flood_bytes))
    command = bare_command(folder, "flood", script)

    def drained() -> None:
        execution = sealed(sandbox, script)
        if len(execution.stdout + execution.stderr) + execution.dropped_stream_bytes != scale.flood_bytes:
            raise Unmeasured("the sandbox did not drain as many bytes as the script wrote")

    def peer() -> None:
        # One pipe for both streams: the peer is the plain way to throw output away.
        piped = ["/bin/sh", "-c", '"$@" 2>&1 | cat >/dev/null', "sh", *command]
        subprocess.run(piped, env=BARE_ENVIRONMENT, stdin=subprocess.DEVNULL, check=True)

    def speed(run: Callable[[], None]) -> float:
        return scale.flood_bytes / 1e3 / milliseconds(run)

    sealed(sandbox, EMPTY)
    before = peak_megabytes()
    speeds = in_turns(scale.rounds, {"python | cat": lambda: speed(peer), "sandbox": lambda: speed(drained)})
    peak = peak_megabytes()
    for name, values in speeds.items():
        report.add(f"flood, {name}", "MB/s", values)
    report.add("flood, sandbox / python | cat", "x", ratios(speeds["sandbox"], speeds["python | cat"]))
    report.add("flood, peak memory of the harness before it", "MB", [before])
    report.add("flood, peak memory added by it", "MB", [peak - before])
    report.judge(report.add("flood, peak memory of the harness", "MB", [peak]), at_most=150.0)


def peak_megabytes() -> float:
    """Most memory that this process has had so far, without the processes that it started.

    Linux counts in units of 1,024 bytes, and lets a process begin with the peak of the one that started it.
    """
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6


def files(sandbox: Sandbox, folder: Path, scale: Scale, report: Report) -> None:
    """What opening a file and importing large packages cost a script, by its own clock."""
    for name, unit, factor, script in (
        ("opening /dev/null", "ns", 1e9, OPENINGS),
        ("import numpy, scipy.stats", "ms", 1e3, IMPORTS),
    ):
        command = bare_command(folder, "timed", script)

        def outside(command: list[str] = command) -> float:
            bare(command)
            return float((folder / "observations.json").read_bytes())

        def inside(script: str = script) -> float:
            return float(sealed(sandbox, script).observations or b"")

        turns: dict[str, Callable[[], float]] = {"bare interpreter": outside, "sandbox": inside}
        seconds = in_turns(scale.rounds, turns)
        for peer, values in seconds.items():
            report.add(f"{name}, {peer}", unit, [value * factor for value in values])
        shares = ratios(seconds["sandbox"], seconds["bare interpreter"])
        report.add(f"{name}, sandbox / bare interpreter", "x", shares)


SECTIONS = {"start-up": startup, "throughput": throughput, "flood": flood, "files": files}


def measure(section: str, scale: Scale) -> Report:
    """Measure one section in this process."""
    report = Report()
    try:
        sandbox = find_sandbox()
        report.sandbox = sandbox.label
        with tempfile.TemporaryDirectory(prefix="harness-benchmark-") as folder:
            SECTIONS[section](sandbox, Path(folder), scale, report)
    except (IsolationUnavailable, Unmeasured, OSError, subprocess.CalledProcessError) as error:
        report.problems.append(f"{section}: {error}")
    return report


def measure_apart(section: str, scale: Scale, uid: int | None) -> Report:
    """Measure one section in a process of its own, as user ``uid`` if that is given.

    A fresh process, because its peak memory is measured, and because who gave root up cannot take it back.
    """
    options = ["--only", section, "--pairs", str(scale.pairs), "--flood-bytes", str(scale.flood_bytes)]
    command = [sys.executable, "-m", "benchmarks.sandbox", *options, "--json"]
    identity: dict[str, Any] = {} if uid is None else {"user": uid, "group": uid, "extra_groups": []}
    with tempfile.TemporaryDirectory(prefix="harness-benchmark-") as folder:
        if uid is not None:
            os.chown(folder, uid, uid)
        environment = {**os.environ, "TMPDIR": folder, "HOME": folder}
        answer = subprocess.run(
            command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, check=True, **identity
        )
    values = json.loads(answer.stdout)
    values["figures"] = [Figure(**figure) for figure in values["figures"]]
    values["goals"] = [Goal(**goal) for goal in values["goals"]]
    return Report(**values)


def measure_all(sections: Sequence[str], scale: Scale, uid: int | None) -> Report:
    """Measure all sections, each in a process of its own, and join what they say."""
    joined = Report() if uid is None else Report(user=f"uid {uid}")
    for section in sections:
        print(f"Measuring {section} ...", file=sys.stderr)
        try:
            part = measure_apart(section, scale, uid)
        except (OSError, subprocess.CalledProcessError) as error:
            joined.problems.append(f"{section}: {error}")
            continue
        joined.sandbox, joined.user = part.sandbox or joined.sandbox, part.user
        joined.figures += part.figures
        joined.goals += part.goals
        joined.problems += part.problems
    return joined


def sentences(report: Report) -> str:
    """The report for a human."""
    lines = [
        f"Sandbox {report.sandbox or 'none'}, harness started as {report.user}, {report.system} on "
        f"{report.machine}, {report.processors} processors, load {report.load:.1f}, Python {report.python}.",
        "Each line: median (lower to upper quartile, number of rounds).",
    ]
    for figure in report.figures:
        spread = f"({figure.low:,.2f} to {figure.high:,.2f}, {figure.rounds})"
        lines.append(f"{figure.name:<58} {figure.median:>10,.2f} {figure.unit:<6} {spread}")
    for goal in report.goals:
        verdict = "met" if goal.met else "missed"
        lines.append(
            f"goal {verdict}: {goal.name} {goal.value:,.2f} {goal.unit}, at most {goal.at_most:,.0f} {goal.unit}"
        )
    return "\n".join(lines + [f"not measured: {problem}" for problem in report.problems])


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.sandbox", description=__doc__)
    parser.add_argument("--json", action="store_true", help="one JSON document on standard output")
    parser.add_argument("--pairs", type=int, default=40, help="pairs of starts; other rounds: a fifth of it")
    parser.add_argument("--flood-bytes", type=int, default=10**9, help="bytes of output that a flood writes")
    parser.add_argument("--only", choices=SECTIONS, help="measure this section alone, in this process")
    parser.add_argument("--as-user", type=int, metavar="UID", help="measure as this user; only root can")
    return parser.parse_args()


def main() -> None:
    """Measure and print. The exit code is 0 whatever was measured: a benchmark is no test."""
    given = arguments()
    scale = Scale(max(1, given.pairs), max(1, given.flood_bytes))
    if given.only and given.as_user is None:
        report = measure(given.only, scale)
    else:
        report = measure_all([given.only] if given.only else list(SECTIONS), scale, given.as_user)
    print(json.dumps(asdict(report), indent=2) if given.json else sentences(report))


if __name__ == "__main__":
    main()
