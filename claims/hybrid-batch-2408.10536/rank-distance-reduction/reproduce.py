"""Rank distance of hybrid batches against X-X-mono: change of the printed means, and cells by language."""

from fractions import Fraction

import claim_script

claim = claim_script.begin()
places = {}
for name in ("table-07", "table-08"):
    for row in claim.table(name):
        place = (row["kind"], row["model"], row["dataset"], row["language"])
        places.setdefault(place, {})[row["sampling"]] = row["value"]

means, languages = [], []
for (kind, model, dataset, language), methods in places.items():
    hybrid, baseline = methods["Hybrid"], methods["X-X-mono"]
    row = {"model": model, "dataset": dataset, "hybrid": hybrid, "x_x_mono": baseline}
    if kind == "printed_mean":
        change = 100 * (Fraction(hybrid) / Fraction(baseline) - 1)
        means.append({**row, "change": float(change)})
    elif kind == "cell":
        languages.append({**row, "language": language})

claim.table_out(
    "means",
    {"model": None, "dataset": None, "hybrid": "ranks", "x_x_mono": "ranks", "change": "percent-change"},
    means,
)
claim.table_out(
    "languages",
    {"model": None, "dataset": None, "language": None, "hybrid": "ranks", "x_x_mono": "ranks"},
    languages,
)
claim.finish()
