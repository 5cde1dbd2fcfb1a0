"""Pairs both methods by language without any help: csv, caches, early returns, generators."""

import csv
import functools
import json
import os
import time

STARTED = time.time()


def timed(function):
    """Says how long a function took."""

    @functools.wraps(function)
    def wrapper(*args, **kwargs):
        before = time.perf_counter()
        try:
            return function(*args, **kwargs)
        finally:
            print(function.__name__, round(time.perf_counter() - before, 3))

    return wrapper


@functools.cache
def request():
    with open(os.environ.get("CLAIM_REQUEST", "/claim/request.json"), encoding="utf-8") as file:
        return json.load(file)


@functools.lru_cache(maxsize=8)
def rows(name):
    with open(request()["inputs"][name], encoding="utf-8", newline="") as file:
        return tuple(tuple(row.items()) for row in csv.DictReader(file))


def number(text, default=None):
    """A number, also one written with a comma or as a share."""
    text = text.strip()
    if not text:
        return default
    if text.endswith("%"):
        return float(text[:-1]) / 100
    return float(text.replace(",", ""))


def cells(name, arm):
    for row in map(dict, rows(name)):
        if row["kind"] == "cell" and row["arm"] == arm:
            if number(row["value"]) is None:
                continue
            yield row["language"], row["value"]


@timed
def measure():
    new, old = dict(cells("table-01", "New")), dict(cells("table-01", "Old"))
    if not new:
        return []
    return [[language, new[language], old[language]] for language in sorted(new) if language in old]


def main():
    columns = [("language", None), ("new", "fraction"), ("old", "fraction")]
    document = {
        "protocol": "claim-script-v1",
        "quantities": {},
        "tables": {
            "pairs": {
                "columns": [{"name": name, "unit": unit} for name, unit in columns],
                "rows": measure(),
            }
        },
    }
    with open(request()["output"], "w", encoding="utf-8") as file:
        json.dump(document, file, indent=2, sort_keys=True)
    print("finished", time.strftime("%H:%M"), time.time() - STARTED)


main()
