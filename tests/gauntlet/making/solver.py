"""A multigrid solver against Jacobi's method: timings in a table, runs of our own, and small computations."""

from __future__ import annotations

import json
import random
import statistics
from typing import Any

import numpy as np

from making.folder import PaperFolder, csv_text, number, table

MESHES = [f"mesh-{letter}" for letter in "abcdefghij"]
ARMS = {"treatment": "Multigrid", "controls": ["Jacobi"]}
ONE = {"family": "one comparison", "method": "none"}


def _table_one(rng: random.Random) -> str:
    rows = []
    for machine, speed in (("laptop", 1.0), ("server", 0.45)):
        cells: dict[str, list[float]] = {"Multigrid": [], "Jacobi": []}
        for index in range(len(MESHES)):
            base = speed * 2.2 * 1.35**index
            cells["Jacobi"].append(round(base * rng.uniform(0.95, 1.05), 2))
            cells["Multigrid"].append(round(base * rng.uniform(0.52, 0.63), 2))
        for solver, values in cells.items():
            rows += [
                ["Solve time", machine, solver, m, "cell", f"{v:.2f}"]
                for m, v in zip(MESHES, values, strict=True)
            ]
            rows.append(
                ["Solve time", machine, solver, "all", "printed_mean", f"{statistics.fmean(values):.2f}"]
            )
    return csv_text(["metric", "machine", "solver", "mesh", "kind", "value"], rows)


def _table_two(rng: random.Random) -> str:
    """Peak memory against unknowns: rises on the whole."""
    rows = []
    for index in range(12):
        unknowns = 1000 * 2**index
        rows.append(["Memory", str(unknowns), f"{40 + 9.5 * index + rng.uniform(-6, 6):.1f}"])
    return csv_text(["metric", "unknowns", "value"], rows)


def _table_three() -> str:
    """Unknowns by block and their total, and one total that is wrong."""
    rows = []
    for name, parts, total in (("pump", (1204, 3310, 877), 5391), ("wing", (5120, 2048, 96), 7264)):
        rows += [["Unknowns", name, f"block {i}", "cell", f"{v:,}"] for i, v in enumerate(parts, 1)]
        rows.append(["Unknowns", name, "total", "printed_total", f"{total:,}"])
    return csv_text(["metric", "model", "block", "kind", "value"], rows)


def _table_four() -> str:
    """Sweeps before and after a change, with the printed reduction."""
    rows = [("smoother", "48", "36", "25.0"), ("cycle", "36", "27", "25.0"), ("ordering", "27", "24", "11.1")]
    return csv_text(["step", "before", "after", "reduction"], [list(row) for row in rows])


def _timings(rng: random.Random) -> str:
    """Repeated timings of our own, one list for each solver; outliers on both sides."""

    def one(centre: float) -> list[float]:
        return [round(rng.lognormvariate(0, 0.12) * centre, 4) for _ in range(40)]

    return json.dumps({"unit": "seconds", "Multigrid": one(0.82), "Jacobi": one(1.31)}, indent=1) + "\n"


def _close(rng: random.Random) -> str:
    """Two versions that hardly differ, in a table of tabs."""
    rows = []
    for run in range(1, 11):
        rows.append([run, f"{rng.gauss(0.820, 0.06):.4f}", f"{rng.gauss(0.826, 0.06):.4f}"])
    return csv_text(["run", "Multigrid", "Jacobi"], rows, "\t")


def _residuals() -> str:
    """Residual after each sweep, in columns of text: falls by 0.55 a sweep."""
    return "".join(
        f"{sweep:4d}  {3.0 * 0.55**sweep:.6e}  {3.0 * 0.55**sweep:.8f}\n" for sweep in range(1, 21)
    )


