"""How many wrong numbers ``harness forensics`` finds, and how often it calls right ones wrong.

    python -m benchmarks.forensics [--corruptions 1600] [--seed 1] [--json]

A seeded corpus: papers of a made-up experiment whose tables follow from unrounded data, under each rounding rule,
long and wide; and the tables of the shipped paper, where they are consistent. Each corruption changes one printed
number (or exchanges two). Whether a change is beyond what rounding allows is decided here, by arithmetic of its
own that shares no code with the checks; a change that stays inside cannot be found by anybody and is counted
apart. Found means: a finding that was not there before, impossible or inconsistent, at the changed number.
False alarms are counted on the uncorrupted papers, by paper and by comparison.
"""

from __future__ import annotations

import argparse
import json
import math
import random
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

from scipy import stats

from harness.forensics.evidence import Evidence
from harness.forensics.examine import examine
from harness.forensics.sheets import read_sheet
from harness.records.forensics import ForensicFinding, ForensicReport, Severity
from harness.stats.rounding_rules import Rounding
from harness.tables import TableData

ROOT = Path(__file__).resolve().parents[1]
SHIPPED = ROOT / "claims" / "hybrid-batch-2408.10536" / "tables"
KINDS = (
    "mean changed",
    "cell mistyped",
    "cells exchanged",
    "summary changed",
    "median changed",
    "total changed",
    "count changed",
    "statistic changed",
)
LANGUAGES = ("ar", "de", "el", "en", "es", "hi", "ru", "th", "tr", "vi", "zh", "fr", "ja")
ARMS = ("base", "cross", "mixed")
Tables = dict[str, TableData]


# --- printing numbers, without the code under test ---------------------------------------------------------------


def printed(value: float | Fraction, places: int, rule: str) -> str:
    """``value`` with ``places`` decimals under a rounding rule; the exact binary value is what is rounded."""
    scaled = Fraction(value) * 10**places
    whole, rest = scaled.numerator // scaled.denominator, scaled - scaled.numerator // scaled.denominator
    half = Fraction(1, 2)
    up = rest > half or (rest == half and (rule == "half-up" or whole % 2 == 1))
    number = whole + (1 if up and rule != "truncation" else 0)
    text = str(number).rjust(places + 1, "0")
    return f"{text[:-places]}.{text[-places:]}" if places else text


def unit(text: str) -> float:
    return 10.0 ** -len(text.partition(".")[2])


def ends(text: str, rule: str) -> tuple[float, float]:
    """The interval a printed number stands for, as floats."""
    value = float(text.replace(",", ""))
    return (
        (value, value + unit(text))
        if rule == "truncation"
        else (value - unit(text) / 2, value + unit(text) / 2)
    )


# --- papers --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Paper:
    """A made-up paper: its tables and the rule its numbers were printed with."""

    tables: Tables
    rule: str


def table(name: str, columns: tuple[str, ...], rows: list[tuple[str, ...]]) -> TableData:
    return TableData(name, columns, tuple(dict(zip(columns, row, strict=True)) for row in rows))


