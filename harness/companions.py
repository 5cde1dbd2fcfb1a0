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
    "superiority": _paired("superiority", 0.5, -0.5, "0"),
    "noninferiority": _paired("noninferiority", 0.0, -0.5, "0.2"),
    "equivalence": _paired("equivalence", 0.0, 0.5, "0.2"),
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