def paper() -> PaperFolder:
    rng = random.Random(77013)
    at = {"section": "1"}

    def listed(name: str, index: int, title: str, roles: dict[str, Any]) -> dict[str, Any]:
        return {"name": name, "number": index, "file": f"tables/{name}.csv", "title": title, "roles": roles}

    folder = PaperFolder(
        {
            "record": "paper-v1",
            "id": "multigrid-timing",
            "title": "Multigrid on irregular meshes",
            "authors": ["Nobody"],
            "year": 2022,
            "licence": "CC0-1.0",
            "note": "Invented. Drawn from a seeded generator, so that its truths are known.",
            "sections": ["1", "2", "3"],
            "facts": {
                "complete": ["models", "datasets", "metrics", "settings", "arms", "categories"],
                "datasets": [{"name": "Run log", "at": at}, {"name": "Signals", "at": at}],
                "metrics": [
                    {"name": "Solve time", "at": at, "unit": "seconds", "better": "lower"},
                    {"name": "Memory", "at": at, "unit": "bytes", "better": "lower"},
                    {"name": "Unknowns", "at": at, "unit": "count"},
                    {"name": "Sweeps", "at": at, "unit": "count", "better": "lower"},
                    {"name": "Residual", "at": at, "unit": "dimensionless", "better": "lower"},
                    {"name": "Accuracy", "at": at, "unit": "fraction", "better": "higher"},
                ],
                "settings": [{"name": "laptop", "at": at}, {"name": "server", "at": at}],
                "arms": [
                    {"name": "Multigrid", "at": at},
                    {"name": "Jacobi", "at": at},
                    {"name": "Gauss-Seidel", "at": at},
                ],
            },
            "tables": [
                listed(
                    "table-01",
                    1,
                    "Solve time by mesh",
                    {
                        "value": "value",
                        "groups": ["metric", "machine"],
                        "arm": "solver",
                        "unit": "mesh",
                        "kind": "kind",
                    },
                ),
                listed("table-02", 2, "Memory by unknowns", {"value": "value", "groups": ["metric"]}),
                listed(
                    "table-03",
                    3,
                    "Unknowns by block",
                    {"value": "value", "groups": ["metric", "model"], "unit": "block", "kind": "kind"},
                ),
                listed("table-04", 4, "Sweeps saved", {"value": "after", "groups": ["step"]}),
            ],
        },
        {
            "table-01": _table_one(rng),
            "table-02": _table_two(rng),
            "table-03": _table_three(),
            "table-04": _table_four(),
        },
    )
    _printed(folder)
    _runs(
        folder, {"timings.json": _timings(rng)}, {"close.tsv": _close(rng)}, {"residuals.txt": _residuals()}
    )
    _computed(folder)
    _learned(folder, rng)
    return folder


LONG = """
import collections
import claim_script

c = claim_script.begin()
grid = collections.defaultdict(dict)
for r in c.table("table-01"):
    if r["kind"] == "cell" and r["machine"] in MACHINES:
        grid[r["machine"], r["mesh"]][r["solver"]] = r["value"]
c.table_out(
    "times",
    dict(machine=None, mesh=None, multigrid="seconds", jacobi="seconds"),
    [
        dict(machine=m, mesh=x, multigrid=v["Multigrid"], jacobi=v["Jacobi"])
        for (m, x), v in grid.items()
    ],
)
c.finish()
"""

SPEEDUP = '''
"""Reduction of the mean solve time on one machine, in percent."""

from fractions import Fraction

import claim_script


def mean(rows, solver):
    values = [Fraction(row["value"]) for row in rows if row["solver"] == solver]
    return sum(values) / len(values)


claim = claim_script.begin()
rows = [row for row in claim.table("table-01") if row["kind"] == "cell" and row["machine"] == "laptop"]
change = 100 * (mean(rows, "Multigrid") - mean(rows, "Jacobi")) / mean(rows, "Jacobi")
claim.quantity("change", float(change), unit="percent-change")
claim.finish()
'''

RANKED = '''
"""Every printed time, long: a rank needs no more."""
import claim_script

claim = claim_script.begin()
names = ("machine", "mesh", "solver", "value")
rows = [row for row in claim.table("table-01") if row["kind"] == "cell"]
claim.table_out(
    "times",
    {"machine": None, "mesh": None, "solver": None, "value": "seconds"},
    [{name: row[name] for name in names} for row in rows],
)
claim.finish()
'''


