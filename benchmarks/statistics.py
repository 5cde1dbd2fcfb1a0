"""What the statistics cost: sign flips beside scipy and beside drawing the same random bytes, and many at once.

Every figure stands beside a peer that was measured in turns with it, so that noise of the machine meets both.
Nothing here is a test: slow machines print larger figures, and the exit code stays 0. Run it from the root of
the repository: ``python -m benchmarks.statistics``.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from fractions import Fraction

import numpy as np
import scipy
from scipy.stats import permutation_test

from benchmarks.sandbox import Figure, in_turns, ratios
from harness.stats.bootstrap import bootstrap
from harness.stats.compiled_sums import available
from harness.stats.permutation import (
    SignFlip,
    sign_flip_exact,
    sign_flip_monte_carlo,
    sign_flips_monte_carlo,
)

UNITS = 1190
"""Pairs in a comparison: the questions of a middle-sized benchmark."""
FEW_UNITS = 15
"""Pairs of the exact test."""
COMPARISONS = 24
"""Comparisons of one rule."""
BATCH = 1000
"""Patterns that scipy holds at a time where it is told to; about the number at which it is fastest."""
REPEATS = 50
"""Exact tests in one timing; a single one is too short for the clock."""


@dataclass(frozen=True)
class Goal:
    """What a ratio is wished to reach or to stay below. Missing it is no failure."""

    name: str
    value: float
    limit: float
    at_least: bool
    met: bool


@dataclass
class Report:
    """Everything that one run of this program says."""

    system: str = field(default_factory=lambda: f"{platform.system()} {platform.release()}")
    machine: str = field(default_factory=platform.machine)
    processors: int = field(default_factory=lambda: os.cpu_count() or 1)
    load: float = field(default_factory=lambda: os.getloadavg()[0])
    """Load average of the last minute at the start: above the number of processors, times mean little."""
    versions: str = field(
        default_factory=lambda: (
            f"Python {platform.python_version()}, numpy {np.__version__}, scipy {scipy.__version__}"
        )
    )
    figures: list[Figure] = field(default_factory=list)
    goals: list[Goal] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    """What was compared beside the times."""

    def add(self, name: str, unit: str, values: list[float]) -> float:
        """Take the values of all rounds in as one figure; their median."""
        low = median = high = values[0]
        if len(values) > 1:
            low, median, high = statistics.quantiles(values, n=4, method="inclusive")
        self.figures.append(Figure(name, unit, low, median, high, rounds=len(values)))
        return median

    def judge(self, name: str, value: float, limit: float, *, at_least: bool) -> None:
        """Say whether a median ratio reaches its goal."""
        met = value >= limit if at_least else value <= limit
        self.goals.append(Goal(name, value, limit, at_least, met))


def sample(units: int, seed: int) -> tuple[Fraction, ...]:
    """Differences with four decimals, as printed scores have them."""
    drawn = np.random.default_rng(seed).normal(0.02, 1, units)
    return tuple(Fraction(round(float(x) * 10_000), 10_000) for x in drawn)


def timed(work: Callable[[], object], repeats: int = 1) -> Callable[[], float]:
    """A function that does the work and gives its seconds for one time."""

    def measured() -> float:
        start = time.perf_counter()
        for _ in range(repeats):
            work()
        return (time.perf_counter() - start) / repeats

    return measured


def by_scipy(values: tuple[Fraction, ...], resamples: int, batch: int | None = None) -> float:
    """scipy's p: all sign patterns if there are no more than ``resamples``, else so many drawn.

    Without ``batch``, as it is called by default, all patterns are held in memory at once.
    """
    found = permutation_test(
        (np.array([float(x) for x in values]),),
        lambda x, axis: np.sum(x, axis=axis),
        permutation_type="samples",
        vectorized=True,
        alternative="greater",
        n_resamples=resamples,
        batch=batch,
        rng=np.random.default_rng(0),
    )
    return float(found.pvalue)


def sign_flips(report: Report, rounds: int, resamples: int) -> None:
    """Monte-Carlo sign flips of one comparison."""
    values, zero = sample(UNITS, 1), Fraction(0)
    size = (UNITS + 7) // 8 * resamples
    few = {
        "scipy": timed(lambda: by_scipy(values, resamples)),
        "scipy in batches": timed(lambda: by_scipy(values, resamples, BATCH)),
        "ours": timed(lambda: sign_flip_monte_carlo(values, zero, "greater", seed=1, resamples=resamples)),
    }
    seconds = in_turns(max(1, rounds // 7), few)
    for name in ("scipy", "scipy in batches"):
        report.add(f"sign flips, {name}", "ms", [1000 * x for x in seconds[name]])
        faster = report.add(f"sign flips, {name} / ours", "x", ratios(seconds[name], seconds["ours"]))
        report.judge(f"sign flips, {name} / ours", faster, 250, at_least=True)
    many = {
        "Generator.bytes": timed(lambda: np.random.default_rng(1).bytes(size)),
        "raw words": timed(lambda: np.random.PCG64(1).random_raw(size // 8)),
        "ours": few["ours"],
    }
    if available():
        question = [SignFlip(sample(UNITS, 1), Fraction(0), "greater")]
        sign_flips_monte_carlo(
            question, seed=1, resamples=8, compiled=True
        )  # compiles, outside the timed part
        many["ours, compiled"] = timed(
            lambda: sign_flips_monte_carlo(question, seed=1, resamples=resamples, compiled=True)
        )
    else:
        report.notes.append("numba is not installed, so the compiled sums were not measured.")
    seconds = in_turns(rounds, many)
    for name, found in seconds.items():
        report.add(f"sign flips, {name}", "ms", [1000 * x for x in found])
    over_bytes = report.add(
        "sign flips, ours / Generator.bytes", "x", ratios(seconds["ours"], seconds["Generator.bytes"])
    )
    over_words = report.add(
        "sign flips, ours / raw words", "x", ratios(seconds["ours"], seconds["raw words"])
    )
    report.judge("sign flips, ours / Generator.bytes", over_bytes, 1.5, at_least=False)
    if "ours, compiled" in seconds:
        compiled = report.add(
            "sign flips, ours, compiled / Generator.bytes",
            "x",
            ratios(seconds["ours, compiled"], seconds["Generator.bytes"]),
        )
        report.judge("sign flips, ours, compiled / Generator.bytes", compiled, 1.5, at_least=False)
    report.judge("sign flips, ours / raw words", over_words, 1.5, at_least=False)


def exact(report: Report, rounds: int, resamples: int) -> None:
    """All sign patterns of few units."""
    values = sample(FEW_UNITS, 2)
    ours = float(sign_flip_exact(values, Fraction(0), "greater"))
    theirs = by_scipy(values, 2**FEW_UNITS)
    same = "the same p as" if ours == theirs else f"p = {ours!r} instead of"
    report.notes.append(f"The exact test gives {same} scipy, {theirs!r}.")
    turns = {
        "scipy": timed(lambda: by_scipy(values, 2**FEW_UNITS)),
        "ours": timed(lambda: sign_flip_exact(values, Fraction(0), "greater"), REPEATS),
    }
    seconds = in_turns(rounds, turns)
    for name, found in seconds.items():
        report.add(f"exact, {name}", "ms", [1000 * x for x in found])
    faster = report.add("exact, scipy / ours", "x", ratios(seconds["scipy"], seconds["ours"]))
    report.judge("exact, scipy / ours", faster, 400, at_least=True)


def comparisons(report: Report, rounds: int, resamples: int) -> None:
    """Both sides of many comparisons, which share one stream of signs."""
    questions = [
        SignFlip(sample(UNITS, seed), Fraction(0), side)
        for seed in range(COMPARISONS)
        for side in ("greater", "less")
    ]

    def apart() -> None:
        for question in questions:
            sign_flip_monte_carlo(
                question.differences, question.shift, question.alternative, seed=1, resamples=resamples
            )

    turns = {
        "one by one": timed(apart),
        "one stream": timed(lambda: sign_flips_monte_carlo(questions, seed=1, resamples=resamples)),
    }
    seconds = in_turns(max(1, rounds // 3), turns)
    for name, found in seconds.items():
        report.add(f"{COMPARISONS} comparisons, {name}", "ms", [1000 * x for x in found])
    report.add(
        f"{COMPARISONS} comparisons, one by one / one stream",
        "x",
        ratios(seconds["one by one"], seconds["one stream"]),
    )


def bootstraps(report: Report, rounds: int, resamples: int) -> None:
    """Bootstrap samples beside numpy drawing the same number of indices and taking their means."""
    values = sample(UNITS, 3)
    plain = np.array([float(x) for x in values])

    def peer() -> None:
        generator = np.random.default_rng(1)
        for _ in range(max(1, resamples // 1000)):
            plain[generator.integers(0, UNITS, (1000, UNITS))].mean(axis=1)

    turns = {
        "numpy means": timed(peer),
        "bca": timed(lambda: bootstrap(values, [1] * UNITS, form="bca", seed=1, resamples=resamples)),
        "bootstrap-t": timed(
            lambda: bootstrap(values, [1] * UNITS, form="bootstrap-t", seed=1, resamples=resamples)
        ),
    }
    seconds = in_turns(max(1, rounds // 7), turns)
    for name, found in seconds.items():
        report.add(f"bootstrap, {name}", "ms", [1000 * x for x in found])
    report.add("bootstrap, bca / numpy means", "x", ratios(seconds["bca"], seconds["numpy means"]))


SECTIONS = {"sign-flips": sign_flips, "exact": exact, "comparisons": comparisons, "bootstraps": bootstraps}


def sentences(report: Report) -> str:
    """The report for a human."""
    lines = [
        f"{report.system} on {report.machine}, {report.processors} processors, load {report.load:.1f}, "
        f"{report.versions}.",
        "Each line: median (lower to upper quartile, number of rounds); ratios are taken round by round.",
    ]
    for figure in report.figures:
        spread = f"({figure.low:,.3f} to {figure.high:,.3f}, {figure.rounds})"
        lines.append(f"{figure.name:<46} {figure.median:>12,.3f} {figure.unit:<3} {spread}")
    lines += report.notes
    for goal in report.goals:
        verdict, side = ("met" if goal.met else "missed"), ("at least" if goal.at_least else "at most")
        lines.append(f"goal {verdict}: {goal.name} {goal.value:,.2f} x, {side} {goal.limit:,g} x")
    return "\n".join(lines)


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.statistics", description=__doc__)
    parser.add_argument("--json", action="store_true", help="one JSON document on standard output")
    parser.add_argument(
        "--rounds", type=int, default=21, help="rounds of a short section; long ones take fewer"
    )
    parser.add_argument("--resamples", type=int, default=100_000, help="arrangements or samples drawn")
    parser.add_argument("--only", choices=SECTIONS, help="measure this section alone")
    return parser.parse_args()


def main() -> None:
    """Measure and print. The exit code is 0 whatever was measured: a benchmark is no test."""
    given = arguments()
    report = Report()
    for name in [given.only] if given.only else list(SECTIONS):
        SECTIONS[name](report, max(1, given.rounds), max(1000, given.resamples))
    print(json.dumps(asdict(report), indent=2) if given.json else sentences(report))


if __name__ == "__main__":
    main()
