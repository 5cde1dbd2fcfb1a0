"""Known-true and known-false companions: for each kind of rule, observations on which its answer is beyond doubt.

They go through the same sandbox, parser and rule engine beside every claim. A gate that calls the false one MET, or the
true one anything but MET, is broken, and no verdict that day rests on it.
"""

from __future__ import annotations

from typing import Any

from harness.canonical import canonical_bytes
from harness.records.claim import Claim
from harness.records.observations import PROTOCOL
from harness.records.rules import Rule
from harness.rules.leaves import leaves

SCRIPT = b"""\
import json

with open("/claim/request.json", encoding="utf-8") as file:
    request = json.load(file)
with open(request["inputs"]["observations"], "rb") as file:
    data = file.read()
with open(request["output"], "wb") as file:
    file.write(data)
"""
"""Hands its single input on as its observations."""

INPUT = "observations.json"
"""File name of that input."""

_NUMBER = {"type": "number", "unit": "dimensionless"}
_PRINTED = {"type": "printed", "unit": "dimensionless"}
_LABEL = {"type": "label"}
_COUNT = {"type": "integer", "unit": "count"}

_UNITS = ["a", "b", "c", "d", "e", "f", "g", "h"]
_NOISE = [0.01, -0.02, 0.03, -0.01, 0.02, -0.03, 0.015, -0.015]


def _paired(rule: str, shift_true: float, shift_false: float, margin: str) -> dict[str, Any]:
    def rows(shift: float) -> list[list[Any]]:
        return [[unit, 1.0 + shift + noise, 1.0] for unit, noise in zip(_UNITS, _NOISE, strict=True)]

    return {
        "columns": {"unit": _LABEL, "treated": _NUMBER, "control": _NUMBER},
        "decision": {
            "rule": rule,
            "table": "t",
            "unit": "unit",
            "treatment": "treated",
            "control": "control",
            "better": "higher",
            "margin": margin,
            "multiplicity": {"family": "companion", "method": "none"},
        },
        "true": rows(shift_true),
        "false": rows(shift_false),
    }


def _unpaired(rule: str, shift_true: float, shift_false: float, margin: str) -> dict[str, Any]:
    def rows(shift: float) -> list[list[Any]]:
        return [
            [f"{arm} {unit}", arm, 1.0 + noise + (shift if arm == "one" else 0.0)]
            for arm in ("one", "two")
            for unit, noise in zip(_UNITS, _NOISE, strict=True)
        ]

    return {
        "columns": {"unit": _LABEL, "arm": _LABEL, "value": _NUMBER},
        "decision": {
            "rule": rule,
            "table": "t",
            "unit": "unit",
            "arm_column": "arm",
            "value_column": "value",
            "treatment": "one",
            "control": "two",
            "better": "higher",
            "margin": margin,
            "multiplicity": {"family": "companion", "method": "none"},
        },
        "true": rows(shift_true),
        "false": rows(shift_false),
    }


def _ordered(sign: int) -> list[list[Any]]:
    return [[place, 0.5 + sign * (0.3 + noise), 0.5] for place, noise in enumerate(_NOISE * 5)]