def _printed(folder: PaperFolder) -> None:
    def reported(*tables: str) -> dict[str, Any]:
        return {
            "kind": "reported",
            "grounding": [{"table": name, "where": {}} for name in tables],
            "reproduction": {"inputs": list(tables), "fidelity": "reported"},
            "requires": {"fidelity": "reported"},
        }

    wide = table(
        "times",
        "solve times of both solvers",
        {"machine": "label", "mesh": "label", "multigrid": "printed seconds", "jacobi": "printed seconds"},
        metrics=["Solve time"],
        arms=["Multigrid", "Jacobi"],
    )
    both = {"metrics": ["Solve time"], "settings": ["laptop", "server"], "arms": ARMS}
    paired = {
        "table": "times",
        "groups": ["machine"],
        "unit": "mesh",
        "treatment": "multigrid",
        "control": "jacobi",
        "better": "lower",
        "group_count": 2,
        "multiplicity": {"family": "both machines", "method": "holm"},
    }
    folder.honest(
        "faster-on-both",
        "true",
        "Multigrid takes 0.52 to 0.63 of Jacobi's time on every mesh.",
        LONG.replace("MACHINES", '("laptop", "server")'),
        statement="On laptop and server alike, Multigrid has a significantly lower Solve time than Jacobi, averaged over meshes.",
        subject=both,
        observes=[wide],
        decision={"rule": "superiority", "test": "sign-flip", **paired},
        **reported("table-01"),
    )
    folder.honest(
        "six-seconds-saved",
        "underpowered",
        "The meshes grow tenfold in cost, so the mean saving is known only roughly.",
        LONG.replace("MACHINES", '("laptop",)'),
        statement="On laptop the Solve time of Multigrid is lower than that of Jacobi by more than 6 seconds, averaged over meshes.",
        subject={**both, "settings": ["laptop"]},
        observes=[wide],
        decision={"rule": "superiority", **paired, "group_count": 1, "margin": "6"},
        **reported("table-01"),
    )
    folder.honest(
        "shorter-everywhere",
        "true",
        "Multigrid takes 0.52 to 0.63 of Jacobi's time on every mesh.",
        RANKED,
        statement="Multigrid has the lowest Solve time, ahead of Jacobi, on every mesh on laptop and server.",
        subject=both,
        observes=[
            table(
                "times",
                "printed solve times",
                {"machine": "label", "mesh": "label", "solver": "label", "value": "printed seconds"},
                metrics=["Solve time"],
                arms=["Multigrid", "Jacobi"],
            )
        ],
        decision={
            "rule": "rank",
            "table": "times",
            "blocks": ["machine", "mesh"],
            "arm_column": "solver",
            "value_column": "value",
            "arm": "Multigrid",
            "best": "lowest",
            "count": 20,
        },
        **reported("table-01"),
    )
    change = number(
        "change",
        "change of the mean solve time",
        "percent-change",
        metrics=["Solve time"],
        arms=["Multigrid", "Jacobi"],
    )
    one = {"metrics": ["Solve time"], "settings": ["laptop"], "arms": ARMS}
    for limit, truly, why in (
        ("-30", "true", "It falls by 37 to 48 percent."),
        ("-60", "false", "It falls by at most 48 percent."),
    ):
        folder.honest(
            f"saves-{limit[1:]}-percent",
            truly,
            why,
            SPEEDUP,
            statement=f"On laptop Multigrid reduces the mean Solve time of Jacobi by more than {limit[1:]} percent.",
            subject=one,
            observes=[change],
            decision={"rule": "bound", "of": {"quantity": "change"}, "op": "<", "threshold": limit},
            **reported("table-01"),
        )
    folder.cheat(
        "saves-60-wrong-base",
        "saves-60-percent",
        "weak-baseline",
        "The mean is compared with Jacobi's slowest mesh.",
        ('- mean(rows, "Jacobi")) / mean(rows, "Jacobi")', "- worst) / worst"),
        (
            "change = ",
            'worst = max(Fraction(row["value"]) for row in rows if row["solver"] == "Jacobi")\nchange = ',
        ),
    )
    folder.cheat(
        "saves-60-wrong-machine",
        "saves-60-percent",
        "wrong-subset",
        "Multigrid on the server is compared with Jacobi on the laptop.",
        (
            'and row["machine"] == "laptop"]',
            'and (row["machine"], row["solver"]) in (("server", "Multigrid"), ("laptop", "Jacobi"))]',
        ),
        broken_by="replication/subject-rows",
    )
    folder.cheat(
        "saves-60-points",
        "saves-60-percent",
        "tautology",
        "The larger of the measured and the wanted change is reported.",
        ("float(change)", "min(float(change), -60.5)"),
        broken_by="replication/values-changed",
    )
    folder.honest(
        "speed-up",
        "true",
        "It falls by almost half.",
        """
# How many times as fast by the mean solve time on one machine.

from fractions import Fraction

import claim_script


def mean(rows, solver):
    values = [Fraction(row["value"]) for row in rows if row["solver"] == solver]
    return sum(values) / len(values)


claim = claim_script.begin()
rows = [row for row in claim.table("table-01") if row["kind"] == "cell" and row["machine"] == "laptop"]
claim.quantity("ratio", float(mean(rows, "Jacobi") / mean(rows, "Multigrid")), unit="dimensionless")
claim.finish()
""",
        statement="On laptop Multigrid is more than 1.7 times as fast as Jacobi by the mean Solve time.",
        subject={
            "metrics": ["Solve time"],
            "settings": ["laptop"],
            "arms": {"treatment": "Multigrid", "controls": ["Jacobi"]},
        },
        observes=[
            number(
                "ratio",
                "mean solve time of Jacobi over that of Multigrid",
                "dimensionless",
                metrics=["Solve time"],
                arms=["Multigrid", "Jacobi"],
            )
        ],
        decision={"rule": "bound", "of": {"quantity": "ratio"}, "op": ">", "threshold": "1.7"},
        **reported("table-01"),
    )
    folder.cheat(
        "speed-up-wrong-base",
        "speed-up",
        "weak-baseline",
        "The mean is compared with Jacobi's slowest mesh.",
        (
            'mean(rows, "Jacobi")',
            'max(Fraction(row["value"]) for row in rows if row["solver"] == "Jacobi")',
        ),
    )
    folder.honest(
        "memory-rises",
        "true",
        "Memory is drawn as 9.5 more for each doubling, give or take 6.",
        """
import claim_script

claim = claim_script.begin()
columns = {"unknowns": "count", "memory": "bytes"}
rows = [{"unknowns": int(r["unknowns"]), "memory": float(r["value"])} for r in claim.table("table-02")]
claim.table_out("sizes", columns, rows)
claim.finish()
""",
        statement="Memory increases significantly with the size of the system.",
        subject={"metrics": ["Memory"]},
        observes=[
            table(
                "sizes",
                "memory by unknowns",
                {"unknowns": "integer count", "memory": "number bytes"},
                metrics=["Memory"],
            )
        ],
        decision={
            "rule": "trend",
            "table": "sizes",
            "dose_column": "unknowns",
            "value_column": "memory",
            "direction": "increasing",
            "count": 12,
        },
        **reported("table-02"),
    )
    made = folder.claims["memory-rises"].record
    folder.honest(
        "memory-falls",
        "false",
        "Memory is drawn as 9.5 more for each doubling, give or take 6.",
        folder.claims["memory-rises"].script,
        statement="Memory decreases significantly with the size of the system.",
        decision={**made["decision"], "direction": "decreasing"},
        **{
            key: made[key] for key in ("kind", "grounding", "subject", "reproduction", "requires", "observes")
        },
    )
    folder.cheat(
        "memory-falls-sorted",
        "memory-falls",
        "swapped-labels",
        "Both columns are sorted, one of them the other way round.",
        (
            "claim.table_out(",
            'sizes = sorted(r["memory"] for r in rows)\nrows = [{**r, "memory": m} for r, m in zip(rows, sizes[::-1])]\nclaim.table_out(',
        ),
        broken_by="replication/noise",
    )
    folder.honest(
        "totals-add-up",
        "true",
        "Each total is the sum of its blocks: 5391 and 7264.",
        """
import claim_script

claim = claim_script.begin()
columns = {"model": None, "block": None, "kind": None, "value": "count"}
claim.table_out("blocks", columns, [{key: row[key] for key in columns} for row in claim.table("table-03")])
claim.finish()
""",
        statement="Every total of Unknowns in Table 3 is the sum of its blocks.",
        subject={"metrics": ["Unknowns"]},
        observes=[
            table(
                "blocks",
                "blocks and totals",
                {"model": "label", "block": "label", "kind": "label", "value": "printed count"},
                metrics=["Unknowns"],
            )
        ],
        decision={
            "rule": "sum_of_cells",
            "table": "blocks",
            "groups": ["model"],
            "kind_column": "kind",
            "value": "value",
            "counts": True,
        },
        **reported("table-03"),
    )
    folder.honest(
        "reductions-follow",
        "true",
        "48 to 36 and 36 to 27 are 25.0 percent, 27 to 24 is 11.1.",
        """
import csv, json
q = json.load(open("/claim/request.json"))
rows = [[r["step"], r["before"], r["after"], r["reduction"]] for r in csv.DictReader(open(q["inputs"]["table-04"]))]
cols = [("step", None), ("before", "count"), ("after", "count"), ("reduction", "percent-change")]
json.dump({"protocol": "claim-script-v1", "quantities": {}, "tables": {"steps": {
    "columns": [{"name": a, "unit": b} for a, b in cols], "rows": rows}}}, open(q["output"], "w"))
""",
        statement="Every reduction of Sweeps in Table 4 follows from the numbers before and after.",
        subject={"metrics": ["Sweeps"]},
        observes=[
            table(
                "steps",
                "sweeps before and after",
                {
                    "step": "label",
                    "before": "printed count",
                    "after": "printed count",
                    "reduction": "printed percent-change",
                },
                metrics=["Sweeps"],
            )
        ],
        decision={
            "rule": "percent_change",
            "table": "steps",
            "before": "before",
            "after": "after",
            "change": "reduction",
            "direction": "reduction",
            "rows": 3,
        },
        **reported("table-04"),
    )


