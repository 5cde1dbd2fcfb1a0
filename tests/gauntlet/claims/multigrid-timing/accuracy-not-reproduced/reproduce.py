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