_TABLES: dict[str, dict[str, Any]] = {
    "forall": {
        "columns": {"x": _NUMBER, "y": _NUMBER},
        "decision": {"rule": "forall", "table": "t", "holds": "x > y"},
        "true": [[2, 1], [5, 3]],
        "false": [[2, 1], [3, 5]],
    },
    "proportion": {
        "columns": {"x": _NUMBER},
        "decision": {"rule": "proportion", "table": "t", "holds": "x > 0", "at_least": "0.5"},
        "true": [[1], [1], [-1]],
        "false": [[1], [-1], [-1]],
    },
    "rank": {
        "columns": {"block": _LABEL, "arm": _LABEL, "value": _NUMBER},
        "decision": {
            "rule": "rank",
            "table": "t",
            "blocks": ["block"],
            "arm_column": "arm",
            "value_column": "value",
            "arm": "one",
            "best": "highest",
        },
        "true": [["p", "one", 2], ["p", "two", 1], ["q", "one", 4], ["q", "two", 3]],
        "false": [["p", "one", 2], ["p", "two", 1], ["q", "one", 3], ["q", "two", 4]],
    },
    "granularity": {
        "columns": {"mean": _PRINTED, "n": _COUNT},
        "decision": {"rule": "granularity", "table": "t", "value": "mean", "n": "n"},
        "true": [["0.50", 8], ["0.38", 8]],
        "false": [["0.50", 8], ["0.45", 8]],
    },
    "mean_of_cells": {
        "columns": {"group": _LABEL, "kind": _LABEL, "value": _PRINTED},
        "decision": {
            "rule": "mean_of_cells",
            "table": "t",
            "groups": ["group"],
            "kind_column": "kind",
            "value": "value",
        },
        "true": [["g", "cell", "0.2"], ["g", "cell", "0.4"], ["g", "printed_mean", "0.3"]],
        "false": [["g", "cell", "0.2"], ["g", "cell", "0.4"], ["g", "printed_mean", "0.7"]],
    },
    "sum_of_cells": {
        "columns": {"group": _LABEL, "kind": _LABEL, "value": _PRINTED},
        "decision": {
            "rule": "sum_of_cells",
            "table": "t",
            "groups": ["group"],
            "kind_column": "kind",
            "value": "value",
        },
        "true": [["g", "cell", "0.2"], ["g", "cell", "0.4"], ["g", "printed_total", "0.6"]],
        "false": [["g", "cell", "0.2"], ["g", "cell", "0.4"], ["g", "printed_total", "0.9"]],
    },
    "same_value": {
        "columns": {"one": _PRINTED, "two": _PRINTED},
        "decision": {"rule": "same_value", "table": "t", "first": "one", "second": "two"},
        "true": [["0.55", "0.548"]],
        "false": [["0.55", "0.541"]],
    },
    "percent_change": {
        "columns": {"old": _PRINTED, "new": _PRINTED, "change": _PRINTED},
        "decision": {
            "rule": "percent_change",
            "table": "t",
            "before": "old",
            "after": "new",
            "change": "change",
        },
        "true": [["50.0", "60.0", "20"]],
        "false": [["50.0", "60.0", "17"]],
    },
    "p_value": {
        "columns": {"t": _PRINTED, "df": _COUNT, "p": _PRINTED},
        "decision": {
            "rule": "p_value",
            "table": "t",
            "statistic": "t",
            "value": "t",
            "df": ["df"],
            "p": "p",
        },
        "true": [["2.20", 28, "0.036"]],
        "false": [["2.20", 28, "0.36"]],
    },
    "grimmer": {
        "columns": {"mean": _PRINTED, "sd": _PRINTED, "n": _COUNT},
        "decision": {
            "rule": "grimmer",
            "table": "t",
            "mean": "mean",
            "sd": "sd",
            "n": "n",
            "divisor": "n-1",
        },
        "true": [["7.38", "3.65", 32]],
        "false": [["5.23", "2.55", 35]],
    },
    "debit": {
        "columns": {"mean": _PRINTED, "sd": _PRINTED, "n": _COUNT},
        "decision": {"rule": "debit", "table": "t", "mean": "mean", "sd": "sd", "n": "n"},
        "true": [["0.50", "0.51", 20]],
        "false": [["0.50", "0.31", 20]],
    },
    "superiority": _paired("superiority", 0.5, -0.5, "0"),
    "noninferiority": _paired("noninferiority", 0.0, -0.5, "0.2"),
    "equivalence": _paired("equivalence", 0.0, 0.5, "0.2"),
    "unpaired_superiority": _unpaired("unpaired_superiority", 0.5, -0.5, "0"),
    "unpaired_noninferiority": _unpaired("unpaired_noninferiority", 0.0, -0.5, "0.2"),
    "unpaired_equivalence": _unpaired("unpaired_equivalence", 0.0, 0.5, "0.2"),
    "trend": {
        "columns": {"dose": _NUMBER, "value": _NUMBER},
        "decision": {
            "rule": "trend",
            "table": "t",
            "dose_column": "dose",
            "value_column": "value",
            "direction": "increasing",
        },
        "true": [[dose, dose + noise] for dose, noise in enumerate(_NOISE)],
        "false": [[dose, noise - dose] for dose, noise in enumerate(_NOISE)],
    },
    "rerun": {
        "columns": {"run": _LABEL, "value": _NUMBER},
        "decision": {
            "rule": "rerun",
            "table": "t",
            "run": "run",
            "value_column": "value",
            "expected": "1.00",
            "half_width": "0.1",
        },
        "true": [[run, 1.0 + noise] for run, noise in zip(_UNITS, _NOISE, strict=True)],
        "false": [[run, 1.5 + noise] for run, noise in zip(_UNITS, _NOISE, strict=True)],
    },
    "sequential": {
        "columns": {"place": _COUNT, "treated": _NUMBER, "control": _NUMBER},
        "decision": {
            "rule": "sequential",
            "table": "t",
            "order": "place",
            "treatment": "treated",
            "control": "control",
            "better": "higher",
            "limit": "1",
        },
        "true": _ordered(1),
        "false": _ordered(-1),
    },
}

_QUANTITIES: dict[str, dict[str, Any]] = {
    "equals": {
        "decision": {"rule": "equals", "of": {"quantity": "x"}, "expected": "21.5"},
        "true": 21.49,
        "false": 21.6,
    },
    "bound": {
        "decision": {"rule": "bound", "of": {"quantity": "x"}, "op": ">", "threshold": "3"},
        "true": 4,
        "false": 2,
    },
}


def kinds(rule: Rule) -> tuple[str, ...]:
    """Kinds of the elementary rules in a rule, in name order, each once."""
    return tuple(sorted({leaf.rule for leaf in leaves(rule)}))


def companion_claim(kind: str) -> Claim:
    """The companion's record: what it observes and the rule that decides it."""
    if kind in _TABLES:
        observes = {
            "name": "t",
            "what": "a table with a known answer",
            "type": "table",
            "columns": _TABLES[kind]["columns"],
        }
        decision = _TABLES[kind]["decision"]
    else:
        observes = {
            "name": "x",
            "what": "a number with a known answer",
            "type": "number",
            "unit": "dimensionless",
        }
        decision = _QUANTITIES[kind]["decision"]
    return Claim.model_validate(
        {
            "record": "claim-v1",
            "id": f"companion-{kind.replace('_', '-')}",
            "statement": "A companion whose answer is known.",
            "kind": "formal",
            "grounding": [{"section": "companion", "says": "its answer is known"}],
            "subject": {"categories": ["companion"]},
            "reproduction": {"fidelity": "exact"},
            "observes": [observes],
            "decision": decision,
            "requires": {"fidelity": "exact"},
        }
    )


def companion_input(kind: str, truth: bool) -> bytes:
    """The observations that the companion hands on."""
    which = "true" if truth else "false"
    if kind in _TABLES:
        columns = [
            {"name": name, "unit": column.get("unit")} for name, column in _TABLES[kind]["columns"].items()
        ]
        content: dict[str, Any] = {
            "quantities": {},
            "tables": {"t": {"columns": columns, "rows": _TABLES[kind][which]}},
        }
    else:
        value = _QUANTITIES[kind][which]
        content = {"quantities": {"x": {"value": value, "unit": "dimensionless"}}, "tables": {}}
    return canonical_bytes({"protocol": PROTOCOL, **content})