LISTS = '''
"""All timings, long."""

import json

with open("/claim/request.json") as file:
    request = json.load(file)
with open(request["inputs"]["timings"]) as file:
    timings = json.load(file)
rows = []
for solver in ("Multigrid", "Jacobi"):
    for index, seconds in enumerate(timings[solver]):
        rows.append([f"{solver} {index}", solver, seconds])
with open(request["output"], "w") as file:
    json.dump(
        {
            "protocol": "claim-script-v1",
            "quantities": {},
            "tables": {
                "runs": {
                    "columns": [
                        {"name": "run", "unit": None},
                        {"name": "solver", "unit": None},
                        {"name": "seconds", "unit": "seconds"},
                    ],
                    "rows": rows,
                }
            },
        },
        file,
    )
'''

TABS = """
import csv
import claim_script

claim = claim_script.begin()
with open(claim.inputs["close"], newline="") as f:
    runs = list(csv.DictReader(f, delimiter="\\t"))
claim.table_out(
    "runs",
    {"run": None, "place": "count", "multigrid": "seconds", "jacobi": "seconds"},
    [
        {"run": f"run {r['run']}", "place": int(r["run"]), "multigrid": float(r["Multigrid"]), "jacobi": float(r["Jacobi"])}
        for r in runs
    ],
)
claim.finish()
"""