def make_paper(rng: random.Random, rule: str) -> Paper:
    """Tables of one experiment: per-language results, their summary, counts, totals, a survey and tests."""
    languages = LANGUAGES[: rng.choice((5, 7, 11, 13))]
    datasets = ("alpha", "beta")
    queries = {(d, x): rng.randint(180, 700) for d in datasets for x in languages}
    detail: list[tuple[str, ...]] = []
    summary: list[tuple[str, ...]] = []
    places = rng.choice((3, 4))
    for dataset in datasets:
        for arm in ARMS:
            base = rng.uniform(0.4, 0.75)
            values: dict[str, list[Fraction]] = defaultdict(list)
            for language in languages:
                n = queries[dataset, language]
                hits = round(n * min(0.95, max(0.05, base + rng.gauss(0, 0.06))))
                first = Fraction(hits, n)
                tenth = Fraction(hits + rng.randint(0, n - hits), n)
                # Reciprocal ranks: 1 for a first place, at most 1/2 otherwise.
                precision = (
                    first
                    + (tenth - first) * Fraction(rng.uniform(0.12, 0.45))
                    + (1 - tenth) * Fraction(rng.uniform(0, 0.05))
                )
                for metric, value in (("MAP", precision), ("R@1", first), ("R@10", tenth)):
                    values[metric].append(value)
                    detail.append((dataset, metric, language, arm, "cell", printed(value, places, rule)))
            for metric, numbers in values.items():
                mean = sum(numbers) / len(numbers)
                middle = sorted(numbers)[len(numbers) // 2]
                detail.append((dataset, metric, "mean", arm, "mean", printed(mean, places, rule)))
                detail.append((dataset, metric, "median", arm, "median", printed(middle, places, rule)))
                summary.append((dataset, metric, "mean", arm, "mean", printed(mean, places - 1, rule)))
    long = ("dataset", "metric", "language", "method", "kind", "value")
    counts = [(d, "queries", x, "cell", str(n)) for (d, x), n in queries.items()]
    sizes = [
        (f"set {i}", *(str(rng.randint(900, 90000)) for _ in range(3))) for i in range(rng.randint(4, 9))
    ]
    total = ("Total", *(str(sum(int(row[column]) for row in sizes)) for column in (1, 2, 3)))
    exact = [[Fraction(rng.uniform(20, 90)) for _ in range(4)] for _ in languages]
    wide = [(x, *(printed(v, 1, rule) for v in row)) for x, row in zip(languages, exact, strict=True)]
    wide.append(("Average", *(printed(sum(row[c] for row in exact) / len(exact), 1, rule) for c in range(4))))
    return Paper(
        {
            "detail": table("detail", long, detail),
            "summary": table("summary", long, summary),
            "counts": table("counts", ("dataset", "metric", "language", "kind", "value"), counts),
            "sizes": table("sizes", ("set", "train", "dev", "test"), [*sizes, total]),
            "wide": table("wide", ("language", "A", "B", "C", "D"), wide),
            "survey": table("survey", ("rating item", "n", "M", "SD"), [*survey(rng, rule)]),
            "tests": table("tests", ("comparison", "t", "df", "p"), [*tests(rng, rule)]),
        },
        rule,
    )


def survey(rng: random.Random, rule: str) -> Iterator[tuple[str, ...]]:
    """Ratings from 1 to 7 of small groups: mean and sample SD with two decimals."""
    for index in range(8):
        n = rng.randint(12, 60)
        answers = [rng.randint(1, 7) for _ in range(n)]
        mean = Fraction(sum(answers), n)
        sd = math.sqrt(sum((a - mean) ** 2 for a in answers) / (n - 1))
        yield f"item {index}", str(n), printed(mean, 2, rule), printed(sd, 2, rule)


def tests(rng: random.Random, rule: str) -> Iterator[tuple[str, ...]]:
    """t tests with their two-sided p, three decimals."""
    for index in range(8):
        df, t = rng.randint(8, 80), rng.uniform(0.2, 3.2)
        yield f"contrast {index}", printed(t, 2, rule), str(df), printed(2 * stats.t.sf(t, df), 3, rule)


def evidence_of(tables: Tables, rounding: Rounding = Rounding.UNKNOWN) -> Evidence:
    return Evidence("corpus", tuple(read_sheet(item) for item in tables.values()), rounding=rounding)


# --- corruptions ----------------------------------------------------------------------------------------------------

Change = list[tuple[str, int, str, str]]
"""Table, row, column and new text of every cell that is changed."""


def apply(tables: Tables, change: Change) -> Tables:
    changed = dict(tables)
    for name, row, column, text in change:
        rows = [dict(item) for item in changed[name].rows]
        rows[row][column] = text
        changed[name] = TableData(name, changed[name].columns, tuple(rows))
    return changed


def moved(text: str, steps: int) -> str | None:
    """The printed number ``steps`` units of its last digit away; None when that would be negative."""
    places = len(text.partition(".")[2])
    number = int(text.replace(",", "").replace(".", "")) + steps
    if number < 0:
        return None
    digits = str(number).rjust(places + 1, "0")
    plain = f"{digits[:-places]}.{digits[-places:]}" if places else digits
    return plain[1:] if text.startswith(".") and plain.startswith("0.") else plain


def mistyped(rng: random.Random, text: str) -> str | None:
    """Two neighbouring digits exchanged, or one digit replaced."""
    places = [i for i, c in enumerate(text) if c.isdigit() and i >= text.find(".")]
    if rng.random() < 0.5 and len(places) > 1:
        i = rng.randrange(len(places) - 1)
        a, b = places[i], places[i + 1]
        if b == a + 1 and text[a] != text[b]:
            return text[:a] + text[b] + text[a] + text[b + 1 :]
    a = rng.choice(places)
    return text[:a] + rng.choice([d for d in "0123456789" if d != text[a]]) + text[a + 1 :]


def steps(rng: random.Random) -> int:
    return rng.choice((-1, 1)) * rng.choice((1, 1, 2, 2, 3, 4, 5, 8, 13, 30))


def rows_of(tables: Tables, name: str, wanted: Callable[[dict[str, str]], bool]) -> list[int]:
    return [index for index, row in enumerate(tables[name].rows) if wanted(row)]


def long_names(tables: Tables) -> list[str]:
    return [
        name
        for name, item in tables.items()
        if "kind" in item.columns and any(aggregate(row) and row["kind"] != "cell" for row in item.rows)
    ]


def aggregate(row: dict[str, str]) -> str:
    return row["kind"].removeprefix("printed_")


def corrupt(rng: random.Random, kind: str, tables: Tables) -> Change | None:
    """One change of a kind, or None where these tables have nothing of that kind."""
    with_cells = [
        name for name in long_names(tables) if any(row["kind"] == "cell" for row in tables[name].rows)
    ]
    if kind in ("mean changed", "median changed"):
        want = kind.split()[0]
        spots = [(n, i) for n in with_cells for i in rows_of(tables, n, lambda r: aggregate(r) == want)]
        if "wide" in tables and want == "mean" and rng.random() < 0.2:
            last, column = len(tables["wide"].rows) - 1, rng.choice("ABCD")
            text = moved(tables["wide"].rows[last][column], steps(rng))
            return [("wide", last, column, text)] if text else None
        if not spots:
            return None
        name, index = rng.choice(spots)
        text = moved(tables[name].rows[index]["value"], steps(rng))
        return [(name, index, "value", text)] if text else None
    if kind in ("cell mistyped", "cells exchanged"):
        name = rng.choice(with_cells)
        cells = rows_of(tables, name, lambda r: r["kind"] == "cell")
        index = rng.choice(cells)
        row = tables[name].rows[index]
        if kind == "cell mistyped":
            text = mistyped(rng, row["value"])
            return [(name, index, "value", text)] if text and text != row["value"] else None
        arm = "method" if "method" in row else "sampling"
        others = [
            i
            for i in cells
            if all(tables[name].rows[i][c] == row[c] for c in row if c not in (arm, "value"))
            and tables[name].rows[i]["value"] != row["value"]
        ]
        if not others:
            return None
        other = rng.choice(others)
        return [
            (name, index, "value", tables[name].rows[other]["value"]),
            (name, other, "value", row["value"]),
        ]
    if kind == "summary changed":
        names = [n for n in long_names(tables) if n not in with_cells]
        spots = [(n, i) for n in names for i in range(len(tables[n].rows))]
        if not spots:
            return None
        name, index = rng.choice(spots)
        text = moved(tables[name].rows[index]["value"], steps(rng))
        return [(name, index, "value", text)] if text else None
    if kind == "total changed" and "sizes" in tables:
        item, column = tables["sizes"], rng.choice(("train", "dev", "test"))
        index = rng.randrange(len(item.rows))
        text = mistyped(rng, item.rows[index][column])
        return [("sizes", index, column, text)] if text and text != item.rows[index][column] else None
    if kind == "count changed":
        name = "counts" if "counts" in tables else "table-10"
        spots = rows_of(
            tables, name, lambda r: r["metric"] == "queries" and r["dataset"] in ("alpha", "beta", "MLQA-R")
        )
        index = rng.choice(spots)
        text = mistyped(rng, tables[name].rows[index]["value"])
        usable = text and text != tables[name].rows[index]["value"] and int(text) > 1
        return [(name, index, "value", text)] if usable and text else None
    if kind == "statistic changed" and "tests" in tables:
        if rng.random() < 0.5:
            index = rng.randrange(len(tables["tests"].rows))
            column = rng.choice(("t", "p"))
            text = mistyped(rng, tables["tests"].rows[index][column])
            return (
                [("tests", index, column, text)]
                if text != tables["tests"].rows[index][column] and text
                else None
            )
        index, column = rng.randrange(len(tables["survey"].rows)), rng.choice(("M", "SD"))
        text = moved(tables["survey"].rows[index][column], steps(rng))
        return [("survey", index, column, text)] if text else None
    return None


# --- what rounding allows, decided without the code under test -----------------------------------------------------


def violated(tables: Tables, change: Change, rule: str) -> bool:
    """Whether some identity that the changed numbers take part in is broken beyond rounding."""
    return any(_broken(tables, name, row, column, rule) for name, row, column, _ in change)


def _broken(tables: Tables, name: str, index: int, column: str, rule: str) -> bool:
    item = tables[name]
    row = item.rows[index]
    if name == "sizes":
        return sum(int(r[column]) for r in item.rows[:-1]) != int(item.rows[-1][column])
    if name == "wide":
        cells = [ends(r[column], rule) for r in item.rows[:-1]]
        low, high = (sum(c[i] for c in cells) / len(cells) for i in (0, 1))
        return not _meet((low, high), ends(item.rows[-1][column], rule))
    if name == "tests":
        t, p, df = ends(row["t"], rule), ends(row["p"], rule), int(row["df"])
        low, high = 2 * stats.t.sf(abs(t[1]), df), 2 * stats.t.sf(max(t[0], 0), df)
        return not _meet((low, high), p) or float(row["p"]) > 1
    if name == "survey":
        return not _whole_numbers(row, rule)
    if row["metric"] == "queries":
        return any(
            not _share(r["value"], int(row["value"]), rule)
            for other in tables.values()
            for r in other.rows
            if r.get("metric") in ("R@1", "R@10")
            and r["dataset"] == row["dataset"]
            and r["language"] == row["language"]
            and r.get("setting", "monolingual") == "monolingual"
        )
    return _broken_long(tables, name, row, rule)


def _broken_long(tables: Tables, name: str, row: dict[str, str], rule: str) -> bool:
    about = [c for c in row if c not in ("table", "language", "kind", "value")]
    same = [r for r in tables[name].rows if all(r[c] == row[c] for c in about)]
    cells = [ends(r["value"], rule) for r in same if r["kind"] == "cell"]
    for r in same:
        if not cells or r["kind"] == "cell":
            continue
        if aggregate(r) == "mean":
            low, high = (sum(c[i] for c in cells) / len(cells) for i in (0, 1))
        else:
            low, high = (sorted(c[i] for c in cells)[len(cells) // 2] for i in (0, 1))
        if not _meet((low, high), ends(r["value"], rule)):
            return True
    means = [
        ends(r["value"], rule)
        for other in tables.values()
        if "kind" in other.columns and "language" in other.columns
        for r in other.rows
        if aggregate(r) == "mean" and all(r.get(c) == row[c] for c in about)
    ]
    if row["kind"] != "cell" and any(not _meet(a, b) for a in means for b in means):
        return True
    if (
        row["kind"] == "cell"
        and row["metric"] in ("R@1", "R@10")
        and row.get("setting", "monolingual") == "monolingual"
    ):
        counts = [
            int(r["value"].replace(",", ""))
            for other in tables.values()
            for r in other.rows
            if r.get("metric") == "queries"
            and r["dataset"] == row["dataset"]
            and r["language"] == row["language"]
        ]
        if row["dataset"] != "XQuAD-R" and any(not _share(row["value"], n, rule) for n in counts):
            return True
    return not 0 <= float(row["value"].replace(",", "")) <= 1 and row["metric"] not in ("rank_distance",)


def _meet(a: tuple[float, float], b: tuple[float, float]) -> bool:
    slack = 1e-9
    return a[0] <= b[1] + slack and b[0] <= a[1] + slack


def _share(text: str, n: int, rule: str) -> bool:
    low, high = ends(text, rule)
    return any(
        low - 1e-12 <= k / n <= high + 1e-12
        for k in range(max(0, int(low * n) - 1), min(n, int(high * n) + 2) + 1)
    )


def _whole_numbers(row: dict[str, str], rule: str) -> bool:
    """GRIM and GRIMMER by search over sums and sums of squares."""
    n, mean, sd = int(row["n"]), ends(row["M"], rule), ends(row["SD"], rule)
    for total in range(int(mean[0] * n) - 1, int(mean[1] * n) + 2):
        if not mean[0] - 1e-12 <= total / n <= mean[1] + 1e-12:
            continue
        for divisor in (n - 1, n):
            low = divisor * max(sd[0], 0) ** 2 + total**2 / n
            high = divisor * sd[1] ** 2 + total**2 / n
            for squares in range(math.ceil(low - 1e-9), math.floor(high + 1e-9) + 1):
                if (squares - total) % 2 == 0:
                    return True
    return False


# --- counting -------------------------------------------------------------------------------------------------------


def hard(report: ForensicReport) -> list[ForensicFinding]:
    return [f for f in report.findings if f.severity is not Severity.SUSPICIOUS]


def found(before: set[str], report: ForensicReport, change: Change) -> bool:
    """Whether a new finding stands at a changed number."""
    places = {(name, row + 2) for name, row, _, _ in change}
    return any(
        f.model_dump_json() not in before and any((at.table, at.line) in places for at in f.at)
        for f in hard(report)
    )


def interval(k: int, n: int) -> tuple[float, float]:
    """95 % Clopper-Pearson interval."""
    low = 0.0 if k == 0 else float(stats.beta.ppf(0.025, k, n - k + 1))
    high = 1.0 if k == n else float(stats.beta.ppf(0.975, k + 1, n - k))
    return low, high


def measure(corruptions: int, seed: int) -> dict[str, Any]:
    """Catch and false-alarm rates over the corpus."""
    rng = random.Random(seed)
    shipped = {sheet.stem: sheet for sheet in sorted(SHIPPED.glob("*.csv"))}
    real = {name: _read(path) for name, path in shipped.items()}
    # The shipped tables leave trailing zeros out; the oracle reads their numbers in full.
    sources: list[tuple[str, Tables, str, Evidence]] = []
    papers = []
    for index in range(max(3, corruptions // 25)):
        rule = ("half-up", "half-even", "truncation")[index % 3]
        papers.append(make_paper(rng, rule))
    alarms, comparisons, alarmed = 0, 0, 0
    alarms_known = 0
    for paper in papers:
        report = examine(evidence_of(paper.tables))
        alarms += len(hard(report))
        alarmed += bool(hard(report))
        comparisons += report.comparisons
        alarms_known += len(hard(examine(evidence_of(paper.tables, Rounding(paper.rule)))))
        sources.append(("made up", paper.tables, paper.rule, evidence_of(paper.tables)))
    caught: Counter[tuple[str, str]] = Counter()
    tried: Counter[tuple[str, str]] = Counter()
    inside: Counter[tuple[str, str]] = Counter()
    befores: dict[int, set[str]] = {}
    missed: list[Any] = []
    done = 0
    while done < corruptions:
        kind = KINDS[done % len(KINDS)]
        use_real = rng.random() < 0.3 and kind not in ("total changed", "statistic changed")
        where = "shipped" if use_real else "made up"
        pick = -1 if use_real else rng.randrange(len(papers))
        tables, rule = (real, "half-up") if use_real else (papers[pick].tables, papers[pick].rule)
        if pick not in befores:
            befores[pick] = {f.model_dump_json() for f in hard(examine(_evidence(tables, use_real)))}
        change = corrupt(rng, kind, tables)
        if change is None or (use_real and _already_wrong(tables, change, rule)):
            continue
        changed = apply(tables, change)
        done += 1
        if not violated(_in_full(changed) if use_real else changed, change, rule):
            inside[where, kind] += 1
            continue
        tried[where, kind] += 1
        if found(befores[pick], examine(_evidence(changed, use_real)), change):
            caught[where, kind] += 1
        else:
            missed.append((where, kind, rule, change))
    rows = [
        {
            "where": where,
            "kind": kind,
            "caught": caught[where, kind],
            "beyond_rounding": tried[where, kind],
            "inside_rounding": inside[where, kind],
            "interval": interval(caught[where, kind], tried[where, kind]) if tried[where, kind] else None,
        }
        for where in ("made up", "shipped")
        for kind in KINDS
        if tried[where, kind] + inside[where, kind]
    ]
    total, beyond = sum(caught.values()), sum(tried.values())
    return {
        "seed": seed,
        "corruptions": corruptions,
        "rows": rows,
        "caught": total,
        "beyond_rounding": beyond,
        "inside_rounding": sum(inside.values()),
        "interval": interval(total, beyond),
        "papers": len(papers),
        "papers_with_false_alarm": alarmed,
        "paper_interval": interval(alarmed, len(papers)),
        "false_alarms": alarms,
        "false_alarms_rule_known": alarms_known,
        "comparisons": comparisons,
        "comparison_interval": interval(alarms, comparisons),
        "missed": missed,
    }


def _read(path: Path) -> TableData:
    import csv

    with path.open(encoding="utf-8", newline="") as handle:
        reader = csv.DictReader(handle)
        return TableData(path.stem, tuple(reader.fieldnames or ()), tuple(reader))


def _evidence(tables: Tables, real: bool) -> Evidence:
    return evidence_of(tables)


def _in_full(tables: Tables) -> Tables:
    """The shipped tables with the trailing zeros that they leave out."""
    full = {"table-07": 1, "table-08": 1, **{f"table-{n:02}": 4 for n in (3, 4, 5, 6, 12, 13)}}
    result = dict(tables)
    for name, places in full.items():
        rows = []
        for row in tables[name].rows:
            whole, _, rest = row["value"].partition(".")
            rows.append({**row, "value": f"{whole}.{rest.ljust(places, '0')}"})
        result[name] = TableData(name, tables[name].columns, tuple(rows))
    return result


def _already_wrong(tables: Tables, change: Change, rule: str) -> bool:
    return violated(_in_full(tables), change, rule)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--corruptions", type=int, default=1600)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--missed", action="store_true", help="List what was not found.")
    given = parser.parse_args()
    result = measure(given.corruptions, given.seed)
    if given.json:
        print(json.dumps(result, indent=2))
        return
    print(
        f"{'tables':<9}{'corruption':<20}{'found':>7}{'beyond':>8}{'rate':>8}  {'95 % interval':<18}{'inside':>7}"
    )
    for row in result["rows"]:
        rate = f"{row['caught'] / row['beyond_rounding']:.3f}" if row["beyond_rounding"] else "-"
        bounds = "{:.3f} to {:.3f}".format(*row["interval"]) if row["interval"] else "-"
        print(
            f"{row['where']:<9}{row['kind']:<20}{row['caught']:>7}{row['beyond_rounding']:>8}{rate:>8}  "
            f"{bounds:<18}{row['inside_rounding']:>7}"
        )
    print(
        "all: {caught} of {beyond_rounding} found ({rate:.4f}, 95 % {low:.4f} to {high:.4f}); {inside_rounding} of "
        "{corruptions} corruptions stayed inside what rounding allows and cannot be found.".format(
            rate=result["caught"] / result["beyond_rounding"],
            low=result["interval"][0],
            high=result["interval"][1],
            **{k: result[k] for k in ("caught", "beyond_rounding", "inside_rounding", "corruptions")},
        )
    )
    print(
        f"false alarms: {result['false_alarms']} in {result['comparisons']} comparisons (95 % up to "
        f"{result['comparison_interval'][1]:.2g}), in {result['papers_with_false_alarm']} of {result['papers']} "
        f"uncorrupted papers (95 % up to {result['paper_interval'][1]:.3f}); with the rounding rule given: "
        f"{result['false_alarms_rule_known']}."
    )
    if given.missed:
        for item in result["missed"]:
            print("missed:", item)


if __name__ == "__main__":
    main()
