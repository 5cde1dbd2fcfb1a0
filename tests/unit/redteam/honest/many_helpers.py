"""Pairs both methods by language: many helpers, of which some are not used here."""

import math
import statistics
from collections import defaultdict
from functools import reduce

import claim_script

COLUMNS = {"language": None, "new": "fraction", "old": "fraction"}
METHODS = {"new": "New", "old": "Old"}


def mean(values):
    return statistics.fmean(values) if values else math.nan


def trimmed_mean(values, share=0.1):
    cut = int(len(values) * share)
    return mean(sorted(values)[cut : len(values) - cut])


def bootstrap(values, draw, times=1000):
    return [mean([draw(values) for _ in values]) for _ in range(times)]


def clamp(value, low=0.0, high=1.0):
    return max(low, min(high, value))


def grouped(rows, *keys):
    groups = defaultdict(list)
    for row in rows:
        groups[tuple(row[key] for key in keys)].append(row)
    return dict(groups)


def only(rows, **wanted):
    return reduce(
        lambda kept, item: [row for row in kept if row[item[0]] == item[1]], wanted.items(), list(rows)
    )


def single(rows):
    if len(rows) != 1:
        raise ValueError(f"{len(rows)} rows where one was expected")
    return rows[0]


def sane(rows):
    for row in rows:
        value = float(row["value"])
        if math.isnan(value) or abs(value - clamp(value)) > 1e-12:
            raise ValueError(f"{value} is no fraction")
    return rows


claim = claim_script.begin()
cells = sane(only(claim.table("table-01"), kind="cell"))
languages = sorted({row["language"] for row in cells}, key=str.lower)
pairs = grouped(cells, "language", "arm")
table = [
    {"language": name, **{key: single(pairs[name, arm])["value"] for key, arm in METHODS.items()}}
    for name in languages
]
claim.table_out("pairs", COLUMNS, table)
claim.finish()