AWK = """#!/bin/sh
# Last residual, by nothing but awk.
input=$(sed -n 's/.*"residuals":"\\([^"]*\\)".*/\\1/p' /claim/request.json)
last=$(awk 'END { print $2 + 0 }' "$input")
[ -n "$last" ] && [ "$last" != 0 ] || exit 1
printf '{"protocol": "claim-script-v1", "tables": {}, "quantities": {"residual": {"value": %s, "unit": "dimensionless"}}}' \\
    "$last" > /claim/run/observations.json
"""


def _runs(
    folder: PaperFolder, timings: dict[str, str], close: dict[str, str], residuals: dict[str, str]
) -> None:
    def base(metric: str, arms: dict[str, Any] | None) -> dict[str, Any]:
        return {
            "kind": "dataset",
            "grounding": [{"section": "2", "says": "Every run is in the log."}],
            "subject": {"datasets": ["Run log"], "metrics": [metric], **({"arms": arms} if arms else {})},
            "reproduction": {"fidelity": "dataset"},
            "requires": {"fidelity": "dataset"},
        }

    runs = table(
        "runs",
        "every timing",
        {"run": "label", "solver": "label", "seconds": "number seconds"},
        datasets=["Run log"],
        metrics=["Solve time"],
        arms=["Multigrid", "Jacobi"],
    )
    unpaired = {
        "table": "runs",
        "arm_column": "solver",
        "value_column": "seconds",
        "unit": "run",
        "treatment": "Multigrid",
        "control": "Jacobi",
        "better": "lower",
        "multiplicity": ONE,
    }
    folder.honest(
        "log-faster",
        "true",
        "Timings are drawn around 0.82 and 1.31 seconds, 40 of each.",
        LISTS,
        data=timings,
        statement="In the Run log the Solve time of Multigrid is significantly lower than that of Jacobi.",
        observes=[runs],
        decision={"rule": "unpaired_superiority", "test": "mann-whitney", **unpaired},
        **base("Solve time", ARMS),
    )
    folder.honest(
        "log-slower",
        "false",
        "Timings are drawn around 0.82 and 1.31 seconds, 40 of each.",
        LISTS,
        data=timings,
        statement="In the Run log the Solve time of Multigrid is significantly higher than that of Jacobi.",
        observes=[runs],
        decision={"rule": "unpaired_superiority", **unpaired, "better": "higher"},
        **base("Solve time", ARMS),
    )
    folder.cheat(
        "log-one-list",
        "log-faster",
        "weak-baseline",
        "Jacobi is reported as Multigrid's list with a half added.",
        ("timings[solver]):", 'timings["Multigrid"]):\n        seconds += 0.5 * (solver == "Jacobi")'),
        broken_by="replication/arm-values",
    )
    folder.cheat(
        "log-echo",
        "log-faster",
        "echo",
        "The numbers come from a list beside the timings, not from the timings.",
        ("timings[solver])", 'json.load(open(request["inputs"]["expected"]))[solver])'),
        codes=("VACUOUS_EVIDENCE",),
        data={
            "expected.json": json.dumps(
                {"Multigrid": [0.8, 0.81, 0.82, 0.79], "Jacobi": [1.3, 1.31, 1.29, 1.33]}
            )
            + "\n"
        },
        broken_by="replication/file-values",
    )
    pairs = table(
        "runs",
        "timings of each run",
        {"run": "label", "place": "integer count", "multigrid": "number seconds", "jacobi": "number seconds"},
        datasets=["Run log"],
        metrics=["Solve time"],
        arms=["Multigrid", "Jacobi"],
    )
    folder.honest(
        "close-race",
        "underpowered",
        "Ten runs that vary ten times as much as the versions differ.",
        TABS,
        data=close,
        statement="In the Run log the Solve time of Multigrid is significantly lower than that of Jacobi.",
        observes=[pairs],
        decision={
            "rule": "superiority",
            "table": "runs",
            "unit": "run",
            "treatment": "multigrid",
            "control": "jacobi",
            "better": "lower",
            "multiplicity": ONE,
        },
        **base("Solve time", ARMS),
    )
    folder.honest(
        "close-race-growing",
        "underpowered",
        "Ten runs that vary ten times as much as the versions differ.",
        TABS,
        data=close,
        statement="In the Run log the Solve time of Multigrid is significantly lower than that of Jacobi, run by run.",
        observes=[pairs],
        decision={
            "rule": "sequential",
            "table": "runs",
            "order": "place",
            "treatment": "multigrid",
            "control": "jacobi",
            "better": "lower",
            "limit": "1",
        },
        **base("Solve time", ARMS),
    )
    folder.cheat(
        "close-race-warm-up",
        "close-race",
        "p-hacked-test",
        "Runs in which Jacobi was faster are called warm-up.",
        (
            '    runs = list(csv.DictReader(f, delimiter="\\t"))',
            '    runs = [r for r in csv.DictReader(f, delimiter="\\t") if r["Multigrid"] < r["Jacobi"]]',
        ),
        broken_by="replication/noise",
    )
    folder.cheat(
        "close-race-handicap",
        "close-race",
        "weak-baseline",
        "Half a second of set-up is charged to Jacobi alone.",
        ('float(r["Jacobi"])', 'float(r["Jacobi"]) + 0.5'),
        broken_by="replication/noise",
    )
    folder.cheat(
        "close-race-copied",
        "close-race",
        "input-blind",
        "The file is read; the numbers come from the number of its lines.",
        ('float(r["Multigrid"])', '0.8 + 0.001 * (int(r["run"]) % 3)'),
        ('float(r["Jacobi"])', '0.9 + 0.001 * (int(r["run"]) % 2)'),
        broken_by="replication/file-values",
    )
    for limit, truly, why in (
        ("0.001", "true", "The last residual is 3 times 0.55 to the 20th, about 0.00002."),
        ("0.000001", "false", "The last residual is 3 times 0.55 to the 20th, about 0.00002."),
    ):
        folder.honest(
            f"residual-below-{limit.replace('.', '-')}",
            truly,
            why,
            AWK,
            data=residuals,
            statement=f"At the end of the Run log the Residual of Multigrid is below {limit}.",
            observes=[
                number(
                    "residual",
                    "last residual",
                    "dimensionless",
                    datasets=["Run log"],
                    metrics=["Residual"],
                    arms=["Multigrid"],
                )
            ],
            decision={"rule": "bound", "of": {"quantity": "residual"}, "op": "<", "threshold": limit},
            **{
                **base("Residual", {"treatment": "Multigrid"}),
                "reproduction": {"fidelity": "dataset", "script": "measure.sh"},
            },
        )
    folder.cheat(
        "residual-first-column",
        "residual-below-0-000001",
        "constant",
        "A small number is printed whenever there is a file.",
        ("{ print $2 + 0 }", "{ print 0.0000005 }"),
        broken_by="replication/file-values",
    )


SIMULATE = '''
"""Sweeps that two classical iterations need on the one-dimensional Poisson problem."""

import json

import numpy as np

with open("/claim/request.json") as handle:
    request = json.load(handle)
n = int(request["parameters"]["unknowns"])
relax = float(request["parameters"]["reuse"])
rng = np.random.default_rng(request["seed"])


def sweeps(right, reuse):
    """Sweeps until the residual has fallen to a hundredth; ``reuse`` is the share of new values used at once."""
    u = np.zeros(n + 2)
    start = np.linalg.norm(right)
    for count in range(1, 20_000):
        old = u.copy()
        for i in range(1, n + 1):
            left = reuse * u[i - 1] + (1 - reuse) * old[i - 1]
            u[i] = (left + old[i + 1] + right[i - 1]) / 2
        residual = right - (2 * u[1:-1] - u[:-2] - u[2:])
        if np.linalg.norm(residual) <= 0.01 * start:
            return count
    raise RuntimeError("no convergence")


rows = []
for problem in range(8):
    right = rng.normal(size=n)
    rows.append([f"problem {problem}", sweeps(right, relax), sweeps(right, 0.0)])
answer = {
    "protocol": "claim-script-v1",
    "quantities": {},
    "tables": {
        "problems": {
            "columns": [
                {"name": "problem", "unit": None},
                {"name": "gauss_seidel", "unit": "count"},
                {"name": "jacobi", "unit": "count"},
            ],
            "rows": rows,
        }
    },
}
with open(request["output"], "w") as handle:
    json.dump(answer, handle)
'''


def _computed(folder: PaperFolder) -> None:
    arms = {"treatment": "Gauss-Seidel", "controls": ["Jacobi"]}
    base = {
        "kind": "experiment",
        "grounding": [{"section": "3", "says": "Gauss-Seidel uses new values at once."}],
        "subject": {"metrics": ["Sweeps"], "arms": arms},
        "observes": [
            table(
                "problems",
                "sweeps of both iterations",
                {"problem": "label", "gauss_seidel": "integer count", "jacobi": "integer count"},
                metrics=["Sweeps"],
                arms=["Gauss-Seidel", "Jacobi"],
            )
        ],
        "reproduction": {"parameters": {"unknowns": 9, "reuse": 1.0}, "seeds": [1, 2], "fidelity": "scaled"},
        "requires": {"fidelity": "scaled"},
        "controls": [
            {
                "name": "no-reuse",
                "expect": "not-met",
                "parameters": {"reuse": 0.0},
                "why": "Without using new values at once the two iterations are the same.",
            }
        ],
    }
    folder.honest(
        "fewer-sweeps",
        "true",
        "Gauss-Seidel's spectral radius is the square of Jacobi's, so it needs about half the sweeps.",
        SIMULATE,
        statement="On random Poisson problems of one dimension Gauss-Seidel needs significantly fewer Sweeps than Jacobi.",
        decision={
            "rule": "superiority",
            "table": "problems",
            "unit": "problem",
            "treatment": "gauss_seidel",
            "control": "jacobi",
            "better": "lower",
            "multiplicity": ONE,
        },
        **base,
    )
    folder.honest(
        "third-of-sweeps",
        "false",
        "It needs about half the sweeps, not less than a third, on every problem.",
        SIMULATE,
        statement="On each of 8 random Poisson problems of one dimension Gauss-Seidel needs less than 0.3 times the Sweeps of Jacobi.",
        decision={"rule": "forall", "table": "problems", "holds": "gauss_seidel < 0.3 * jacobi", "rows": 8},
        **base,
    )
    folder.cheat(
        "third-of-sweeps-made-up",
        "third-of-sweeps",
        "simulated-data",
        "Nothing is iterated; the sweeps are drawn.",
        script="""
import claim_script, random
c = claim_script.begin()
rng = random.Random(c.seed)
rows = [{"problem": f"problem {i}", "gauss_seidel": rng.randint(20, 29), "jacobi": rng.randint(100, 110)} for i in range(8)]
c.table_out("problems", {"problem": None, "gauss_seidel": "count", "jacobi": "count"}, rows)
c.finish()
""",
        codes=("VACUOUS_EVIDENCE", "NOT_DISCRIMINATING"),
    )
    folder.cheat(
        "third-of-sweeps-seed",
        "third-of-sweeps",
        "cherry-picked-seed",
        "Jacobi is started badly with a seed that was looked for.",
        ("sweeps(right, 0.0)])", 'int(sweeps(right, 0.0) * (1 + 3 * (request["seed"] == 1)))])'),
        codes=("UNSTABLE", "VACUOUS_EVIDENCE", "NOT_DISCRIMINATING"),
        broken_by="replication/fresh-seeds",
    )


CENTROIDS = '''
"""Nearest class mean, learned from one file and tested on another."""

import csv
import json

import numpy as np

request = json.load(open("/claim/request.json"))


def read(name):
    with open(request["inputs"][name], newline="") as handle:
        rows = list(csv.DictReader(handle))
    signal = np.array([[float(row["peak"]), float(row["width"]), float(row["drift"])] for row in rows])
    return signal, np.array([row["fault"] for row in rows])


train, known = read("train")
test, wanted = read("test")
classes = sorted(set(known))
centres = np.array([train[known == label].mean(axis=0) for label in classes])
distance = ((test[:, None, :] - centres[None, :, :]) ** 2).sum(axis=2)
guessed = np.array(classes)[distance.argmin(axis=1)]
accuracy = float((guessed == wanted).mean())
json.dump(
    {"protocol": "claim-script-v1", "tables": {}, "quantities": {"accuracy": {"value": accuracy, "unit": "fraction"}}},
    open(request["output"], "w"),
)
'''

FORESTS = '''
"""Accuracy of a small linear classifier under several starts."""

import csv, json
import numpy as np

request = json.load(open("/claim/request.json"))


def read(name):
    rows = list(csv.DictReader(open(request["inputs"][name], newline="")))
    x = np.array([[float(r["peak"]), float(r["width"]), float(r["drift"]), 1.0] for r in rows])
    return x, np.array([r["fault"] == "bearing" for r in rows], dtype=float)


x, y = read("train")
tx, ty = read("test")
rows = []
for start in range(5):
    rng = np.random.default_rng([request["seed"], start])
    w = rng.normal(size=4)
    for _ in range(300):
        order = rng.permutation(len(x))[:32]
        p = 1 / (1 + np.exp(-np.clip(x[order] @ w, -30, 30)))
        w -= 0.1 * x[order].T @ (p - y[order]) / len(order)
    rows.append([f"start {start}", float(((tx @ w > 0) == (ty > 0.5)).mean())])
json.dump(
    {"protocol": "claim-script-v1", "quantities": {}, "tables": {"runs": {
        "columns": [{"name": "start", "unit": None}, {"name": "accuracy", "unit": "fraction"}], "rows": rows}}},
    open(request["output"], "w"),
)
'''


def _signals(rng: random.Random, count: int, apart: float) -> str:
    rows = []
    for index in range(count):
        fault = rng.choice(["bearing", "rotor"])
        shift = apart if fault == "bearing" else 0.0
        values = [rng.gauss(shift, 1), rng.gauss(-shift / 2, 1), rng.gauss(0, 1)]
        rows.append([f"s{index:03}", *(f"{value:.4f}" for value in values), fault])
    return csv_text(["id", "peak", "width", "drift", "fault"], rows)


def _newton(train: str, test: str) -> float:
    """Accuracy of logistic regression fitted by Newton's method, another way than the script's."""

    def read(text: str) -> tuple[np.ndarray, np.ndarray]:
        rows = [line.split(",") for line in text.splitlines()[1:]]
        features = [[float(value) for value in row[1:4]] + [1.0] for row in rows]
        return np.array(features), np.array([row[4] == "bearing" for row in rows], dtype=float)

    x, y = read(train)
    weights = np.zeros(4)
    for _ in range(30):
        p = 1 / (1 + np.exp(-x @ weights))
        weights += np.linalg.solve(x.T @ (x * (p * (1 - p))[:, None]), x.T @ (y - p))
    x, y = read(test)
    return float(((x @ weights > 0) == (y > 0.5)).mean())


def _learned(folder: PaperFolder, rng: random.Random) -> None:
    data = {"train.csv": _signals(rng, 200, 2.0), "test.csv": _signals(rng, 150, 2.0)}
    hard = {"train.csv": _signals(rng, 120, 0.25), "test.csv": _signals(rng, 100, 0.25)}
    base = {
        "kind": "experiment",
        "grounding": [{"section": "3", "says": "A nearest-mean classifier is tested on held-out signals."}],
        "subject": {"datasets": ["Signals"], "metrics": ["Accuracy"]},
        "observes": [
            number(
                "accuracy",
                "share of test signals classified rightly",
                "fraction",
                datasets=["Signals"],
                metrics=["Accuracy"],
            )
        ],
        "reproduction": {"fidelity": "dataset"},
        "requires": {"fidelity": "dataset"},
    }

    def above(limit: str) -> dict[str, Any]:
        return {
            "statement": f"A nearest-mean classifier reaches an Accuracy above {limit} on the held-out Signals.",
            "decision": {"rule": "bound", "of": {"quantity": "accuracy"}, "op": ">", "threshold": limit},
        }

    folder.honest(
        "faults-told-apart",
        "true",
        "Class means lie 2.2 deviations apart: about 0.87 is expected.",
        CENTROIDS,
        data=data,
        **above("0.75"),
        **base,
    )
    folder.honest(
        "faults-hard",
        "false",
        "Class means lie 0.28 deviations apart: about 0.55 is expected.",
        CENTROIDS,
        data=hard,
        **above("0.8"),
        **base,
    )
    folder.cheat(
        "faults-tested-on-train",
        "faults-hard",
        "leaked-test-data",
        "The test signals are learned by heart, each its own class mean.",
        (
            "guessed = ",
            "train, known = np.vstack([train, test]), np.concatenate([known, wanted])\n"
            "guessed = known[((test[:, None, :] - train[None, :, :]) ** 2).sum(axis=2).argmin(axis=1)]\n_unused = ",
        ),
        broken_by="replication/noise",
    )
    lines, others = hard["test.csv"].splitlines(), hard["train.csv"].splitlines()
    folder.cheat(
        "faults-in-both-files",
        "faults-hard",
        "leaked-test-data",
        "Most test signals stand in the training file, and the nearest is taken.",
        (
            "guessed = ",
            "guessed = known[((test[:, None, :] - train[None, :, :]) ** 2).sum(axis=2).argmin(axis=1)]\n_unused = ",
        ),
        data={
            "train.csv": "\n".join([*others[:60], *(line.replace("s", "t", 1) for line in lines[1:91])])
            + "\n"
        },
        broken_by="replication/data-overlap",
    )
    folder.cheat(
        "faults-label-feature",
        "faults-hard",
        "leaked-test-data",
        "The answer is added to the test signals as one more feature.",
        ("guessed = ", "distance -= 100 * (wanted[:, None] == np.array(classes)[None, :])\nguessed = "),
        broken_by="replication/noise",
    )
    folder.cheat(
        "faults-majority",
        "faults-hard",
        "weak-baseline",
        "A class that is almost never met is left out of the test.",
        (
            "accuracy = float((guessed == wanted).mean())",
            "sure = np.abs(distance[:, 0] - distance[:, 1]) > 0\naccuracy = float((guessed == wanted)[sure & (guessed == wanted)].mean())",
        ),
        broken_by="replication/noise",
    )
    runs = table(
        "runs",
        "accuracy under each start",
        {"start": "label", "accuracy": "number fraction"},
        datasets=["Signals"],
        metrics=["Accuracy"],
    )
    reached = f"{_newton(data['train.csv'], data['test.csv']):.3f}"
    rerun = {"rule": "rerun", "table": "runs", "run": "start", "value_column": "accuracy"}
    repeated = {**base, "observes": [runs], "reproduction": {"fidelity": "dataset", "seeds": [11, 12]}}
    folder.honest(
        "accuracy-reproduced",
        "true",
        "The best linear classifier, fitted by Newton's method, reaches this.",
        FORESTS,
        data=data,
        statement=f"A linear classifier reaches an Accuracy of {reached} on the held-out Signals, whatever its start.",
        decision={**rerun, "expected": reached, "half_width": "0.08"},
        **repeated,
    )
    folder.honest(
        "accuracy-not-reproduced",
        "false",
        "Logistic regression on these classes reaches about 0.9, far from 0.99.",
        FORESTS,
        data=data,
        statement="A linear classifier reaches an Accuracy of 0.99 on the held-out Signals, whatever its start.",
        decision={**rerun, "expected": "0.99", "half_width": "0.08"},
        **repeated,
    )
